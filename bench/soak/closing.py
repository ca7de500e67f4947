"""The end of a soak: everything that was noted, as figures."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.acknowledged import LATE, unknown
from bench.books import Pages
from bench.soak import accounts
from bench.soak.clerk import Clerk
from bench.soak.engine import Engine
from bench.soak.ground import Ground
from bench.soak.logs import complaints
from bench.soak.told import Duty
from switcher.model import EntryKind

_MOST_SHOWN = 10


async def close(
    ground: Ground,
    engine: Engine,
    clerk: Clerk,
    duty: Duty,
    unwell: list[str],
    overslept: Collection[int],
) -> dict[str, Any]:
    """Return the figures, but for those of memory; the journal is kept beside the stack's logs."""
    claimed = [claim for passage in ground.passages for claim in passage.ledger.claims.values()]
    told = sum((passage.ledger.told for passage in ground.passages), Counter[str]())
    pages = await ground.books.read()
    await asyncio.to_thread(_keep_journal, pages, ground.stack.directory / "journal.jsonl")
    lost = unknown(claimed, pages, LATE)
    causes = accounts.causes(clerk.empty, ground.sufferings, pages, overslept)
    needless = accounts.needless(clerk.turns, pages)
    impatient = [
        turn for turn in needless if not accounts.was_patient(turn, ground.sufferings, pages)
    ]
    wrong = accounts.wrong(clerk.turns, pages)
    verified, verdict = await _verified(ground)
    said = await asyncio.to_thread(complaints, sorted(ground.stack.directory.glob("*.log")))
    return {
        "troubles": engine.played.total(),
        "troubles_by_kind": dict(engine.played),
        "troubles_left_out": engine.left_out,
        "troubles_late": engine.late,
        "troubles_that_failed": len(engine.broken),
        "slots": clerk.slots,
        "blocks_lost": len(clerk.empty),
        "blocks_lost_by_cause": dict(sorted(causes.items())),
        "blocks_lost_too_soon_to_be_saved": sum(
            count for cause, count in causes.items() if cause.endswith("too soon to be saved")
        ),
        "rotations": len(clerk.turns),
        "rotations_by_hand": sum(accounts.by_hand(turn, pages) for turn in clerk.turns),
        "needless_rotations": len(needless),
        "needless_rotations_beyond_policy": len(impatient),
        "wrong_rotations": len(wrong),
        "outcomes": _words(str(r.outcome) for r in pages.rotations),
        "decisions": _words(e.value for e in pages.entries if e.kind is EntryKind.DECISION),
        "alerts_acknowledged": sum(passage.ledger.alerts for passage in ground.passages),
        "webhooks": dict(told),
        "claims_checked": len(claimed),
        "alerts_lost": len(lost),
        "alerts_fired": dict(sorted(duty.fired.items())),
        "people_notifications": ground.inbox.notifications,
        "people_owed": duty.owed,
        "people_not_told": len(duty.untold),
        "not_well_in_the_end": len(unwell),
        "ended_by_themselves": len(ground.nurse.ended),
        "starts_refused": dict(ground.nurse.refused),
        "journal_entries": len(pages.entries),
        "journal_verified": verified,
        "log_errors": dict(said.errors.most_common(_MOST_SHOWN)),
        "tracebacks": said.tracebacks,
        "slots_overslept": len(overslept),
        "load": round(os.getloadavg()[2], 1),
        "details": {
            "alerts_lost": lost[:_MOST_SHOWN],
            "needless": [f"{turn}" for turn in needless[:_MOST_SHOWN]],
            "wrong": wrong[:_MOST_SHOWN],
            "not_told": sorted(duty.untold)[:_MOST_SHOWN],
            "unwell": unwell,
            "ended": ground.nurse.ended[:_MOST_SHOWN],
            "failed": engine.broken[:_MOST_SHOWN],
            "tracebacks": said.shown,
            "journal": "" if verified else verdict,
        },
    }


def _keep_journal(pages: Pages, file: Path) -> None:
    """Write a journal as lines that can be read beside those of the soak."""
    with file.open("w", encoding="utf-8") as lines:
        for entry in pages.entries:
            print(json.dumps(asdict(entry), default=str, ensure_ascii=False), file=lines)


def _words(words: Any) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


async def _verified(ground: Ground) -> tuple[bool, str]:
    """Run `understudy journal verify`; tell whether all is as written, and what it said."""
    configuration = str(ground.stack.written.configuration)
    words = ("-m", "understudy", "journal", "verify", "--config", configuration)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode == 0, said.decode(errors="replace")

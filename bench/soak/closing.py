"""The end of a soak: everything that was noted, as figures."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.acknowledged import LATE, unknown
from bench.books import Pages
from bench.soak import accounts
from bench.soak.clerk import Clerk, Empty, Turn
from bench.soak.engine import Engine
from bench.soak.ground import Ground
from bench.soak.logs import Complaints, complaints
from bench.soak.told import Duty
from switcher.model import EntryKind

_MOST_SHOWN = 10
_BEYOND = "beyond the policy"
_NO_TROUBLE = (accounts.WELL, accounts.ASTRAY)


@dataclass(frozen=True, slots=True)
class _Found:
    """What the books say; `flaw` is what is wrong with the journal, empty: nothing."""

    pages: Pages
    claimed: int
    unwritten: list[str]
    lost: list[tuple[Empty, str]]
    needless: list[tuple[Turn, str]]
    wrong: list[str]
    flaw: str
    said: Complaints


async def close(
    ground: Ground,
    engine: Engine,
    clerk: Clerk,
    duty: Duty,
    unwell: list[str],
    overslept: Collection[int],
) -> dict[str, Any]:
    """Return the figures, but for those of memory; the journal is kept beside the stack's logs."""
    found = await _found(ground, clerk, overslept)
    return {
        **_of_troubles(engine),
        **_of_blocks(clerk, found),
        **_of_alerts(ground, duty, found),
        "not_well_in_the_end": len(unwell),
        "ended_by_themselves": len(ground.nurse.ended),
        "starts_refused": dict(ground.nurse.refused),
        "journal_entries": len(found.pages.entries),
        "journal_verified": not found.flaw,
        "log_errors": dict(found.said.errors.most_common(_MOST_SHOWN)),
        "tracebacks": found.said.tracebacks,
        "slots_overslept": len(overslept),
        "load": round(os.getloadavg()[2], 1),
        "details": {
            "alerts_lost": found.unwritten[:_MOST_SHOWN],
            "lost_for_no_trouble": [
                f"{slot}: {cause}" for slot, cause in found.lost if cause in _NO_TROUBLE
            ][:_MOST_SHOWN],
            "needless": [
                f"{turn}: {excuse or _BEYOND}"
                for turn, excuse in sorted(found.needless, key=lambda each: each[1])
            ][:_MOST_SHOWN],
            "wrong": found.wrong[:_MOST_SHOWN],
            "not_told": sorted(duty.untold)[:_MOST_SHOWN],
            "unwell": unwell,
            "ended": ground.nurse.ended[:_MOST_SHOWN],
            "failed": engine.broken[:_MOST_SHOWN],
            "tracebacks": found.said.shown,
            "journal": found.flaw,
        },
    }


async def _found(ground: Ground, clerk: Clerk, overslept: Collection[int]) -> _Found:
    claimed = [claim for passage in ground.passages for claim in passage.ledger.claims.values()]
    pages, sufferings = await ground.books.read(), ground.ailed()
    folder = ground.stack.directory
    await asyncio.to_thread(_keep_journal, pages, folder / "journal.jsonl")
    lost = accounts.explained(clerk.empty, sufferings, pages, overslept)
    needless = [
        (turn, accounts.excuse(turn, sufferings, lost, pages))
        for turn in accounts.needless(clerk.turns, pages)
    ]
    return _Found(
        pages,
        len(claimed),
        unknown(claimed, pages, LATE),
        lost,
        needless,
        accounts.wrong(clerk.turns, pages),
        await _flaw(ground),
        await asyncio.to_thread(complaints, sorted(folder.glob("*.log"))),
    )


def _of_troubles(engine: Engine) -> dict[str, Any]:
    return {
        "troubles": engine.played.total(),
        "troubles_by_kind": dict(engine.played),
        "troubles_left_out": engine.left_out,
        "troubles_late": engine.late,
        "troubles_that_failed": len(engine.broken),
    }


def _of_blocks(clerk: Clerk, found: _Found) -> dict[str, Any]:
    pages, causes = found.pages, Counter(cause for _, cause in found.lost)
    excuses = Counter(excuse for _, excuse in found.needless)
    return {
        "slots": clerk.slots,
        "blocks_lost": len(clerk.empty),
        "blocks_lost_by_cause": dict(sorted(causes.items())),
        "blocks_lost_too_soon_to_be_saved": sum(
            count for cause, count in causes.items() if cause.endswith(accounts.TOO_SOON)
        ),
        "rotations": len(clerk.turns),
        "rotations_by_hand": sum(accounts.by_hand(turn, pages) for turn in clerk.turns),
        "needless_rotations": len(found.needless),
        "needless_rotations_for_a_busy_machine": excuses[accounts.BUSY],
        "needless_rotations_beyond_policy": excuses[""],
        "wrong_rotations": len(found.wrong),
        "outcomes": _words(str(r.outcome) for r in pages.rotations),
        "decisions": _words(e.value for e in pages.entries if e.kind is EntryKind.DECISION),
    }


def _of_alerts(ground: Ground, duty: Duty, found: _Found) -> dict[str, Any]:
    told = sum((passage.ledger.told for passage in ground.passages), Counter[str]())
    return {
        "alerts_acknowledged": sum(passage.ledger.alerts for passage in ground.passages),
        "webhooks": dict(told),
        "claims_checked": found.claimed,
        "alerts_lost": len(found.unwritten),
        "alerts_fired": dict(sorted(duty.fired.items())),
        "people_notifications": ground.inbox.notifications,
        "people_owed": duty.owed,
        "people_not_told": len(duty.untold),
    }


def _keep_journal(pages: Pages, file: Path) -> None:
    """Write a journal as lines that can be read beside those of the soak."""
    with file.open("w", encoding="utf-8") as lines:
        for entry in pages.entries:
            print(json.dumps(asdict(entry), default=str, ensure_ascii=False), file=lines)


def _words(words: Any) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


async def _flaw(ground: Ground) -> str:
    """Run `understudy journal verify`; return what it said where all is not as written."""
    configuration = str(ground.stack.written.configuration)
    words = ("-m", "understudy", "journal", "verify", "--config", configuration)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    told = said.decode(errors="replace")
    return (told or f"status {process.returncode}") if process.returncode else ""

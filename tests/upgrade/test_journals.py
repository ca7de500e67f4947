"""A journal that the code of an earlier commit wrote until it was killed in a rotation goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from switcher.journal.database import open_database, read_database
from switcher.journal.tables import REVISION
from switcher.journal.verify import verify
from tests.support import chain
from tests.switcher import scripted
from tests.switcher.scripted import ALPHA, BETA, GAMMA, Script
from tests.switcher.troupe import troupe
from tests.upgrade.kept import JOURNALS, POSTGRESQL, Held, held, load_postgresql, load_sqlite

NOT_OF_ENTRIES = ("journal",)
"""What a migration writes into the journal about the journal itself."""


@pytest.fixture(params=JOURNALS)
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a journal that an earlier commit wrote, on its kind of database."""
    name = f"{request.param}.sql"
    if request.param.endswith(POSTGRESQL):
        return load_postgresql(name, request.getfixturevalue("postgresql_url"))
    return load_sqlite(name, tmp_path / "understudy.db")


@pytest.fixture
def before(journal: str) -> Held:
    return held(journal)


@pytest.fixture
def then(before: Held, monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """Return the chain as it stood when the switcher of then died: the key accused is in force."""
    dying = before.open_rotation
    began = int(dying["opened"]) - 3 * (dying["reference"] + 1)
    for module in (chain, scripted):
        monkeypatch.setattr(module, "START", began - began % 21)
    scripted._past.cache_clear()
    script = Script()
    accused = {key.text("BTS"): key for key in (ALPHA, BETA, GAMMA)}[dying["from_key"]]
    script.put_on_air(accused)
    while script.chain.number <= dying["reference"] or script.now < dying["opened"]:
        script.produce()
    yield script
    scripted._past.cache_clear()


def test_every_schema_has_a_journal_of_then_the_present_one_too() -> None:
    schemas = {name.partition("-")[0] for name in JOURNALS}
    assert schemas == {f"{number:04d}" for number in range(1, int(REVISION) + 1)}, (
        "tests/fixtures/upgrade/README.md tells how a journal of the present schema is kept"
    )
    on_postgresql = {name.partition("-")[0] for name in JOURNALS if name.endswith(POSTGRESQL)}
    assert on_postgresql == schemas - {"0001", "0002"}


def test_journal_of_then_holds_what_an_upgrade_could_lose(before: Held) -> None:
    kinds = {entry[2] for entry in before.entries}
    assert {"opened", "decision", "step", "ended", "arming"} <= kinds
    assert any(row["outcome"] == "on_air" for row in before.rotations)
    assert before.open_rotation["transaction"]["signatures"]


def test_every_entry_of_then_is_kept_and_can_be_verified(journal: str, before: Held) -> None:
    open_database(journal).close()
    after = held(journal)
    kept = [entry for entry in after.entries if entry[2] not in NOT_OF_ENTRIES]
    assert kept == [entry for entry in before.entries if entry[2] not in NOT_OF_ENTRIES]
    assert after.drills == before.drills
    with read_database(journal) as db:
        report = verify(db, None, lambda _done, _all: None)
    assert (report.flaws, report.entries) == ([], len(after.entries))


async def test_rotation_under_way_is_confirmed_and_not_doubled(
    journal: str, before: Held, then: Script
) -> None:
    dying = before.open_rotation
    then.pending = {dying["transaction_id"]: dying["transaction"]}
    then.produce(include=True)
    async with troupe(journal, then) as t:
        await t.worker.step()
        then.until_signed()
        then.run(12)
        await t.worker.step()
        assert (await outcomes(t.record))[dying["id"]] == "on_air"
        assert then.transactions == []


@pytest.mark.parametrize("journal", [JOURNALS[0], JOURNALS[-2]], indirect=True)
async def test_rotation_that_never_came_into_a_block_ends_before_another(
    journal: str, before: Held, then: Script
) -> None:
    dying = before.open_rotation
    while then.chain.time < dying["expiration"] + 60:
        then.run(1, init0_dead=True)
    async with troupe(journal, then) as t:
        await t.worker.step()
        told = await outcomes(t.record)
        assert told.pop(dying["id"]) == "expired"
        assert set(told.values()) <= {"on_air", "broadcast"}
        assert len([1 for outcome in told.values() if outcome == "broadcast"]) <= 1


async def outcomes(record: Any) -> dict[int, str]:
    return {r.id: str(r.outcome) for r in (await record()).rotations}

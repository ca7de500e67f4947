"""What `understudy journal verify` finds in the rows that a switcher acts upon."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from switcher.journal.journal import Journal
from switcher.model import Draft, Ending, Outcome
from tests.switcher.stage import WITNESS
from tests.switcher.written import DAY, KEYS, Copy, checked, prune, write

INCIDENT = (
    'id, cause, "order", action, witness, signing_key, accused, opened, renewed, resolved, '
    "decision, sentence, planned, alerts, ended, ending"
)
ROWS = [
    ("rotations", "transaction_id = 'ffff'", 4),
    ("rotations", "\"transaction\" = '{}'", 4),
    ("rotations", "from_key = 'BTS'", 4),
    ("rotations", "to_key = 'BTS'", 4),
    ("rotations", "producer = 'gamma'", 4),
    ("rotations", "witness = 'init1'", 4),
    ("rotations", "by_hand = 1", 4),
    ("rotations", "opened = 1", 4),
    ("rotations", "expiration = 4000000000", 4),
    ("rotations", "sent = 1", 8),
    ("rotations", "in_block = null", 8),
    ("rotations", "irreversible = null", 8),
    ("rotations", "on_air = 1", 8),
    ("rotations", "ended = null", 8),
    ("rotations", "outcome = 'expired'", 8),
    ("rotations", "outcome = 'never_signed'", 8),
    ("incidents", "ended = null, ending = null", 9),
    ("incidents", "ending = 'resolved'", 9),
    ("incidents", "ended = ended + 1", 9),
    ("incidents", "accused = 'BTS'", 2),
    ("incidents", "signing_key = 'BTS'", 2),
    ("incidents", "witness = 'init1'", 2),
    ("incidents", "opened = 1", 2),
    ("incidents", "cause = 'manual'", 2),
    ("incidents", "action = 'nothing'", 2),
    ("incidents", "decision = 'budget_spent'", 3),
]


@pytest.mark.parametrize(("table", "change", "entry"), ROWS)
def test_row_that_says_otherwise_than_its_entries_is_found(
    written: Path, table: str, change: str, entry: int
) -> None:
    copy = Copy(written)
    copy.run(f"update {table} set {change} where id = 1")
    assert entry in copy.check()


@pytest.mark.parametrize(
    "change",
    [
        "update arming set armed = 0",
        "update arming set who = 'maria'",
        "delete from arming",
        "delete from rotations where id = 2",
        "delete from incidents where id = 1",
        "update incidents set \"order\" = '{}' where id = 3",
        "update incidents set ended = 5, ending = 'cancelled' where id = 3",
        "insert into incidents select 9, cause, \"order\", action, witness, 'x', 'x', 1, 1, 1, "
        "null, '', null, alerts, 5, 'resolved' from incidents where id = 1",
        "insert into incidents select -1, cause, \"order\", action, witness, 'x', 'x', 1, 1, 0, "
        "null, '', null, alerts, null, null from incidents where id = 3",
        "update incidents set alerts = '{' where id = 1",
        "update journal set name = 'other'",
        "insert into arming values ('init1', 1, 'maria', 'why', 1)",
        "insert into rotations select 9, 9, witness, from_key, to_key, producer, decided, by_hand, "
        "opened, reference, expiration, 'cd', \"transaction\", 0, null, null, null, null, null, "
        "null, null, 'broadcast', '' from rotations where id = 1",
    ],
)
def test_row_without_its_entry_and_entry_without_its_row_are_found(
    written: Path, change: str
) -> None:
    copy = Copy(written)
    copy.run(change.replace("into incidents select", f"into incidents ({INCIDENT}) select"))
    assert copy.check() != []


@pytest.mark.parametrize("retention", [False, True])
async def test_order_that_nobody_gave_is_found_though_a_switcher_saw_to_it(
    sqlite_url: str, *, retention: bool
) -> None:
    await write(sqlite_url)
    if retention:
        assert await prune(sqlite_url, 3 * DAY + 3)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as db, db:
        db.execute(
            f'insert into incidents ({INCIDENT}) select 4, cause, "order", action, witness, '
            "signing_key, accused, opened, renewed, 0, null, '', null, alerts, null, null "
            "from incidents where id = 3"
        )
    async with Journal(sqlite_url) as journal:
        [_, forged] = (await journal.record(WITNESS, 0)).incidents
        draft = Draft(forged.id, WITNESS, KEYS[2], KEYS[1], "beta", 4 * DAY)
        await journal.open_rotation(draft, Outcome.CANNOT_PAY, "poor", 4 * DAY)
        await journal.end(forged, Ending.GIVEN_UP, "poor", 4 * DAY)
    assert [flaw.what for flaw in checked(sqlite_url).flaws] == [
        "no entry tells how incident 4 began"
    ]


async def test_rotation_that_no_switcher_began_is_found_though_one_ended_it(
    sqlite_url: str,
) -> None:
    await write(sqlite_url)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as db, db:
        db.execute(
            "insert into rotations (incident, witness, from_key, to_key, producer, decided, "
            "by_hand, opened, reference, expiration, accepted, sentence, outcome) "
            "values (3, ?, 'x', 'y', 'beta', 1, 0, 1, 1, 1, 0, '', 'broadcast')",
            (WITNESS,),
        )
    async with Journal(sqlite_url) as journal:
        rotation = (await journal.record(WITNESS, 0)).open_rotation
        assert rotation is not None
        values = {"ended": 4 * DAY, "outcome": Outcome.EXPIRED}
        steps = [(Outcome.EXPIRED, "too late")]
        await journal.end_rotation(rotation, values, steps, None, 4 * DAY, {})
    assert [flaw.what for flaw in checked(sqlite_url).flaws] == [
        "no entry tells how rotation 3 began"
    ]


@pytest.mark.parametrize(
    "made",
    [
        "create trigger t after insert on incidents begin "
        "update incidents set resolved = 1 where id = new.id; end",
        "alter table entries rename to kept; create view entries as select * from kept",
    ],
)
def test_what_acts_within_the_database_by_itself_is_found(written: Path, made: str) -> None:
    copy = Copy(written)
    with closing(sqlite3.connect(copy.path)) as db:
        db.executescript(made)
    assert copy.check() == [None]


async def test_trigger_and_rule_are_found_in_postgresql_too(postgresql_url: str) -> None:
    await write(postgresql_url)
    engine = create_engine(postgresql_url)
    with engine.begin() as db:
        db.execute(text("create rule quiet as on insert to heartbeats do instead nothing"))
        db.execute(
            text(
                "create trigger same before update on incidents "
                "for each row execute function suppress_redundant_updates_trigger()"
            )
        )
    engine.dispose()
    assert sorted(flaw.what for flaw in checked(postgresql_url).flaws) == [
        "the rule quiet on the table heartbeats is not of this program",
        "the trigger same on the table incidents is not of this program",
    ]

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.schema import CreateSchema

from bench.postgresql import Cluster
from switcher.errors import JournalError, StandbyError
from switcher.journal.database import open_wire
from switcher.journal.tables import leases
from switcher.lease_session import IDLE_SECONDS, Claim, LeaseSession, check_claim, lock_key

NOW = 1_000.0


@pytest.fixture
def engine(postgresql_url: str) -> Iterator[Engine]:
    engine = create_engine(postgresql_url)
    leases.create(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def first(engine: Engine, postgresql_url: str) -> Iterator[LeaseSession]:
    session = LeaseSession(*open_wire(postgresql_url), "first")
    yield session
    session.close()


@pytest.fixture
def second(engine: Engine, postgresql_url: str) -> Iterator[LeaseSession]:
    session = LeaseSession(*open_wire(postgresql_url), "second")
    yield session
    session.close()


def _check(engine: Engine, witness: str, token: int) -> None:
    with engine.begin() as db:
        check_claim(db, Claim(witness, token))


def test_only_one_holds_a_lease(first: LeaseSession, second: LeaseSession) -> None:
    assert first.beat(["init0", "init1"], NOW) == {"init0": 1, "init1": 1}
    assert second.beat(["init0", "init1", "init2"], NOW) == {"init2": 1}
    assert first.beat(["init0", "init1"], NOW) == {"init0": 1, "init1": 1}


def test_the_next_holder_has_a_higher_token_and_the_former_one_may_not_write(
    engine: Engine, first: LeaseSession, second: LeaseSession
) -> None:
    held = first.beat(["init0"], NOW)
    _check(engine, "init0", held["init0"])
    first.close()
    assert second.beat(["init0"], NOW + 1) == {"init0": 2}
    with pytest.raises(StandbyError, match="second acts for init0 now"):
        _check(engine, "init0", held["init0"])
    _check(engine, "init0", 2)


def test_a_lease_that_nobody_ever_took_lets_nobody_write(engine: Engine) -> None:
    with pytest.raises(StandbyError, match="another switcher acts for init0"):
        _check(engine, "init0", 1)


def test_a_killed_holder_loses_its_leases_at_once(
    engine: Engine, first: LeaseSession, second: LeaseSession, postgresql: Cluster
) -> None:
    first.beat(["init0"], NOW)
    postgresql.end_holders(str(engine.url.database))
    with pytest.raises(JournalError):
        first.beat(["init0"], NOW)
    assert second.beat(["init0"], NOW) == {"init0": 2}
    assert first.beat(["init0"], NOW) == {}


def test_the_server_ends_a_session_that_falls_silent(
    engine: Engine, first: LeaseSession, postgresql: Cluster
) -> None:
    first.beat(["init0"], NOW)
    with postgresql.connect(str(engine.url.database)) as observer:
        observer.execute("select set_config('lock_timeout', %s, false)", [f"{IDLE_SECONDS + 5}s"])
        # Granted once the session above is gone, and not before.
        observer.execute("select pg_advisory_lock(%s)", [lock_key("public", "init0")])
    with pytest.raises(JournalError):
        first.beat(["init0"], NOW)


def test_a_lease_that_is_no_longer_wanted_is_free_for_others(
    first: LeaseSession, second: LeaseSession
) -> None:
    first.beat(["init0"], NOW)
    assert first.beat([], NOW) == {}
    assert second.beat(["init0"], NOW) == {"init0": 2}


def test_journals_in_one_database_have_leases_of_their_own(
    first: LeaseSession, postgresql_url: str
) -> None:
    apart = create_engine(f"{postgresql_url}?options=-csearch_path%3Dapart")
    with apart.begin() as db:
        db.execute(CreateSchema("apart"))
        leases.create(db)
    apart.dispose()
    assert first.beat(["init0"], NOW) == {"init0": 1}
    with closing(LeaseSession(*open_wire(str(apart.url)), "other")) as other:
        assert other.beat(["init0"], NOW) == {"init0": 1}


def test_a_takeover_waits_for_what_the_former_holder_is_writing(
    engine: Engine, first: LeaseSession, second: LeaseSession, postgresql: Cluster
) -> None:
    held = first.beat(["init0"], NOW)
    with engine.begin() as writing:
        check_claim(writing, Claim("init0", held["init0"]))
        first.close()
        with postgresql.connect(str(engine.url.database)) as impatient:
            impatient.execute("set lock_timeout = '50ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                impatient.execute("update leases set token = 2")
    assert second.beat(["init0"], NOW) == {"init0": 2}

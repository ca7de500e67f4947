"""A PostgreSQL that vanishes, freezes, crashes, or was set up less carefully than we need."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from bench.postgresql import Cluster
from storing.database import Database
from storing.postgresql import Wire
from switcher.errors import JournalError, UnreachableError
from switcher.journal.database import open_database
from switcher.journal.journal import Journal
from switcher.lease_session import IDLE_SECONDS
from switcher.model import Arming
from switcher.webhook import Heartbeat
from tests.switcher.stage import WITNESS, owner_only

PASSWORD = "correct-horse-battery"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Run a PostgreSQL that the test may end."""
    with Cluster(tmp_path / "postgresql") as own:
        yield own


def setting(database: Database, name: str) -> str:
    with database.writing() as db:
        return str(db.scalar(text(f"show {name}")))


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


async def test_commits_are_durable_whatever_the_server_s_default(postgresql_url: str) -> None:
    name = postgresql_url.rpartition("/")[2]
    with psycopg.connect(plain(postgresql_url), autocommit=True) as db:
        db.execute(f"alter database {name} set synchronous_commit = off".encode())
        db.execute(
            f"alter database {name} set default_transaction_isolation = serializable".encode()
        )
    opened = open_database(postgresql_url)
    assert setting(opened, "synchronous_commit") == "on"
    assert setting(opened, "transaction_isolation") == "read committed"
    with opened.reading() as db:
        assert db.scalar(text("show transaction_isolation")) == "repeatable read"
    with pytest.raises(JournalError, match="read-only"), opened.reading() as db:
        db.execute(text("insert into heartbeats values ('x', 1)"))
    opened.close()


async def test_stricter_durability_than_ours_is_left_alone(postgresql_url: str) -> None:
    name = postgresql_url.rpartition("/")[2]
    with psycopg.connect(plain(postgresql_url), autocommit=True) as db:
        db.execute(f"alter database {name} set synchronous_commit = remote_apply".encode())
    opened = open_database(postgresql_url)
    assert setting(opened, "synchronous_commit") == "remote_apply"
    opened.close()


@pytest.mark.parametrize("end", ["stop", "crash"])
async def test_journal_works_again_by_itself_after_its_server_was_gone(
    cluster: Cluster, end: str
) -> None:
    async with Journal(cluster.create_database("journal")) as journal:
        await journal.take([Heartbeat()], {}, 1.0)
        getattr(cluster, end)()
        for _ in range(2):
            with pytest.raises(UnreachableError, match="can't be used"):
                await journal.take([Heartbeat()], {}, 2.0)
        cluster.start()
        assert await journal.heartbeat() == 1.0
        await journal.take([Heartbeat()], {}, 3.0)
        assert await journal.heartbeat() == 3.0


async def test_connection_that_the_server_closed_meanwhile_costs_no_call(
    postgresql_url: str,
) -> None:
    async with Journal(postgresql_url) as journal:
        await journal.take([Heartbeat()], {}, 1.0)
        with psycopg.connect(plain(postgresql_url), autocommit=True) as db:
            db.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            )
        await journal.take([Heartbeat()], {}, 2.0)
        assert await journal.heartbeat() == 2.0


def test_server_that_is_lost_within_a_write_has_written_nothing(cluster: Cluster) -> None:
    opened = open_database(cluster.create_database("journal"))
    with pytest.raises(UnreachableError), opened.writing() as db:
        db.execute(text("insert into heartbeats values ('alert_path', 1)"))
        cluster.crash()
        db.execute(text("insert into heartbeats values ('other', 1)"))
    cluster.start()
    with opened.reading() as db:
        assert db.scalar(text("select count(*) from heartbeats")) == 0
    opened.close()


@contextmanager
def frozen(cluster: Cluster) -> Iterator[None]:
    """Freeze a cluster's processes for as long as the context lasts."""
    main = int((cluster.folder / "postmaster.pid").read_text().split()[0])
    found = subprocess.run(["pgrep", "-P", str(main)], capture_output=True, text=True, check=True)
    pids = [main, *map(int, found.stdout.split())]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


async def test_server_that_freezes_is_noticed_within_seconds_by_all_who_wait(
    cluster: Cluster,
) -> None:
    async with Journal(cluster.create_database("journal")) as journal:
        await journal.begin([WITNESS], Arming())
        with frozen(cluster):
            began = time.monotonic()
            calls = [journal.take([Heartbeat()], {}, 1.0) for _ in range(20)]
            told = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(each) for each in told} == {UnreachableError}
            assert time.monotonic() < began + 12
        await journal.take([Heartbeat()], {}, 2.0)
        assert await journal.heartbeat() == 2.0


async def test_switcher_whose_server_freezes_does_not_wait_for_its_leases(cluster: Cluster) -> None:
    async with Journal(cluster.create_database("journal")) as journal:
        session = journal.lease_session("first")
        assert session.beat([WITNESS], 1.0)
        with frozen(cluster):
            began = time.monotonic()
            with pytest.raises(JournalError):
                await asyncio.wait_for(asyncio.to_thread(session.beat, [WITNESS], 2.0), 30)
            assert time.monotonic() < began + IDLE_SECONDS + 1
        session.close()


@pytest.fixture
def line() -> Iterator[Callable[[], tuple[socket.socket, socket.socket]]]:
    """Give connections as pairs of their ends."""
    ends: list[socket.socket] = []

    def pair() -> tuple[socket.socket, socket.socket]:
        both = socket.socketpair()
        both[1].settimeout(5)
        ends.extend(both)
        return both

    yield pair
    for end in ends:
        end.close()


def test_connection_that_is_made_when_the_time_is_up_is_cut_as_well(
    line: Callable[[], tuple[socket.socket, socket.socket]],
) -> None:
    wire, (first, server) = Wire(), line()
    again, server_again = line()
    with wire.limited(0.01):
        wire.attach(first, None)
        assert server.recv(1) == b""
        wire.detach(first, None)
        wire.attach(again, None)
        assert server_again.recv(1) == b""
        wire.detach(again, None)


def test_next_transaction_has_its_own_time(
    line: Callable[[], tuple[socket.socket, socket.socket]],
) -> None:
    wire, (first, server) = Wire(), line()
    again, server_again = line()
    with wire.limited(0.01):
        wire.attach(first, None)
        assert server.recv(1) == b""
        wire.detach(first, None)
    with wire.limited(30):
        wire.attach(again, None)
        again.sendall(b"x")
        assert server_again.recv(1) == b"x"
        wire.detach(again, None)


def test_writer_that_stops_in_the_middle_loses_its_lock(postgresql_url: str) -> None:
    stuck, other = open_database(postgresql_url), open_database(postgresql_url)
    begun, released = threading.Event(), threading.Event()

    def hold() -> None:
        with pytest.raises(JournalError), stuck.writing() as db:
            db.execute(text("insert into heartbeats values ('stuck', 1)"))
            begun.set()
            released.wait(30)
            db.execute(text("insert into heartbeats values ('later', 1)"))

    holding = threading.Thread(target=hold)
    holding.start()
    assert begun.wait(5)
    deadline = time.monotonic() + 15
    while True:
        try:
            with other.writing() as db:
                assert db.scalar(text("select count(*) from heartbeats")) == 0
            break
        except JournalError:
            assert time.monotonic() < deadline
    released.set()
    holding.join()
    stuck.close()
    other.close()


def test_database_with_an_encoding_that_can_t_hold_every_text_is_refused(
    postgresql: Cluster, postgresql_url: str
) -> None:
    with psycopg.connect(plain(postgresql_url), autocommit=True) as db:
        db.execute("create database latin encoding latin1 template template0")
    with pytest.raises(JournalError, match=r"LATIN1.*createdb --encoding=UTF8"):
        open_database(postgresql_url.rpartition("/")[0] + "/latin")
    postgresql.drop_database("latin")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Run a PostgreSQL that asks for a password."""
    with Cluster(tmp_path_factory.mktemp("guarded") / "postgresql", PASSWORD) as own:
        yield own


def test_password_comes_from_its_file_anew_for_every_connection(
    guarded: Cluster, tmp_path: Path
) -> None:
    url = guarded.create_database("journal")
    secret = owner_only(tmp_path / "password", "wrong\n")
    with pytest.raises(JournalError, match="password authentication failed"):
        open_database(url, secret)
    secret.write_text(f"{PASSWORD}\n")
    opened = open_database(url, secret)
    assert setting(opened, "application_name") == "understudy"
    opened.close()


def test_password_file_of_postgresql_s_own_programs_works(
    guarded: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = guarded.create_database("of_pgpass")
    owner_only(tmp_path / "pgpass", f"127.0.0.1:{guarded.port}:*:*:{PASSWORD}\n")
    monkeypatch.setenv("PGPASSFILE", str(tmp_path / "pgpass"))
    open_database(url).close()


def test_password_file_that_others_can_read_is_refused(guarded: Cluster, tmp_path: Path) -> None:
    secret = owner_only(tmp_path / "password", PASSWORD)
    secret.chmod(0o644)
    with pytest.raises(JournalError, match=r"chmod 600"):
        open_database(guarded.create_database("unused"), secret)


def test_password_is_in_no_error_and_no_repr(guarded: Cluster, tmp_path: Path) -> None:
    url = guarded.create_database("told")
    secret = owner_only(tmp_path / "password", PASSWORD)
    opened = open_database(url, secret)
    told = [
        repr(opened),
        repr(vars(opened)),
        str(Journal(url, secret)),
        repr(vars(Journal(url, secret))),
    ]
    guarded.stop()
    with pytest.raises(JournalError) as caught, opened.reading():
        pytest.fail("it is stopped")
    guarded.start()
    error: BaseException | None = caught.value
    while error:
        told += [str(error), repr(error)]
        error = error.__cause__ or error.__context__
    assert not [each for each in told if PASSWORD in each]
    opened.close()

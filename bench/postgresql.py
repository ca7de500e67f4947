"""A real PostgreSQL for tests and the soak: a cluster of its own on a free loopback port.

    with Cluster(tmp_path / "postgresql") as cluster:
        url = cluster.create_database("journal")

It is the distribution's program, found or unpacked by scripts/postgresql, and ends with us.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

from understudy.stack.ports import free_ports

OWNER = "understudy"

_BIN = Path(__file__).parent.parent / ".tools" / "bin"
_SECONDS = 30.0
_NOBODY = 65534
_OPTIONS = (
    # What is lost when the machine fails is not what this is about, and syncing is slow.
    "fsync=off",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=60",
    "shared_buffers=16MB",
    "log_connections=on",
)


def is_there() -> bool:
    """Tell whether scripts/postgresql has found or unpacked it."""
    return all((_BIN / name).exists() for name in ("initdb", "postgres"))


class Cluster:
    """A cluster in a folder; started when entered, and stopped and started again at will.

    With a `password` its role needs that to connect, otherwise nothing.
    """

    def __init__(self, folder: Path, password: str | None = None) -> None:
        self.folder = folder
        self.log = folder.with_suffix(".log")
        self.port = free_ports(1)[0]
        self._password = password
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._init()
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def create_database(self, name: str) -> str:
        """Make an empty database and return its SQLAlchemy URL, without the password."""
        with self.connect() as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        return f"postgresql+psycopg://{OWNER}@127.0.0.1:{self.port}/{name}"

    def drop_database(self, name: str) -> None:
        """Remove a database and whoever is connected to it."""
        drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
        with self.connect() as connection:
            connection.execute(drop)

    def end_holders(self, name: str) -> None:
        """End every session with a database that holds an advisory lock."""
        end = """
            select pg_terminate_backend(pid, 5000) from (
                select distinct pid from pg_locks join pg_database on database = pg_database.oid
                where locktype = 'advisory' and granted and datname = %s
            ) as holders
        """
        with self.connect() as connection:
            connection.execute(end, [name])

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Return a connection of one's own; every statement is committed at once."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=OWNER,
            password=self._password,
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def start(self) -> None:
        """Start the server and wait until it lets clients in."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_as_its_user(), _BIN / "postgres", "-D", self.folder, "-p", str(self.port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + _SECONDS
        while not self._lets_in():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"PostgreSQL does not start:\n{self.log.read_text()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop it at once, as an administrator does; clients lose their connections."""
        self._end(signal.SIGINT)

    def crash(self) -> None:
        """End it without any goodbye; it recovers at the next start."""
        self._end(signal.SIGQUIT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(how)
        self._process.wait(_SECONDS)
        self._process = None

    def _lets_in(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError):
            self.connect().close()
            return True
        return False

    def _init(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True)
        words: list[str | Path]
        words = [_BIN / "initdb", "-D", self.folder, "-U", OWNER, "--no-sync", "-E", "UTF8"]
        if self._password is None:
            words += ["--auth=trust"]
        else:
            secret = self.folder.with_suffix(".password")
            secret.write_text(self._password)
            words += ["--auth=scram-sha-256", f"--pwfile={secret}"]
        if os.geteuid() == 0:
            os.chown(self.folder, _NOBODY, _NOBODY)
        subprocess.run([*_as_its_user(), *words, "--locale=C"], check=True, capture_output=True)
        with (self.folder / "postgresql.conf").open("a") as settings:
            for option in _OPTIONS:
                name, value = option.split("=")
                settings.write(f"{name} = '{value}'\n")


def _as_its_user() -> list[str | Path]:
    """Return what makes the rest of a command end with us, and run as another user than root.

    PostgreSQL refuses root. The folders of the tests are root's own then, hence the capability.
    """
    setpriv = shutil.which("setpriv")
    assert setpriv, "setpriv (util-linux) is needed to run PostgreSQL"
    words: list[str | Path] = [setpriv, "--pdeathsig", "INT"]
    if os.geteuid() == 0:
        words += [f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
        words += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return words

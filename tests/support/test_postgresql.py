from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from bench.postgresql import OWNER, Cluster


def _ask(cluster: Cluster, password: str | None = None) -> object:
    where = {"host": "127.0.0.1", "port": cluster.port, "user": OWNER, "dbname": "journal"}
    with psycopg.connect(**where, password=password) as connection:  # type: ignore[arg-type]
        row = connection.execute("select count(*) from kept").fetchone()
        return row[0] if row else None


def test_what_was_written_outlives_a_crash(tmp_path: Path) -> None:
    with Cluster(tmp_path / "postgresql") as cluster:
        cluster.create_database("journal")
        with psycopg.connect(
            host="127.0.0.1", port=cluster.port, user=OWNER, dbname="journal"
        ) as connection:
            connection.execute("create table kept (id int)")
            connection.execute("insert into kept values (1)")
        cluster.crash()
        with pytest.raises(psycopg.OperationalError):
            _ask(cluster)
        cluster.start()
        assert _ask(cluster) == 1


def test_with_a_password_nobody_else_gets_in(tmp_path: Path) -> None:
    with Cluster(tmp_path / "postgresql", password="planted") as cluster:
        cluster.create_database("journal")
        with pytest.raises(psycopg.OperationalError, match="password"):
            _ask(cluster)
        with pytest.raises(psycopg.errors.UndefinedTable):
            _ask(cluster, "planted")

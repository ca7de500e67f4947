"""What people and disks hand over: configuration, files of tokens, users and keys, the journal."""

from __future__ import annotations

import atexit
import contextlib
import json
import sqlite3
import tempfile
from functools import cache
from itertools import chain
from pathlib import Path
from unittest.mock import patch

from pydantic import TypeAdapter
from sqlalchemy import StaticPool, create_engine

from chains.bitshares.keys import looks_private
from devnet.keys import DevKey
from exporter.errors import ExporterError
from exporter.users import Answer, Users
from switcher.auth import Scope, Tokens, new_token
from switcher.errors import JournalError, SecretFileError, TokenFileError
from switcher.journal.database import JOURNAL
from switcher.journal.entries import read_entries
from switcher.journal.hashes import Head
from switcher.journal.verify import Flaw, verify
from switcher.model import Entry
from switcher.settings import KeyFileSigner, WalletSigner
from switcher.signer import Signer, add_to_wallet, create_wallet, list_wallet
from tests.fuzz.target import Target, runner
from tests.support.chain import PREFIX
from tests.switcher.stage import owner_only
from tests.switcher.written import FIELDS, write
from understudy.config import ConfigurationError, load

_CONFIGURATIONS = Path(__file__).parents[1] / "fixtures/config"
_CHAIN = "ab" * 32
_PASSPHRASE = "open sesame"
_WIF = DevKey("one").wif
_HASH = "$2b$04$" + "a" * 53
_CHEAP = patch("graphenebase.bip38.scrypt.hash", lambda *_: bytes(range(64)))
"""Without that a key in a wallet takes a third of a second to be read."""

_COLUMNS = ("id", *FIELDS)
_TOLD = TypeAdapter(list[Entry])


def configuration(data: bytes) -> bool:
    """Take an understudy.yaml."""
    file = _file("understudy.yaml", data)
    try:
        read = load(file)
    except ConfigurationError as error:
        assert error.mistakes
        assert all(each.text for each in error.mistakes)
        assert not looks_private(str(error).replace(str(file), ""))
        return False
    assert read.chain.nodes
    return True


def token_file(data: bytes) -> bool:
    """Take a file of tokens."""
    try:
        tokens = Tokens.load(_file("tokens", data))
    except TokenFileError as error:
        assert len(str(error).splitlines()) == 1
        return False
    assert tokens.bearer("") is None
    assert not tokens.stands_in(data.decode("ascii"))
    return True


def users_file(data: bytes) -> bool:
    """Take a file of users, and with its bytes an Authorization header."""
    taken = False
    with contextlib.suppress(ExporterError):
        taken = len(Users.load(_file("users", data))) > 0
        assert taken
    header = data.decode("latin-1")
    for authorization in (header, f"Basic {header}"):
        # One that can't be right, so that nothing is worked out for it; that takes its time.
        asked = Users({"nobody": _HASH.encode()}, lambda: 0.0)
        asked._wrong["here"] = 1.0
        answer = runner().run(asked.ask(authorization, "here"))
        assert answer in (Answer.WRONG, Answer.TOO_MANY)
    return taken


def key_file(data: bytes) -> bool:
    """Take a file that should hold private keys."""
    source = KeyFileSigner(_file("active.key", data))
    try:
        Signer.load(source, prefix=PREFIX, chain_id=_CHAIN, max_fee=0)
    except SecretFileError as error:
        assert not looks_private(str(error))
        assert error.__cause__ is None or not looks_private(str(error.__cause__))
        return False
    return True


def wallet(data: bytes) -> bool:
    """Take a wallet some bytes of which are others: a place (two bytes), and what is put there."""
    sound = bytearray(_wallet())
    used = [place for place, byte in enumerate(sound) if byte]
    place = used[int.from_bytes(data[:2], "big") % len(used)]
    sound[place : place + len(data[2:])] = data[2:]
    file = _file("wallet.sqlite", bytes(sound))
    secret = _file("passphrase", _PASSPHRASE.encode())
    with contextlib.suppress(SecretFileError):
        list_wallet(file)
    with contextlib.suppress(SecretFileError), _CHEAP:
        Signer.load(WalletSigner(file, secret), prefix=PREFIX, chain_id=_CHAIN, max_fee=0)
        return True
    return False


def journal_entries(data: bytes) -> bool:
    """Put something else into an entry of a journal: column, row and kind of value; the value.

    It is taken where the entry is another one then.
    """
    if len(data) < 3:
        return False
    sound, head = _journal()
    column, number = _COLUMNS[data[0] % len(_COLUMNS)], data[1] % head.id + 1
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        db.deserialize(sound)
        told = (
            f'select group_concat(hex(cast("{column}" as blob))||typeof("{column}")) from entries'
        )
        before = db.execute(told).fetchone()
        put = _PUT[data[2] % len(_PUT)]
        with contextlib.suppress(sqlite3.IntegrityError), db:
            change = f'update entries set "{column}" = {put} where id = ?'
            db.execute(change, (data[3:], number))
        is_changed = bool(db.execute(told).fetchone() != before)
        assert bool(_flaws(db, head)) is is_changed
    return is_changed


# Inside


def _file(name: str, data: bytes) -> Path:
    """Return a file with some bytes that only its owner can read."""
    path = owner_only(_folder() / name, "")
    path.write_bytes(data)
    return path


@cache
def _folder() -> Path:
    held = tempfile.TemporaryDirectory(prefix="understudy-fuzz-files-")
    atexit.register(held.cleanup)
    return Path(held.name)


@cache
def _wallet() -> bytes:
    file = _folder() / "made.sqlite"
    create_wallet(file, _PASSPHRASE)
    with _CHEAP:
        add_to_wallet(file, _PASSPHRASE, _WIF, PREFIX)
    return file.read_bytes()


def _configuration_seeds() -> list[bytes]:
    files = [sorted((_CONFIGURATIONS / kind).glob("*.yaml")) for kind in ("good", "bad")]
    return [file.read_bytes() for file in chain(*files)]


def _token_seeds() -> list[bytes]:
    lines = "".join(new_token(scope, f"the-{scope}")[1] for scope in Scope)
    return [f"# tokens\n\n{lines}".encode()]


@cache
def _journal() -> tuple[bytes, Head]:
    path = _folder() / "written.db"
    head = runner().run(write(f"sqlite:///{path}"))
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("pragma journal_mode=delete")
    return path.read_bytes(), head


def _flaws(db: sqlite3.Connection, head: Head) -> list[Flaw]:
    """Return what is wrong with a journal, where it can be read at all; then all can be told."""
    engine = create_engine("sqlite://", creator=lambda: db, poolclass=StaticPool)
    try:
        with JOURNAL.errors(), engine.connect() as connection:
            told = read_entries(connection, before=None, incident=None, limit=head.id)
            told_as = _TOLD.dump_python(told, mode="json")
            assert json.dumps(told_as, ensure_ascii=False, allow_nan=False).encode()
            return verify(connection, head, lambda _done, _all: None).flaws
    except JournalError as error:
        return [Flaw(str(error))]


def _entry_seeds() -> list[bytes]:
    details = _COLUMNS.index("details")
    return [
        bytes([details, 3, 0]) + b'{"accused": "x", "from": ["y"]}',
        bytes([_COLUMNS.index("sentence"), 5, 0]) + b"nothing happened",
        bytes([_COLUMNS.index("time"), 1, 1]) + b"12.5",
        bytes([details, 2, 2]) + b"\xff\x00",
    ]


_PUT = ("cast(? as text)", "cast(cast(? as text) as numeric)", "?", "nullif(?, '')")
_YAML = ("!!int x", "!!bool x", "!!timestamp x", "!!set", "2026-99-99", "0b_", "&a ", "*a", "<<: ")
_KEYS = ("bitshares:", "nodes:", "witnesses:", "producers:", "switcher:", "policy:", "peers:")

TARGETS = {
    "configuration": Target(configuration, _configuration_seeds, (*_YAML, *_KEYS, "7d", "\\x00")),
    "token_file": Target(token_file, _token_seeds, ("alerts", "operate", "read", "#")),
    "users_file": Target(
        users_file,
        lambda: [f"maria:{_HASH}\n# more\n".encode(), b"bWFyaWE6c2VjcmV0"],
        ("$2y$10$", ":", "Basic "),
    ),
    "key_file": Target(key_file, lambda: [_WIF.encode(), f"{_WIF}\n{_WIF}\n".encode()]),
    "wallet": Target(wallet, lambda: [b"\x00\x00SQLite", b"\x10\x00\xff\xff", b"\x0f\x80\x00"]),
    "journal_entries": Target(journal_entries, _entry_seeds, ("accused", "transaction_id", "null")),
}

"""Kinds of values in the configuration; each description completes the sentence "must be …"."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from chains.bitshares.keys import decode_key, null_key
from chains.errors import MalformedKeyError

_DURATION = re.compile(r"(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")
_UNITS = (86400, 3600, 60, 1)
_ADDRESS = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?P<port>\d{1,5})")
_LAST_PORT = 65535
_DAY = 86_400
_LONGEST_TIMEOUT = 10
_SHORTEST_RETENTION = 2 * _DAY
_DRIVERS = ("sqlite", "postgresql+psycopg")


@dataclass(frozen=True, slots=True)
class Context:
    """What some values depend on: how keys begin, and the folder that relative paths start at.

    `credentials` is the folder in which systemd has put those of this service.
    """

    prefix: str
    folder: Path
    credentials: Path | None = None


def refusal(text: str) -> PydanticCustomError:
    """Return an error whose text stands by itself, without the field's description."""
    return PydanticCustomError("refused", "{text}", {"text": text})


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004 - pydantic takes ValueError for a bad value
    return value


def _seconds(value: Any) -> int:
    match = _DURATION.fullmatch(_text(value))
    if not match:
        raise ValueError
    return sum(
        int(count) * unit
        for count, unit in zip(match.groups(), _UNITS, strict=True)
        if count is not None
    )


def _some_seconds(value: Any) -> int:
    if seconds := _seconds(value):
        return seconds
    raise ValueError


def _within_a_day(seconds: int) -> int:
    if seconds > _DAY:
        raise refusal("must be at most 24h; older rotations are not looked at")
    return seconds


def _kept(seconds: int) -> int:
    if seconds < _SHORTEST_RETENTION:
        days = _SHORTEST_RETENTION // _DAY
        raise refusal(f"must be at least {days}d; a day's rotations are counted in the journal")
    return seconds


def _soon(seconds: int) -> int:
    if seconds > _LONGEST_TIMEOUT:
        raise refusal(f"must be at most {_LONGEST_TIMEOUT}s; a dead node is noticed no sooner")
    return seconds


def address(value: Any) -> tuple[str, int]:
    """Return the host, without brackets, and the port of an address HOST:PORT.

    Raises:
        ValueError: it is none.
    """
    match = _ADDRESS.fullmatch(_text(value))
    if not match or not 0 < int(match["port"]) <= _LAST_PORT:
        raise ValueError
    return match["host"].strip("[]"), int(match["port"])


def parted_url(value: Any, schemes: tuple[str, ...]) -> SplitResult:
    """Return the parts of a URL with a host and without a user or password.

    Raises:
        ValueError: it is none.
        PydanticCustomError: it holds a secret.
    """
    try:
        parts = urlsplit(_text(value))
        valid = parts.scheme in schemes and parts.hostname and (parts.port or 1)
    except ValueError:
        valid = False
    if not valid or any(letter.isspace() for letter in value):
        raise ValueError
    if parts.username is not None or parts.password is not None:
        raise refusal("has a user or password in it; take them out, secrets never stand in a URL")
    return parts


def _node_url(value: Any) -> str:
    return parted_url(value, ("ws", "wss")).geturl()


def _monitoring_url(value: Any) -> str:
    parts = parted_url(value, ("http", "https"))
    if parts.query or parts.fragment:
        raise refusal("must end before the ? or #; it is the address that API paths are added to")
    return parts.geturl().rstrip("/")


def _monitoring_urls(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        return (_monitoring_url(value),)
    if not value:
        raise ValueError
    return tuple(_monitoring_url(each) for each in value)


def _signing_key(value: Any, info: ValidationInfo[Context]) -> str:
    prefix = info.context.prefix
    text = _text(value)
    if not text.startswith(prefix):
        raise refusal(f"must be a public key that begins with {prefix}, such as {prefix}6MRy…")
    try:
        decode_key(text, prefix)
    except MalformedKeyError as error:
        raise refusal(f"{error}") from error
    if text == null_key(prefix):
        raise refusal("is the null key, with which an owner stops a witness; nobody can sign by it")
    return text


def _file(value: Any, info: ValidationInfo[Context]) -> Path:
    if not _text(value).strip():
        raise ValueError
    path = Path(value).expanduser()
    if info.context.credentials and path.name == value:
        credential: Path = info.context.credentials / value
        if os.access(credential, os.R_OK):
            return credential
    return info.context.folder / path


def database_url(value: Any, folder: Path, *, remedy: str, kept: str) -> str:
    """Return a database's URL; the file of an SQLite one starts at a folder.

    `remedy` completes "put it into", and `kept` is what such a database is for.

    Raises:
        ValueError: it is none.
        PydanticCustomError: it holds a secret, or would not last.
    """
    try:
        url = make_url(_text(value))
    except ArgumentError as error:
        raise ValueError from error
    if url.drivername not in _DRIVERS or not url.database:
        raise ValueError
    if url.password is not None or "password" in url.query:
        text = "has a password in it; secrets never stand in a URL: put it into"
        raise refusal(f"{text} {remedy}")
    if url.drivername == "sqlite":
        if url.database == ":memory:":
            raise refusal(f"would lose {kept} with the process; name a file")
        url = url.set(database=str(folder / url.database))
    return url.render_as_string(hide_password=False)


def sqlite_file(url: str) -> Path | None:
    """Return the file of an SQLite database; None for another database, or none."""
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        return None
    return Path(parts.database) if parts.drivername == "sqlite" and parts.database else None


def _database(value: Any, info: ValidationInfo[Context]) -> str:
    return database_url(
        value,
        info.context.folder,
        remedy="a file that only you can read, and name that file in "
        "switcher.database_password_file",
        kept="the journal",
    )


Duration = Annotated[
    int, BeforeValidator(_seconds), Field(description="a duration such as 60s, 10m or 1h")
]
PositiveDuration = Annotated[
    int,
    BeforeValidator(_some_seconds),
    Field(description="a duration above zero, such as 60s, 10m or 1h"),
]
CoolDown = Annotated[Duration, AfterValidator(_within_a_day)]
Retention = Annotated[
    int,
    BeforeValidator(_seconds),
    AfterValidator(_kept),
    Field(description="a duration of 2d or more, such as 365d"),
]
Timeout = Annotated[PositiveDuration, AfterValidator(_soon)]
Address = Annotated[
    tuple[str, int],
    BeforeValidator(address),
    Field(description="an address HOST:PORT, such as 127.0.0.1:9877", strict=False),
]
NodeUrl = Annotated[
    str,
    BeforeValidator(_node_url),
    Field(description="a websocket URL with a host, such as wss://node.example.org/ws"),
]
MonitoringUrls = Annotated[
    tuple[str, ...],
    BeforeValidator(_monitoring_urls),
    Field(description="an HTTP URL with a host, such as http://127.0.0.1:9090, or a list of them"),
]
SigningKey = Annotated[
    str, BeforeValidator(_signing_key), Field(description="the public key of that host")
]
FilePath = Annotated[
    Path,
    BeforeValidator(_file),
    Field(description="the path of a file; a relative one starts at this file's folder"),
]
Database = Annotated[
    str,
    BeforeValidator(_database),
    Field(
        description="an SQLAlchemy URL: sqlite:////var/lib/understudy/understudy.db "
        "or postgresql+psycopg://user@host/name"
    ),
]
ChainId = Annotated[
    str,
    Field(pattern=r"^[0-9a-f]{64}$", description="64 hexadecimal digits in lower case, in quotes"),
]
Prefix = Annotated[
    str,
    Field(pattern=r"^[A-Z]{1,10}$", description="a few capital letters, such as BTS or TEST"),
]
Name = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$",
        description="a name of letters, digits, dots and dashes, in quotes if all digits",
    ),
]
Account = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9.-]{1,61}[a-z0-9]$",
        description="a BitShares account name, such as init0",
    ),
]
Asset = Annotated[
    str,
    Field(
        pattern=r"^[A-Z][A-Z0-9.]{1,15}[A-Z0-9]?$",
        description='an asset symbol in capital letters, such as USD; "NO" and "ON" need quotes',
    ),
]
Count = Annotated[int, Field(ge=1, description="a whole number, 1 or more")]
BlocksAtStart = Annotated[int, Field(ge=1, le=10_000, description="a whole number, 1 to 10000")]
Share = Annotated[
    float, Field(gt=0, lt=1, description="a share between 0 and 1, such as 0.66 for 66 %")
]
Switch = Annotated[bool, Field(description="true or false")]

"""Who gets the metrics where the exporter has a file of users, and what guessing costs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import bcrypt
import httpx
import pytest

from exporter import users as users_module
from exporter.app import create_app
from exporter.errors import ExporterError
from exporter.exposition import Exposition
from exporter.instruments import Instruments
from exporter.users import Answer, Users
from tests.support.chain import ForgedChain

from .seen import SETTINGS, seen_at

RIGHT = httpx.BasicAuth("prometheus", "räin: & sun")


def hashed(password: str) -> bytes:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4))


def basic(name: str, password: str) -> str:
    return httpx.BasicAuth(name, password)._auth_header


@pytest.fixture
def users() -> Users:
    return Users({"prometheus": hashed("räin: & sun"), "other": hashed("other")})


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return the passwords that bcrypt was asked about."""
    asked: list[bytes] = []

    def checkpw(password: bytes, hashed_one: bytes) -> bool:
        asked.append(password)
        return bcrypt.checkpw(password, hashed_one)

    monkeypatch.setattr(users_module, "bcrypt", SimpleNamespace(checkpw=checkpw))
    return asked


Get = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def get(users: Users) -> Get:
    chain = ForgedChain()
    chain.run(35)
    seen = seen_at(chain)
    instruments = Instruments(node.name for node in SETTINGS.nodes)
    exposition = Exposition(seen, instruments.registry, lambda: chain.time + 1.0)
    app = create_app(seen, exposition, users=users)

    async def get(path: str, auth: httpx.BasicAuth | None = None) -> httpx.Response:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://exporter") as client:
            return await client.get(path, auth=auth)

    return get


@pytest.mark.parametrize("path", ["/metrics", "/"])
async def test_metrics_and_page_are_for_users_only(get: Get, path: str) -> None:
    refused = await get(path)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Basic realm=")
    assert "init0" not in refused.text
    assert (await get(path, RIGHT)).status_code == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_whether_it_is_well_is_for_everybody(get: Get, path: str) -> None:
    assert (await get(path)).status_code == 200


async def test_nobody_is_led_elsewhere_with_a_password(get: Get) -> None:
    answer = await get("/metrics/", RIGHT)
    assert answer.status_code == 404
    assert "location" not in answer.headers


async def test_a_wrong_password_is_refused_and_the_next_guess_has_to_wait(get: Get) -> None:
    assert (await get("/metrics", httpx.BasicAuth("prometheus", "rain"))).status_code == 401
    again = await get("/metrics", httpx.BasicAuth("prometheus", "snow"))
    assert again.status_code == 429
    assert int(again.headers["retry-after"]) > 0


async def test_a_password_is_worked_out_once_however_often_it_is_shown(
    users: Users, worked_out: list[bytes]
) -> None:
    shown = basic("prometheus", "räin: & sun")
    answers = [await users.ask(shown, "10.0.0.1") for _ in range(50)]
    assert set(answers) == {Answer.WELCOME}
    assert len(worked_out) == 1


async def test_who_guesses_keeps_nobody_out_who_was_let_in_before(
    users: Users, worked_out: list[bytes]
) -> None:
    shown = basic("prometheus", "räin: & sun")
    await users.ask(shown, "10.0.0.1")
    guesses = [
        asyncio.ensure_future(users.ask(basic("prometheus", f"{n}"), "10.0.0.1")) for n in range(50)
    ]
    assert await users.ask(shown, "10.0.0.1") is Answer.WELCOME
    told = await asyncio.gather(*guesses)
    # Of those that came at once from one address, one was worked out.
    assert (told.count(Answer.WRONG), told.count(Answer.TOO_MANY)) == (1, 49)
    assert len(worked_out) == 2


async def test_guesses_from_many_addresses_take_a_quarter_of_the_time_at_most() -> None:
    now = [0.0]
    users = Users({"prometheus": hashed("x")}, clock=lambda: now[0])
    pauses: list[float] = []

    async def asleep(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += seconds

    async def slow(*_: object) -> bool:
        now[0] += 0.1
        return False

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users_module, "apart", slow)
        patch.setattr("exporter.users.asyncio.sleep", asleep)
        told = [await users.ask(basic("prometheus", "y"), f"10.0.0.{n}") for n in range(5)]
    assert told == [Answer.WRONG] * 5
    assert pauses[1:] == pytest.approx([0.3] * 4)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic !!!",
        "Basic cHJvbWV0aGV1cw==",  # no colon
        "Basic " + "A" * 4000,
        "Bearer token",
        "Basic /////w==",  # no UTF-8
        "Basic \u00e4",  # no ASCII, as a header's bytes may be
    ],
)
async def test_what_names_no_password_is_refused_without_any_work(
    users: Users, worked_out: list[bytes], header: str
) -> None:
    assert await users.ask(header, "10.0.0.1") is Answer.WRONG
    assert worked_out == []


async def test_a_name_that_nobody_has_takes_the_same_work(
    users: Users, worked_out: list[bytes]
) -> None:
    assert await users.ask(basic("stranger", "other"), "10.0.0.1") is Answer.WRONG
    assert worked_out == [b"other"]


async def test_a_password_beyond_what_bcrypt_looks_at_is_cut_as_elsewhere() -> None:
    users = Users({"prometheus": hashed("a" * 72)})
    assert await users.ask(basic("prometheus", "a" * 100), "10.0.0.1") is Answer.WELCOME


def written(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_file_is_read_with_remarks_and_several_users(tmp_path: Path) -> None:
    one, other = hashed("a").decode(), hashed("b").decode().replace("$2b$", "$2y$")
    text = f"# for Prometheus\n\none:{one}\nother:{other}\n"
    assert len(Users.load(written(tmp_path / "users", text))) == 2


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "names no user; make it with"),
        ("# nobody\n", "names no user; make it with"),
        ("one:secret\n", "users, line 1, is no NAME:HASH with a bcrypt hash"),
        ("one:$apr1$x$y\n", "users, line 1, is no NAME:HASH with a bcrypt hash"),
        ("one:$2b$31$" + "a" * 53, "of cost 4 to 14"),
        ("{a}\n{a}\n", "users, line 2, names a user for the second time"),
    ],
)
def test_a_file_that_is_not_what_it_should_be_is_told_without_repeating_it(
    tmp_path: Path, text: str, sentence: str
) -> None:
    text = text.replace("{a}", f"one:{hashed('a').decode()}")
    with pytest.raises(ExporterError, match=sentence) as caught:
        Users.load(written(tmp_path / "users", text))
    assert "secret" not in str(caught.value)


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "users", f"one:{hashed('a').decode()}", 0o644)
    with pytest.raises(ExporterError, match="open to others than its owner"):
        Users.load(path)

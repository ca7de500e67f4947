"""The HTTP client of the switcher's API, with sentences for all that can go wrong."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from serving.address import url_of
from serving.asking import ONE_CALL
from serving.tls import TlsError, TlsFiles, trusting
from switcher.answers import SILENCE, ArmingState, JournalPage, Ordered, Preview, Status
from switcher.model import Entry
from switcher.resolving.answers import ResolveOrdered, ResolvePreview
from switcher.secret_file import read_secret
from switcher.settings import SwitcherSettings
from understudy.config import Configuration, ConfigurationError, Mistake
from understudy.errors import RefusedError, SwitcherGoneError
from understudy.operate.events import Event, events_of

Kind = Literal["rotate", "drill"]
_T = TypeVar("_T")

_ANSWER_SECONDS = 20.0
"""How long an answer may take; a plan has the nodes asked about fee, balance and authority."""

LONGEST_SILENCE = SILENCE + 2
"""Seconds, with what the way may take."""

_LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read, not listened on
_PAGE = 1000
_TOKEN = re.compile(r"[A-Za-z0-9_-]+")
_HOW_TO_MAKE = "understudy token new --scope operate --name you --out FILE"


class SwitcherClient:
    """A client of the switcher; use it as a context manager.

    `url` is where the switcher listens, `token` what it is shown, `token_file` where that is from,
    `tls` says whom to trust where that is HTTPS. A redirect is not followed: the token is shown to
    nobody else.

    Every method raises `SwitcherGoneError` when no switcher answers as it should, and
    `RefusedError` when it does not do what it was asked, with its own sentence.
    """

    def __init__(
        self, url: str, token: str, token_file: Path, tls: ssl.SSLContext | None = None
    ) -> None:
        self.url = url
        self._token_file = token_file
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=_ANSWER_SECONDS,
            trust_env=False,
            verify=tls or True,
            limits=ONE_CALL,
        )

    @classmethod
    def of(cls, read: Configuration) -> SwitcherClient:
        """Return the client of the switcher that a configuration describes.

        Raises:
            ConfigurationError: it names no switcher, or no token to show to it.
            SecretFileError: the token's file can't be read, or others can read it as well.
            RefusedError: it holds no token, or the certificate can't be read.
        """
        settings = read.needed_switcher()
        file = settings.client_token_file
        if file is None:
            text = f"is missing; it names a file with a token to operate with: {_HOW_TO_MAKE}"
            place = ("switcher", "client_token_file")
            raise ConfigurationError(read.path, [Mistake(text, place)])
        token = read_secret(file)
        if not _TOKEN.fullmatch(token):
            raise RefusedError(f"{file} holds no token; make one with {_HOW_TO_MAKE}.")
        return cls(address_of(settings), token, file, _trusted(settings.tls))

    def __enter__(self) -> Self:
        """Open the connection."""
        self._http.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._http.close()

    def plan(self, kind: Kind, order: Mapping[str, str]) -> Preview:
        """Return what an order would do; nothing is done."""
        return self._ask(Preview, "POST", f"/api/{kind}/plan", json=order)

    def order(self, kind: Kind, order: Mapping[str, str]) -> Ordered:
        """Give an order."""
        return self._ask(Ordered, "POST", f"/api/{kind}", json=order)

    def plan_resolving(self, order: Mapping[str, str | int]) -> ResolvePreview:
        """Return what resolving a node's or a peer's chain would come to; nothing is done."""
        return self._ask(ResolvePreview, "POST", "/api/resolve/plan", json=order)

    def resolve(self, order: Mapping[str, str | int]) -> ResolveOrdered:
        """Have a node's or a peer's chain resolved."""
        return self._ask(ResolveOrdered, "POST", "/api/resolve", json=order)

    def arm(self, witness: str | None, why: str, *, armed: bool) -> list[ArmingState]:
        """Arm or disarm a witness, or with None all of them."""
        path = "/api/arm" if armed else "/api/disarm"
        return self._ask(list[ArmingState], "POST", path, json={"witness": witness, "why": why})

    def status(self) -> Status:
        """Return what is on air."""
        return self._ask(Status, "GET", "/api/status")

    def newest(self, count: int) -> list[Entry]:
        """Return the newest entries of the journal, oldest first."""
        page = self._ask(JournalPage, "GET", "/api/journal", params={"limit": count})
        return page.entries[::-1]

    def journal(self, incident: int | None, after: int = 0) -> list[Entry]:
        """Return the entries of an incident that come after an entry (its id), oldest first.

        With None, those of all incidents.
        """
        found: list[Entry] = []
        query = {"limit": _PAGE, **({} if incident is None else {"incident": incident})}
        while True:
            # Who follows an order knows better than this client what to do when nobody answers.
            page = self._ask(JournalPage, "GET", "/api/journal", advised=False, params=query)
            found += [entry for entry in page.entries if entry.id > after]
            if page.before is None or page.before <= after:
                return found[::-1]
            query["before"] = page.before

    def events(self, after: int) -> Iterator[Event]:
        """Yield what the switcher tells as it happens, and the entries after one (its id).

        It ends where the switcher ends it, and raises `SwitcherGoneError` where that is silent for
        more than `LONGEST_SILENCE` seconds, as it never is by itself.
        """
        path, headers = "/api/events", {"Last-Event-ID": str(after)}
        timeout = httpx.Timeout(_ANSWER_SECONDS, read=LONGEST_SILENCE)
        try:
            with self._http.stream("GET", path, headers=headers, timeout=timeout) as answer:
                if answer.is_error:
                    answer.read()
                    raise RefusedError(self._refusal(answer, path))
                yield from events_of(answer.iter_lines())
        except httpx.HTTPError as error:
            raise SwitcherGoneError(f"{self._silence(error, path)}.") from error

    def _ask(
        self, shape: type[_T], method: str, path: str, *, advised: bool = True, **request: Any
    ) -> _T:
        try:
            answer = self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            advice = f"; {_advice(error, method)}" if advised else ""
            raise SwitcherGoneError(f"{self._silence(error, path)}{advice}.") from error
        if answer.is_error:
            raise RefusedError(self._refusal(answer, path))
        try:
            return TypeAdapter(shape).validate_json(answer.content)
        except ValidationError as error:
            raise self._no_switcher(path) from error

    def _silence(self, error: httpx.HTTPError, path: str) -> str:
        if _is_untrusted(error):
            return (
                f"What answers at {self.url} has another certificate than the one in "
                "switcher.tls.certificate_file"
            )
        if isinstance(error, httpx.ConnectError):
            return f"No switcher answers at {self.url} ({error})"
        reason = str(error) or type(error).__name__
        return f"The switcher at {self.url} did not answer {path} ({reason})"

    def _refusal(self, answer: httpx.Response, path: str) -> str:
        said = _detail(answer)
        match answer.status_code:
            case httpx.codes.UNAUTHORIZED:
                return (
                    f"The switcher does not know the token in {self._token_file}. It reads its "
                    f"tokens when it starts; make one with {_HOW_TO_MAKE}, and restart it."
                )
            case httpx.codes.FORBIDDEN:
                return (
                    f"The token in {self._token_file} is not good for that. {said} "
                    f"Make one with {_HOW_TO_MAKE}, and restart the switcher."
                )
            case httpx.codes.NOT_FOUND if said == "Not Found":
                raise self._no_switcher(path)
            case httpx.codes.NOT_FOUND:
                return f"{said} The switcher runs with another configuration: restart it."
        return said or f"The switcher answered {path} with status {answer.status_code}."

    def _no_switcher(self, path: str) -> SwitcherGoneError:
        return SwitcherGoneError(
            f"What listens at {self.url} does not answer {path} as a switcher of this version does."
        )


def address_of(settings: SwitcherSettings) -> str:
    """Return the URL of a switcher on this machine, such as "http://127.0.0.1:9878"."""
    host = _LOOPBACK.get(settings.host, settings.host)
    return url_of(host, settings.port, settings.scheme)


def _trusted(tls: TlsFiles | None) -> ssl.SSLContext | None:
    try:
        return trusting(tls.certificate_file) if tls else None
    except TlsError as error:
        raise RefusedError(str(error)) from error


def _is_untrusted(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


def _advice(error: httpx.HTTPError, method: str) -> str:
    if _is_untrusted(error):
        return "it reads its certificate when it starts: restart it"
    if isinstance(error, httpx.ConnectError):
        return (
            "start it with `understudy switcher`, or correct switcher.listen in the configuration"
        )
    return "whether it has done it, its journal tells" if method == "POST" else "try again"


def _detail(answer: httpx.Response) -> str:
    """Return the sentence in an error's answer, which for a bad value is a list of mistakes."""
    try:
        said = answer.json()["detail"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
    if isinstance(said, str):
        return said
    mistakes = [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []
    told = [f"{_place(each)}: {str(each.get('msg', '')).lower()}" for each in mistakes]
    return f"The switcher can't take this: {'; '.join(told)}."


def _place(mistake: Mapping[str, Any]) -> str:
    place = mistake.get("loc")
    return str(place[-1]) if isinstance(place, list) and place else "the order"

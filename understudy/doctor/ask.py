"""Asking Prometheus and Alertmanager over HTTP; every way to fail becomes a sentence."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TypeVar

import httpx
import yaml
from pydantic import TypeAdapter, ValidationError

from switcher.errors import SwitcherError
from switcher.secret_file import read_secret
from switcher.webhook import HEARTBEAT
from understudy.doctor.alertmanager import Alert, Alertmanager, Routing, Silence, Status
from understudy.doctor.prometheus import (
    AlertmanagersAnswer,
    Prometheus,
    RulesAnswer,
    TargetsAnswer,
)
from understudy.doctor.settings import Endpoint
from understudy.yamls import plain_value

_SECONDS = 10.0
_REFUSED = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)

Answer = TypeVar("Answer")


class NoAnswerError(Exception):
    """There is no answer that could be judged; the text says why, and what to do."""


async def ask_prometheus(endpoint: Endpoint) -> Prometheus:
    """Return the rules and targets of a Prometheus, and where it sends alerts.

    Raises:
        NoAnswerError: it doesn't tell.
    """
    asked = _Asked("prometheus", endpoint)
    async with asked.client() as client:
        rules = await asked.for_(client, "/api/v1/rules", RulesAnswer)
        targets = await asked.for_(client, "/api/v1/targets?state=active", TargetsAnswer)
        known = await asked.for_(client, "/api/v1/alertmanagers", AlertmanagersAnswer)
    return Prometheus(rules.data.all_rules(), tuple(targets.data.active), len(known.data.active))


async def ask_alertmanager(endpoint: Endpoint) -> Alertmanager:
    """Return the configuration, silences, heartbeats and cluster of an Alertmanager.

    Raises:
        NoAnswerError: it doesn't tell.
    """
    asked = _Asked("alertmanager", endpoint)
    heartbeats = f"/api/v2/alerts?filter=alertname%3D%22{HEARTBEAT}%22"
    async with asked.client() as client:
        status = await asked.for_(client, "/api/v2/status", Status)
        silences = await asked.for_(client, "/api/v2/silences", tuple[Silence, ...])
        alerts = await asked.for_(client, heartbeats, tuple[Alert, ...])
    routing = asked.configuration(status.config.original)
    labels = tuple(alert.labels for alert in alerts)
    return Alertmanager(routing, silences, labels, len(status.cluster.peers))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A program that is asked; `name` is its key in the configuration."""

    name: str
    endpoint: Endpoint

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(headers=self._headers(), timeout=_SECONDS, trust_env=False)

    def _headers(self) -> dict[str, str]:
        file = self.endpoint.token_file
        if not file:
            return {}
        try:
            token = read_secret(file)
        except SwitcherError as error:
            raise NoAnswerError(str(error)) from error
        if not token or not token.isascii() or not token.isprintable():
            raise NoAnswerError(f"{file} holds no token; put one line of plain letters in")
        return {"Authorization": f"Bearer {token}"}

    async def for_(self, client: httpx.AsyncClient, path: str, kind: type[Answer]) -> Answer:
        content = await self._content(client, path)
        try:
            return TypeAdapter(kind).validate_json(content)
        except ValidationError as error:
            raise NoAnswerError(self._strange(path, _first(error))) from error

    def configuration(self, text: str) -> Routing:
        try:
            return Routing.model_validate(plain_value(text))
        except (yaml.YAMLError, RecursionError) as error:
            raise NoAnswerError(self._strange("configuration", "no YAML")) from error
        except ValidationError as error:
            raise NoAnswerError(self._strange("configuration", _first(error))) from error

    async def _content(self, client: httpx.AsyncClient, path: str) -> bytes:
        key = f"monitoring.{self.name}"
        try:
            async with asyncio.timeout(_SECONDS):
                response = await client.get(self.endpoint.url + path)
        except (TimeoutError, httpx.TimeoutException) as error:
            text = (
                f"doesn't answer within {_SECONDS:g} s; look why, or put another address into {key}"
            )
            raise NoAnswerError(text) from error
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:
            reason = str(error) or type(error).__name__
            text = f"can't be reached ({reason}); start it, or put its address into {key}"
            raise NoAnswerError(text) from error
        if response.status_code in _REFUSED:
            raise NoAnswerError(self._unknown(response.status_code))
        if response.status_code != httpx.codes.OK:
            raise NoAnswerError(self._strange(path, f"HTTP status {response.status_code}"))
        return response.content

    def _unknown(self, status: int) -> str:
        if file := self.endpoint.token_file:
            return f"refuses the token in {file} (HTTP status {status}); put the right one in"
        return (
            f"asks for a token (HTTP status {status}); name the file that holds it in "
            f"monitoring.{self.name}_token_file"
        )

    def _strange(self, path: str, what: str) -> str:
        name = self.name.capitalize()
        return (
            f"{path}: {what} is no answer of {name}; put {name}'s own address into "
            f"monitoring.{self.name}"
        )


def _first(error: ValidationError) -> str:
    """Return the place of the first thing that isn't as it should be, and what is wrong."""
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place or 'the whole'} ({first['msg']})"

"""What BitShares nodes answer where most of them must say the same: accounts, fees and amounts."""

from __future__ import annotations

import contextlib
import json
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from chains.bitshares.accounts import parse_account
from chains.bitshares.canvass import _survey
from chains.bitshares.survey import Canvass, Survey
from chains.bitshares.watch import Watch
from chains.bitshares.wire import parse_json
from chains.errors import BadReplyError, ChainError, MalformedDataError
from chains.settings import ChainSettings, NodeSettings, WitnessSettings
from devnet.keys import DevKey
from switcher.ballot import agreed
from switcher.errors import DisagreementError
from switcher.settings import KeyFileSigner, SwitcherSettings
from tests.fuzz.target import Target, json_of, runner
from tests.support.chain import PREFIX
from understudy.doctor.blast import judge_keys, judge_witnesses

_KEY = DevKey("one").text(PREFIX)
_CHAIN = ChainSettings((NodeSettings("eu", "ws://eu"),), (WitnessSettings("init0", ()),))
_ABOUT_THE_STACK = range(880, 1000, 4)
"""How deep lists may lie in each other where they are read and no more where they are written."""

_SWITCHER = SwitcherSettings(Path("tokens"), "sqlite:///x", KeyFileSigner(Path("key")))


def accounts(data: bytes) -> bool:
    """Take an account, as a node tells it."""
    with contextlib.suppress(ChainError):
        told = parse_account(json_of(data))
        for part in (told.authorities.active, told.authorities.owner):
            weights = (part.threshold, *part.weights.values(), *part.accounts.values())
            assert all(type(weight) is int and 0 <= weight < 2**32 for weight in weights)
        return True
    return False


def surveys(data: bytes) -> bool:
    """Take a node's answers to `understudy check`, one a line after the name of the question."""
    with contextlib.suppress(ChainError):
        client: Any = _Node(data)
        said = runner().run(_survey(client, _CHAIN, [_KEY]))
        assert Canvass({"eu": said, "us": said}, {}, 2).agreed == said
        _judged(said)
        return True
    return False


def ballots(data: bytes) -> bool:
    """Take the nodes' answers to one call, one a line; tell whether most say the same."""
    answers = [json_of(line) for line in data.split(b"\n")]
    whole, _ = _said(answers), _said(answers, lambda found: found[0]["active"])
    return whole


# Inside


class _Node:
    """Stands in for the client of a node that answers each question with a line of the bytes."""

    name = "eu"

    def __init__(self, data: bytes) -> None:
        lines = (line.partition(b" ") for line in data.split(b"\n"))
        self._answers = {question: answer for question, _, answer in lines}

    async def call(self, api: str, method: str, *params: Any) -> Any:
        try:
            return parse_json(await self.call_for_text(api, method, *params))
        except MalformedDataError as error:
            raise BadReplyError(self.name, str(error)) from error

    async def call_for_text(self, _api: str, method: str, *params: Any) -> str:
        question = params[0][0] if method == "get_objects" else method
        return self._answers.get(str(question).encode(), b"null").decode("utf-8", "replace")


def _judged(said: Survey) -> None:
    findings = chain(
        judge_keys(said, [_KEY], _CHAIN, _SWITCHER),
        judge_witnesses(said, [_KEY], _CHAIN, _SWITCHER),
    )
    assert all(finding.what for finding in findings)


def _said(answers: list[Any], part: Any = None) -> bool:
    async def call(node: str, *_: Any, timeout: float) -> Any:
        assert timeout > 0
        return answers[int(node)]

    nodes = [SimpleNamespace(name=str(number), well=True) for number in range(len(answers))]
    settings = SimpleNamespace(nodes=nodes)
    watch = cast("Watch", SimpleNamespace(nodes=nodes, settings=settings, call=call))
    with contextlib.suppress(DisagreementError):
        json.dumps(runner().run(agreed(watch, "get_it", part=part)), allow_nan=False)
        return True
    return False


def _account() -> dict[str, Any]:
    part = {"weight_threshold": 1, "account_auths": [["1.2.9", 1]], "key_auths": [[_KEY, 1]]}
    return {
        "id": "1.2.6",
        "name": "init0",
        "active": part,
        "owner": part,
        "options": {"memo_key": _KEY},
    }


def _account_seeds() -> list[bytes]:
    right = json.dumps(_account()).encode()
    return [right, *_spoilt(right, b'"weight_threshold": 1')]


def _survey_seeds() -> list[bytes]:
    full = {"account": {"id": "1.2.6"}, "balances": [{"id": "2.5.6", "asset_type": "1.3.0"}]}
    amount = {"asset_id": "1.3.0", "amount": 500}
    answers = {
        "get_full_accounts": [["init0", full]],
        "get_witness_by_account": {"id": "1.6.1"},
        "get_key_references": [["1.2.6"]],
        "get_account_references": [],
        "2.1.0": [{"id": "2.1.0", "time": "2027-01-15T08:00:00"}, _account()],
        "1.6.1": [{"id": "1.6.1", "signing_key": _KEY}],
        "get_account_balances": [amount],
        "get_required_fees": [amount],
    }
    lines = (f"{question} {json.dumps(answer)}" for question, answer in answers.items())
    right = "\n".join(lines).encode()
    return [
        right,
        *_spoilt(right, b'"amount": 500'),
        *_spoilt(right, f'"memo_key": "{_KEY}"'.encode()),
    ]


def _ballot_seeds() -> list[bytes]:
    right = json.dumps([_account()]).encode()
    nested = [b"[" * depth + b"]" * depth for depth in _ABOUT_THE_STACK]
    odd = (right, *_spoilt(right, b'"id": "1.2.6"'), *nested)
    return [b"\n".join([each, each, right]) for each in odd]


def _spoilt(right: bytes, member: bytes) -> list[bytes]:
    """Return bytes with other values in the place of a member's, such as Python alone reads."""
    name, _, _ = member.partition(b":")
    odd = (b"1e999", b"NaN", b"-Infinity", b"[" * 240 + b"]" * 240, b"[" * 900 + b"]" * 900)
    return [right.replace(member, name + b": " + each, 1) for each in odd]


_WORDS = ("1e999", "NaN", "Infinity", "[[[[[[[[", "1.2.6", "1.2.9", "amount", "account_auths")

TARGETS = {
    "accounts": Target(accounts, _account_seeds, _WORDS),
    "surveys": Target(surveys, _survey_seeds, _WORDS),
    "ballots": Target(ballots, _ballot_seeds, _WORDS),
}

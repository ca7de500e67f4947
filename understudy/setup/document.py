"""The text of understudy.yaml, with a word about each part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from chains.settings import MAIN_CHAIN_ID, ProducerSettings
from understudy.config.schema import TEST_CHAIN_ID, default_prefix
from understudy.setup.choices import Choices

EXPORTER, SWITCHER = "127.0.0.1:9877", "127.0.0.1:9878"
"""Where they listen, as the shipped files have it."""

TOKENS = "tokens"
OPERATOR_TOKEN = "operator-token"  # noqa: S105 - the name of a file
ALERTMANAGER_TOKEN = "alertmanager-token"  # noqa: S105 - the name of a file
_WIDE = 10_000
"""Columns: no value is broken."""


def document(choices: Choices) -> str:
    """Return understudy.yaml for what was chosen; it begins disarmed."""
    return "\n".join(_lines(choices)) + "\n"


def _lines(choices: Choices) -> Iterator[str]:
    yield "# What may stand here: docs/reference/configuration.md. Is it right: understudy check"
    yield "bitshares:"
    yield from _chain(choices)
    yield "  # These vote on what is true; your own hosts don't."
    yield "  nodes:"
    yield from (f"    - {flow(name=node.name, url=node.url)}" for node in choices.nodes)
    yield "  witnesses:"
    yield f"    - account: {_scalar(choices.account)}"
    yield "      # The ring, in order. Each host has a key of its own; node is that host's own API."
    yield "      producers:"
    yield from (f"        - {flow(**_entry(each))}" for each in choices.producers)
    yield "exporter:"
    yield f'  listen: "{EXPORTER}"'
    yield "switcher:"
    yield f'  listen: "{SWITCHER}"'
    yield f"  token_file: {TOKENS}"
    yield f"  client_token_file: {OPERATOR_TOKEN}"
    yield '  database: "sqlite:///understudy.db"'
    yield f"  signer: {flow(**_signer(choices))}"
    yield "  # Disarmed, it only says what it would do; understudy arm is for later."
    yield "  policy: {missed_blocks: 3, cool_down: 60s, rotations_per_day: 6, arm: false}"
    watched = {"prometheus": choices.prometheus, "alertmanager": choices.alertmanager}
    given = {name: url for name, url in watched.items() if url}
    if given:
        yield "# For understudy check: are the rules loaded, and do alerts arrive?"
        yield f"monitoring: {flow(**given)}"


def _chain(choices: Choices) -> Iterator[str]:
    if choices.chain_id != MAIN_CHAIN_ID:
        test = "  # the public test network" if choices.chain_id == TEST_CHAIN_ID else ""
        yield f'  chain_id: "{choices.chain_id}"{test}'
    usual = default_prefix(choices.chain_id)
    if choices.prefix != usual:
        yield f"  prefix: {_scalar(choices.prefix)}"
    if choices.core_symbol != usual:
        yield f"  core_symbol: {_scalar(choices.core_symbol)}"


def _entry(producer: ProducerSettings) -> dict[str, Any]:
    entry = {"name": producer.name, "signing_key": producer.signing_key}
    return {**entry, "node": producer.node} if producer.node else entry


def _signer(choices: Choices) -> Mapping[str, Any]:
    key = choices.key
    if key.passphrase_file is None:
        return {"key_file": str(key.path)}
    return {"wallet": {"path": str(key.path), "passphrase_file": str(key.passphrase_file)}}


def flow(**values: Any) -> str:
    """Return a mapping on one line."""
    return yaml.safe_dump(values, default_flow_style=True, sort_keys=False, width=_WIDE).rstrip()


def _scalar(value: str) -> str:
    """Return a value, in quotes where YAML would take it for something else."""
    return yaml.safe_dump(value, width=_WIDE).splitlines()[0]

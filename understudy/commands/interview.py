"""The five questions of `understudy init`, put to a person, or answered by options."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import typer

from chains.bitshares.accounts import Account
from chains.bitshares.inquiry import ChainSeen, WitnessSeen, look_at_chain, look_for_witness
from chains.bitshares.keys import null_key
from chains.bitshares.objects import CORE_UNITS
from chains.bitshares.views import quorum_note
from chains.errors import NodeError
from chains.settings import MAIN_CHAIN_ID, ChainSettings, NodeSettings, ProducerSettings
from chains.words import printable
from understudy.commands.asking import (
    agrees,
    ask_for,
    ask_until,
    heading,
    missing,
    refuse,
    take_option,
)
from understudy.commands.output import remarks, waiting
from understudy.config import values
from understudy.config.places import same_address
from understudy.config.schema import TEST_CHAIN_ID
from understudy.config.single import read_value
from understudy.errors import CommandError
from understudy.setup.answers import address_of, host_of, name_for, named
from understudy.setup.choices import Choices, Key

_TIMEOUT = ChainSettings(nodes=(), witnesses=()).call_timeout
_CHAINS = {MAIN_CHAIN_ID: "the main chain", TEST_CHAIN_ID: "the public test network"}


@dataclass(frozen=True, slots=True)
class Given:
    """What options answer beforehand; what they don't is asked, or left out where nobody is."""

    nodes: Sequence[str] = ()
    witness: str | None = None
    hosts: Sequence[str] = ()
    key_file: str | None = None
    wallet: str | None = None
    passphrase_file: str | None = None
    prometheus: str | None = None
    alertmanager: str | None = None


@dataclass
class Interview:
    """A conversation; `asks` tells whether there is somebody to answer."""

    given: Given
    asks: bool
    nodes: list[NodeSettings] = field(default_factory=list)
    chain: ChainSeen | None = None

    def hold(self) -> tuple[Choices, Account]:
        """Return the answers, and the witness' account.

        Raises:
            typer.BadParameter: an option is no answer, or one is missing and nobody can be asked.
            CommandError: no node answers.
        """
        self._nodes()
        chain = self.chain
        assert chain is not None
        seen = self._witness()
        producers = self._producers(seen)
        key = self._key(seen.account.name)
        if self.asks and None in (self.given.prometheus, self.given.alertmanager):
            heading("Which Prometheus and which Alertmanager watch over it?")
        return Choices(
            nodes=tuple(self.nodes),
            chain_id=chain.chain_id,
            prefix=seen.prefix,
            core_symbol=chain.core_symbol,
            account=seen.account.name,
            producers=producers,
            key=key,
            prometheus=self._program("Prometheus", "--prometheus", self.given.prometheus, 9090),
            alertmanager=self._program(
                "Alertmanager", "--alertmanager", self.given.alertmanager, 9093
            ),
        ), seen.account

    # --- nodes ---

    def _nodes(self) -> None:
        if self.given.nodes:
            for text in self.given.nodes:
                take_option("--node", text, self._node)
        elif not self.asks:
            raise missing("--node", "a node's address, several times")
        else:
            heading("Which nodes do you trust to answer? Three or more; none of your own hosts.")
            while text := ask_for("URL, or NAME=URL; none: no more", default=""):
                try:
                    self._node(text)
                except ValueError as error:
                    refuse(error)
        if self.chain is None:
            raise CommandError(
                "No node answers, so that nothing can be looked up; name one that does."
            )
        if note := quorum_note(len(self.nodes)):
            remarks.print(f"  {note}", style="yellow", markup=False)

    def _node(self, text: str) -> None:
        """Take a node, if it is on the chain of the others."""
        name, url = named(text, "://")
        url = read_value(values.NodeUrl, url)
        if any(same_address(url) == same_address(node.url) for node in self.nodes):
            raise ValueError(f"{url} is in the list already; one node, one vote")
        taken = [node.name for node in self.nodes]
        name = read_value(values.Name, name) if name else name_for(url, taken)
        if name in taken:
            raise ValueError(f"the name {name} is taken already")
        node = NodeSettings(name, url)
        try:
            with waiting(f"asking {url}"):
                seen = asyncio.run(look_at_chain(node, _TIMEOUT))
        except NodeError as error:
            self._unanswered(node, error)
            return
        if self.chain and seen.chain_id != self.chain.chain_id:
            told = (
                f"{_chain(seen.chain_id)}, and the nodes before it on {_chain(self.chain.chain_id)}"
            )
            raise ValueError(f"{name} is on {told}; name a node of that chain")
        self.chain = self.chain or seen
        self.nodes.append(node)
        age = time.time() - seen.reading.head_time
        told = f"{_chain(seen.chain_id)}, block {seen.reading.head_number:,}, {age:.0f} s old"
        remarks.print(f"  {name}: {told}", style="green", markup=False)

    def _unanswered(self, node: NodeSettings, error: NodeError) -> None:
        told = f"{node.name} does not answer as it should: {error.detail}"
        if self.asks and not agrees(f"{told}. Take it all the same?"):
            return
        remarks.print(f"  {told}; taken all the same", style="yellow", markup=False)
        self.nodes.append(node)

    # --- witness ---

    def _witness(self) -> WitnessSeen:
        if self.given.witness is not None:
            return take_option("--witness", self.given.witness, self._look_up)
        if not self.asks:
            raise missing("--witness", "the witness account")
        heading("Which witness is to be kept on air?")
        return ask_until("Witness account", self._look_up)

    def _look_up(self, account: str) -> WitnessSeen:
        """Return what the nodes say of a witness, where those that answer agree about its key.

        That key is offered as a host's own: one that a node made up would be let into the ring.
        """
        account = read_value(values.Account, account)
        told, found = "", dict[str, WitnessSeen]()
        for node in self.nodes:
            try:
                with waiting(f"asking {node.name}"):
                    seen = asyncio.run(look_for_witness(node, account, _TIMEOUT))
            except NodeError as error:
                told = str(error)
                continue
            if isinstance(seen, WitnessSeen):
                found[node.name] = seen
                continue
            raise ValueError(f"{seen}; name one of its witnesses")
        if not found:
            raise ValueError(f"can't be looked up: {told}")
        keys = {name: printable(seen.shown.signing_key, 80) for name, seen in found.items()}
        if len(set(keys.values())) > 1:
            each = "; ".join(f"{name}: {key}" for name, key in keys.items())
            raise ValueError(f"has not one signing key on all nodes, so try again later: {each}")
        first = next(iter(found.values()))
        _tell_witness(first)
        return first

    # --- hosts ---

    def _producers(self, seen: WitnessSeen) -> tuple[ProducerSettings, ...]:
        ring: list[ProducerSettings] = []
        stopped = seen.shown.signing_key == null_key(seen.prefix)
        in_force = None if stopped else seen.shown.signing_key

        def take(text: str) -> None:
            ring.append(host_of(text, ring, seen.prefix, in_force, self.nodes))

        if self.given.hosts:
            for text in self.given.hosts:
                take_option("--host", text, take)
        elif self.asks:
            heading("Which hosts can sign for it? Each has a key of its own; the order counts.")
            while len(ring) < 1 or self._more(ring):
                self._host(ring, seen.prefix, in_force)
        else:
            take("alpha")
        if in_force and all(each.signing_key != in_force for each in ring):
            told = f"the key on the chain, {in_force}, is none of these, so that nothing is rotated"
            remarks.print(f"  {told} until one of them is in force", style="yellow", markup=False)
        if len(ring) == 1:
            told = "one host, so that nobody can take over; understudy keygen makes another's key"
            remarks.print(f"  {told}", style="yellow", markup=False)
        return tuple(ring)

    def _more(self, ring: Sequence[ProducerSettings]) -> bool:
        return agrees(f"Is there a host after {ring[-1].name}?", default=len(ring) < 2)

    def _host(self, ring: list[ProducerSettings], prefix: str, in_force: str | None) -> None:
        usual = ("alpha", "beta", "gamma", "delta")
        name = ask_for("Name", default=usual[len(ring)] if len(ring) < len(usual) else None)
        offered = in_force if not ring else None
        key = ask_for("Its public signing key; understudy keygen makes a pair", default=offered)
        node = ask_for("Its own API, such as ws://10.0.0.1:8090; none: it isn't seen", default="")
        try:
            text = f"{name}={key}@{node}" if node else f"{name}={key}"
            ring.append(host_of(text, ring, prefix, None, self.nodes))
        except ValueError as error:
            refuse(error)

    # --- keys and programs ---

    def _key(self, account: str) -> Key:
        given = self.given
        if given.wallet is not None:
            if given.passphrase_file is None:
                raise typer.BadParameter("--wallet needs a --passphrase-file.")
            wallet = take_option("--wallet", given.wallet, Path)
            return Key(wallet, take_option("--passphrase-file", given.passphrase_file, Path))
        if given.key_file is not None or not self.asks:
            return Key(take_option("--key-file", given.key_file or "active.key", Path))
        heading(f"Where is the active key of {account}, or where is it to be?")
        return Key(Path(ask_for("Key file", default="active.key")))

    def _program(self, name: str, option: str, given: str | None, port: int) -> str | None:
        if given is not None:
            return take_option(option, given, address_of) if given else None
        if not self.asks:
            return None
        offered = f"http://127.0.0.1:{port}"
        return ask_until(f"{name}: its address; - if there is none yet", address_of, offered)


def _chain(chain_id: str) -> str:
    return _CHAINS.get(chain_id, f"the chain {chain_id[:8]}…")


def _tell_witness(seen: WitnessSeen) -> None:
    shown, active = seen.shown, "active" if seen.active else "not among the active ones"
    told = (
        f"{printable(seen.account.name, 80)} is witness {shown.id}, {active}, with "
        f"{shown.votes / CORE_UNITS:,.0f} votes; it has missed {shown.total_missed:,} in all"
    )
    remarks.print(f"  {told}", style="green", markup=False)
    remarks.print(f"  its signing key is {printable(shown.signing_key, 80)}", markup=False)

"""The action: a transaction that puts a backup's key in force, written down before it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chains.bitshares.accounts import Authorities, parse_authorities
from chains.bitshares.objects import CORE_ASSET, CORE_UNITS, WitnessIds
from chains.bitshares.transactions import WITNESS_UPDATE
from chains.bitshares.values import MOST_UNITS, whole_number
from chains.bitshares.views import NodeView, majority_of
from chains.bitshares.watch import Watch
from chains.errors import MalformedDataError
from serving.apart import apart
from switcher.ballot import Delivery, agreed, deliver
from switcher.errors import DisagreementError, SigningError
from switcher.evidence import key_in_force
from switcher.hosts import Backup
from switcher.journal.journal import Journal
from switcher.metrics import Metrics
from switcher.model import Draft, Incident, Outcome, Rotation, Step
from switcher.signer import Signer
from switcher.transaction import UpdateOrder, latest_reference

_MOVED = 30
"""Seconds by which a fork may move the update that put a key in force, with its term the same."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a rotation needs, as the nodes agree on it. `balance` in the fee's unit."""

    order: UpdateOrder
    target: Backup
    authorities: Authorities
    balance: int

    @property
    def fee(self) -> int:
        """Return the fee in the core token's smallest unit."""
        return self.order.fee


class Rotator:
    """Prepares, signs, journals and broadcasts rotations."""

    def __init__(
        self,
        watch: Watch,
        signer: Signer,
        journal: Journal,
        metrics: Metrics,
        clock: Callable[[], float],
    ) -> None:
        self._watch = watch
        self._signer = signer
        self._journal = journal
        self._metrics = metrics
        self._clock = clock

    async def plan(self, witness: str, target: Backup, views: Sequence[NodeView]) -> Plan:
        """Ask the nodes what the rotation of a witness (account) costs and who may sign it.

        `views` are fresh readings of the nodes, which show the account's balance.

        Raises:
            DisagreementError: they don't agree, or on no fee in the core token; too few show the
                balance, or the chain can't be referred to yet.
        """
        ids = self._watch.witness_ids(witness)
        reference = latest_reference(self._watch.follower)
        if ids is None or reference is None:
            raise DisagreementError("no node has shown the chain yet")
        draft = UpdateOrder(ids.witness_id, ids.account_id, 0, reference, target.signing_key)
        fee, authorities = await asyncio.gather(self._fee(draft), self._authorities(ids))
        return Plan(replace(draft, fee=fee), target, authorities, _balance(witness, views))

    def sign_refusal(self, plan: Plan) -> str | None:
        """Return why the keys at hand can't, or must not, sign a plan; else None."""
        return self._signer.refusal(plan.authorities)

    def fee_refusal(self, plan: Plan) -> str | None:
        """Return why what a plan costs is not paid; else None."""
        return self._signer.fee_refusal(plan.fee)

    async def key_refusal(self, witness: str) -> str | None:
        """Return why the keys at hand can't, or must not, sign for a witness (account); else None.

        Raises:
            DisagreementError: the nodes don't agree on who may sign, or don't know the witness yet.
        """
        ids = self._watch.witness_ids(witness)
        if ids is None:
            raise DisagreementError("no node has shown the witness yet")
        return self._signer.refusal(await self._authorities(ids))

    async def rotate(self, incident: Incident, plan: Plan, from_key: str) -> Rotation:
        """Carry a plan out as far as the broadcast, as long as `from_key` is in force.

        Raises:
            OverruledError: the incident ended or the witness was disarmed meanwhile; nothing was
                sent.
            JournalError: the rotation could not be written down; nothing was sent.
        """
        draft = Draft(
            incident=incident.id,
            witness=incident.witness,
            from_key=from_key,
            to_key=plan.target.signing_key,
            producer=plan.target.name,
            decided=self._clock(),
            by_hand=incident.by_hand,
            reference=plan.order.reference.number,
            expiration=plan.order.reference.expiration,
        )
        if plan.balance < plan.fee:
            symbol = self._watch.settings.core_symbol
            fee, balance = plan.fee / CORE_UNITS, plan.balance / CORE_UNITS
            sentence = f"the fee is {fee:,.12g} {symbol}, the account has {balance:,.12g}"
            return await self._open(draft, Outcome.CANNOT_PAY, sentence)
        try:
            signed = await apart(self._signer.sign, plan.order, plan.authorities)
        except SigningError as error:
            return await self._open(draft, Outcome.CANNOT_SIGN, str(error))
        draft = replace(draft, transaction_id=signed.id, transaction=signed.transaction)
        sentence = (
            f"from key {draft.from_key} to that of {plan.target.name} by transaction {signed.id}"
        )
        return await self.send(await self._open(draft, Outcome.BROADCAST, sentence), first=True)

    async def send(self, rotation: Rotation, *, first: bool = False) -> Rotation:
        """Give the transaction to every canonical node, for the first time or again.

        Only the first time can a refusal by all of them end it: later some node may have it that
        can't be asked now, and then the expiration alone is certain. Once another key than the one
        to be replaced is in force, or that one anew, whoever put it there has the last word:
        nothing is sent.
        """
        transaction = rotation.draft.transaction
        assert transaction is not None
        if self._overtaken(rotation.draft):
            return rotation
        delivery = await deliver(self._watch, transaction)
        now = self._clock()
        if delivery.taken and not rotation.accepted:
            return await self._taken(rotation, delivery, now)
        if delivery.refused_by_all and first:
            return await self._rejected(rotation, delivery, now)
        return rotation

    def _overtaken(self, draft: Draft) -> bool:
        """Tell whether somebody has put a key in force since a rotation was decided."""
        if key_in_force(self._watch, draft.witness) != draft.from_key:
            return True
        ids = self._watch.witness_ids(draft.witness)
        term = self._watch.follower.term(ids.witness_id) if ids else None
        return term is not None and (term.since_time or 0) > draft.decided + _MOVED

    async def _taken(self, rotation: Rotation, delivery: Delivery, now: float) -> Rotation:
        values: dict[str, Any] = {"accepted": True, "sent": now}
        step = (Step.SENT, f"taken by {', '.join(delivery.taken)}")
        taken = await self._journal.change(rotation, values, [step], now, delivery.details())
        self._metrics.rotation_sent(taken)
        return taken

    async def _rejected(self, rotation: Rotation, delivery: Delivery, now: float) -> Rotation:
        code, message = next(iter(delivery.refusals.values()))
        sentence = f"every node refused it, the first with code {code}: {message}"
        values = {"outcome": Outcome.REJECTED, "ended": now, "sentence": sentence}
        steps = [(Outcome.REJECTED, sentence)]
        details = {**delivery.details(), "code": code}
        rejected = await self._journal.change(rotation, values, steps, now, details)
        self._metrics.rotation_sent(rejected)
        return rejected

    async def _open(self, draft: Draft, outcome: Outcome, sentence: str) -> Rotation:
        now = self._clock()
        rotation = await self._journal.open_rotation(draft, outcome, sentence, now)
        self._metrics.rotation_opened(rotation)
        return rotation

    async def _fee(self, draft: UpdateOrder) -> int:
        operation = [WITNESS_UPDATE, draft.body()]
        answer = await agreed(self._watch, "get_required_fees", [operation], CORE_ASSET)
        match answer:
            case [{"amount": int() | str() as amount, "asset_id": str(asset)}]:
                return _amount(amount, asset)
        raise DisagreementError("the nodes' answer to get_required_fees holds no fee")

    async def _authorities(self, ids: WitnessIds) -> Authorities:
        def part(found: Any) -> Any:
            return {name: found[0][name] for name in ("active", "owner")}

        answer = await agreed(self._watch, "get_objects", [ids.account_id], part=part)
        try:
            return parse_authorities(answer)
        except MalformedDataError as error:
            raise DisagreementError(
                "the nodes' answer to get_objects holds no authorities"
            ) from error


def _amount(amount: int | str, asset: str) -> int:
    """Return a fee in the core token's smallest unit."""
    if asset != CORE_ASSET:
        raise DisagreementError(f"the nodes ask for a fee in {asset!r:.40}, not in the core token")
    try:
        return whole_number(amount, MOST_UNITS)
    except MalformedDataError as error:
        raise DisagreementError(
            f"the nodes ask for a fee of {amount!r:.40}, which is no amount"
        ) from error


def _balance(account: str, views: Sequence[NodeView]) -> int:
    """Return the least balance that a majority of the nodes doesn't exceed.

    So a single node can't make the account look too poor; if it makes it look rich, the
    transaction is refused.
    """
    needed = majority_of(len(views))
    shown = [
        view.reading.balances.get(account, 0)
        for view in views
        if view.well and view.reading is not None
    ]
    if len(shown) < needed:
        raise DisagreementError(f"fewer than {needed} nodes show the account's balance")
    return sorted(shown)[needed - 1]

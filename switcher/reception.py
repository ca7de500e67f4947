"""Where alerts come in: they are written, and whoever sees to what is new is woken."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import islice

from switcher.desk import Desk
from switcher.evidence import keys_in_question
from switcher.inbox import AT_ONCE, Inbox
from switcher.journal.receipt import Receipt
from switcher.staff import Staff
from switcher.webhook import Accusation, Judged


class Reception:
    """Takes notifications for a switcher."""

    def __init__(self, desk: Desk, staff: Staff) -> None:
        self._desk = desk
        self._staff = staff
        self._witnesses = desk.watch.settings.witnesses
        self._inbox = Inbox(self._write, self._presses, desk.focus)

    async def take(self, alerts: Collection[Judged]) -> list[Receipt]:
        """Take a notification's alerts into the journal and set the workers to them.

        Many are written a part at a time, so that the workers' own writing has its turn between.

        Raises:
            JournalError: not all of them were written; to post them again does no harm.
        """
        waiting, receipts = iter(alerts), list[Receipt]()
        while part := list(islice(waiting, AT_ONCE)):
            receipts += await self._inbox.put(part)
        return receipts

    def _presses(self, alert: Judged) -> bool:
        """Tell whether an alert may be true now, as far as its key goes."""
        return isinstance(alert, Accusation) and any(
            alert.signing_key in keys_in_question(self._desk.watch, witness)
            for witness in self._witnesses
            if witness.account == alert.witness
        )

    async def _write(self, alerts: Sequence[Judged]) -> list[Receipt]:
        desk, now = self._desk, self._desk.clock()
        keys = {w.account: keys_in_question(desk.watch, w) for w in self._witnesses}
        standing = self._staff.chains.standing()
        receipts = await desk.journal.take(alerts, keys, now, standing)
        for alert, receipt in zip(alerts, receipts, strict=True):
            desk.metrics.alert(receipt.result)
            if receipt.result == "heartbeat":
                desk.metrics.heartbeat(now)
            if receipt.result == "opened" and receipt.witness and self._presses(alert):
                desk.focus.begin(receipt.witness)
        self._tell(zip(alerts, receipts, strict=True))
        return receipts

    def _tell(self, taken: Iterable[tuple[Judged, Receipt]]) -> None:
        """Wake who sees to what is new and may be true; all else has time until the next block.

        In a storm they would look at what repeats, and at accusations of former keys, all the time.
        """
        news = [(alert, receipt) for alert, receipt in taken if receipt.is_news]
        witnesses = {receipt.witness for alert, receipt in news if self._presses(alert)}
        strangers = {receipt.witness for _, receipt in news} - self._staff.workers.keys()
        self._staff.wake({name for name in witnesses | strangers if name is not None})
        subjects = {receipt.subject for _, receipt in news}
        self._staff.chains.wake({subject for subject in subjects if subject is not None})

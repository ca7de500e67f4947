"""Whether what a sender was told is taken is in the journal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bench.books import Books, Pages
from bench.relay import Ledger, Posting

LATE = 0.5
"""Seconds by which a switcher may be behind the sender: its time is the chain's, which makes up for
a wrong clock and is as exact as blocks come."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What was said of an alert: `began` is when its webhook was passed on, since the epoch.

    `signing_key` is empty where it is about a node or a peer; `incident` None: nothing was written.
    """

    result: str
    incident: int | None
    signing_key: str
    fingerprint: str
    began: float

    def __str__(self) -> str:
        about = f"key {self.signing_key}" if self.signing_key else "a node or peer"
        return f"{self.result} of incident {self.incident}: {about}, alert {self.fingerprint}"


def claims(posting: Posting) -> Iterator[Claim]:
    """Yield what an acknowledged webhook was answered, alert by alert."""
    for alert, receipt in zip(posting.alerts, posting.receipts, strict=True):
        yield Claim(
            receipt["result"],
            receipt["incident"],
            alert.get("labels", {}).get("signing_key", ""),
            str(alert.get("fingerprint", "")),
            posting.began,
        )


async def lost(ledger: Ledger, books: Books) -> list[str]:
    """Return what a sender saw acknowledged by now and the journal doesn't know."""
    acknowledged = ledger.acknowledged
    pages = await books.read()  # not before: further ones are acknowledged meanwhile
    return unknown((claim for posting in acknowledged for claim in claims(posting)), pages)


def unknown(claimed: Iterable[Claim], pages: Pages, late: float = LATE) -> list[str]:
    """Return the claims that a journal doesn't bear out; its times may be `late` by seconds."""
    return [str(claim) for claim in claimed if not _is_known(claim, pages, late)]


def _is_known(claim: Claim, pages: Pages, late: float) -> bool:
    number, since = claim.incident, claim.began - late
    if claim.result == "heartbeat":
        return pages.heartbeat is not None and pages.heartbeat >= since
    if number is None:
        return True  # nothing was written, and nothing was said to be
    incident = pages.incidents.get(number)
    if incident is None or incident.signing_key != claim.signing_key:
        return False
    match claim.result:
        case "opened":
            return pages.opened.get(number) == claim.fingerprint
        case "renewed":
            return incident.renewed >= since
        case "ended":
            return pages.ended[number] is not None
        case "resolved":
            fires = incident.alerts.get(claim.fingerprint)
            return fires is None or fires.seen >= since
    return True

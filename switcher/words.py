"""The switcher's words: what can be asked, decided, done, and what comes of it. Pure.

Each is at once log text, metric label and journal value.
"""

from __future__ import annotations

from enum import StrEnum


class ActionName(StrEnum):
    """What an alert may ask for in its label `action`."""

    ROTATE = "rotate_signing_key"
    """Put a backup's signing key in force."""
    RESOLVE = "resolve_chain"
    """Look at the chain of a node, or bring a peer back to the longest valid one."""


class Decision(StrEnum):
    """What is made of an incident at one moment; all but `ROTATE` hold."""

    ROTATE = "rotate"
    """Enough speaks for it and nothing holds it: the next backup that is ready is put on air."""
    SUPERSEDED = "superseded"
    """Another key than the accused one is in force by now, so there is nothing left to do."""
    NOT_CORROBORATED = "not_corroborated"
    """The chain doesn't bear the alert out, or not yet."""
    RESOLVED = "resolved"
    """Nothing is wrong any more."""
    UNKNOWN_WITNESS = "unknown_witness"
    """The witness is not in the configuration, or the chain doesn't know it."""
    NOT_YET = "not_yet"
    """A rotation is planned for a time that the sentence names, the last that is early enough."""
    STOPPED_BY_OWNER = "stopped_by_owner"
    """The null key is on the chain: an owner has stopped the witness, who is left alone."""
    FOREIGN_KEY = "foreign_key"
    """The key in force is none of the ring's."""
    DISARMED = "disarmed"
    """It would rotate, and is not armed."""
    DRY_RUN = "dry_run"
    """It would rotate, and `policy.dry_run` forbids all broadcasting."""
    COOLING_DOWN = "cooling_down"
    """The last rotation is less than `policy.cool_down` ago."""
    UNCONFIRMED = "unconfirmed"
    """An update is under way whose outcome is not known yet."""
    NOT_QUORATE = "not_quorate"
    """No majority of the nodes is fresh, on one chain and of one mind, or the time is not known."""
    NETWORK_WIDE = "network_wide"
    """Other witnesses miss as well, so the trouble is not this host's."""
    BUDGET_SPENT = "budget_spent"
    """`policy.rotations_per_day` are used up."""
    NO_BACKUP_READY = "no_backup_ready"
    """None of the other producers could take over."""
    FEE_TOO_HIGH = "fee_too_high"
    """The nodes ask for more than `policy.max_fee`."""


class Outcome(StrEnum):
    """What has become of a rotation."""

    BROADCAST = "broadcast"
    """A node may have the transaction, and no block holds it."""
    IN_BLOCK = "in_block"
    """A block holds the transaction."""
    IRREVERSIBLE = "irreversible"
    """The block that holds it can't be undone any more."""
    ON_AIR = "on_air"
    """The new key has signed a block."""
    EXPIRED = "expired"
    """No block held the transaction until it expired."""
    REJECTED = "rejected"
    """All nodes refused the transaction; the sentence has what they said."""
    CANNOT_SIGN = "cannot_sign"
    """The keys at hand may not sign for the witness account, or can't be read."""
    CANNOT_PAY = "cannot_pay"
    """The witness account holds less than the fee."""
    NEVER_SIGNED = "never_signed"
    """The new key missed its first slot; the next backup has its turn."""


UNSPENT = frozenset({Outcome.EXPIRED, Outcome.REJECTED, Outcome.CANNOT_SIGN, Outcome.CANNOT_PAY})
"""Outcomes of rotations that changed nothing on the chain and cost no fee."""


class Ending(StrEnum):
    """Why an incident is over."""

    SUPERSEDED = "superseded"
    """Another key is in force."""
    RESOLVED = "resolved"
    """Its alerts are resolved, or what it was about is well again."""
    NOT_RENEWED = "not_renewed"
    """No alert renewed it for `incident_renewal`."""
    ON_AIR = "on_air"
    """The new host is on air, irreversibly."""
    EXPIRED = "expired"
    """Several transactions in a row expired."""
    REPLACED = "replaced"
    """The update is irreversible, though the new host has signed nothing."""
    DRILLED = "drilled"
    """A drill is through."""
    CANCELLED = "cancelled"
    """An order was cancelled by disarming."""
    GIVEN_UP = "given_up"
    """An order waited too long, or failed."""
    REPORTED = "reported"
    """A person's question about a node is answered."""


DEALT_WITH = frozenset({Ending.SUPERSEDED, Ending.ON_AIR, Ending.REPLACED})
"""Endings after which the accused key is no longer in force."""


class Cause(StrEnum):
    """Who wants a rotation: an alert, a person, or the wish to have the preferred host back."""

    ALERT = "alert"
    """An alert."""
    MANUAL = "manual"
    """A person: `understudy rotate` or `resolve`."""
    DRILL = "drill"
    """A person: `understudy drill`."""
    RETURN = "return"
    """The first producer of the ring, back after `policy.return_after` of health."""


BY_HAND = frozenset({Cause.MANUAL, Cause.DRILL})
"""Causes that a person answers for: they spend nothing of the automatic budget."""


class Readiness(StrEnum):
    """What is known of a host that could take over."""

    READY = "ready"
    """Its endpoint is well, on the longest valid chain."""
    UNWATCHED = "unwatched"
    """Nothing is known of it, as it has no `node` endpoint; it may be taken."""
    DOWN = "down"
    """Its endpoint is down, behind, or on a fork."""
    FAILED = "failed"
    """Its key came to nothing within the last hour."""


class DrillResult(StrEnum):
    """What a drill showed of a producer."""

    SIGNED = "signed"
    """It signed a block."""
    NEVER_SIGNED = "never_signed"
    """It was on air, and missed its slot."""
    NOT_READY = "not_ready"
    """It was down, behind or on a fork when its turn came."""
    FAILED = "failed"
    """The update to put it on air came to nothing."""


class EntryKind(StrEnum):
    """What a journal entry tells of."""

    OPENED = "opened"
    """An incident is opened: by an alert, an order, or the return of a host."""
    ENDED = "ended"
    """An incident is over; the value is its ending."""
    DECISION = "decision"
    """The decision about an incident has changed; the value is the new one."""
    STEP = "step"
    """A rotation or resolution came a step further; the value is the step or outcome."""
    ARMING = "arming"
    """A witness was armed or disarmed."""
    JOURNAL = "journal"
    """Something about the journal itself, such as the removal of old entries."""


class Step(StrEnum):
    """The steps of a rotation that are no outcome of their own."""

    SENT = "sent"
    """Nodes took the transaction."""
    DROPPED = "dropped"
    """The block that held the transaction was left by the chain."""
    ACCUSED = "accused"
    """The new key missed its first slot, so the incident goes on against it."""

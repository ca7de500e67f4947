"""The dashboard Stage: who is on air for each witness, is it well, what happened."""

from __future__ import annotations

from grafana.alerts import firing
from grafana.frame import Board, Choice, Event, Part, Row
from grafana.held import accusations, held
from grafana.means import feeds, funds, proofs
from grafana.panels import (
    BLOCKS,
    NONE,
    NOT_RECORDED,
    SECONDS,
    About,
    Colours,
    heat,
    lines,
    tile,
    timeline,
)
from grafana.queries import (
    EVENT,
    HOST_OF,
    NAMED,
    OURS,
    Query,
    age,
    alerts,
    foreign_key,
    grown,
    hosts,
    most,
    now,
)
from grafana.rules import limit_of
from grafana.words import (
    ARMED,
    BAD,
    FINE,
    GOOD,
    HOST,
    ON_AIR,
    WATCH,
    State,
    mapped,
    steps,
)

_SIGNING = most(HOST_OF, f"bitshares_producer_signing{OURS}")
_FOREIGN = foreign_key()
_HOSTS = hosts()
_KEY_OF = "witness, signing_key"
_CALLED = limit_of("WitnessMissingBlocks")

_ROUND = "81s"
"""27 witnesses with slots of 3 s, as on the public chain."""


def _on_air_now() -> Row:
    whole = f"({_HOSTS}) and on ({HOST_OF}) {_SIGNING} == 1 or {_FOREIGN} * 5"
    at_hand = f"({_HOSTS}) == bool 2 and on ({HOST_OF}) {_SIGNING} == 0"
    return Row.of(
        5,
        tile(
            About(
                "On air now",
                "The host whose key is in force, and how that host is. A host that is down or "
                "behind while it is on air misses its slots.",
                "ProducerDown",
                NONE,
                empty="not known: nobody sees the chain",
            ),
            now(whole, NAMED),
            Colours(mapped(*HOST)),
        ),
        tile(
            About(
                "Next slot in",
                "Until the witness' next slot begins. Not known between its slot of this round and "
                "the shuffle that begins the next one.",
                "WitnessMissingBlocks",
                SECONDS,
                empty="behind the next shuffle",
                decimals=0,
            ),
            now(
                f"{most('witness', f'bitshares_witness_next_slot_timestamp_seconds{OURS}')}"
                " - time()",
                "{{witness}}",
            ),
            Colours(thresholds=steps(FINE)),
        ),
        tile(
            About(
                "Misses that count",
                "Slots missed within missed_window since the key in force last came into force. "
                f"At {_CALLED} (policy.missed_blocks) the switcher is called.",
                "WitnessMissingBlocks",
                BLOCKS,
            ),
            now(most("witness", f"bitshares_witness_recent_missed_blocks{OURS}"), "{{witness}}"),
            Colours(thresholds=steps(GOOD, (1, WATCH), (_CALLED, BAD))),
        ),
        tile(
            About(
                "Missed in a day",
                "By how much the chain's own count of the witness' missed slots has grown in 24 "
                "hours, or since it is watched.",
                "WitnessMissingBlocks",
                BLOCKS,
                empty=NOT_RECORDED,
            ),
            now(most("witness", f"witness:chain_missed_blocks:increase1d{OURS}"), "{{witness}}"),
            Colours(thresholds=steps(GOOD, (1, WATCH))),
        ),
        tile(
            About(
                "Backups ready",
                "Hosts that are not on air and are seen on the longest valid chain. One without an "
                "endpoint to look at doesn't count.",
                "BackupNotReady",
                NONE,
            ),
            now(f"sum by (witness) ({at_hand} or {_SIGNING} * 0)", "{{witness}}"),
            Colours(mapped(State(0, "NONE", BAD)), steps(BAD, (1, GOOD))),
        ),
        tile(
            About(
                "Armed",
                "Whether every switcher may rotate the witness by itself.",
                "SwitcherDisarmed",
                NONE,
                empty="no switcher is seen",
            ),
            now(f"min by (witness) (understudy_armed{OURS})", "{{witness}}"),
            Colours(mapped(*ARMED)),
        ),
    )


def _in_time() -> Row:
    return Row.of(
        7,
        timeline(
            About(
                "Who is on air",
                "Which host's key is in force, by the blocks. A gap: nobody saw the chain.",
                "SigningKeyRotated",
                NONE,
            ),
            Query(f"{_SIGNING} or {_FOREIGN} * 2", NAMED),
            ON_AIR,
        ),
        timeline(
            About(
                "How each host is",
                "Whether each host could sign: it answers, and has the newest blocks of the "
                "longest valid chain. A gap: no exporter told.",
                "BackupNotReady",
                NONE,
            ),
            Query(_HOSTS, NAMED),
            HOST,
        ),
    )


def _what_happens() -> Row:
    return Row.of(7, firing(), held())


def _misses() -> Row:
    holders = most(f"{_KEY_OF}, producer", f"bitshares_producer_signing{OURS}")
    missed = grown(_KEY_OF, f"bitshares_witness_missed_blocks_total{OURS}")
    by_others = f"{missed} unless on ({_KEY_OF}) {holders}"
    by_host = (
        f"{missed} * on ({_KEY_OF}) group_left (producer) ({holders} * 0 + 1) or "
        f"sum by ({HOST_OF})"
        f' (label_replace({by_others}, "producer", "a key outside the ring", "", ""))'
    )
    return Row.of(
        8,
        heat(
            About(
                "Misses per round",
                "Slots that each host missed while its key was in force, told once they are "
                "irreversible. A column is a round of the public chain (27 slots of 3 s), in which "
                "a witness has one slot; over a longer time it is several. Pale: none. Empty: not "
                "known.",
                "WitnessMissingBlocks",
                BLOCKS,
            ),
            Query(by_host, NAMED),
            interval=_ROUND,
        ),
        lines(
            About(
                "Misses that count, and empty slots",
                "Slots missed in the present term of the key in force, and those that passed empty "
                "since the newest block. At the dashed line the switcher is called.",
                "WitnessMissingBlocks",
                BLOCKS,
            ),
            Query(
                most("witness", f"bitshares_witness_recent_missed_blocks{OURS}"),
                "{{witness}}: missed",
            ),
            Query(
                most("witness", f"bitshares_witness_provisional_missed_blocks{OURS}"),
                "{{witness}}: empty so far",
            ),
            limits=steps(GOOD, (_CALLED, BAD)),
            least=0,
            stepped=True,
        ),
    )


def _behind() -> Row:
    last_signed = f"bitshares_producer_last_signed_timestamp_seconds{OURS}"
    return Row.of(
        7,
        lines(
            About(
                "Blocks that each host is behind",
                "What each host lacks of the nodes that are at the head of the longest valid "
                "chain; below 0 it is ahead of them.",
                "ProducerLagging",
                BLOCKS,
            ),
            Query(most(HOST_OF, f"producer:head_lag:blocks{OURS}"), NAMED),
            limits=steps(GOOD, (limit_of("ProducerLagging"), WATCH)),
        ),
        lines(
            About(
                "Since each host last signed",
                "The age of the newest recent block that each host's key signed; of a backup there "
                "is none.",
                "DrillOverdue",
                SECONDS,
            ),
            Query(age(HOST_OF, last_signed), NAMED),
            least=0,
        ),
    )


def _events() -> tuple[Event, ...]:
    info = f"bitshares_witness_info{OURS}"
    named = f'label_replace({info}, "producer", "a key outside the ring", "producer", "")'
    # More than one key within a while, so that neither a start nor a gap looks like a change; and
    # of those the one that wasn't there before.
    change = (
        f"{most('witness, signing_key, producer', named)}"
        f" and on (witness) count by (witness)"
        f" ({most(_KEY_OF, f'last_over_time({info}[{EVENT}])')}) > 1"
        f" unless on ({_KEY_OF}) {most(_KEY_OF, f'last_over_time({info}[1m] offset {EVENT})')}"
    )
    return (
        Event("Key change", change, "{{witness}}: {{producer}} is on air.", FINE),
        accusations(),
        Event(
            "Alert",
            alerts("alertname, severity, witness", witness="$witness"),
            "{{witness}}: {{alertname}} ({{severity}}).",
            BAD,
        ),
    )


STAGE = Board(
    "stage",
    "Stage",
    "Who is on air for each witness, is it well, what happened.",
    [Choice("witness", "Witness", "bitshares_witness_missed_blocks_total", "witness")],
    _events(),
    [
        Part("On air", [_on_air_now(), _in_time(), _what_happens()]),
        Part("What was missed", [_misses()]),
        Part("Hosts and keys", [_behind(), proofs()]),
        Part("What the witness lives on", [funds(), feeds()]),
    ],
)

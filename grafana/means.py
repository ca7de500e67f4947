"""Panels of the dashboard Stage about proofs of keys, fees, votes and price feeds."""

from __future__ import annotations

from grafana.frame import Row
from grafana.panels import COUNT, NONE, SECONDS, WHEN, About, Colours, lines, tile
from grafana.queries import HOST_OF, NAMED, OURS, Query, age, most, now, within
from grafana.rules import limit_of
from grafana.words import BAD, GOOD, PENDING, WATCH, State, mapped, steps

_FEED = "{{witness}} {{asset}}"
_OWN = most("witness, asset", f"bitshares_price_feed_timestamp_seconds{OURS}")
_NEWEST = most("asset", "bitshares_price_feed_newest_timestamp_seconds")
_MAY_BE = most("witness, asset", f"bitshares_price_feed_max_age_seconds{OURS}")


def proofs() -> Row:
    """Return what was seen of each host's key."""
    drilled = within(f"understudy_drill_timestamp_seconds{OURS}", result="signed")
    return Row.of(
        5,
        tile(
            About(
                "Last proven in a drill",
                "When each host last signed a block in a drill.",
                "DrillOverdue",
                WHEN,
                empty="no switcher is seen",
            ),
            now(f"{most(HOST_OF, drilled)} * 1000", NAMED),
            Colours(mapped(State(0, "never", WATCH))),
        ),
        tile(
            About(
                "Key update",
                "Whether a node shows a signing key that no block holds yet: somebody has sent an "
                "update.",
                "SigningKeyRotated",
                NONE,
            ),
            now(most("witness", f"bitshares_witness_pending_key{OURS}"), "{{witness}}"),
            Colours(mapped(*PENDING)),
        ),
        tile(
            About(
                "Signed twice",
                "Heights at which the witness signed two different blocks with one key, since the "
                "exporter started: two hosts have that key.",
                "DoubleProduction",
                NONE,
            ),
            now(
                most("witness", f"bitshares_witness_double_production_total{OURS}"),
                "{{witness}}",
            ),
            Colours(mapped(State(0, "never", GOOD)), steps(GOOD, (1, BAD))),
        ),
    )


def funds() -> Row:
    """Return fee balance, votes and rank."""
    return Row.of(
        7,
        lines(
            About(
                "Fee balance",
                "What the witness account holds to pay fees with, in core tokens. Below the dashed "
                "line FeeBalanceLow fires.",
                "FeeBalanceLow",
                COUNT,
            ),
            Query(most("witness", f"bitshares_witness_fee_balance{OURS}"), "{{witness}}"),
            limits=steps(BAD, (limit_of("FeeBalanceLow"), GOOD)),
            least=0,
        ),
        lines(
            About(
                "Votes",
                "Votes for the witness, and for the first one that is not active: who falls to "
                "that line gets no slots. In core tokens, as last counted.",
                "WitnessNearEdge",
                COUNT,
            ),
            Query(most("witness", f"bitshares_witness_votes{OURS}"), "{{witness}}"),
            Query("max(bitshares_chain_standby_votes)", "first outside"),
            stepped=True,
        ),
        lines(
            About(
                "Rank",
                "The witness' place by votes, 1 for the most, and the number of active witnesses: "
                "a higher rank than that gets no slots.",
                "WitnessNotActive",
                COUNT,
            ),
            Query(most("witness", f"bitshares_witness_rank{OURS}"), "{{witness}}"),
            Query("max(bitshares_chain_active_witnesses)", "active witnesses"),
            least=0,
            stepped=True,
        ),
    )


def feeds() -> Row:
    """Return how old the witness' prices are."""
    return Row.of(
        7,
        lines(
            About(
                "Age of price feeds",
                "How old the witness' price of each asset is, beside the newest that anybody else "
                "has published.",
                "PriceFeedStale",
                SECONDS,
                empty="no feeds are configured",
            ),
            Query(age("witness, asset", f"bitshares_price_feed_timestamp_seconds{OURS}"), _FEED),
            Query(
                age("asset", "bitshares_price_feed_newest_timestamp_seconds"),
                "newest of others {{asset}}",
            ),
            least=0,
        ),
        lines(
            About(
                "Time left for price feeds",
                "How long each price may still stay as it is: feed_max_age less what it is older "
                "than the newest of others. At 0 it is stale, or there is none.",
                "PriceFeedStale",
                SECONDS,
                empty="no feeds are configured",
            ),
            Query(
                f"{_MAY_BE} - on (witness, asset)"
                f" clamp_min({_NEWEST} - on (asset) group_right () {_OWN}, 0)"
                f" or on (witness, asset) ({_MAY_BE} * 0 and on (asset) {_NEWEST})",
                _FEED,
            ),
            limits=steps(BAD, (0, GOOD)),
        ),
    )

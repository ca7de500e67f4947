"""What a switcher answers to the commands that give orders."""

from __future__ import annotations

from typing import Any

PLAN: dict[str, Any] = {
    "witness": "init0",
    "signing_key": "BTS6MRyAjQq8ud7hVNYcfnVPJqcVpscN5So8BhtHuGYqET5GDW5CV",
    "on_air": "alpha",
    "route": ["beta"],
    "back": None,
    "slots": [],
    "round_seconds": 81,
    "core_symbol": "BTS",
    "fee": 20.0,
    "balance": 1_234_567.5,
    "updates": 1,
    "may_sign": True,
    "planned": None,
    "objections": [],
    "refusal": None,
}
STATUS: dict[str, Any] = {
    "now": 1_000.0,
    "alert_path": "ok",
    "quorum": "",
    "heartbeat": None,
    "heartbeat_age": None,
    "clock": {"offset": None, "corrected": False, "detail": ""},
    "dry_run": False,
    "chain": {"head_block": None, "head_time": None, "irreversible_block": None},
    "nodes": [],
    "witnesses": [],
    "unknown_witnesses": [],
    "chains": {"acting": True, "actor": None, "replica": None, "peers": [], "matters": []},
    "journal": "7:" + "0" * 64,
}
ORDERED = {"incident": 7, "witness": "init0", "route": ["beta"]}
PLAN_AT, ORDER_AT, JOURNAL_AT = "/api/rotate/plan", "/api/rotate", "/api/journal"


def entry(number: int, kind: str, value: str, sentence: str = "", **details: Any) -> dict[str, Any]:
    about = {"incident": 7, "rotation": 1 if kind == "step" else None}
    told = {"kind": kind, "value": value, "sentence": sentence, "details": details}
    return {"id": number, "time": 1_000.0 + number, "witness": "init0", **about, **told}


def page(*entries: dict[str, Any]) -> tuple[int, Any]:
    return 200, {"entries": list(reversed(entries)), "before": None}


COURSE = (
    entry(1, "opened", "manual", "you wants beta on air"),
    entry(2, "step", "broadcast", producer="beta", transaction_id="ab" * 20),
    entry(3, "step", "in_block", "block 70 holds it", block=70),
    entry(4, "step", "on_air", "beta signed block 73"),
    entry(5, "ended", "on_air", "beta is on air"),
)

"""Whether the peers answer with chains of the configured rule, and can call the replica. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chains.settings import PeerChainSettings
from serving.exposure import is_loopback
from understudy.doctor.finding import Finding, failure, warning


@dataclass(frozen=True, slots=True)
class Look:
    """What came of a short look at a peer.

    `trouble` says why it gave no answer, `wrong` what is wrong with its chain's first blocks; else
    `blocks` of these are as they should be.
    """

    peer: str
    trouble: str = ""
    wrong: str = ""
    blocks: int = 0


def judge_peers(looks: Sequence[Look], settings: PeerChainSettings) -> Iterator[Finding]:
    """Yield what is wrong with each peer, and with the rule if none follows it."""
    for look in looks:
        what = f"peer {look.peer}"
        if look.trouble:
            yield warning(what, f"{look.trouble}; start it, or correct its url")
        elif look.wrong:
            text = f"shows no valid chain: {look.wrong}; see whether peers.proof is its rule"
            yield warning(what, text)
        else:
            yield Finding(what, text=f"answers, its first {look.blocks} blocks are valid")
    answered = [look for look in looks if not look.trouble]
    if answered and all(look.wrong for look in answered):
        text = f"none of the peers has a chain by the rule {settings.proof.rule}"
        yield failure("peers.proof", f"{text}, so that nothing is resolved; is it the other one?")
    elif not answered:
        text = "none of them answers, so that nothing is resolved"
        yield failure("peers", f"{text}; start one, or correct their urls")


@dataclass(frozen=True, slots=True)
class Way:
    """How peers get to the replica.

    `advertised` is its URL as they know it, `host` the one in there, `listening` the one that it
    listens on; `peers` are the hosts of the peers by their names. `trouble` says why it gave no
    answer here.
    """

    advertised: str
    host: str
    listening: str
    peers: Mapping[str, str]
    trouble: str = ""


def judge_way(way: Way) -> Iterator[Finding]:
    """Yield what keeps peers from the replica, or that it answers."""
    what = f"replica {way.advertised}"
    told = list(_unreachable(what, way))
    if way.trouble:
        text = f"shows no chain here ({way.trouble})"
        told.append(warning(what, f"{text}; right only while the switcher isn't running"))
    yield from told or [Finding(what, text="answers")]


def _unreachable(what: str, way: Way) -> Iterator[Finding]:
    away = [name for name, host in way.peers.items() if not is_loopback(host)]
    if is_loopback(way.host):
        if away:
            text = (
                f"is an address of this machine only, and {', '.join(away)} would call it at home"
            )
            yield warning(what, f"{text}; give an address that they reach in peers.advertise")
    elif is_loopback(way.listening):
        text = "is to be called from elsewhere, and peers.listen is open to this machine only"
        yield warning(what, f"{text}; right only if a proxy leads there")

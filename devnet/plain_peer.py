"""A plain node of the peer chain, as existing ones are: `python -m devnet.plain_peer --port 5001`.

It knows the five routes of the protocol and nothing else. A chain is only asked for as a whole, the
nodes that are registered (as host:port, none of which can be forgotten) are asked one after
another and waited for without an end, and one that can't be reached makes `/nodes/resolve` fail
with 500. As with existing nodes, any request is answered beside the others, nothing is locked, and
HEAD does all that GET does: HEAD of `/mine` forges a block.
Once it listens it prints its URL.
"""

from __future__ import annotations

import argparse
import json
import time
import urllib.request
from http.server import HTTPServer, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit
from uuid import uuid4

from chains.peer.blocks import Rule
from devnet.plain_chain import FIRST_PROOF, Block, find_proof, hash_of, is_valid
from devnet.plain_http import Answer, PlainHandler, json_answer, text_answer

_fetcher = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class PlainPeer:
    """A node's chain, transactions and registered nodes, and what it does when it is asked."""

    def __init__(self, rule: Rule, zeros: int = 4, first_previous: int | str = 1) -> None:
        self.rule, self.zeros = rule, zeros
        self.id = uuid4().hex
        self.chain: list[Block] = []
        self.pending: list[Any] = []
        self.nodes: dict[str, None] = {}
        self._append(FIRST_PROOF, first_previous)

    def mine(self) -> Answer:
        """Find a proof, pay 1 from "0" to this node and forge the block."""
        last = self.chain[-1]
        proof = find_proof(self.rule, last, self.zeros)
        self.pending.append({"sender": "0", "recipient": self.id, "amount": 1})
        block = self._append(proof, hash_of(last))
        told = {name: value for name, value in block.items() if name != "timestamp"}
        return json_answer({"message": "New Block Forged", **told})

    def add_transaction(self, values: Any) -> Answer:
        """Take a transaction for the next block."""
        names = ("sender", "recipient", "amount")
        if not all(name in values for name in names):
            return text_answer(400, "Missing values")
        self.pending.append({name: values[name] for name in names})
        height = self.chain[-1]["index"] + 1
        return json_answer({"message": f"Transaction will be added to Block {height}"}, status=201)

    def tell_chain(self) -> Answer:
        """Tell the whole chain."""
        return json_answer({"chain": self.chain, "length": len(self.chain)})

    def register(self, values: Any) -> Answer:
        """Remember nodes by host:port, for good.

        Raises:
            ValueError: an address has neither a host nor anything else.
        """
        addresses = values.get("nodes")
        if addresses is None:
            return text_answer(400, "Error: Please supply a valid list of nodes")
        for address in addresses:
            parts = urlsplit(address)
            if not (place := parts.netloc or parts.path):
                raise ValueError(f"{address!r} is no address")
            self.nodes[place] = None
        told = {"message": "New nodes have been added", "total_nodes": list(self.nodes)}
        return json_answer(told, status=201)

    def resolve(self) -> Answer:
        """Adopt the longest chain, and tell the one that we have then."""
        if self.adopt_longest():
            return json_answer({"message": "Our chain was replaced", "new_chain": self.chain})
        return json_answer({"message": "Our chain is authoritative", "chain": self.chain})

    def adopt_longest(self) -> bool:
        """Adopt the longest valid chain of all registered nodes, and tell if it is not ours.

        Raises:
            OSError, ValueError, KeyError: a node can't be reached, or answers something else.
        """
        found = None
        longest = len(self.chain)
        for node in list(self.nodes):
            with _fetcher.open(f"http://{node}/chain") as reply:
                told = json.load(reply)
            length, chain = told["length"], told["chain"]
            if length > longest and is_valid(self.rule, chain, self.zeros):
                longest, found = length, chain
        if found is None:
            return False
        self.chain = found
        return True

    def _append(self, proof: int, previous: int | str) -> Block:
        block = {
            "index": len(self.chain) + 1,
            "timestamp": time.time(),
            "transactions": self.pending,
            "proof": proof,
            "previous_hash": previous,
        }
        self.pending = []
        self.chain.append(block)
        return block


def make_server(peer: PlainPeer, host: str, port: int, *, threads: bool = True) -> HTTPServer:
    """Return a node's server, which listens; without threads a request waits for the last one."""

    class Handler(PlainHandler):
        gets: ClassVar = {
            "/mine": peer.mine,
            "/chain": peer.tell_chain,
            "/nodes/resolve": peer.resolve,
        }
        posts: ClassVar = {
            "/transactions/new": peer.add_transaction,
            "/nodes/register": peer.register,
        }

    return (ThreadingHTTPServer if threads else HTTPServer)((host, port), Handler)


def _chain(path: str) -> list[Block]:
    """Return a file's blocks: what `/chain` answered, or the list in there."""
    try:
        told = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{path} is no JSON: {error}") from error
    blocks: Any = told.get("chain") if isinstance(told, dict) else told
    if not isinstance(blocks, list):
        raise argparse.ArgumentTypeError(f"{path} holds no list of blocks, as /chain shows it")
    return blocks


def main() -> None:
    """Run a node until it is stopped."""
    parser = argparse.ArgumentParser(prog="python -m devnet.plain_peer", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5000, help="0: any that is free")
    parser.add_argument("--proof", type=Rule, choices=list(Rule), default=Rule.PAIR)
    parser.add_argument(
        "--zeros", type=int, default=4, help="of a proof's digest, at its beginning"
    )
    parser.add_argument("--previous", choices=("number", "text"), default="number", help="1 or '1'")
    parser.add_argument(
        "--chain", type=_chain, metavar="FILE", help="blocks to begin with, as /chain shows them"
    )
    parser.add_argument("--one-thread", action="store_true", help="one request after the other")
    asked = parser.parse_args()
    peer = PlainPeer(asked.proof, asked.zeros, 1 if asked.previous == "number" else "1")
    if asked.chain is not None:
        peer.chain = asked.chain
    try:
        server = make_server(peer, asked.host, asked.port, threads=not asked.one_thread)
    except OSError as error:
        parser.exit(1, f"can't listen on {asked.host}:{asked.port}: {error.strerror}\n")
    print(f"http://{asked.host}:{server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

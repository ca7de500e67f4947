"""Making blocks: transactions for the next one, and mining it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chains.peer.encoding import encode
from peernode.mining import Miner
from peernode.routes import doing
from peernode.store import Store
from peernode.transactions import MOST_BYTES, parse_transaction
from serving.body import read_body
from serving.presence import while_connected

_TOLD = ("index", "transactions", "proof", "previous_hash")


def making_routes(store: Store, miner: Miner) -> list[Route]:
    """Return what is answered to those who make blocks."""

    async def mine(request: Request) -> Response:
        """Mine the next block, of all transactions that wait, and return it."""
        block = await while_connected(request, miner.mine())
        told = {name: block[name] for name in _TOLD}
        # Written as blocks are: their text need not be Unicode.
        body = encode({"message": "New Block Forged", **told})
        return Response(body, media_type="application/json")

    async def take(request: Request) -> Response:
        """Take a transaction for the next block: `sender`, `recipient` and `amount`."""
        transaction = parse_transaction(await read_body(request, MOST_BYTES))
        height = await store.take(transaction)
        message = f"Transaction will be added to Block {height}"
        return JSONResponse({"message": message}, status_code=201)

    return [doing("/mine", mine), doing("/transactions/new", take, "POST")]

"""How any client asks a node: a call by HTTP, each by a connection of its own.

A real node ends the connection with its answer, whatever the request says.
"""

from __future__ import annotations

from typing import Any

import httpx

from serving.asking import ONE_CALL


def asker(timeout: float = 5.0) -> httpx.AsyncClient:
    """Return a client; each call has so many seconds."""
    return httpx.AsyncClient(trust_env=False, verify=False, timeout=timeout, limits=ONE_CALL)


async def answer(client: httpx.AsyncClient, url: str, api: str, method: str, *params: Any) -> Any:
    """Return a node's answer to a call.

    Raises:
        httpx.TransportError: it gave none.
        AssertionError: it refused.
    """
    body = {"id": 1, "method": "call", "params": [api, method, params]}
    told = (await client.post(url, json=body)).json()
    assert "result" in told, told
    return told["result"]

"""The HTTP address at which a running devnet is looked at and broken.

GET  /network, or / — the network: chain, head, hosts with their addresses and faults
GET  /configuration                          the part of understudy.yaml that watches it
POST /faults/kill|freeze|cut|swallow {"host": …}
POST /faults/lag {"host": …, "answers": seconds, "messages": seconds}
POST /faults/lie {"host": …, "lie": garbage|half|torn|other_id|… as `devnet.lies` has them}
POST /faults/partition {"groups": [[host, …], …]}
POST /faults/orphan {"again": whether its transaction gets into another block}
POST /faults/heal {"host": …}, or {} for everything
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from chains.bitshares.transactions import format_time
from devnet.configuration import configuration
from devnet.faults import UnknownHostError
from devnet.lies import UnknownLieError
from devnet.values import Json

if TYPE_CHECKING:
    from devnet.launch import Devnet


class BadFaultError(Exception):
    """A fault was asked for in a way that nobody can understand."""


class ControlServer:
    """The control address of a devnet."""

    def __init__(self, net: Devnet, host: str, port: int) -> None:
        self._net = net
        self._host, self._port = host, port
        self._runner = web.AppRunner(self._application(), access_log=None)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{self._host}:{self._port}"

    async def start(self) -> None:
        """Listen."""
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        self._port = self._runner.addresses[0][1]

    async def close(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[_sentences])
        application.router.add_get("/", self._show)
        application.router.add_get("/network", self._show)
        application.router.add_get("/configuration", self._show_configuration)
        application.router.add_post("/faults/{fault}", self._break)
        return application

    async def _show(self, _: web.Request) -> web.Response:
        return web.json_response(describe(self._net))

    async def _show_configuration(self, _: web.Request) -> web.Response:
        return web.json_response(configuration(self._net))

    async def _break(self, request: web.Request) -> web.Response:
        await apply_fault(self._net, request.match_info["fault"], await _body(request))
        return web.json_response(describe(self._net))


def describe(net: Devnet) -> Json:
    """Return what a devnet is and what ails it."""
    state = net.state
    return {
        "chain_id": net.chain_id,
        "head_block": state.number,
        "head_time": format_time(state.time),
        "irreversible_block": state.irreversible,
        "participation": state.participation,
        "nodes": [
            {
                "name": node.name,
                "ws_url": node.ws_url,
                "head_block": node.chain.forks.height,
                "head_id": node.chain.forks.head,
                "signing_keys": list(node.chain.keys),
                **net.faults.describe(node.name),
            }
            for node in net.nodes.values()
        ],
        "peers": [
            {"name": node.name, "url": node.url} for node in (net.peers.nodes if net.peers else ())
        ],
    }


async def apply_fault(net: Devnet, fault: str, arguments: Json) -> None:
    """Break or heal a devnet, with the name and the body that the HTTP address takes.

    Raises:
        BadFaultError: there is no such fault, or its arguments make no sense.
        UnknownHostError: there is no such host.
    """
    apply = _FAULTS.get(fault)
    if apply is None:
        raise BadFaultError(f"there is no fault {fault!r}; there are {', '.join(_FAULTS)}")
    await apply(net, arguments)


async def _kill(net: Devnet, body: Json) -> None:
    await net.faults.kill(_host(body))


async def _freeze(net: Devnet, body: Json) -> None:
    await net.faults.freeze(_host(body))


async def _cut(net: Devnet, body: Json) -> None:
    net.faults.cut(_host(body))


async def _lag(net: Devnet, body: Json) -> None:
    net.faults.lag(_host(body), _seconds(body, "answers"), _seconds(body, "messages"))


async def _lie(net: Devnet, body: Json) -> None:
    try:
        net.faults.lie(_host(body), body.get("lie", ""))
    except UnknownLieError as error:
        raise BadFaultError(str(error)) from error


async def _swallow(net: Devnet, body: Json) -> None:
    net.faults.swallow(_host(body))


async def _orphan(net: Devnet, body: Json) -> None:
    again = body.get("again", False)
    if not isinstance(again, bool):
        raise BadFaultError(f"again must be true or false, not {again!r}")
    net.faults.orphan(again=again)


async def _partition(net: Devnet, body: Json) -> None:
    groups = body.get("groups")
    if not isinstance(groups, list) or not all(
        isinstance(group, list) and all(isinstance(name, str) for name in group) for group in groups
    ):
        raise BadFaultError('groups must be a list of lists of hosts: [["alpha"], ["beta"]]')
    net.faults.partition(groups)


async def _heal(net: Devnet, body: Json) -> None:
    await net.faults.heal(*([_host(body)] if "host" in body else []))


_FAULTS: dict[str, Callable[[Devnet, Json], Awaitable[None]]] = {
    "kill": _kill,
    "freeze": _freeze,
    "cut": _cut,
    "lag": _lag,
    "lie": _lie,
    "swallow": _swallow,
    "partition": _partition,
    "orphan": _orphan,
    "heal": _heal,
}


async def _body(request: web.Request) -> Json:
    text = await request.text()
    try:
        body = json.loads(text or "{}")
    except ValueError as error:
        raise BadFaultError(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise BadFaultError("the body must be a JSON object")
    return body


def _host(body: Json) -> str:
    host = body.get("host")
    if not isinstance(host, str):
        raise BadFaultError('which host? Name it: {"host": "alpha"}')
    return host


def _seconds(body: Json, member: str) -> float:
    value: Any = body.get(member, 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise BadFaultError(f"{member} must be a number of seconds, not {value!r}")
    return float(value)


@web.middleware
async def _sentences(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        return await handler(request)
    except UnknownHostError as error:
        return web.json_response({"error": str(error)}, status=404)
    except BadFaultError as error:
        return web.json_response({"error": str(error)}, status=400)

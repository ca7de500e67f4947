"""What a plain peer node is asked in the contract, and what of its answers may differ.

`python -m tests.devnet.peers.exchanges 'COMMAND --port {port}'` records a real node, twice started.
"""

from __future__ import annotations

import http.client
import json
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).parents[2] / "fixtures/peer/exchanges.json"

_ASKED: list[tuple[str, str, str | None]] = [
    ("GET", "/chain", None),
    ("HEAD", "/chain", None),
    ("GET", "/chain?length", None),
    ("GET", "/mine", None),
    ("HEAD", "/mine", None),
    ("GET", "/chain", None),
    ("POST", "/transactions/new", '{"sender":"a","recipient":"b","amount":5}'),
    ("POST", "/transactions/new", '{"sender":"ä","recipient":"/\u2028","amount":5.5,"more":1}'),
    ("POST", "/transactions/new", '{"sender":"a","recipient":"b"}'),
    ("POST", "/transactions/new", "[1]"),
    ("POST", "/transactions/new", "5"),
    ("POST", "/transactions/new", '{"sender'),
    ("POST", "/transactions/new", ""),
    ("GET", "/transactions/new", None),
    ("GET", "/mine", None),
    ("POST", "/chain", "{}"),
    ("GET", "/chain/", None),
    ("GET", "/chain/head", None),
    ("GET", "/nodes/resolve", None),
    ("POST", "/nodes/register", "{}"),
    ("POST", "/nodes/register", '{"nodes":null}'),
    ("POST", "/nodes/register", '{"nodes":5}'),
    ("POST", "/nodes/register", '{"nodes":[]}'),
    ("POST", "/nodes/register", '{"nodes":["http://{other}/chain?x"]}'),
    ("POST", "/nodes/register", '{"nodes":["{other}"]}'),
    ("GET", "/nodes/resolve", None),
    *[("OTHER", "/mine", None)] * 4,
    ("GET", "/nodes/resolve", None),
    ("GET", "/chain", None),
    ("GET", "/nodes/resolve", None),
    ("POST", "/nodes/register", '{"nodes":["http://u:p@127.0.0.1:1", ""]}'),
    ("POST", "/nodes/register", '{"nodes":["127.0.0.1:1/x"]}'),
    ("GET", "/nodes/resolve", None),
]


def exchange(url: str, other: str) -> Iterator[tuple[Any, Any]]:
    """Yield each question with its answer; `other` (a URL) is the node that gets registered."""
    for method, path, body in _ASKED:
        place = (other if method == "OTHER" else url).removeprefix("http://")
        asked = {"method": method, "path": path, "body": body}
        sent = body and body.replace("{other}", other.removeprefix("http://"))
        yield asked, _ask(place, "GET" if method == "OTHER" else method, path, sent)


def likeness(told: Any) -> Any:
    """Return what of an answer has to be the same from every node."""
    headers = {n: v for n, v in told["headers"].items() if n not in ("Server", "Date")}
    if "Allow" in headers:
        headers["Allow"] = sorted(headers["Allow"].split(", "))
    length = int(headers.pop("Content-Length"))
    told = {**told, "headers": headers, "names": list(told["headers"])}
    if not told["body"]:
        return {**told, "long": length > 100}  # that of a HEAD, in which proofs and times count
    assert length == len(told["body"].encode())
    if headers["Content-Type"] == "application/json":
        value = json.loads(told["body"])
        if told["body"] != json.dumps(value, sort_keys=True, separators=(",", ":")) + "\n":
            return {**told, "written": "otherwise"}
        return {**told, "body": _alike(value)}
    return told


def _alike(value: Any, name: str = "") -> Any:
    match value:
        case dict():
            return {name: _alike(member, name) for name, member in value.items()}
        case list():
            each = [_alike(member) for member in value]
            return sorted(each) if name == "total_nodes" else each
        case str():
            place = re.sub(r"(?<=127\.0\.0\.1:)\d{2,}", "PORT", value)
            return f"{len(value)} digits" if re.fullmatch(r"[0-9a-f]{32,}", value) else place
    return type(value).__name__ if name in ("timestamp", "proof") and value != 100 else value


def _ask(place: str, method: str, path: str, body: str | None) -> Any:
    connection = http.client.HTTPConnection(place, timeout=30)
    try:
        headers = {"Content-Type": "application/json"} if body else {}
        connection.request(method, path, body.encode() if body else None, headers)
        reply = connection.getresponse()
        return {
            "status": reply.status,
            "reason": reply.reason,
            "version": reply.version,
            "headers": dict(reply.getheaders()),
            "body": reply.read().decode(),
        }
    finally:
        connection.close()


@contextmanager
def started(command: str) -> Iterator[str]:
    """Run a node by its command, with {port} in it, and yield its URL once it listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = shlex.split(command.format(port=port))
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _record(command: str) -> None:
    with started(command) as url, started(command) as other:
        told = [{"asked": asked, "told": reply} for asked, reply in exchange(url, other)]
    RECORDED.write_text(json.dumps(told, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _record(sys.argv[1])

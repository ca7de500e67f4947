"""Nobody can have a node call what only its operator may reach."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any

import pytest

from chains.errors import AddressRefusedError, PeerUnreachableError
from chains.peer.addresses import Guard
from chains.peer.client import PeerClient
from chains.peer.connection import open_network
from chains.peer.names import look_up
from chains.settings import PeerChainSettings, PeerSettings

from .made import EASY, forged
from .nodes import Own, Plain, serving

REFUSED = [
    "",
    "peer.example.org:5000",
    "//peer.example.org/",
    "ftp://peer.example.org/",
    "file:///etc/passwd",
    "gopher://peer.example.org:70/",
    "javascript:alert(1)",
    "http://",
    "http:///chain",
    "http://:5000",
    "http://user@peer.example.org",
    "http://user:secret@peer.example.org",
    "http://:secret@peer.example.org",
    "http://peer.example.org:0",
    "http://peer.example.org:65536",
    "http://peer.example.org:port",
    "http://peer.example.org/?a=b",
    "http://peer.example.org/#a",
    "http://peer.example.org/?",
    "http://peer.example.org\r\nHost: other/",
    "http://[::1",
    "http://[]@",
    "http://0.0.0.0:5000",
    "http://0:5000",
    "http://127.0.0.1:5000",
    "http://127.1:5000",
    "http://127.0.1:5000",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://127.0.0.1./",
    "http://127.0.0.0x1/",
    "http://1.2.3.4.5/",
    "http://[::1]:5000",
    "http://[::]:5000",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    "http://169.254.169.254/latest/meta-data",
    "http://[fd00:ec2::254]/",
    "http://[fd00::8]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[2606:4700::1%25eth0]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    "http://[100::1]/",
    "http://[2001:db8::1]/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://192.88.99.1/",
    "http://198.18.0.1/",
    "http://203.0.113.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://\uff11\uff12\uff17.0.0.1/",
    "http://peer.example.org/" + "a" * 3000,
]


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_a_caller_may_not_name(url: str) -> None:
    with pytest.raises(AddressRefusedError):
        Guard().url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://peer.example.org",
        "http://peer.example.org:5000/",
        "https://PEER.example.org/below/this",
        "http://1.1.1.1:5000",
        "http://[2606:4700:4700::1111]:5000",
        "http://[64:ff9b::101:101]/",
        "http://[::ffff:1.1.1.1]/",
        "http://0x.example.org/",
        "http://b\u00fccher.example/",
    ],
)
def test_an_address_that_a_caller_may_name(url: str) -> None:
    assert Guard().url(url).host


@pytest.mark.parametrize(
    "name", ["b\u00fccher.EXAMPLE", "b\u00fc_cher.EXAMPLE", "PEER.Example.org"]
)
def test_a_name_is_spelt_in_one_way_only(name: str) -> None:
    url = Guard().url(f"http://{name}:5000")
    assert url == Guard().url(f"http://{name.lower()}:5000") == Guard().url(str(url))


def test_what_the_operator_named_may_be_anywhere_but_at_its_port_only() -> None:
    guard = Guard(trusted=["http://127.0.0.1:5001", "http://Peer.lan:5002"])
    guard.url("http://127.0.0.1:5001")
    guard.examine("peer.lan", 5002, ["10.0.0.7"])
    with pytest.raises(AddressRefusedError):
        guard.url("http://127.0.0.1:5002")
    with pytest.raises(AddressRefusedError):
        guard.examine("peer.lan", 5001, ["10.0.0.7"])


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://10.1.2.3/", True),
        ("http://[::ffff:10.1.2.3]/", True),
        ("http://10.2.0.1/", False),
        ("http://127.0.0.1/", False),
        ("http://[fd12::1]/", True),
        ("http://[fd13::1]/", False),
    ],
)
def test_a_network_can_be_allowed(url: str, allowed: bool) -> None:
    guard = Guard(allowed=["10.1.0.0/16", "fd12::/16"])
    if allowed:
        guard.url(url)
    else:
        with pytest.raises(AddressRefusedError):
            guard.url(url)


def test_every_address_of_a_name_has_to_be_public() -> None:
    guard = Guard()
    guard.examine("peer.example.org", 80, ["1.1.1.1", "2606:4700::1"])
    for address in ("10.0.0.1", "127.0.0.1", "::1", "fe80::1%2", "169.254.169.254"):
        with pytest.raises(AddressRefusedError, match="public"):
            guard.examine("peer.example.org", 80, ["1.1.1.1", address])


async def test_a_name_that_has_no_public_address_is_not_called() -> None:
    async with serving(Own(forged(1))) as (peer,):
        port = peer.url.rpartition(":")[2]

        async def lookup(host: str, _port: int) -> list[str]:
            return {"peer.example.org": ["127.0.0.1"], "none.example.org": []}[host]

        async with open_network(PeerChainSettings(proof=EASY), lookup) as network:
            for host, error in (
                ("peer.example.org", AddressRefusedError),
                ("none.example.org", PeerUnreachableError),
            ):
                named = PeerSettings("p", f"http://{host}:{port}")
                with pytest.raises(error):
                    await PeerClient(network, named, 1000).head(0)


async def test_a_name_that_points_elsewhere_a_moment_later_gains_nothing() -> None:
    node, hidden = Own(forged(3)), Plain(forged(2), "hidden")
    async with serving(node, hidden) as (peer, _):
        port = peer.url.rpartition(":")[2]
        answers = [["127.0.0.1"], ["127.0.0.2"]]
        asked = []

        async def lookup(host: str, _port: int) -> list[str]:
            asked.append(host)
            return answers.pop(0)

        settings = PeerChainSettings(proof=EASY, allowed=("127.0.0.1/32",))
        named = PeerSettings("p", f"http://peer.example.org:{port}")
        async with open_network(settings, lookup) as network:
            client = PeerClient(network, named, 1000)
            heads = await asyncio.gather(*(client.head(0) for _ in range(3)))
            heads.append(await client.head(0))
            assert [head.length for head in heads if head] == [3] * 4
            assert asked == ["peer.example.org"]


async def test_names_that_nobody_resolves_keep_no_other_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, answered = socket.getaddrinfo, threading.Event()

    def getaddrinfo(host: str, *args: Any, **kwargs: Any) -> Any:
        if host.endswith(".slow.example"):
            answered.wait(10)
        return real("127.0.0.1", *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    slow = [asyncio.create_task(look_up(f"n{number}.slow.example", 80)) for number in range(50)]
    try:
        async with asyncio.timeout(5):
            assert await look_up("peer.example.org", 80) == ["127.0.0.1"]
            await asyncio.to_thread(int)
        assert not any(each.done() for each in slow)
    finally:
        answered.set()
        await asyncio.gather(*slow)


async def test_a_name_that_was_not_resolved_in_time_is_not_looked_up_again_at_once() -> None:
    asked = []

    async def lookup(host: str, _port: int) -> list[str]:
        asked.append(host)
        await asyncio.Event().wait()
        raise AssertionError

    settings = PeerChainSettings(proof=EASY, probe_timeout=0.1)
    async with open_network(settings, lookup) as network:
        client = PeerClient(network, PeerSettings("p", "http://peer.example.org:80"), 1000)
        for said in ("no answer|nothing in time", "a moment ago"):
            with pytest.raises(PeerUnreachableError, match=said):
                await client.head(0)
    assert asked == ["peer.example.org"]

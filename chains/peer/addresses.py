"""Which addresses of peers may be called: a peer may be named by a caller, who may mean harm.

Only http and https, without credentials, and only public addresses, unless the operator named the
peer or allowed the network that it is in. A name is resolved once, every address of it is examined,
and the connection goes to these addresses and no others, so that a name which points elsewhere a
moment later gains nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from yarl import URL

from chains.errors import AddressRefusedError

Address = IPv4Address | IPv6Address

_SCHEMES = ("http", "https")
_LONGEST = 2_000
"""Characters of a URL, and far more than any peer's takes."""

_UNICAST = IPv6Network("2000::/3")
_TRANSLATED = IPv6Network("64:ff9b::/96")
_NOT_PUBLIC = (
    IPv4Network("168.63.129.16/32"),  # a cloud's metadata at a public address
    IPv4Network("192.0.0.0/24"),  # protocol assignments; a cloud's metadata is at 192.0.0.192
    IPv4Network("192.88.99.0/24"),  # relays to IPv6
)
_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)\.?", re.ASCII | re.IGNORECASE)
"""The last part of a name which some resolvers take for a number: 127.1, 0x7f.1, 2130706433."""


class Guard:
    """Examines addresses. `trusted` are URLs that the operator named, `allowed` networks (CIDR).

    Raises:
        ValueError: what is allowed is no network, or what is trusted no URL.
    """

    def __init__(self, trusted: Iterable[str] = (), allowed: Iterable[str] = ()) -> None:
        self._trusted = {_endpoint(URL(url)) for url in trusted}
        self._allowed = [ip_network(each) for each in allowed]

    def url(self, text: str) -> URL:
        """Return a peer's URL, as it may be called as far as can be told without resolving it.

        Raises:
            AddressRefusedError: its scheme, host, port or address is none that may be called.
        """
        if len(text) > _LONGEST:
            raise AddressRefusedError(text, "is too long")
        try:
            # yarl leaves capitals in some names that it encodes, in none that are encoded already.
            url = URL(text) if text.isascii() else URL(str(URL(text)))
            host, port = url.host, url.port
        except (ValueError, IndexError) as error:  # yarl's, of "http://[]@"
            raise AddressRefusedError(text, "is no URL") from error
        if url.scheme not in _SCHEMES or not host:
            raise AddressRefusedError(text, "is not of the form http://host:port")
        if url.user is not None or url.password is not None:
            raise AddressRefusedError(text, "names a user or a password")
        if url.query_string or url.fragment or "?" in text or "#" in text:
            raise AddressRefusedError(text, "has a query or a fragment")
        if not port:
            raise AddressRefusedError(text, "names no port that can be called")
        literal = _literal(host)
        if literal is not None:
            self.examine(host, port, [literal])
        elif _NUMERIC.fullmatch(host.rstrip(".").rpartition(".")[2]):
            raise AddressRefusedError(text, "is a number that is no address")
        return url

    def examine(self, host: str, port: int, addresses: Sequence[str]) -> None:
        """Look at every address that a host has.

        Raises:
            AddressRefusedError: one of them may not be called.
        """
        if (_plain(host), port) in self._trusted:
            return
        for each in addresses:
            if not self._may_call(each):
                at = "" if each == host else f"at {each[:64]}, "
                said = f"is {at}neither public nor in an allowed network"
                raise AddressRefusedError(host, said)

    def _may_call(self, text: str) -> bool:
        if "%" in text:  # an address that means something on one link only
            return False
        address = ip_address(text)
        inner = _within(address)
        return any(
            each in network
            for network in self._allowed
            for each in {address, inner}
            if each.version == network.version
        ) or (_public(address) and _public(inner))


def _public(address: Address) -> bool:
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return address in _TRANSLATED or address.ipv4_mapped is not None
    if any(address in each for each in _NOT_PUBLIC if each.version == address.version):
        return False
    return address.is_global and not address.is_multicast


def _within(address: Address) -> Address:
    """Return the IPv4 address to which an IPv6 one leads in the end, else the address itself."""
    if not isinstance(address, IPv6Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _literal(host: str) -> str | None:
    """Return a host that is an address as such, None for a name."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return host


def _plain(host: str) -> str:
    return host.lower().rstrip(".")


def _endpoint(url: URL) -> tuple[str, int]:
    if not url.host or not url.port:
        raise ValueError(f"{url} is not of the form http://host:port")
    return _plain(url.host), url.port

"""Who can reach what listens at an address. Pure."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches what listens at a host, which has no brackets.

    An IPv4 address within IPv6 counts as itself. Of names only localhost is sure to mean this
    machine (RFC 6761); where another one leads, the resolver decides anew each time.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return host.lower().rstrip(".") == "localhost"
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback

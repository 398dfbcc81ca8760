"""Which addresses a feed may lead to: public ones, and those of hosts that the operator allows. Pure.

Without it whoever decides where a name or a redirect leads would have us read what stands behind our own firewall, a
cloud's metadata for one (OWASP, Server-Side Request Forgery Prevention).
"""

import ipaddress
from collections.abc import Collection

# Networks that carry an IPv4 address inside, by the bits behind it: NAT64 (RFC 6052) and 6to4 (RFC 3056).
CARRIERS = ((ipaddress.IPv6Network("64:ff9b::/96"), 0), (ipaddress.IPv6Network("2002::/16"), 80))
TEREDO = ipaddress.IPv6Network("2001::/32")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_allowed(host: str, port: int, hosts: Collection[str]) -> bool:
    """Whether the operator lets feeds come from this host wherever it stands: `name` or `name:port`."""
    name = host.casefold().rstrip(".")
    return name in hosts or f"{name}:{port}" in hosts


def is_public(address: str) -> bool:
    """Whether anybody on the Internet could reach it."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    here = _inner(found)
    return here.is_global and not (here.is_multicast or here.is_reserved or here in TEREDO)


def _inner(address: Address) -> Address:
    """The IPv4 address that it carries, or itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    for network, behind in CARRIERS:
        if address in network:
            return ipaddress.IPv4Address(int(address) >> behind & 0xFFFFFFFF)
    return address

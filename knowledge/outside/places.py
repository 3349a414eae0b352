"""Which places may be called up: the public web, and nothing that only this machine or its network can reach.

An address is judged by where its name leads when it is called, never by how it is written: 2130706433, 0x7f.1 and
a name that somebody points at 127.0.0.1 all lead to the same place.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
PORTS = frozenset({80, 443, 8080, 8443})  # of the web; who asked others would be looking for open doors
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NoSuchName(Exception):
    """A name that leads nowhere, or not in time."""


@dataclass(frozen=True)
class Places:
    """Where to may be called: how names are resolved, which addresses are allowed, which ports (None for all)."""

    resolve: Callable[[str, int, float], tuple[IP, ...]]
    allowed: Callable[[IP], bool]
    ports: frozenset[int] | None = PORTS


def public(ip: IP) -> bool:
    """Whether everybody can reach this address, the one within it included that a gateway would pass it on to."""
    inner = _within(ip)
    if inner is not None and not public(inner):
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.is_site_local:  # which Python takes for global
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_link_local)


def resolved(host: str, port: int, seconds: float) -> tuple[IP, ...]:
    """Where a name leads, within so many seconds. Raises NoSuchName."""
    found: list[IP] = []

    def look() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return
        found.extend(dict.fromkeys(ipaddress.ip_address(str(answer[4][0])) for answer in answers))

    # the resolver of the system knows no limit of its own
    thread = threading.Thread(target=look, name="praxis-name", daemon=True)
    thread.start()
    thread.join(max(seconds, 0))
    if not found:
        raise NoSuchName(host)
    return tuple(found)


def _within(ip: IP) -> ipaddress.IPv4Address | None:
    """The address of the old kind that one of the new kind stands for: mapped, 6to4, Teredo, NAT64."""
    if isinstance(ip, ipaddress.IPv4Address):
        return None
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


PUBLIC = Places(resolved, public)

"""Calling up a web address, to see whether it still leads anywhere: little time, little read, nowhere but outside.

The name is resolved once, the addresses are judged, and the connection goes to one that was judged: a name that leads
elsewhere a moment later gains nothing. Redirects are followed by hand, each judged anew.
"""

from __future__ import annotations

import re
import socket
import ssl
import time
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

from knowledge.outside.places import PUBLIC, NoSuchName, Places

SECONDS = 5.0  # for all of it
HOPS = 5  # redirects
MOST = 8192  # bytes of an answer that are read
HEADERS = ("User-Agent: Praxis (looks whether links lead on)", "Accept: */*", "Connection: close")
# what was wrong
ANSWERED, NO_NAME, SILENT, AWAY, CERTIFICATE, INSIDE, ASTRAY = (
    "answered", "no-name", "silent", "away", "certificate", "inside", "astray",
)  # fmt: skip
_GONE = frozenset({404, 410})
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LOCATION = re.compile(rb"^location:[ \t]*(.{1,2000}?)[ \t]*$", re.I | re.M)


@dataclass(frozen=True)
class Answer:
    """What came of a call. `trouble`: "" when nothing is known to be wrong; `status`: of the last page, 0 for none."""

    status: int = 0
    trouble: str = ""


class _Unreached(Exception):
    def __init__(self, trouble: str) -> None:
        super().__init__(trouble)
        self.trouble = trouble


@dataclass(frozen=True)
class _Target:
    secure: bool
    host: str
    port: int
    path: str

    @property
    def name(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def call(address: str, places: Places = PUBLIC) -> Answer:
    """Whether an address leads to a page. Never raises: whatever happens on the way is an answer."""
    until = time.monotonic() + SECONDS
    try:
        for _ in range(HOPS + 1):
            target = _target(address, places)
            status, location = _asked(target, places, until)
            if not (300 <= status < 400 and location):
                # who refuses robots, or wants a password, is there
                return Answer(status, ANSWERED if status in _GONE or status >= 500 else "")
            address = urljoin(address, location)
    except _Unreached as unreached:
        return Answer(0, unreached.trouble)
    except ValueError:  # an address that is none; its shape is told elsewhere
        return Answer()
    return Answer(0, ASTRAY)


def _target(address: str, places: Places) -> _Target:
    """Where an address leads, in parts. Raises ValueError for what is no web address, or is not for calling."""
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(address)
    host = host if host.isascii() else host.encode("idna").decode()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if (places.ports is not None and port not in places.ports) or not re.fullmatch(r"[\w.:-]{1,253}", host):
        raise ValueError(address)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~") + (f"?{_query(parts.query)}" if parts.query else "")
    return _Target(parts.scheme == "https", host, port, path)  # names and passwords in an address are not sent


def _query(query: str) -> str:
    return quote(query, safe="/%:@!$&'()*+,;=~?")


def _asked(target: _Target, places: Places, until: float) -> tuple[int, str]:
    """Status and location; with HEAD, and where that does not please, with GET."""
    try:
        status, location = _once("HEAD", target, places, until)
        if status < 400:
            return status, location
    except _Unreached as unreached:
        if unreached.trouble != AWAY:
            raise
    return _once("GET", target, places, until)


def _once(method: str, target: _Target, places: Places, until: float) -> tuple[int, str]:
    said = (f"{method} {target.path} HTTP/1.1", f"Host: {target.name}", *HEADERS, "", "")
    try:
        with _connected(target, places, until) as line:
            line.sendall("\r\n".join(said).encode("ascii"))
            return _read(line, until)
    except ssl.SSLCertVerificationError:
        raise _Unreached(CERTIFICATE) from None
    except TimeoutError:
        raise _Unreached(SILENT) from None
    except OSError:
        raise _Unreached(AWAY) from None


def _connected(target: _Target, places: Places, until: float) -> socket.socket:
    """A connection to an address that was judged. Raises _Unreached or OSError."""
    try:
        found = places.resolve(target.host, target.port, until - time.monotonic())
    except NoSuchName:
        raise _Unreached(NO_NAME) from None
    if not all(places.allowed(ip) for ip in found):  # one is enough: which of them is taken is left to chance
        raise _Unreached(INSIDE)
    line = socket.create_connection((str(found[0]), target.port), timeout=_left(until))
    if not target.secure:
        return line
    try:
        return ssl.create_default_context().wrap_socket(line, server_hostname=target.host)
    except BaseException:
        line.close()
        raise


def _read(line: socket.socket, until: float) -> tuple[int, str]:
    """The head of an answer, as far as it may be read. Raises _Unreached for what is no answer."""
    got = b""
    while len(got) < MOST:
        line.settimeout(_left(until))
        piece = line.recv(MOST - len(got))
        got += piece
        head, end, rest = got.partition(b"\r\n\r\n")
        if end and re.match(rb"HTTP/1\.[01] 1\d\d", head):  # only "go on"; the answer is still to come
            got = rest
        elif end or not piece:
            break
    head = got.partition(b"\r\n\r\n")[0].replace(b"\r\n", b"\n")
    status, location = _STATUS.match(head), _LOCATION.search(head)
    if status is None:
        raise _Unreached(AWAY)
    return int(status[1]), location[1].decode("utf-8", "replace") if location else ""


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left

"""Talking to an OpenSearch cluster: its address, and requests that do not wait for ever and do not give up at once.

A host that does not answer is passed over for the next. What may pass (a node that has just died, a queue that is full)
is tried again, later each time and not at the same time as everybody else. When nothing has answered several times in
a row, or only that it cannot, nothing is asked for a while: no page must wait for a cluster that is known to be away.
What nobody waits for is asked all the same.
"""

from __future__ import annotations

import base64
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

from search.errors import SearchAway, SearchUnavailable

SCHEMES = ("opensearch+https", "opensearch+http")
FORM = "opensearch+https://USER:PASSWORD@HOST,HOST/INDEX"
CONNECT = 1.5  # seconds to wait for a host to take a connection
SAVING = 2.0  # seconds to wait for answers: while somebody saves, which is done, and the sweep can tell the cluster,
QUICK, LONG = 8.0, 60.0  # while somebody looks on, and in the background
TRIES = 4
BUSY = 429
PASSING = frozenset({BUSY, 502, 503, 504})  # statuses that mean: later, perhaps
FAILURES, REST = 3, 5.0  # requests in vain after which nothing is asked, and for how many seconds

Clock = Callable[[], float]
Pause = Callable[[float], None]

# it writes a line for every host that does not answer; what matters is told by the errors raised here
logging.getLogger("opensearch").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Address:
    """Where a cluster is and what its index is called. Showing it never shows the password."""

    hosts: tuple[tuple[str, int], ...]
    index: str
    secure: bool
    user: str = ""
    password: str = field(default="", repr=False)
    shards: int = 1
    authority: str = ""


def address(url: str) -> Address:
    """The parts of `opensearch+https://user:password@host:9200,host/index?shards=3&ca=FILE`.

    Special signs in user and password are percent-encoded. `shards`: into how many pieces the index is cut; `ca`: a
    file of certificates to trust. Raises ValueError, without the password, for anything else.
    """
    scheme, _, rest = url.partition("://")
    place, _, options = rest.partition("?")
    place, _, index = place.partition("/")
    credentials, _, hosts = place.rpartition("@")
    user, _, password = credentials.partition(":")
    given = dict(parse_qsl(options, keep_blank_values=True))
    shards = given.pop("shards", "1")
    if scheme not in SCHEMES or not _is_index(index):
        raise ValueError(f"the address of an OpenSearch index looks like {FORM}, its name in small letters")
    if not shards.isdecimal() or not 1 <= int(shards) <= 1024:
        raise ValueError("the shards of an OpenSearch index must be a number from 1 to 1024")
    authority = given.pop("ca", "")
    if given:
        raise ValueError("the address of an OpenSearch index takes the options `shards` and `ca` only")
    return Address(
        tuple(_host(host) for host in hosts.split(",")), index, scheme.endswith("s"),
        unquote(user), unquote(password), int(shards), authority,
    )  # fmt: skip


def _is_index(name: str) -> bool:
    plain = name.replace("-", "").replace("_", "")
    return 0 < len(name) < 100 and plain.isascii() and plain.isalnum() and name == name.lower() and name[0].isalnum()


def _host(text: str) -> tuple[str, int]:
    name, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon:
        name, port = text, "9200"
    if not name or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("each host of an OpenSearch cluster is HOST or HOST:PORT, with commas between them")
    return name, int(port)


class Breaker:
    """Opens after some failures in a row; after a rest it lets one request through to see."""

    def __init__(self, clock: Clock = time.monotonic, failures: int = FAILURES, rest: float = REST) -> None:
        self._clock, self._most, self._rest = clock, failures, rest
        self._failures, self._until = 0, 0.0
        self._lock = threading.Lock()

    def check(self) -> None:
        """Raises SearchAway while nothing is to be asked."""
        with self._lock:
            if self._failures < self._most:
                return
            now = self._clock()
            if now < self._until:
                raise SearchAway("the search cluster does not answer")
            self._until = now + self._rest  # this one may try; whoever comes while it does is turned away

    def worked(self) -> None:
        """Something answered that is well."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """Nothing answered, or nothing that can answer what is asked."""
        with self._lock:
            self._failures += 1
            if self._failures >= self._most:
                self._until = self._clock() + self._rest


class Refused(SearchUnavailable):
    """The cluster answered with an error that no waiting mends; `status`, `kind` and what lies behind are its own."""

    def __init__(self, status: int, kind: str, cause: str = "") -> None:
        super().__init__(f"the search cluster refuses: {status} {kind}")
        self.status, self.kind, self.cause = status, kind, cause


class Client:
    """Requests to a cluster, by its REST interface. Threads share it."""

    def __init__(self, where: Address, clock: Clock = time.monotonic, pause: Pause = time.sleep) -> None:
        self.breaker = Breaker(clock)
        self._clock, self._pause = clock, pause
        self._library, self._transport = _library(), None
        self._transport = self._opened(where)

    def ask(
        self, method: str, path: str, body: Any = None, patience: float = QUICK, tries: int = TRIES, **options: Any
    ) -> Any:
        """One request and its answer in so many seconds. `options`: parameters of the address.

        Raises SearchAway when nothing answers, or every answer is "later"; Refused for an error of another kind.
        """
        error: SearchUnavailable = SearchAway("the search cluster does not answer")
        until = self._clock() + patience
        for attempt in range(tries):
            if patience <= QUICK:
                self.breaker.check()
            try:
                answer = self._once(method, path, body, max(0.5, until - self._clock()), options)
                self.breaker.worked()
                return answer
            except SearchAway as away:
                error = away
            wait = random.uniform(0.5, 1) * 0.1 * 2**attempt  # noqa: S311 (no secret)
            if self._clock() + wait >= until or attempt + 1 == tries:
                break
            self._pause(wait)
        raise error

    def close(self) -> None:
        """Let the connections go."""
        if self._transport is not None:
            self._transport.close()

    def _once(self, method: str, path: str, body: Any, patience: float, options: Mapping[str, Any]) -> Any:
        from urllib3 import Timeout

        limit: Any = Timeout(connect=min(CONNECT, patience), read=patience)
        parameters = {name: str(value).lower() if isinstance(value, bool) else value for name, value in options.items()}
        try:
            assert self._transport is not None
            return self._transport.perform_request(
                method, path, params=parameters | {"request_timeout": limit}, body=body
            )
        except self._library.ConnectionError as error:  # refused, reset, timed out, or not to be trusted
            self.breaker.failed()
            raise SearchAway("the search cluster does not answer") from _without_body(error)
        except self._library.TransportError as error:
            status = error.status_code
            if status in PASSING:
                self.breaker.worked() if status == BUSY else self.breaker.failed()
                raise SearchAway(f"the search cluster cannot answer now: {status}") from None
            self.breaker.worked()
            kind = str(error.error)
            raise Refused(int(status), kind if kind.isidentifier() else "error", cause(error.info)) from None

    def _opened(self, where: Address) -> Any:
        headers = {}
        if where.user:
            secret = f"{where.user}:{where.password}".encode()
            headers["authorization"] = "Basic " + base64.b64encode(secret).decode()
        secure: dict[str, Any] = {"use_ssl": True, "verify_certs": True} if where.secure else {}
        if where.secure and where.authority:
            secure["ca_certs"] = where.authority
        return self._library.Transport(
            [{"host": host, "port": port, **secure} for host, port in where.hosts],
            connection_class=self._library.Urllib3HttpConnection,
            max_retries=len(where.hosts) - 1, retry_on_status=(), retry_on_timeout=False, dead_timeout=2,
            headers=headers, http_compress=True, pool_maxsize=16,
        )  # fmt: skip


def cause(told: Any) -> str:
    """The kind of error that an answer names as the first cause; "" where it names none."""
    try:
        return str(told["error"]["root_cause"][0]["type"])
    except (TypeError, LookupError):
        return ""


def _without_body(error: BaseException) -> BaseException:
    return RuntimeError(type(error).__name__)  # the library's own message holds what was sent


def _library() -> Any:
    try:
        import opensearchpy
    except ImportError as error:
        raise SearchUnavailable(
            "OpenSearch needs a library that is not installed: pip install 'praxis-knowledge[opensearch]'"
        ) from error
    return opensearchpy

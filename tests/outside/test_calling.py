"""Calling up addresses: what comes back, how long it may take, and the places that are never called."""

from __future__ import annotations

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from knowledge.outside import calling
from knowledge.outside.calling import ASTRAY, AWAY, INSIDE, MOST, NO_NAME, SILENT, Answer, call
from knowledge.outside.places import PUBLIC, NoSuchName, Places, public

HERE = ipaddress.ip_address("127.0.0.1")


@dataclass
class Site:
    """A web server on the loopback that remembers what it was asked."""

    port: int
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    redirects: dict[str, str] = field(default_factory=dict)

    def address(self, path: str = "/", host: str = "site.example") -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def answer(self) -> None:
            made.asked.append((self.command, self.path, dict(self.headers)))
            status = 404 if "nowhere" in self.path else 200
            if self.path == "/no-head" and self.command == "HEAD":
                status = 405
            if self.path == "/for-people":
                status = 403
            if self.path == "/broken":
                status = 500
            where = made.redirects.get(self.path)
            self.send_response(302 if where else status)
            if where:
                self.send_header("Location", where)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quietly."""

    server = ThreadingHTTPServer(("0.0.0.0", 0), Handler)
    made = Site(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()


def resolve(host: str, port: int, seconds: float) -> tuple[Any, ...]:
    """`site.example` is the server of the test; other names are what they say, or nothing."""
    if host == "site.example":
        return (HERE,)
    try:
        return (ipaddress.ip_address(host),)
    except ValueError:
        raise NoSuchName(host) from None


NEAR = Places(resolve, lambda ip: ip == HERE, ports=None)


def test_a_page_that_is_there_is_asked_for_once_without_its_body(site: Site) -> None:
    assert call(site.address("/a?b=c d&é"), NEAR) == Answer(200)
    [(method, path, headers)] = site.asked
    assert (method, path) == ("HEAD", "/a?b=c%20d&%C3%A9") and headers["Host"] == f"site.example:{site.port}"
    assert not {"Cookie", "Authorization", "Referer"} & set(headers)


def test_a_page_that_is_gone_says_so_and_who_dislikes_robots_is_no_broken_link(site: Site) -> None:
    assert call(site.address("/nowhere"), NEAR) == Answer(404, "answered")
    assert [method for method, *_ in site.asked] == ["HEAD", "GET"]
    assert call(site.address("/broken"), NEAR) == Answer(500, "answered")
    assert call(site.address("/no-head"), NEAR) == Answer(200)
    assert call(site.address("/for-people"), NEAR) == Answer(403)


def test_what_cannot_be_reached_is_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    assert call(f"http://site.example:{port}/", NEAR) == Answer(0, AWAY)
    assert call("http://no-such-name.example/", NEAR) == Answer(0, NO_NAME)


def test_what_is_no_web_address_is_not_called_and_nothing_is_raised(site: Site) -> None:
    odd = [
        "",
        "ftp://site.example/",
        "file:///etc/passwd",
        "gopher://site.example/",
        "http://",
        "http://[",
        "javascript:1",
    ]
    odd += ["http://site.example:99999/", "http://a b/", "http://\udcff/", "http://" + "a" * 500, "//site.example/"]
    assert {call(address, NEAR) for address in odd} == {Answer()}
    assert call(site.address(), replace(NEAR, ports=PUBLIC.ports)) == Answer(), "ports that are none of the web's"
    assert site.asked == []


def test_names_and_passwords_in_an_address_are_not_sent_and_nothing_can_add_a_header(site: Site) -> None:
    assert call(f"http://me:secret@site.example:{site.port}/x%0d%0aEvil:%201", NEAR) == Answer(200)
    assert call(site.address("/a\r\nEvil: 1\r\n\r\nGET /b HTTP/1.1"), NEAR).status in (0, 200)
    assert all("Evil" not in headers and "secret" not in str(headers) for _, _, headers in site.asked)


def test_redirects_are_followed_a_few_times(site: Site) -> None:
    site.redirects = {"/a": "/b", "/b": site.address("/c"), "/round": "/round", "/x": "/nowhere"}
    assert call(site.address("/a"), NEAR) == Answer(200)
    assert call(site.address("/x"), NEAR) == Answer(404, "answered")
    before = len(site.asked)
    assert call(site.address("/round"), NEAR) == Answer(0, ASTRAY)
    assert len(site.asked) - before == calling.HOPS + 1


# ---------------------------------------------------------------------------- what is never called

INWARDS = [
    "127.0.0.1", "127.8.9.1", "[::1]", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "017700000001", "127.1",
    "localhost", "0.0.0.0", "0", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]", "[fd00::1]", "[fe80::1]", "[fec0::1]", "[ff02::1]", "10.0.0.1", "172.16.0.1", "192.168.1.1",
    "100.64.0.1", "169.254.169.254", "2852039166", "[::ffff:169.254.169.254]", "192.0.2.1", "198.18.0.1", "224.0.0.1",
    "255.255.255.255", "240.0.0.1", "[2001:db8::1]", "[2001:0:7f00:1::]",
]  # fmt: skip


@pytest.mark.parametrize("host", INWARDS)
def test_S_what_only_this_machine_or_its_network_reaches_is_refused_before_connecting(
    site: Site, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> socket.socket:
        raise AssertionError("it connected")

    monkeypatch.setattr(socket, "create_connection", never)
    answer = call(f"http://{host}:{site.port}/", replace(PUBLIC, ports=None))
    assert answer in (Answer(0, INSIDE), Answer(0, NO_NAME)) and site.asked == []


def test_S_the_control_the_public_web_is_allowed_and_its_addresses_are_told_from_others() -> None:
    assert all(public(ipaddress.ip_address(ip)) for ip in ("1.1.1.1", "8.8.8.8", "2606:4700:4700::1111"))


@pytest.mark.parametrize("found", [["10.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["::1"], ["1.1.1.1", "fe80::1"]])
def test_S_a_name_that_leads_inwards_even_in_part_is_refused(found: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("it connected"))
    places = Places(lambda *_: tuple(map(ipaddress.ip_address, found)), public)
    assert call("http://public-looking.example/", places) == Answer(0, INSIDE)


def test_S_the_connection_goes_to_the_address_that_was_judged_whatever_the_name_says_next(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [("1.1.1.1",), ("127.0.0.1",)]
    went: list[tuple[str, int]] = []

    def connect(place: tuple[str, int], **_: Any) -> socket.socket:
        went.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("it was resolved again"))
    places = Places(lambda *_: tuple(map(ipaddress.ip_address, answers.pop(0))), public, ports=None)
    assert call(site.address(), places) == Answer(0, INSIDE)  # the second try, with GET, is judged anew
    assert went == [("1.1.1.1", site.port)] and site.asked == []


@pytest.mark.parametrize(
    "target", ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.2:{port}/", "//10.0.0.1/"]
)
def test_S_a_redirect_inwards_is_not_followed(site: Site, target: str) -> None:
    site.redirects = {"/a": target.format(port=site.port)}
    assert call(site.address("/a"), NEAR) == Answer(0, INSIDE)
    assert [path for _, path, _ in site.asked] == ["/a"]


def test_S_a_redirect_to_another_kind_of_address_is_not_followed(site: Site) -> None:
    site.redirects = {"/a": "file:///etc/passwd", "/b": "ftp://site.example/"}
    assert call(site.address("/a"), NEAR) == call(site.address("/b"), NEAR) == Answer()


# ---------------------------------------------------------------------------- how long, how much


@pytest.fixture
def rude(request: pytest.FixtureRequest) -> Iterator[tuple[int, list[int]]]:
    """A server that says something odd again and again; its port, and how many bytes it got rid of."""
    piece, pause = request.param
    sent = [0]
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            while True:
                try:
                    line, _ = door.accept()
                except OSError:
                    return
                with line:
                    try:
                        while piece or not line.recv(1 << 16):
                            line.sendall(piece)
                            sent[0] += len(piece)
                            time.sleep(pause)
                        time.sleep(5)
                    except OSError:
                        continue

        threading.Thread(target=serve, daemon=True).start()
        yield door.getsockname()[1], sent


@pytest.mark.parametrize("rude", [(b"H", 0.2), (b"", 0)], indirect=True, ids=["drips", "says nothing"])
def test_who_answers_slowly_or_not_at_all_is_left_in_time(
    rude: tuple[int, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "SECONDS", 1.0)
    began = time.monotonic()
    assert call(f"http://site.example:{rude[0]}/", NEAR) == Answer(0, SILENT)
    assert 0.9 < time.monotonic() - began


@pytest.mark.parametrize("rude", [(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 60_000, 0)], indirect=True, ids=["never ends"])
def test_only_a_few_kilobytes_are_read(rude: tuple[int, list[int]], monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    real = socket.socket.recv

    def recv(self: socket.socket, size: int, *more: int) -> bytes:
        got = real(self, size, *more)
        if threading.current_thread() is threading.main_thread():
            read.append(len(got))
        return got

    monkeypatch.setattr(socket.socket, "recv", recv)
    assert call(f"http://site.example:{rude[0]}/", NEAR) == Answer(200)
    assert 0 < sum(read) <= MOST


def test_a_name_server_that_never_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calling, "SECONDS", 0.3)
    never = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [never.wait(60), ended.append(True)][:0])
    ended: list[bool] = []
    assert call("http://slow.example/") == Answer(0, NO_NAME)
    assert not ended
    never.set()

"""U6: bodies that never end, say no length, lie about it or come a byte at a time, at the production server itself."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from waitress import wasyncore

from knowledge.cli import server_of
from tests.conftest import Stage

MEGA = 1_000_000


@pytest.fixture
def port(stage: Stage) -> Iterator[int]:
    """The server of `praxis run`, but one that loses its patience after a second instead of two minutes."""
    settings = replace(stage.site.settings, port=0)
    server = server_of(stage.app, settings, channel_timeout=1, cleanup_interval=1)
    done = threading.Event()

    def serve() -> None:
        while not done.is_set():
            wasyncore.loop(timeout=0.1, map=server._map, count=1)

    thread = threading.Thread(target=serve)
    thread.start()
    yield server.socket.getsockname()[1]
    done.set()
    thread.join()
    server.task_dispatcher.shutdown()
    wasyncore.close_all(server._map)


def opened(port: int) -> closing[socket.socket]:
    return closing(socket.create_connection(("127.0.0.1", port), timeout=30))


def ask(port: int, head: str, *body: bytes) -> str:
    """Send a request piece by piece, for as long as the server takes it; the first line of its answer."""
    with opened(port) as line:
        line.sendall(head.encode() + b"\r\n\r\n")
        try:
            for piece in body:
                line.sendall(piece)
        except OSError:
            pass  # it has heard enough
        try:
            return line.recv(65536).split(b"\r\n")[0].decode()
        except ConnectionResetError:
            return ""


def aside() -> int:
    """How many files without a name this process holds: bodies that were too long for memory."""
    there = [f"/proc/self/fd/{each}" for each in os.listdir("/proc/self/fd")]
    return sum(os.readlink(each).endswith("(deleted)") for each in there if os.path.lexists(each))


HEAD = "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
CHUNKED = HEAD + "Transfer-Encoding: chunked"


def chunks(size: int, ended: bool = True) -> list[bytes]:
    piece = b"%x\r\n" % MEGA + b"a" * MEGA + b"\r\n"
    return [piece] * (size // MEGA) + ([b"0\r\n\r\n"] if ended else [])


@pytest.mark.case("U6")
def test_U6_a_body_without_a_length_is_measured_as_it_comes(port: int) -> None:
    before = aside()
    assert " 413 " in ask(port, CHUNKED, *chunks(3 * MEGA))
    assert " 413 " in ask(port, CHUNKED, *chunks(100 * MEGA, ended=False)), "it is not read to an end that it has not"
    assert " 413 " in ask(port, HEAD + "Content-Length: 999999999999", *[b"a" * MEGA] * 3)
    assert " 413 " in ask(port, HEAD + f"Content-Length: {3 * MEGA}", *[b"a" * MEGA] * 3)
    assert " 400 " in ask(
        port, CHUNKED, b"4\r\nname\r\n0\r\n\r\n"
    )  # the control: read, and without the token of a form
    assert aside() == before


@pytest.mark.case("U6")
@pytest.mark.parametrize(
    "head",
    [
        HEAD + "Content-Length: -1", HEAD + "Content-Length: 5, 5", HEAD + "Content-Length: 5\r\nContent-Length: 6",
        HEAD + "Content-Length: five", HEAD + "Content-Length: 5\r\nTransfer-Encoding: chunked, gzip", CHUNKED + ", identity",
    ],
)  # fmt: skip
def test_U6_a_length_that_is_none_or_two_is_refused(port: int, head: str) -> None:
    answer = ask(port, head, b"zz\r\nwhat is this?\r\n\r\n")
    assert " 400 " in answer or " 501 " in answer, answer


@pytest.mark.case("U6")
def test_U6_a_body_that_comes_slowly_keeps_nobody_waiting_and_is_given_up(port: int) -> None:
    before = aside()
    slow = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(12)]  # three for each thread
    for number, line in enumerate(slow):
        line.sendall((HEAD + f"Content-Length: {2 * MEGA if number % 2 else 100}\r\n\r\n").encode() + b"a" * 20)
    for _ in range(4):
        assert " 200 " in ask(port, "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close")
    for line in slow:
        try:
            assert line.recv(65536) == b"", "it is closed without an answer: nobody waits for one"
        except ConnectionResetError:
            pass
        line.close()
    assert aside() == before

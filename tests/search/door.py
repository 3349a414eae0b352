"""A door in front of a cluster, or one that leads nowhere: it lets requests through, answers itself, or never answers."""

from __future__ import annotations

import gzip
import http.client
import json
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]


Answer = tuple[int, Any]  # status, and what is told as JSON


def never(_: Asked) -> Answer:
    """Accept, and do not answer until the door is closed."""
    raise TimeoutError


def red(_: Asked) -> Answer:
    """A cluster with nodes and without the shards that it needs."""
    return 503, {"error": {"type": "cluster_block_exception", "root_cause": []}, "status": 503}


def through(port: int) -> Callable[[Asked], Answer]:
    """Let it through to a node."""

    def told(asked: Asked) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request(asked.method, asked.path, asked.body, {"Content-Type": asked.headers["content-type"]})
        answer = connection.getresponse()
        status, body = answer.status, answer.read()
        connection.close()
        return status, json.loads(body)

    return told


class Door:
    """Listens at `port`; `answer` may be exchanged at any time, `asked` is all that came."""

    def __init__(self, answer: Callable[[Asked], Answer], secure: ssl.SSLContext | None = None) -> None:
        self.answer, self.asked = answer, list[Asked]()
        self._closed = threading.Event()
        door = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                headers = {"content-type": "application/json"} | {k.lower(): v for k, v in self.headers.items()}
                asked = Asked(self.command, self.path, body, headers)
                door.asked.append(asked)
                try:
                    status, told = door.answer(asked)
                except TimeoutError:
                    door._closed.wait()
                    self.close_connection = True
                    return
                made = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(made)))
                self.end_headers()
                self.wfile.write(made)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                """Whoever was there has gone, as is to be expected."""

        self._server = Server(("127.0.0.1", 0), Handler)
        if secure:
            self._server.socket = secure.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Let go of everybody."""
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

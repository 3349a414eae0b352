"""Two application processes with folders of their own share one site: PostgreSQL and OpenSearch are all they have."""

from __future__ import annotations

import http.cookiejar
import os
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import PASSWORD, make_stage
from tests.opensearch.cluster import free_ports
from tests.opensearch.conftest import Remote

SECRET = "a key that both processes were given, long enough"


class Browser:
    """Somebody at one of the processes."""

    def __init__(self, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._opener = urllib.request.build_opener(jar)

    def elsewhere(self, port: int) -> Browser:
        """The same browser, sent to another process."""
        made = Browser(port)
        made._opener = self._opener
        return made

    def get(self, path: str) -> str:
        with closing(self._opener.open(self.address + path, timeout=20)) as answer:
            return str(answer.read().decode())

    def post(self, path: str, page: str, **fields: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page))
        assert found
        body = urllib.parse.urlencode({**fields, "csrf_token": found[1]}).encode()
        with closing(self._opener.open(self.address + path, body, timeout=20)) as answer:
            return str(answer.read().decode())


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_what_one_process_publishes_the_other_finds(cluster: Remote, database_url: str, tmp_path: Path) -> None:
    search = cluster.url(f"shared-{os.getpid()}")
    stage = make_stage(tmp_path / "first", database_url, search)
    stage.manager()
    for name in ("author", "coach"):
        stage.person(name)
    stage.programme("reforms", coaches=("coach",), apprentices=("author",))
    waiting = stage.record(stage.actor("author"), "in_review", title="Phone quotations over two machines")
    stage.site.db.close()
    stage.site.engine.close()
    ports = free_ports(2)
    with processes(ports, database_url, search, tmp_path) as (one, other):
        assert "Nothing fits" in other.get("/practices?q=machines&words=all")
        one.post("/sign-in", "/sign-in", email="coach@example.org", password=PASSWORD)
        page = one.get(f"/review/{waiting}")
        seen = re.search(r'name="seen" value="([^"]+)"', page)
        assert seen
        one.post(f"/records/{waiting}/publish", f"/review/{waiting}", seen=seen[1], words="")
        assert "over two <mark>machines</mark>" in other.get("/practices?q=machines&words=all")
        desk, there = f"/review/{waiting}", one.elsewhere(ports[1])
        assert "Phone quotations" not in other.get(desk), "the control: nobody is signed in there"
        assert "Phone quotations" in there.get(desk), "a session of one is a session of the other"
        there.post(f"/records/{waiting}/withdraw", desk, seen=seen[1], words="No.", public_words="No.")
        for each in (one, other):
            assert "Nothing fits" in each.get("/practices?q=machines&words=all"), "taken away in one, gone in both"
        assert "Sign out" in one.get("/account")
        there.post("/sign-out", "/account")
        assert "Sign out" not in one.get("/account"), "and so is a session"


class processes:
    """Two of them, running."""

    def __init__(self, ports: list[int], database: str, search: str, folder: Path) -> None:
        self._ports, self._running = ports, list[subprocess.Popen[bytes]]()
        self._folder = folder
        self._environment = {k: v for k, v in os.environ.items() if not k.startswith("PRAXIS_")} | {
            "PRAXIS_DATABASE_URL": database, "PRAXIS_SEARCH_URL": search, "PRAXIS_SECRET_KEY": SECRET,
            "PYTHONPATH": str(Path.cwd()),
        }  # fmt: skip

    def __enter__(self) -> tuple[Browser, Browser]:
        command = [sys.executable, "-c", "from knowledge.cli import main; main()", "run"]
        for port in self._ports:
            own = {"PRAXIS_PORT": str(port), "PRAXIS_DATA_DIR": str(self._folder / str(port))}
            with (self._folder / f"{port}.log").open("wb") as log:
                self._running.append(
                    subprocess.Popen(command, env=self._environment | own, stdout=log, stderr=subprocess.STDOUT)
                )
        browsers = [Browser(port) for port in self._ports]
        for browser in browsers:
            self._wait(browser)
        return browsers[0], browsers[1]

    def __exit__(self, *_: object) -> None:
        for each in self._running:
            each.terminate()
            each.wait(10)

    def _wait(self, browser: Browser) -> None:
        end = time.monotonic() + 60
        while True:
            try:
                browser.get("/healthz")
                return
            except OSError:
                told = "".join(path.read_text() for path in self._folder.glob("*.log"))
                assert time.monotonic() < end, told
                time.sleep(0.2)

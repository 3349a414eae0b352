"""A running server with the demo content, and Chromium to look at it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.live import Live, going
from tests.browser.town import Town, built
from tests.conftest import service_or_skip
from tests.mail.conftest import Box, box, listening

__all__ = ["box"]

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `praxis run --demo` in a process of its own."""
    folder = tmp_path_factory.mktemp("site")
    port = 20000 + os.getpid() % 20000
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PRAXIS_")}
    environment |= {"PRAXIS_DATA_DIR": str(folder), "PRAXIS_PORT": str(port), "PYTHONPATH": str(Path.cwd())}
    log = folder / "log"
    with log.open("w") as out:
        command = [sys.executable, "-c", "from knowledge.cli import main; main()", "run", "--demo"]
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)
    for _ in range(600):
        if re.search(r"running at", log.read_text()) or process.poll() is not None:
            break
        time.sleep(0.1)
    assert process.poll() is None, log.read_text()
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """A browser."""
    service_or_skip("Chromium", bool(CHROMIUM))
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def live(tmp_path: Path, box: Box, _cheap_passwords: None) -> Iterator[Live]:
    """A site of this test alone, on the engine of the real ones; its mails go out by SMTP."""
    with going(tmp_path, box, search=f"whoosh:{tmp_path / 'index'}") as made:
        yield made


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The demo content and a record in every state, for tests that only look."""
    with listening() as post, built(tmp_path_factory.mktemp("town"), post) as made:
        yield made

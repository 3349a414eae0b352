"""A child that works and tells of it, and whoever kills it: a line through a pipe is an acknowledgement.

The child is forked from an interpreter that has everything imported, so that a restart takes milliseconds. A line is
written at once and whole; what was written before the kill can still be read after it.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Tell = Callable[..., None]
LONGEST = 4096  # bytes of a line: what a pipe takes whole or not at all


@dataclass(frozen=True)
class Said:
    """A line of the child. `what`: "begun" before it writes something, "done" once it may be relied on; `at`: seconds
    of the clock that both processes share."""

    what: str
    kind: str
    at: float
    facts: dict[str, Any]


@dataclass
class Child:
    """A process to kill. `ended`: nothing more comes; `finished`: it came to its end before anybody killed it."""

    pid: int
    line: int
    said: list[Said] = field(default_factory=list)
    ended: bool = False
    finished: bool = False
    _rest: bytes = b""

    def listen(self, seconds: float) -> list[Said]:
        """What it says within so many seconds, as soon as it says anything."""
        if self.ended or not select.select([self.line], [], [], max(seconds, 0))[0]:
            return []
        read = os.read(self.line, 1 << 16)
        self.ended = not read
        *lines, self._rest = (self._rest + read).split(b"\n")
        fresh = [Said(*json.loads(line)) for line in lines]
        self.said += fresh
        return fresh

    def kill(self) -> None:
        """Without warning; then read what it had said. Raises RuntimeError if it had failed by itself."""
        os.kill(self.pid, signal.SIGKILL)
        self._bury(lambda status: os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0)

    def wait(self) -> None:
        """Let it finish undisturbed. Raises RuntimeError if it failed."""
        while not self.ended:
            self.listen(60)
        self._bury(lambda status: os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0)

    def _bury(self, as_meant: Callable[[int], bool]) -> None:
        _, status = os.waitpid(self.pid, 0)
        while self.listen(0):
            pass
        os.close(self.line)
        self.finished = os.WIFEXITED(status)
        if not as_meant(status):
            raise RuntimeError(f"the child failed: {self.said[-1:]}")


def forked(work: Callable[[Tell], None]) -> Child:
    """Let a child do this work; it says with `tell(what, kind, **facts)` how far it is."""
    read, write = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        os.close(write)
        return Child(pid, read)
    os.close(read)

    def tell(what: str, kind: str, **facts: Any) -> None:
        line = json.dumps([what, kind, time.monotonic(), facts]).encode() + b"\n"
        if len(line) > LONGEST:
            raise ValueError("too long to be written at once")
        os.write(write, line)

    try:
        work(tell)
    except BaseException as error:
        where = [f"{Path(f.filename).name}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__)]
        tell("failed", "", error=repr(error)[:2000], at=where[-12:])
        os._exit(1)
    os._exit(0)

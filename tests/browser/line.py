"""A bad line in front of a site: slow, late, losing now and then, and cut in the middle of a request when told to."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

RATE = 50_000 / 8  # bytes a second, in each direction
LATE = 0.4  # seconds
LOST, AGAIN = 0.05, 1.0  # of the pieces, and how much later they arrive
PIECE = 1024


@dataclass
class Line:
    """Where it listens, and which requests it still cuts: before they arrive, or before their answer does."""

    upstream: int
    port: int = 0
    cuts: list[tuple[bytes, str]] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    down: bool = False
    _free: dict[bool, float] = field(default_factory=lambda: {True: 0.0, False: 0.0})
    _luck: random.Random = field(default_factory=lambda: random.Random(50))

    def cut(self, start: bytes, *when: str) -> None:
        """Cut the next requests that begin like this, "before" the site has them or "after"; the line is down then."""
        self.cuts += [(start, each) for each in when]

    def mend(self) -> None:
        """The line carries again."""
        self.down = False

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection both ways until an end of it closes, or it is cut."""
        if self.down:
            writer.transport.abort()
            return
        there, thither = await asyncio.open_connection("127.0.0.1", self.upstream)
        doomed: list[bool] = []
        ways = [self._carry(reader, thither, True, doomed), self._carry(there, writer, False, doomed)]
        tasks = [asyncio.ensure_future(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for end in (writer, thither):
            end.transport.abort()

    async def _carry(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, up: bool, doomed: list[bool]
    ) -> None:
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        sending = asyncio.ensure_future(self._send(under_way, target))
        clock, last = asyncio.get_running_loop().time, 0.0
        try:
            while piece := await source.read(PIECE):
                if self.down and not (up and doomed):
                    return  # the other connections too
                if up and self.cuts and piece.startswith(self.cuts[0][0]):
                    when = self.cuts.pop(0)[1]
                    self.done.append(when)
                    self.down = True
                    if when == "before":
                        return
                    doomed.append(True)
                if not up and doomed:
                    return
                self._free[up] = max(self._free[up], clock()) + len(piece) / RATE
                last = max(last, self._free[up] + LATE + (AGAIN if self._luck.random() < LOST else 0))
                under_way.put_nowait((last, piece))
            under_way.put_nowait((last, b""))
            await sending
        except ConnectionError:
            return
        finally:
            sending.cancel()

    async def _send(self, under_way: asyncio.Queue[tuple[float, bytes]], target: asyncio.StreamWriter) -> None:
        while True:
            due, piece = await under_way.get()
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            if not piece:
                return
            target.write(piece)
            await target.drain()


@contextmanager
def laid(upstream: int) -> Iterator[Line]:
    """A line to the site on this port, which runs in a thread of its own."""
    line, loop = Line(upstream), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    starting = asyncio.start_server(line.connected, "127.0.0.1", 0)
    server: Any = asyncio.run_coroutine_threadsafe(starting, loop).result(10)
    line.port = server.sockets[0].getsockname()[1]
    yield line
    asyncio.run_coroutine_threadsafe(_hung_up(server), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


async def _hung_up(server: Any) -> None:
    server.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

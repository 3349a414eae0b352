"""Healing the index in the background: sweeping what was left behind, rebuilding what is lost, comparing once a day."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

import structlog

from knowledge.services import indexing
from knowledge.storage import find
from knowledge.storage.session import Database, Held, StorageUnavailable, WriteConflict
from search.engine import SearchEngine
from search.errors import SearchBusy, SearchUnavailable
from search.query import Query

log = structlog.get_logger()
COMPARED_EVERY = 24 * 3600.0  # seconds between two comparisons of index and database,
AGAIN = 3600.0  # and after which one that was begun and not ended is begun again
FIRST_WAIT, LONGEST_WAIT = 2.0, 600.0  # seconds from one try to heal the index to the next


class Wait:
    """How long to wait before the next try of something that goes on failing: twice as long each time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._next, self._length = clock, clock(), FIRST_WAIT

    def over(self) -> bool:
        """Whether the next try may be made."""
        return self._clock() >= self._next

    def longer(self) -> None:
        """A try is made now."""
        self._next = self._clock() + self._length
        self._length = min(2 * self._length, LONGEST_WAIT)

    def well(self) -> None:
        """All is well; that counts once the wait is over, or something that fails again at once would never wait."""
        if self.over():
            self._length = FIRST_WAIT


class Daily:
    """When the day's work was last done, over restarts: the time of a file. Without one, a day from now on."""

    def __init__(self, file: Path) -> None:
        self._file, self._started, self._begun = file, time.monotonic(), time.monotonic() - AGAIN
        if not file.exists():
            self.done()

    def due(self) -> bool:
        """Whether a day is over, or the clock was set back. Says so to one process; if it fails, again in an hour."""
        if not self._stale() or time.monotonic() - self._begun < AGAIN:
            return False
        self._begun = time.monotonic()
        self._mark(time.time() - COMPARED_EVERY + AGAIN)
        return True

    def done(self) -> None:
        """It was done now."""
        self._mark(time.time())

    def _stale(self) -> bool:
        try:
            return not 0 <= time.time() - self._file.stat().st_mtime < COMPARED_EVERY
        except OSError:  # where no file can be written, this run counts
            return time.monotonic() - self._started >= COMPARED_EVERY

    def _mark(self, at: float) -> None:
        with suppress(OSError):
            self._file.touch()
            os.utime(self._file, (at, at))


class Keeper:
    """Heals the index in the background: sweeps the outbox, and rebuilds an index that is lost.

    `also`: what else is to be done at every sweep, `daily`: once a day. `daily_file`: its time says when that was.
    """

    def __init__(
        self,
        db: Database,
        engine: SearchEngine,
        daily_file: Path,
        also: Iterable[Callable[[Database], object]] = (),
        daily: Iterable[Callable[[Database], object]] = (),
    ) -> None:
        self._db, self._engine, self._also, self._daily = db, engine, tuple(also), tuple(daily)
        self._wait, self._day = Wait(), Daily(daily_file)
        self._healing = threading.Lock()
        self._stop = threading.Event()

    def after_commit(self, hurried: bool = True) -> bool:
        """Drain now; a failure is logged and left to the sweep, because the change itself is safe. Whether it went."""
        try:
            indexing.drain(self._db, self._engine, hurried)
        except Held:
            log.debug("somebody else tells the index")
        except SearchBusy as error:
            log.warning("index not updated; the sweep will do it", error=str(error))
        except SearchUnavailable as error:
            log.error("index not updated; the sweep will do it", error=str(error))
            self.heal()
        except (StorageUnavailable, WriteConflict) as error:
            log.error("index not updated; the sweep will do it", error=type(error).__name__)
        else:
            return True
        return False

    def heal(self) -> None:
        """Look in a thread of its own what is the matter, and rebuild if that mends it; not again at once."""
        if self._wait.over() and self._healing.acquire(blocking=False):
            self._wait.longer()
            threading.Thread(target=self._heal, name="praxis-rebuild", daemon=True).start()

    def healing(self) -> bool:
        """Whether the index is being looked at or rebuilt."""
        return self._healing.locked()

    def sweep_forever(self, every: float) -> None:
        """Drain what was left behind, and heal, every so many seconds until `stop`."""
        while not self._stop.wait(every):
            self._try(lambda db: self._sweep(), *self._also)
            if self._day.due() and self._try(lambda db: self.reconcile(), *self._daily):
                self._day.done()

    def stop(self) -> None:
        """End the sweep."""
        self._stop.set()

    def reconcile(self) -> None:
        """Once a day: every file of the index is read, and its documents are held against the database."""
        if self._engine.lost():
            self.heal()
            return
        found = indexing.reconcile(self._db, self._engine)
        if found.differing:
            log.error("index differed from the database; it is mended", records=len(found.differing))
            self.after_commit(hurried=False)

    def _try(self, *tasks: Callable[[Database], object]) -> bool:
        """Each of these, whatever comes of the others; whether all went well."""
        well = True
        for task in tasks:
            try:
                task(self._db)
            except Exception as error:  # no failure may end the sweep, or keep the others from their turn
                well = False
                log.error("sweep failed; it will be tried again", error=type(error).__name__)
        return well

    def _sweep(self) -> None:
        if not self._engine.ready():
            self.heal()
            return
        with self._db.reading() as session:
            waiting = find.outbox_size(session)
        if not waiting or self.after_commit(hurried=False):
            self._wait.well()

    def _heal(self) -> None:
        try:
            if not self._engine.lost():
                log.error("index is not rebuilt: nothing of it is lost", error=self._complaint())
                return
            log.error("index is missing or damaged; it is being rebuilt")
            count = indexing.rebuild(self._db, self._engine)
            log.info("index rebuilt", documents=count)
        except SearchUnavailable as error:
            log.error("index could not be rebuilt", error=str(error))
        except Exception as error:  # a thread's failure must be seen in the log; the sweep tries again
            log.error("index could not be rebuilt", error=type(error).__name__)
        finally:
            self._healing.release()

    def _complaint(self) -> str:
        """What the index says when it is asked; "" when it answers."""
        try:
            self._engine.search(Query("", frozenset()))
        except SearchUnavailable as error:
            return str(error)
        return ""

"""Few segments answer faster than many: which to merge, and a thread that does it while readers and writers go on."""

from __future__ import annotations

import heapq
import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from itertools import groupby
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
from whoosh.codec.base import Segment

from search.engines.whoosh_build import SegmentWriter, aside
from search.engines.whoosh_postings import Array, Entry, Run, Term, stable_order, terms
from search.engines.whoosh_segments import WhooshSegment
from search.engines.whoosh_storage import PATIENCE, DurableStorage, Generations, adding, commit, contents
from search.engines.whoosh_view import View
from search.engines.workers import answer, given, serve, workers
from search.errors import SearchError, SearchUnavailable
from search.schema import IndexSchema

ALONE = 2000  # documents; more are merged by another process
TOGETHER = 8  # segments of about the same size that become one
SMALLEST = 64  # documents; below that, sizes make no difference
PORTION = 1 << 18  # bytes of blocks that are put together at once, with some 30 MB of memory
DEAD = 0.5  # a segment with a larger share of deleted documents is written anew

log = logging.getLogger(__name__)
Pace = Callable[[], None]


def at_once() -> None:
    """Without waiting for anybody."""


def due(segments: Sequence[WhooshSegment]) -> list[int]:
    """The places of the segments to merge next, the smallest first; empty when there is nothing to do.

    A document is copied once for each power of `TOGETHER` that the index has grown by, however many commits there are.
    """
    tiers: dict[int, list[int]] = {}
    for place, segment in enumerate(segments):
        if segment.size > SMALLEST and np.count_nonzero(segment.alive) < segment.size * (1 - DEAD):
            return [place]
        tiers.setdefault(_tier(segment.size), []).append(place)
    return next((places for _, places in sorted(tiers.items()) if len(places) >= TOGETHER), [])


def _tier(size: int) -> int:
    tier, limit = 0, SMALLEST
    while size > limit:
        tier, limit = tier + 1, limit * TOGETHER
    return tier


def exchange(
    generations: Generations, schema: IndexSchema, view: View, chosen: Sequence[WhooshSegment], pace: Pace = at_once
) -> None:
    """Make one segment of these and put it in their place. `pace` is called between small steps, and may wait.

    They are merged as this view knows them, while others write. What was deleted from them meanwhile is deleted from
    the new one before it takes their place, in one commit; if they are gone by then, the new one is thrown away.
    """
    storage = DurableStorage(str(view.path))
    made = _merged(view.path, schema, [s.segment for s in chosen], pace)
    try:
        with generations.writing(schema) as current:
            toc = contents(storage)
            now = {s.segment_id(): s for s in toc.segments}
            if Path(current.folder) != view.path or any(s.id not in now for s in chosen):
                raise SearchUnavailable("the index was rebuilt meanwhile")
            for old, numbers in zip(chosen, renumbered(chosen), strict=True):
                for dead in set(now[old.id].deleted_docs()) - set(np.flatnonzero(~old.alive).tolist()):
                    made.delete_document(int(numbers[dead]))
            taken = {s.id for s in chosen}
            with adding(storage, made):
                storage.rename_file(aside(made), made.make_filename(made.COMPOUND_EXT))
                commit(storage, toc, [*(s for s in toc.segments if s.segment_id() not in taken), made])
    except BaseException:
        with suppress(OSError):
            (view.path / aside(made)).unlink(missing_ok=True)
        raise


def _merged(folder: Path, schema: IndexSchema, segments: list[Segment], pace: Pace) -> Segment:
    """The merged segment; a large one is made by another process, so that this one's threads go on answering."""
    if sum(s.doc_count_all() for s in segments) < ALONE:
        return merge(folder, schema, segments, pace)
    with workers(_work, 1, folder, schema) as (worker,):
        return answer(given(worker, segments))


def _work(parent: Connection, folder: Path, schema: IndexSchema) -> None:
    os.nice(10)  # whoever searches comes first
    serve(parent, lambda segments: merge(folder, schema, segments))


def merge(folder: Path, schema: IndexSchema, chosen: Sequence[Segment], pace: Pace = at_once) -> Segment:
    """One new segment with what lives in these; they stay as they are. Its file stands `aside` until it is wanted."""
    storage = DurableStorage(str(folder))
    segments = [WhooshSegment(storage, segment) for segment in chosen]
    made = SegmentWriter(storage, schema, merging=True)
    try:
        maps = renumbered(segments)
        for segment in segments:
            for number in np.flatnonzero(segment.alive).tolist():
                pace()
                made.document(segment.numbers(number), segment.texts(number), segment.word_counts(number))
        for name in made.names:
            made.field(name, _merged_terms(name, segments, maps, pace))
        return made.finish()
    except BaseException:
        made.cancel()
        raise


def renumbered(segments: Sequence[WhooshSegment]) -> list[Array]:
    """For each segment: old document number -> new one, -1 for the dead."""
    maps, base = [], 0
    for segment in segments:
        numbers = np.cumsum(segment.alive, dtype=np.int32) - 1 + base
        maps.append(np.where(segment.alive, numbers, -1))
        base += int(np.count_nonzero(segment.alive))
    return maps


def _merged_terms(name: str, segments: Sequence[WhooshSegment], maps: Sequence[Array], pace: Pace) -> Iterator[Term]:
    """The terms of a field in all segments, in order; some thousands are read and put together at a time."""
    words = name.startswith("t_")
    lengths = np.concatenate([s.lengths(name)[s.alive] for s in segments]).astype(np.int32) if words else None
    for texts, parts in _portions([segment.entries(name) for segment in segments]):
        pace()
        run, left = _together(segments, maps, parts)
        yield from terms([texts[n] for n in left.tolist()], run, lengths)


Part = tuple[list[int], list[Entry]]  # of one segment: which of the terms it has, and where


def _portions(dictionaries: Sequence[Iterator[Entry]]) -> Iterator[tuple[list[bytes], list[Part]]]:
    """The terms in order, as many at a time as there are blocks for in `PORTION`, with the parts of each segment."""
    texts: list[bytes] = []
    parts: list[Part] = [([], []) for _ in dictionaries]
    held, tagged = 0, [_tagged(entries, number) for number, entries in enumerate(dictionaries)]
    for text, group in groupby(heapq.merge(*tagged), key=_text):
        for entry, number in group:
            parts[number][0].append(len(texts))
            parts[number][1].append(entry)
            held += entry.length
        texts.append(text)
        if held > PORTION:
            yield texts, parts
            texts, parts, held = [], [([], []) for _ in dictionaries], 0
    if texts:
        yield texts, parts


def _tagged(entries: Iterator[Entry], number: int) -> Iterator[tuple[Entry, int]]:
    return ((entry, number) for entry in entries)


def _text(tagged: tuple[Entry, int]) -> bytes:
    return tagged[0].text


def _together(segments: Sequence[WhooshSegment], maps: Sequence[Array], parts: Sequence[Part]) -> tuple[Run, Array]:
    """The postings of these terms in all segments, with new numbers of documents, and which of the terms have any."""
    runs, owners = [], []
    for segment, numbers, (which, entries) in zip(segments, maps, parts, strict=True):
        run = segment.run(entries)
        owner = np.repeat(np.array(which, np.int64), run.counts)
        fresh = numbers[run.documents]
        if (lives := fresh >= 0).all():
            run = replace(run, documents=fresh)
        else:
            run, owner = replace(run.kept(lives), documents=fresh[lives]), owner[lives]
        runs.append(run)
        owners.append(owner)
    owner = np.concatenate(owners)
    order = stable_order(owner.astype(np.uint64))
    owner = owner[order]
    whole = Run(
        np.empty(0), np.concatenate([r.documents for r in runs]), np.concatenate([r.frequencies for r in runs]),
        np.concatenate([r.positions for r in runs]),
    )  # fmt: skip
    return whole.reordered(owner, order), np.unique(owner)


def sweep(generation: Path) -> None:
    """Take away what merges that were killed have left. The caller is the only one who merges."""
    for path in generation.glob("merging-*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


class Merger:
    """Calls `tidy` in a thread of its own when asked to, never twice at a time, and lets those who commit go first.

    Threads of a process share one interpreter: a merge that went on would make a commit take twice as long.
    """

    def __init__(self, tidy: Callable[[], None]) -> None:
        self._tidy = tidy
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._calm = threading.Event()
        self._calm.set()
        self.stopping = False

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Meanwhile merging stands still."""
        self._calm.clear()
        try:
            yield
        finally:
            self._calm.set()

    def pace(self) -> None:
        """Wait until nobody commits, but not for ever."""
        if not self._calm.is_set():
            self._calm.wait(PATIENCE)

    def soon(self) -> None:
        """Merge in the background. What is missed now is seen at the next commit."""
        with self._lock:
            if not self.stopping and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run, name="praxis-merge", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Wait for the merge that is under way; none begins after that."""
        self.stopping = True
        if (thread := self._thread) is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        try:
            self._tidy()
        except SearchError as error:  # nothing is lost: the segments stay as they are, and the next commit tries again
            log.info("segments not merged: %s", error)

"""Postings as arrays: what is written is read again, one term or thousands at a time, and rearranged as lists would be."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.engines import whoosh_merge, whoosh_segments
from search.engines.whoosh import WhooshEngine
from search.engines.whoosh_postings import NOTHING, Run, decode, decode_all, terms
from tests.search.contract import SCHEMA, doc, ids

Posting = tuple[int, list[int]]  # a document, and where the term stands in it
numbers = st.one_of(st.integers(0, 5), st.integers(0, 300), st.integers(0, 70_000), st.integers(0, 2**31 - 1))
lists = st.lists(
    st.lists(
        st.tuples(numbers, st.lists(st.integers(0, 70_000), min_size=1, max_size=4)),
        min_size=1, max_size=6, unique_by=lambda posting: posting[0],
    ).map(sorted),
    max_size=5,
)  # fmt: skip


def run_of(found: list[list[Posting]], placed: bool) -> Run:
    every = [posting for term in found for posting in term]
    positions = [place for _, places in every for place in places] if placed else []
    often = [len(places) if placed else 1 for _, places in every]
    counts = np.array([len(term) for term in found], np.int64)
    documents = np.array([document for document, _ in every], np.int64)
    return Run(counts, documents, np.array(often, np.int64), np.array(positions, np.int64))


def told(run: Run) -> list[list[Posting]]:
    """The postings of a run as lists."""
    places, every = iter(run.positions.tolist()), []
    for document, often in zip(run.documents.tolist(), run.frequencies.tolist(), strict=True):
        every.append((document, [next(places) for _ in range(often)] if len(run.positions) else [0] * often))
    bounds = [0, *np.cumsum(run.counts).tolist()]
    return [every[a:b] for a, b in pairwise(bounds)]


@given(lists, st.booleans())
def test_what_is_written_is_read_again(found: list[list[Posting]], placed: bool) -> None:
    run = run_of(found, placed)
    written = list(terms([b"%d" % n for n in range(len(found))], run))
    blocks = [block for _, block, _ in written]
    starts = np.cumsum([0, *map(len, blocks)])[:-1]
    assert told(decode_all(b"".join(blocks), starts)) == told(run)
    for block, term in zip(blocks, told(run), strict=True):
        one = decode(block)
        assert told(Run(np.array([len(one.documents)]), one.documents, one.frequencies, one.positions)) == [term]
    assert [(about.documents, about.weight) for *_, about in written] == [
        (len(term), sum(len(places) for _, places in term)) for term in told(run)
    ]


@given(lists, st.booleans(), st.randoms(use_true_random=False))
def test_postings_are_left_out_and_put_in_order_as_lists_are(found, placed, dice) -> None:  # type: ignore[no-untyped-def]
    run = run_of(found, placed)
    which = np.array([dice.random() < 0.5 for _ in run.documents], bool)
    left = iter(which.tolist())
    assert told(run.kept(which)) == [[posting for posting in term if next(left)] for term in told(run)]
    owners = np.array([dice.randrange(3) for _ in run.documents], np.int64)
    order = np.argsort(owners, kind="stable")
    flat = [posting for term in told(run) for posting in term]
    wanted = [[p for p, own in zip(flat, owners.tolist(), strict=True) if own == n] for n in range(3)]
    assert told(run.reordered(owners[order], order)) == [term for term in wanted if term]
    assert told(decode_all(b"", NOTHING.documents)) == []


@pytest.mark.parametrize("piece", [1, 64, 1 << 16])
def test_a_dictionary_is_read_in_pieces_however_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(whoosh_segments, "PIECE", piece)
    monkeypatch.setattr(whoosh_merge, "PORTION", piece)
    engine = WhooshEngine(str(tmp_path), SCHEMA)
    engine.rebuild([])
    for number in range(20):
        engine.apply([doc(f"a{number}", f"Bridge w{number}{'long' * 9}", country=["KEN"])])
    engine.close()  # which waits for the merging
    assert len(engine._current().segments) < 20, "the control: they were merged"
    assert ids(engine, f"w7{'long' * 9}") == ["a7"] and len(ids(engine, "bridge country:ken")) == 20
    engine.close()

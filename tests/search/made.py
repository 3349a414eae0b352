"""Documents and queries made up by hypothesis, for comparing engines with the oracle."""

from __future__ import annotations

import os

from hypothesis import strategies as st

from tests.search.contract import PUBLIC, doc


def examples(usual: int) -> int:
    """How many to try: as many as `make oracle` says, or as is usual."""
    return int(os.environ.get("PRAXIS_EXAMPLES", usual))


WORDS = ("audit", "bridge", "café", "delay", "e-GP", "form", "gloves", "hospital", "inspections", "the", "les", "aux")
documents = st.builds(
    lambda i, words, audience, country, years, language: doc(
        f"d{i}", " ".join(words[:3]), " ".join(words[3:]), audience=audience, language=language,
        country=country, year=[str(y) for y in years],
    ),
    st.integers(0, 12),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=9),
    st.sampled_from([PUBLIC, frozenset({"person:1"})]),
    st.lists(st.sampled_from(["KEN", "GHA", "SEN"]), max_size=2, unique=True),
    st.lists(st.integers(2000, 2004), max_size=3, unique=True),
    st.sampled_from(["en", "fr", "sw"]),
)  # fmt: skip
atoms = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(
        ["insp*", "ho*", '"audit bridge"', '"the form"', "country:ken", "title:delay", "egp", "nosuchword"]
    ),
)
queries = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(" ".join),
        st.tuples(inner, inner).map(" OR ".join),
        atoms.map(lambda a: f"-{a}"),
        inner.map(lambda i: f"({i})"),
    ),
    max_leaves=5,
)

"""Prose compared as it is read, without the signs of Markdown; and how a version is cited."""

from __future__ import annotations

import pytest

from knowledge.content.site import registry
from knowledge.derive import cite, compare, prose


@pytest.mark.parametrize(
    ("markdown", "read"),
    [
        ("Some **bold** and *other* `code` words.", "Some bold and other code words."),
        ("## A heading\n\nText\nthat goes on.", "A heading\n\nText that goes on."),
        ("- one\n- two\n\n3. three\n4. four", "• one\n• two\n\n3. three\n4. four"),
        ("- one\n  - in it\n- two", "• one\n  • in it\n• two"),
        ("See [the form](https://example.org/f).", "See the form (https://example.org/f)."),
        ("<https://example.org/f>", "https://example.org/f"),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n\nAfter", "a | b\n1 | 2\n\nAfter"),
        ("> said\n\nDone", "  said\n\nDone"),
        ("```\ncode < here\n```", "code < here"),
        ("one\\\ntwo", "one\ntwo"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("", ""),
    ],
)
def test_a_text_is_laid_out_without_its_signs(markdown: str, read: str) -> None:
    assert prose.readable(markdown) == read


def test_it_stays_bounded_whatever_it_is_given() -> None:
    for text in ("[" * 5000, "> " * 5000 + "x", "- " * 3000, "x" * 300_000):
        assert prose.readable(text)


def test_words_that_changed_are_marked_in_the_text_as_read() -> None:
    found = changes("Deliver **within two weeks**.", "Deliver **within one week**.")
    assert found.before == "Deliver within two weeks." and "*" not in found.after
    assert ("two weeks", "out") in found.marks and ("one week", "in") in found.marks


def test_a_change_of_nothing_but_signs_is_shown_with_them() -> None:
    found = changes("Deliver within two weeks.", "Deliver within **two** weeks.")
    assert found.after == "Deliver within **two** weeks." and any(how == "in" for _, how in found.marks)


def changes(before: str, after: str) -> compare.Change:
    site = registry()
    return compare.changes(site["experience"], {"objective": before}, {"objective": after}, site)[0]


def test_a_citation_is_one_line_with_the_address_at_its_end() -> None:
    told = cite.citation(["A. Writer", "B. Other"], 2026, "Who pays?", "Experience", "version 3", "https://x.org/v/3")
    assert told == "A. Writer, B. Other (2026). Who pays? Praxis, Experience, version 3. https://x.org/v/3"
    assert "Title. Praxis" in cite.citation(["A"], 2026, "Title", "Experience", "version 1", "https://x.org")

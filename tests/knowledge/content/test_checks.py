"""Both strictnesses: what can be saved, what is still missing for the coach; and that no input breaks them."""

from __future__ import annotations

import json
import string
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.content import checks
from knowledge.content.checks import Problem, tidy
from knowledge.content.fields import (
    Choices,
    Contact,
    Field,
    Flag,
    Line,
    Lines,
    Link,
    Number,
    PartialDate,
    Period,
    RecordRef,
)
from knowledge.content.vocabularies import Vocabularies, Vocabulary
from tests.toy import FULL, TOY, toy_vocabularies

TERMS = toy_vocabularies()
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["9" * 5000, "1e9", "²"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["yes", "name", "show", "note", "colour", "begun", "done"]) | st.text(), inner
        )
    ),
    max_leaves=8,
)


def problem_of(f: Field, raw: Any) -> str:
    """What is said about one answer, "" for nothing."""
    with pytest.raises(checks.Wrong) as caught:
        checks.clean(f, raw, TERMS)
    return str(caught.value.problems[0])


@settings(max_examples=300)
@given(st.dictionaries(st.sampled_from([f.id for f in TOY.fields]), ANYTHING, max_size=8), ANYTHING)
def test_whatever_json_holds_the_check_answers_and_cleaning_twice_changes_nothing(raw: Any, known: Any) -> None:
    before = {f.id: known for f in TOY.fields}
    values, problems = checks.shape(TOY, raw, TERMS, before)
    json.dumps(values, allow_nan=False).encode("utf-8")
    assert all(str(p) and p.anchor for p in problems)
    again, _ = checks.shape(TOY, values, TERMS, before)
    assert again == values
    checks.missing(TOY, values, TERMS)


@given(ANYTHING)
def test_an_import_may_send_anything_in_place_of_a_record(raw: Any) -> None:
    values, problems = checks.shape(TOY, raw, TERMS)
    assert problems  # a title is always needed
    assert "title" not in values


@settings(max_examples=300)
@given(st.text(st.characters(), max_size=60), st.booleans())
def test_tidy_text_is_storable_and_stays_as_it_is(text: str, lines: bool) -> None:
    once = tidy(text, lines)
    once.encode("utf-8")
    assert tidy(once, lines) == once
    assert "\x00" not in once
    assert lines or "\n" not in once


def test_a_number_of_thousands_of_digits_is_refused_and_not_printed() -> None:
    _, problems = checks.shape(TOY, FULL | {"price": 10**5000, "start": 10**5000, "golden": -1, "end": 1e300}, TERMS)
    assert {p.anchor for p in problems} == {"price", "start", "golden", "end"}
    assert all(len(str(p)) < 200 for p in problems)


def test_texts_of_every_script_and_new_emoji_survive() -> None:
    for text in ("é", "日本語", "مشتريات\u200fعامة", "👩🏽‍🌾", "\U0001fae9", "\U000f0000", "क्‍ष"):
        assert tidy(text) == text
    assert tidy("e\x00\u0301") == "é"  # composed after the NUL between is gone
    assert tidy("a\u202eb\ufeffc\ufdd0\uffff\ud800") == "abc"
    assert tidy("a\u2028b\x0bc", lines=True) == "a\nb\nc"
    assert tidy("\u200b\u2060 \u200d") == ""  # nobody could see it


@pytest.mark.parametrize(
    ("f", "raw", "stored"),
    [
        (Line(id="x", label="X"), " a \n b\t", "a b"),
        (PartialDate(id="x", label="X"), 2019, "2019"),
        (PartialDate(id="x", label="X"), "٢٠١٩-٠٣", "2019-03"),
        (PartialDate(id="x", label="X", day=True), "2024-02-29", "2024-02-29"),
        (PartialDate(id="x", label="X", ongoing=True), "ongoing", "ongoing"),
        (Period(id="x", label="X"), "2012–2014", "2012/2014"),
        (Period(id="x", label="X"), "2012 - 2014", "2012/2014"),
        (Period(id="x", label="X"), "2012-03/2012", "2012-03/2012"),
        (Number(id="x", label="X"), "12,000", 12000),
        (Number(id="x", label="X"), "12 000", 12000),
        (Number(id="x", label="X"), 0, 0),
        (Link(id="x", label="X"), "HTTPS://a.example:80/b", "HTTPS://a.example:80/b"),
        (RecordRef(id="x", label="X"), "https://p.example/practices/fact-001?q=1#top", "fact-001"),
        (Flag(id="x", label="X"), True, {"yes": True}),
        (Flag(id="x", label="X"), {"yes": False, "note": None}, None),
        (Contact(id="x", label="X"), {"name": "Ann", "reach": None}, {"name": "Ann", "reach": "", "show": "members"}),
        (Lines(id="x", label="X"), "a\n\n b ", ["a", "b"]),
        (Choices(id="x", label="X", vocabulary="fruit"), ["plum", "lemon", "plum", ""], ["lemon", "plum"]),
        (Choices(id="x", label="X", vocabulary="fruit", ordered=True), ["plum", "lemon"], ["plum", "lemon"]),
    ],
)
def test_an_answer_is_stored_in_one_way(f: Field, raw: Any, stored: Any) -> None:
    assert checks.clean(f, raw, TERMS) == stored
    if stored is not None:
        assert checks.clean(f, stored, TERMS) == stored


@pytest.mark.parametrize(
    ("f", "raw"),
    [
        (Line(id="x", label="X", max=3), "abcd"),
        (PartialDate(id="x", label="X"), "2019-03-05"),
        (PartialDate(id="x", label="X", day=True), "2023-02-29"),
        (PartialDate(id="x", label="X"), "0019"),
        (PartialDate(id="x", label="X"), True),
        (PartialDate(id="x", label="X", ongoing=True), "2014 ongoing"),
        (Period(id="x", label="X"), "2014/2012"),
        (Period(id="x", label="X"), "1200/1300"),
        (Period(id="x", label="X"), "2012/"),
        (Number(id="x", label="X"), True),
        (Number(id="x", label="X"), 1.5),
        (Number(id="x", label="X"), "1.5"),
        (Number(id="x", label="X", max=10), 11),
        (Link(id="x", label="X"), "javascript:alert(1)"),
        (Link(id="x", label="X"), "https://bank.example@evil.example/"),
        (Link(id="x", label="X"), "https://[::1"),
        (Link(id="x", label="X"), "https://a.example:99999999"),
        (Link(id="x", label="X"), "https:///nohost"),
        (RecordRef(id="x", label="X"), "../../etc"),
        (Flag(id="x", label="X"), {"yes": "true"}),
        (Contact(id="x", label="X"), {"name": "Ann", "show": "all"}),
        (Choices(id="x", label="X", vocabulary="fruit"), "plum"),
        (Choices(id="x", label="X", vocabulary="fruit"), ["stone fruit"]),
        (Choices(id="x", label="X", vocabulary="fruit", max_items=1), ["plum", "lemon"]),
    ],
)
def test_a_malformed_answer_is_told_what_to_do(f: Field, raw: Any) -> None:
    assert "lease" in problem_of(f, raw) or "must" in problem_of(f, raw) or "not in the list" in problem_of(f, raw)


def test_problems_lead_to_the_row_that_was_typed_even_after_empty_rows() -> None:
    raw = {"steps": [{}, {"name": ""}, {"cost": "many"}], "rules": ["", "x" * 99], "contact": {"show": "all"}}
    _, problems = checks.shape(TOY, raw, TERMS)
    assert {"steps-2-cost", "rules-1", "contact-show"} <= {p.anchor for p in problems}


def test_an_end_before_its_start_is_refused_in_rows_too() -> None:
    _, problems = checks.shape(
        TOY, FULL | {"end": "2004", "steps": [{"name": "a", "begun": "2010-05", "done": "2010-04"}]}, TERMS
    )
    assert [p.anchor for p in problems] == ["steps-0-done", "end"]


def test_a_retired_term_stays_where_it_was_and_cannot_be_chosen_anew() -> None:
    assert checks.shape(TOY, FULL | {"colour": "mauve"}, TERMS, FULL)[1]
    assert not checks.shape(TOY, FULL | {"colour": "mauve"}, TERMS, FULL | {"colour": "mauve"})[1]
    moved = {"steps": [{"name": "new"}, {"name": "old", "colour": "mauve"}]}
    assert not checks.shape(TOY, FULL | moved, TERMS, FULL | {"steps": [{"colour": "mauve"}]})[1]
    assert checks.shape(TOY, FULL | moved, TERMS, FULL)[1]


def test_a_retired_fruit_stays_in_a_list_of_several_in_a_row() -> None:
    rotten = [replace(t, retired=t.id == "plum") for t in TERMS["fruit"]]
    terms = Vocabularies([*(v for v in TERMS if v.id != "fruit"), Vocabulary("fruit", "Fruit", rotten)])
    with_plum = FULL | {"fruit": ["lemon"], "steps": [{"name": "a", "fruit": ["plum"]}]}
    assert checks.shape(TOY, with_plum, terms)[1]
    assert not checks.shape(TOY, with_plum, terms, with_plum)[1]


def test_everything_missing_is_said_at_once_and_where() -> None:
    found = checks.missing(TOY, {"title": "abc", "colour": "red", "steps": [{"cost": 1}]}, TERMS)
    assert [p.anchor for p in found] == [
        "title", "summary", "language", "fruit", "warning", "steps-0-name", "steps-0-who"
    ]  # fmt: skip
    assert "because red toys break" in str(found[4])
    assert str(found[6]) == "“Steps”, row 1: please fill in one of: Who / Note."


def test_a_translator_reaches_every_part_of_a_message_but_not_what_was_typed() -> None:
    found = checks.missing(TOY, {"title": "Title", "steps": [{"cost": 1}]}, TERMS)
    inner = next(p for p in found if p.anchor == "steps-0-name")
    asked: list[str] = []

    def say(text: str) -> str:
        asked.append(text)
        return text.upper() if "{" not in text else text

    assert inner.told(say) == "“STEPS”, row 1: “NAME” is still empty."
    assert "“{label}” is still empty." in asked
    typed = Problem(("x",), "“{value}” is not in the list.", {"value": "Title"})
    assert typed.told(say) == "“Title” is not in the list."


def test_every_message_can_be_filled_with_its_facts() -> None:
    broken = {f.id: {"deep": [1]} for f in TOY.fields}
    for problem in (*checks.shape(TOY, broken, TERMS)[1], *checks.missing(TOY, {"steps": [{}]}, TERMS)):
        named = {name for _, name, _, _ in string.Formatter().parse(problem.message) if name}
        assert named <= set(problem.facts), problem
    with pytest.raises(KeyError):  # the control: a message without its fact is noticed
        str(Problem(("x",), "{count} too many"))

"""The page in words, and two versions side by side: always text, never long."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.derive import compare, prose, show
from knowledge.derive.dates import in_words
from knowledge.derive.marks import brief, marked
from tests.toy import FULL, TOY, toy_registry

REGISTRY = toy_registry()


def shown(**given_: object) -> dict[str, show.Shown]:
    made = show.sections(TOY, FULL, REGISTRY, render=prose.render, **given_)  # type: ignore[arg-type]
    return {s.id: s for section in made for s in section.fields}


@pytest.mark.parametrize(
    ("value", "language", "words"),
    [
        ("2019", "en", "2019"),
        ("2026-03", "en", "March 2026"),
        ("2026-03-05", "en", "5 March 2026"),
        ("2026-03-01", "fr", "1er mars 2026"),
        ("2026-03-05", "es", "5 de marzo de 2026"),
        ("2005/2012", "en", "2005 to 2012"),
        ("2005-01/2012", "pt", "de janeiro de 2005 a 2012"),
        ("2026-03-05", "ar", "5 مارس 2026"),
        ("2005/ongoing", "en", "2005, still going on"),
        ("2005-03/ongoing", "fr", "mars 2005, toujours en cours"),
        ("2005/ongoing", "ar", "2005، ولا يزال مستمرا"),
        ("2026-03", "xx", "March 2026"),
        ("2026-03-01", "fr", "1er mars 2026"),
        ("ongoing", "fr", "toujours en cours"),
        ("2026-13", "en", "2026-13"),
        ("a/b/c", "en", "a/b/c"),
        ("", "en", ""),
    ],
)
def test_dates_are_said_as_people_say_them(value: str, language: str, words: str) -> None:
    assert in_words(value, language) == words


def test_every_answer_is_turned_into_words() -> None:
    page = shown()
    assert page["summary"].value == "<p>It <strong>rolls</strong> on four wheels, and a child can ride it.</p>\n"
    assert page["colour"].value == show.ShownTerm("red", "Red", "Like a poppy.", "colour")
    assert shown(language="fr")["colour"].value == show.ShownTerm("red", "Rouge", "Comme un coquelicot.", "colour")
    assert [t.facet for t in page["fruit"].value] == ["fruit", "fruit"]
    assert page["start"].value == "7 March 2005"
    assert page["golden"].value == "2006 to May 2009"
    assert page["price"].value == show.ShownNumber(40, "dollars")
    assert page["page"].value == show.ShownLink("https://toys.example/horse?a=1&b=2", "toys.example")
    assert page["sharp"].value == show.ShownFlag(True, "The saw.")
    assert page["rules"].value == ("Ride slowly.", "Not on stairs.")


def test_a_table_shows_only_columns_that_hold_something_for_this_reader() -> None:
    table = shown()["steps"].value
    assert "secret" not in [c.id for c in table.columns]
    assert "secret" in [c.id for c in shown(private=True)["steps"].value.columns]
    assert [c.id for c in table.columns if c.numeric] == ["cost"]
    assert len(table.rows) == 2
    assert table.rows[1][1] is None


def test_another_record_is_named_only_to_those_who_may_see_it() -> None:
    assert show.references(TOY.fields, FULL) == ("fact-001",)
    assert shown()["like"].value == show.ShownRecord("fact-001", "fact-001", True)
    assert shown(titles={"fact-001": "A cart"})["like"].value == show.ShownRecord("fact-001", "A cart", True)
    assert shown(titles={})["like"].value == show.ShownRecord("fact-001", "fact-001", False)


def test_what_is_empty_and_a_section_without_answers_are_left_out() -> None:
    made = show.sections(TOY, {"title": "A"}, REGISTRY, render=prose.render)
    assert [(s.id, [f.id for f in s.fields]) for s in made] == [("what", ["title"])]


def test_a_changed_cell_is_the_only_thing_marked_in_a_table() -> None:
    rows = [dict(row) for row in FULL["steps"]]
    rows[1]["note"] = "Thrice."
    (change,) = compare.changes(TOY, FULL, FULL | {"steps": rows}, REGISTRY)
    assert change.kind == "table"
    assert [m for m in change.marks if m[1] != "same"] == [("Twice", "out"), ("Thrice", "in")]
    assert "2.\nName: Paint it" in change.before


def test_labels_in_a_comparison_are_translated_and_answers_are_not() -> None:
    (change,) = compare.changes(TOY, {}, {"sharp": {"yes": True, "note": "Yes"}}, REGISTRY, say=str.upper)
    assert change.after == "YES\nYes"


def test_hostile_versions_are_compared_as_text() -> None:
    before, after = "<script>alert(1)</script>", "<script>alert(2)</script>"
    (change,) = compare.changes(TOY, {"title": before}, {"title": after}, REGISTRY)
    assert "".join(t for t, how in change.marks if how != "in") == before
    assert "".join(t for t, how in change.marks if how != "out") == after
    assert all(isinstance(t, str) and not hasattr(t, "__html__") for t, _ in change.marks)


@settings(max_examples=200)
@given(st.text("ab \n.é", max_size=60), st.text("ab \n.é", max_size=60))
def test_the_marked_text_holds_both_texts_whole(before: str, after: str) -> None:
    marks = marked(before, after)
    assert "".join(t for t, how in marks if how != "in") == before
    assert "".join(t for t, how in marks if how != "out") == after
    assert all(t for t, _ in marks)
    if before == after:
        assert not [how for _, how in marks if how != "same"]


def test_a_pair_of_very_long_texts_is_marked_soundly() -> None:
    dice = random.Random(7)
    word = lambda: "".join(dice.choice("abc") for _ in range(2))  # noqa: E731
    texts = [" ".join(word() for _ in range(33_000)) for _ in range(2)]
    texts += ["\n".join(word() for _ in range(33_000)) for _ in range(2)]
    texts += ["a\n" * 50_000, "a b " * 25_000, "x" * 100_000, ".\n\n".join(word() * 20 for _ in range(2000))]
    for before in texts:
        for after in texts:
            marks = marked(before, after)
            assert "".join(t for t, how in marks if how != "out") == after


def test_one_word_changed_in_a_very_long_text_is_still_found() -> None:
    words = [f"word{n}" for n in range(15_000)]
    before = " ".join(words)
    marks = marked(before, before.replace("word7000 ", "changed "))
    assert [m for m in marks if m[1] != "same"] == [("word7000", "out"), ("changed", "in")]


@given(st.lists(st.sampled_from(["a", "bb", "ccc."]), max_size=60), st.data(), st.integers(0, 4))
def test_in_brief_all_that_changed_stands_there_and_of_the_rest_only_what_is_near(words, data, around) -> None:  # type: ignore[no-untyped-def]
    other = [word for word in words if data.draw(st.booleans())] + data.draw(st.lists(st.just("new"), max_size=3))
    whole = marked(" ".join(words), " ".join(other))
    short = brief(whole, around)
    assert [(t, how) for t, how in short if how != "same"] == [(t, how) for t, how in whole if how != "same"]
    for (text, how), (left, _) in zip(whole, short, strict=True):
        if how == "same" and left != text:
            assert "…" in left and len(left.split()) < len(text.split()) and len(left.split()) <= 2 * around + 1
            head, tail = (part.split() for part in left.split("…"))
            assert text.split()[: len(head)] == head and text.split()[len(text.split()) - len(tail) :] == tail


BEFORE = "We asked the clerks of six districts. They paid late. The office took three weeks to answer a letter of a supplier."


@pytest.mark.parametrize(
    ("after", "told"),
    [  # of the sentence around a change the rest stands there; a whole new sentence stands alone
        (BEFORE + " It takes two days now.", " …<in> It takes two days now."),
        (BEFORE.replace("They paid late. ", ""), " … <out>They paid late. <same> … "),
        (
            BEFORE.replace("three weeks", "two days"),
            " … The office took <out>three weeks<in>two days<same> to answer a letter of a supplier.",
        ),
    ],
)
def test_in_brief_a_change_stands_with_its_sentence_and_no_other(after: str, told: str) -> None:
    pieces = brief(marked(BEFORE, after))
    text = "".join(t if how == "same" and not n else f"<{how}>{t}" for n, (t, how) in enumerate(pieces))
    assert text == told

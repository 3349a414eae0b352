"""Figures are read honestly or not at all, and bars are as long as their numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.content.site import registry
from knowledge.derive import prose, show
from knowledge.derive.chart import WIDEST, chart
from knowledge.derive.figures import figure, same_unit

FIGURES = registry()["experience"].field("indicators")
FOLLOWED = registry()["follow_through"].field("indicators")


@pytest.mark.parametrize(
    ("text", "language", "number", "unit"),
    [
        ("45", "en", 45, ""),
        ("45 days", "en", 45, "days"),
        ("1,200", "en", 1200, ""),
        ("3.5 %", "en", 3.5, "%"),
        ("14\u202f%", "fr", 14, "%"),
        ("2,1", "fr", 2.1, ""),
        ("1 200,5", "fr", 1200.5, ""),
        ("1\u00a0200", "fr", 1200, ""),
        ("1.200", "pt", 1200, ""),
        ("1.200,50", "es", 1200.5, ""),
        ("1,234,567", "en", 1234567, ""),
        ("1,03,250", "en", 103250, ""),
        ("0,125", "es", 0.125, ""),
        ("about 120", "en", 120, ""),
        ("~120 jours ouvrés", "fr", 120, "jours ouvrés"),
        ("USD 3.4 bn", "en", 3.4, "USD bn"),
        ("€ 12", "en", 12, "€"),
        ("−5", "en", -5, ""),
        ("٤٥ يوما", "ar", 45, "يوما"),
        ("٣٫٥", "ar", 3.5, ""),
    ],
)
def test_a_number_is_read_as_its_writer_meant_it(text: str, language: str, number: float, unit: str) -> None:
    found = figure(text, language)
    assert found is not None and (found.number, found.unit) == (number, unit)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("", "en"),
        ("many", "en"),
        ("4 of 10", "en"),
        ("25 of 58", "en"),
        ("4-5%", "en"),
        ("46% more", "en"),
        ("at least 40% lower", "en"),
        ("88 (aim)", "en"),
        ("12/2019", "en"),
        ("2012-06", "en"),
        ("1.2.3", "en"),
        ("1,20,3", "en"),
        ("1,200", "es"),  # 1200 in Mexico, 1.2 in Madrid
        ("1.200", "es"),
        ("1.200", "fr"),
        ("9" * 90, "en"),
    ],
)
def test_what_is_no_number_or_could_be_two_is_none(text: str, language: str) -> None:
    assert figure(text, language) is None


@given(st.text(max_size=90), st.sampled_from(["en", "fr", "es", "pt", "ar", ""]))
def test_whatever_is_typed_gives_a_number_or_nothing(text: str, language: str) -> None:
    found = figure(text, language)
    assert found is None or abs(found.number) < 1e81


@given(st.integers(0, 10**9))
def test_a_number_with_groups_is_the_number(number: int) -> None:
    for text, language in ((f"{number:,}", "en"), (f"{number:,}".replace(",", " "), "fr"), (str(number), "es")):
        found = figure(text, language)
        assert found is not None and found.number == number


def test_units_must_agree_and_a_bare_number_is_no_share() -> None:
    assert same_unit("days", "Days") and same_unit("days", "") and same_unit("", "", "days") and same_unit("%", "", "%")
    assert not same_unit("%", "") and not same_unit("days", "weeks") and not same_unit("bn", "m")


def test_bars_are_as_long_as_their_numbers_and_say_what_was_typed() -> None:
    rows = [{"indicator": "Days to award", "before": "about 120", "after": "60", "unit": "days", "date": "2019-03"}]
    drawn = chart(FIGURES, rows, "en", "en")
    assert drawn is not None
    [one] = drawn.comparisons
    assert (one.name, one.unit) == ("Days to award", "days")
    assert [(b.role, b.text, b.date, b.width) for b in one.bars] == [
        ("before", "about 120", "", 57.3),  # room is left for its label
        ("after", "60", "March 2019", 28.65),
    ]


def test_a_target_is_a_third_bar_only_where_it_fits() -> None:
    row = {"name": "Contracts on the web", "unit": "%", "baseline": "0", "value": "54", "target": "90"}
    drawn = chart(FOLLOWED, [row, row | {"target": "soon"}], "en", "en")
    assert drawn is not None
    assert [[b.role for b in c.bars] for c in drawn.comparisons] == [["before", "after", "target"], ["before", "after"]]


@pytest.mark.parametrize(
    "row",
    [
        {"before": "25 of 58", "after": "15 of 52"},
        {"after": "9"},
        {"before": "100", "after": "53%"},
        {"before": "-3", "after": "4"},
        {"before": "0", "after": "0"},
        {"before": "3 days", "after": "2 weeks"},
    ],
)
def test_where_nothing_can_be_compared_there_is_no_chart(row: dict[str, str]) -> None:
    assert chart(FIGURES, [{"indicator": "Late", **row}], "en", "en") is None
    assert chart(FIGURES, [{"indicator": "Late", "before": "25", "after": "15"}], "en", "en") is not None, "the control"


@given(st.lists(st.fixed_dictionaries({"indicator": st.text(max_size=9), "before": st.text("0123456789., %-", max_size=9),
                                       "after": st.text("0123456789., %-", max_size=9)}), max_size=4))  # fmt: skip
def test_no_bar_leaves_the_drawing(rows: list[dict[str, str]]) -> None:
    drawn = chart(FIGURES, rows, "en", "en")
    assert all(0 <= b.width <= WIDEST for c in (drawn.comparisons if drawn else ()) for b in c.bars)


def test_numbers_are_read_in_the_language_of_the_record_and_dates_told_in_the_reader_s() -> None:
    rows = [{"indicator": "Offres", "before": "2,125", "after": "3,9", "date": "2012-09"}]
    values = {"language": "fr", "indicators": rows}
    made = show.sections(registry()["experience"], values, registry(), language="en", render=prose.render)
    [table] = [f.value for section in made for f in section.fields if f.id == "indicators"]
    assert [b.date for b in table.chart.comparisons[0].bars] == ["", "September 2012"]
    assert table.chart.comparisons[0].bars[0].width < table.chart.comparisons[0].bars[1].width

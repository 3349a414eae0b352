"""Dates as people write them: what can be read in one way is read, everything else is left to be asked about."""

from __future__ import annotations

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from knowledge.content.clean import Wrong, clean
from knowledge.content.fields import PartialDate
from knowledge.content.months import iso
from knowledge.content.vocabularies import LANGUAGES, Vocabularies

MONTH, DAY = PartialDate(id="start", label="Start"), PartialDate(id="on", label="On", day=True)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("March 2023", "2023-03"), ("Dec 2024", "2024-12"), ("sept. 2020", "2020-09"), ("12 mars 2023", "2023-03-12"),
        ("1er janvier 2020", "2020-01-01"), ("5 de março de 2021", "2021-03-05"), ("March 5, 2023", "2023-03-05"),
        ("مارس 2023", "2023-03"), ("03/2023", "2023-03"), ("3.2023", "2023-03"), ("2023/03", "2023-03"),
    ],
)  # fmt: skip
def test_it_is_read(written: str, meant: str) -> None:
    assert iso(written) == meant
    assert clean(DAY, written, Vocabularies(())) == meant


@pytest.mark.parametrize(
    "written", ["03/04/2023", "summer 2023", "2023-03", "2019", "May", "may or June 2020", "", "12 2020 13"]
)
def test_what_can_be_read_in_two_ways_or_in_none_is_left_as_it_is(written: str) -> None:
    assert iso(written) == written


@pytest.mark.parametrize("written", ["31 February 2023", "13/2023", "0/2023", "12 March 2023", "March 3023"])
def test_what_is_no_month_is_refused_all_the_same(written: str) -> None:
    with pytest.raises(Wrong):
        clean(MONTH, written, Vocabularies(()))


@given(
    st.sampled_from(LANGUAGES), st.sampled_from(["wide", "abbreviated"]), st.integers(1, 12), st.integers(1900, 2100)
)
def test_every_name_of_a_month_is_known(language: str, width: str, month: int, year: int) -> None:
    name = Locale(language).months["format"][width][month]
    assert iso(f"{name} {year}") == iso(f"{name.upper()} {year}") == f"{year}-{month:02d}"

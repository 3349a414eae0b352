"""What the index gets: words by weight, facet values, years; and never what is not public."""

from __future__ import annotations

from typing import Any

import pytest

from knowledge.content.site import registry
from knowledge.derive import index
from tests.toy import FULL, TOY, toy_registry

REGISTRY = toy_registry()


def document(values: dict[str, Any]) -> Any:
    return index.document("t", TOY, values, REGISTRY, audience=frozenset({"public"}), date="2026-01-01")


def test_the_schema_has_a_field_for_every_weight_and_all_facets() -> None:
    schema = index.schema(REGISTRY)
    assert [(f.name, f.weight) for f in schema.text] == [
        ("title", 5), ("summary", 3), ("text_2", 2), ("text_1_5", 1.5), ("text_1", 1), ("text_0_5", 0.5),
        ("names_2", 2), ("names_1", 1)
    ]  # fmt: skip
    assert schema.facets == tuple(REGISTRY.facets)
    assert schema.years == "year"
    site = index.schema(registry())
    assert {"title", "summary"} <= {f.name for f in site.text}


def test_words_stand_under_their_weight_without_markdown() -> None:
    text = document(FULL).text
    assert text["title"] == "A wooden horse"
    assert text["summary"] == "It rolls on four wheels, and a child can ride it."
    assert text["text_1_5"] == "Wanjiru Kamau"
    assert "Saw the body" in text["text_2"]  # the column's own weight
    assert "Grandmother" in text["text_1"]  # the table's
    assert "Keep it away from fire." in text["text_1"]


def test_a_term_is_found_in_every_language_and_by_its_synonyms() -> None:
    words = document(FULL).text["names_2"]
    for word in ("Lemon", "Citron", "sour ball", "zwetschge", "Kenya"):
        assert word in words
    assert "Orange" not in words
    assert "Rouge" in document(FULL).text["names_1"]
    assert [f.name for f in index.schema(REGISTRY).text if not f.shown] == ["names_2", "names_1"]


def test_facets_take_the_term_its_group_its_trait_and_the_kind() -> None:
    facets = document(FULL).facets
    assert facets["fruit"] == ("lemon", "citrus", "plum", "stone")
    assert facets["country"] == ("KEN", "SSF", "GLOBAL", "DEU", "ECS")  # Global stands in no region
    assert facets["kind"] == ("toy",)
    assert facets["language"] == ("en",)
    assert "fruit" not in document({"title": "x"}).facets


@pytest.mark.parametrize(
    ("values", "years"),
    [
        ({"start": "2005-03-07"}, ("2005",)),
        ({"start": "2005", "end": "2007-01"}, ("2005", "2006", "2007")),
        ({"start": "2005", "end": "ongoing"}, ("2005",)),
        ({"end": "2007"}, ("2007",)),
        ({"end": "ongoing"}, None),
        ({}, None),
        ({"steps": [{"begun": "2001", "done": "2002"}, {"begun": "2010"}]}, ("2001", "2002", "2010")),
        ({"start": "1999", "steps": [{"done": "2001"}]}, ("1999", "2001")),  # an end belongs to its own row
    ],
)
def test_every_year_from_start_to_end_counts(values: dict[str, Any], years: tuple[str, ...] | None) -> None:
    assert index.facet_values(TOY, values, REGISTRY).get("year") == years


def test_a_very_long_span_is_cut_at_a_hundred_years() -> None:
    years = index.facet_values(TOY, {"start": "1900", "end": "2100"}, REGISTRY)["year"]
    assert len(years) == index.LONGEST_SPAN
    assert years[0] == "1900"


def test_a_contact_is_found_by_name_only_when_everyone_may_see_it() -> None:
    for show in ("members", "nobody"):
        assert "Ann" not in repr(document(FULL | {"contact": FULL["contact"] | {"show": show}}))
    open_to_all = repr(document(FULL | {"contact": FULL["contact"] | {"show": "everyone"}}))
    assert "Ann Asked" in open_to_all
    assert "ann@example.org" not in open_to_all


def test_what_is_not_public_enters_neither_text_nor_facets() -> None:
    assert "hidden-in" not in repr(document(FULL))
    assert "hidden-in" in repr(FULL)  # the control


def test_an_unknown_term_of_an_older_vocabulary_breaks_nothing() -> None:
    facets = document(FULL | {"fruit": ["durian"], "home": "ATL"}).facets
    assert facets["fruit"] == ("durian",)
    assert "ATL" in facets["country"]

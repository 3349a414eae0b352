"""The vocabularies that come with the project are whole, and a site's changes never take a term away."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from knowledge.content.site import TYPES
from knowledge.content.vocabularies import LANGUAGES, Term, Vocabulary, shipped
from search.language import fold

BRIEF = Path(__file__).parents[4] / "shared" / "vocab"
WHERE = {  # the programme's files: which list in them is which vocabulary here
    "countries": ("countries.json", "countries"),
    "stages": ("stages.json", "stages"),
    "reform_status": ("stages.json", "reform_status"),
    "completion": ("stages.json", "completion_status_for_follow_through"),
    "change_observed": ("stages.json", "change_observed_scale"),
    "phases": ("phases.json", "phases"),
    "categories": ("phases.json", "procurement_category"),
    "methods": ("phases.json", "procurement_method"),
    "topics": ("topics.json", "topics"),
    "levels": ("levels.json", "levels"),
    "evidence": ("evidence.json", "levels"),
    "themes": ("programme_themes.json", "themes"),
}


def raw_files() -> Iterator[dict[str, Any]]:
    for path in (resources.files("knowledge.content") / "data").iterdir():
        yield json.loads(path.read_text(encoding="utf-8"))


def term(term_id: str, name: str = "", **more: Any) -> Term:
    return Term(term_id, {"en": name or term_id}, **more)


def test_every_id_is_given_once() -> None:
    for raw in raw_files():
        ids = [t["id"] for t in raw["terms"]]
        assert len(ids) == len(set(ids)), raw["id"]


def test_every_term_has_its_name_in_all_languages() -> None:
    for vocabulary in shipped():
        for t in vocabulary:
            assert all(t.names.get(language) for language in LANGUAGES), (vocabulary.id, t.id)


@pytest.mark.parametrize("language", LANGUAGES)
def test_terms_that_are_told_apart_in_english_are_so_in_every_language(language: str) -> None:
    for vocabulary in shipped():
        named: dict[str, set[str]] = {}
        for t in vocabulary:
            named.setdefault(fold(t.names[language].strip()), set()).add(fold(t.name("en")))
        assert {name: several for name, several in named.items() if len(several) > 1} == {}, vocabulary.id


def test_names_are_written_in_the_letters_of_their_language() -> None:
    arabic = re.compile(r"[\u0621-\u064a]")
    for vocabulary in shipped():
        for t in vocabulary:
            assert [language for language in LANGUAGES if arabic.search(t.names[language])] == ["ar"], t.id


def test_every_definition_is_there_in_all_languages_each_in_its_own_words() -> None:
    arabic, defined = re.compile(r"[\u0621-\u064a]"), [t for v in shipped() for t in v if t.definitions]
    assert len(defined) == 34
    for t in defined:
        assert [language for language in LANGUAGES if t.definitions.get(language, "").strip()] == list(LANGUAGES), t.id
        assert len(set(t.definitions.values())) == len(LANGUAGES), t.id
        assert [language for language in LANGUAGES if arabic.search(t.definitions[language])] == ["ar"], t.id


@pytest.mark.parametrize("vocabulary", ["evidence", "stages", "levels"])
def test_what_the_page_about_the_site_lists_is_defined(vocabulary: str) -> None:
    assert [t.id for t in shipped()[vocabulary] if not t.definitions] == []


def test_kinds_have_the_names_of_their_types() -> None:
    assert {t.id: dict(t.names) for t in TYPES} == {t.id: dict(t.names) for t in shipped()["kinds"]}


def test_every_parent_is_a_term_of_the_same_vocabulary() -> None:
    for vocabulary in shipped():
        assert [t.id for t in vocabulary if t.parent and t.parent not in vocabulary] == []


def test_the_traits_that_facets_read_are_terms_themselves() -> None:
    traits = {"region": "regions", "income": "income_groups", "fragile": "fragile_setting"}
    for country in shipped()["countries"]:
        for trait, vocabulary in traits.items():
            assert country.traits.get(trait, "") in {"", *(t.id for t in shipped()[vocabulary])}, country.id


def test_the_lists_stay_small_enough_for_a_phone() -> None:
    folder = resources.files("knowledge.content") / "data"
    assert all(len(path.read_bytes()) < 90_000 for path in folder.iterdir())


@pytest.mark.parametrize("vocabulary", WHERE)
def test_ids_names_and_order_are_those_of_the_programme(vocabulary: str) -> None:
    file, key = WHERE[vocabulary]
    if not (BRIEF / file).exists():
        pytest.skip("the programme's vocabularies (../shared/vocab) are not on this machine")
    given = json.loads((BRIEF / file).read_text(encoding="utf-8"))[key]
    ours = shipped()[vocabulary]
    assert [t["id"] for t in given if t["id"] not in ours] == []
    for t in given:
        if isinstance(t["name"], dict):
            # we have languages that the programme has not
            assert {language: ours[t["id"]].names[language] for language in t["name"]} == t["name"]
    if vocabulary != "countries":  # sorted by their English names here
        assert [t["id"] for t in given] == [t.id for t in ours]


def test_fragile_countries_are_those_of_the_list_and_its_year_is_named() -> None:
    assert shipped()["countries"]["SSD"].traits["fragile"] == "fcs-fy25"
    assert "fragile" not in shipped()["countries"]["KEN"].traits
    assert all("2025" in name for name in shipped()["fragile_setting"]["fcs-fy25"].names.values())


def test_evidence_is_listed_in_rising_order() -> None:
    assert [t.id for t in shipped()["evidence"]] == [
        "account",
        "observed",
        "attributed",
        "verified",
        "replicated",
    ]


def test_a_division_with_groups_can_still_be_chosen_as_a_sector() -> None:
    choosable = [t.id for t in shipped()["sectors"].choosable()]
    assert choosable.index("cofog-07.1") == choosable.index("cofog-07") + 1


def test_a_topic_group_cannot_be_chosen_but_its_topics_can() -> None:
    choosable = {t.id for t in shipped()["topics"].choosable()}
    assert "digital" not in choosable and "e-gp" in choosable


def test_an_overlay_adds_and_renames_and_keeps_the_place() -> None:
    before = Vocabulary("v", "V", [term("a"), term("b")])
    after = before.overlaid([term("b", "Bee"), term("c")])
    assert [(t.id, t.name()) for t in after] == [("a", "a"), ("b", "Bee"), ("c", "c")]
    assert before.name("b") == "b"


def test_an_overlay_never_removes_a_term() -> None:
    before = Vocabulary("v", "V", [term("a"), term("b")])
    assert (
        {t.id for t in before.overlaid([])} == {t.id for t in before.overlaid([term("a", retired=True)])} == {"a", "b"}
    )


def test_a_retired_term_is_still_readable_but_not_choosable() -> None:
    after = Vocabulary("v", "V", [term("a", "Old"), term("b")]).overlaid([term("a", "Old", retired=True)])
    assert after.name("a") == "Old"
    assert [t.id for t in after.choosable()] == ["b"]


def test_a_renamed_country_keeps_its_region() -> None:
    after = shipped().overlaid({"countries": [term("KEN", "Republic of Kenya")]})
    assert after["countries"]["KEN"].traits["region"] == "SSF"
    assert shipped()["countries"].name("KEN") == "Kenya"


def test_a_renamed_term_keeps_its_definition_in_all_languages() -> None:
    after = shipped().overlaid({"stages": [term("pilot", "Try out", definitions={"en": "As it was."}), term("mine")]})
    assert after["stages"].name("pilot") == "Try out"
    assert after["stages"]["pilot"].definitions == shipped()["stages"]["pilot"].definitions
    assert after["stages"]["mine"].definition("fr") == ""


def test_a_definition_falls_back_to_english_and_then_to_nothing() -> None:
    told = term("a", definitions={"en": "In English.", "fr": "En français."})
    assert [told.definition(), told.definition("fr"), told.definition("es")] == [
        "In English.",
        "En français.",
        "In English.",
    ]
    assert term("a").definition("fr") == ""


def test_a_name_falls_back_to_english_and_then_to_the_id() -> None:
    assert term("a", "Only English").name("fr") == "Only English"
    assert Vocabulary("v", "V", []).name("gone") == "gone"

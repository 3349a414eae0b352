"""The declarations hold what the programme asked for, and the registry refuses what cannot work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from knowledge.content.checks import missing, needed, shape
from knowledge.content.facets import FACETS
from knowledge.content.fields import Choice, Field, Flag, Line, Need, Prose, Table, When
from knowledge.content.registry import RecordType, Registry, Section
from knowledge.content.site import TYPES, registry
from knowledge.content.types import core
from knowledge.content.types.experience import EXPERIENCE
from knowledge.content.types.follow_through import FOLLOW_THROUGH
from knowledge.content.vocabularies import shipped

BRIEF = Path(__file__).parents[4] / "shared" / "vocab" / "record_types.json"

KEPT_BY_THE_SYSTEM = {
    "record_type": "is the type itself",
    "authors": "are people with accounts or names of the record, not an answer",
    "coach": "is assigned, not written",
    "cohort": "is the programme of the record",
}


def brief() -> dict[str, Any]:
    if not BRIEF.exists():
        pytest.skip("the programme's list of fields (../shared/vocab/record_types.json) is not on this machine")
    found: dict[str, Any] = json.loads(BRIEF.read_text(encoding="utf-8"))
    return found


def all_fields() -> Iterator[tuple[str, Field]]:
    for t in TYPES:
        for f in t.fields:
            yield t.id, f
            if isinstance(f, Table):
                yield from ((f"{t.id}.{f.id}", c) for c in f.columns)


def toy(*fields: Field) -> RecordType:
    return RecordType("toy", {"en": "Toy"}, "A toy.", (Section("all", "All", fields),))


LEAST = tuple(f for f in core.WHAT_AND_WHERE if f.id in ("title", "summary", "language"))


def test_the_four_types_of_the_brief_are_declared_with_their_names() -> None:
    given = {t["id"]: t["name"] for t in brief()["types"]}
    # in the languages that the programme has; we have more
    assert given == {t.id: {language: t.names[language] for language in given.get(t.id, ())} for t in TYPES}


@pytest.mark.parametrize("record_type", TYPES, ids=lambda t: t.id)
def test_every_core_field_of_the_brief_is_declared_or_kept_by_the_system(record_type: RecordType) -> None:
    asked = {f["name"] for f in brief()["core_fields"]}
    assert asked - {f.id for f in record_type.fields} == set(KEPT_BY_THE_SYSTEM)


@pytest.mark.parametrize("record_type", TYPES, ids=lambda t: t.id)
def test_every_field_of_its_own_is_declared_with_the_limits_asked_for(record_type: RecordType) -> None:
    asked = {f["name"]: f for t in brief()["types"] if t["id"] == record_type.id for f in t["fields"]}
    for name, wanted in asked.items():
        f = record_type.field(name)
        for limit in ("min", "max", "min_items", "max_items", "item_max"):
            if limit in wanted:
                assert getattr(f, limit) == wanted[limit], (name, limit)
        if "search_weight" in wanted:
            assert f.weight == wanted["search_weight"], name


def test_prose_can_always_be_found() -> None:
    assert [
        (where, f.id)
        for where, f in all_fields()
        if isinstance(f, Prose) and f.public and not f.weight and "." not in where
    ] == []


def test_every_field_has_a_label_and_every_question_but_the_plainest_a_help() -> None:
    assert [f.id for _, f in all_fields() if not f.label] == []
    assert [(t.id, f.id) for t in TYPES for f in t.fields if not f.help] == []


def test_every_type_asks_the_same_field_with_the_same_kind() -> None:
    kinds: dict[str, set[str]] = {}
    for t in TYPES:
        for f in t.fields:
            kinds.setdefault(f.id, set()).add(type(f).__name__)
    assert {name: k for name, k in kinds.items() if len(k) > 1} == {}


def test_a_draft_needs_only_a_title_and_a_language() -> None:
    for t in TYPES:
        assert {f.id for f in t.fields if f.need is Need.SAVE} == {"title", "language"}


def test_every_conditional_need_completes_the_sentence_that_says_why() -> None:
    for _, f in all_fields():
        if isinstance(f.need, When):
            assert f.need.because.startswith("because ")


def test_examples_are_within_the_limits_they_illustrate() -> None:
    for _, f in all_fields():
        if f.example and isinstance(f, Line | Prose):
            assert f.min <= len(f.example) <= f.max, f.id


def test_every_kind_of_record_has_a_name_among_the_facet_terms() -> None:
    assert {t.id for t in shipped()["kinds"]} == {t.id for t in TYPES}


def test_every_facet_is_fed_by_every_type() -> None:
    for t in TYPES:
        fed = {name for f in t.fields for name in f.facets}
        assert {f.id for f in FACETS} - fed == {"kind"}


def test_sources_are_needed_as_soon_as_more_than_an_account_is_claimed() -> None:
    sources = EXPERIENCE.field("sources")
    assert not needed(sources, {}, shipped())
    assert not needed(sources, {"evidence": "account"}, shipped())
    assert needed(sources, {"evidence": "observed"}, shipped())


def test_figures_are_needed_when_change_was_observed() -> None:
    figures = EXPERIENCE.field("indicators")
    assert not needed(figures, {"evidence": "account"}, shipped())
    assert needed(figures, {"evidence": "verified"}, shipped())


def test_the_fragile_setting_is_asked_for_when_one_country_is_on_the_list() -> None:
    note = EXPERIENCE.field("fragile_note")
    assert not needed(note, {"countries": ["KEN"]}, shipped())
    assert needed(note, {"countries": ["KEN", "SSD"]}, shipped())


def test_an_activity_that_has_ended_needs_no_next_report() -> None:
    due = FOLLOW_THROUGH.field("next_report_due")
    assert needed(due, {"completion": "limited"}, shipped())
    assert not needed(due, {"completion": "complete"}, shipped())


def test_consent_is_missing_until_it_is_given() -> None:
    def asked(values: dict[str, Any]) -> set[object]:
        return {p.path[0] for p in missing(EXPERIENCE, values, shipped())}

    assert "consent" in asked({})
    assert "consent" in asked({"consent": {"yes": False, "note": "not yet"}})
    assert "consent" not in asked({"consent": {"yes": True}})
    assert "sensitivity" not in asked({})


def test_what_is_sensitive_never_becomes_public() -> None:
    assert all(not t.field("sensitivity").public for t in TYPES)


def test_adapted_refuses_a_field_that_is_not_there() -> None:
    with pytest.raises(ValueError, match="strat"):
        core.adapted(core.WHAT_AND_WHERE, strat={"label": "Started"})


def test_the_registry_holds_all_types() -> None:
    assert [t.id for t in registry()] == ["experience", "common_practice", "training", "follow_through"]


def test_the_registry_refuses_a_field_declared_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        Registry((toy(*LEAST, LEAST[0]),), FACETS, shipped())


def test_the_registry_refuses_a_name_that_the_system_keeps() -> None:
    with pytest.raises(ValueError, match="reserved"):
        Registry((toy(*LEAST, Line(id="authors", label="Authors")),), FACETS, shipped())


def test_the_registry_refuses_an_unknown_vocabulary_even_in_a_column() -> None:
    lost = Choice(id="colour", label="Colour", vocabulary="colours")
    table = Table(id="things", label="Things", row="thing", columns=(lost,))
    for f in (lost, table):
        with pytest.raises(ValueError, match="colours"):
            Registry((toy(*LEAST, f),), FACETS, shipped())


def test_the_registry_refuses_an_unknown_facet() -> None:
    with pytest.raises(ValueError, match="taste"):
        Registry((toy(*LEAST, Line(id="x", label="X", facets=("taste",))),), FACETS, shipped())


def test_the_registry_refuses_a_facet_without_its_vocabulary() -> None:
    with pytest.raises(ValueError, match="colours"):
        Registry((toy(*LEAST),), (*FACETS, replace(FACETS[1], id="colour", vocabulary="colours")), shipped())


def test_the_registry_refuses_a_type_without_a_summary() -> None:
    with pytest.raises(ValueError, match="summary"):
        Registry((toy(*(f for f in LEAST if f.id != "summary")),), FACETS, shipped())


def test_the_registry_refuses_a_conditional_need_without_its_reason() -> None:
    silent = Flag(id="x", label="X", need=When(lambda values, vocabularies: True, ""))
    with pytest.raises(ValueError, match="why"):
        Registry((toy(*LEAST, silent),), FACETS, shipped())


@pytest.mark.parametrize("name", ["facts.jsonl", "records.jsonl"])
def test_the_demo_content_fits_the_declarations(name: str) -> None:
    for text in (resources.files("knowledge.demo") / name).read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        record_type = registry()[line["kind"]]
        for answers in (line, line.get("live", line)):
            values, problems = shape(record_type, answers, shipped())
            assert problems == [], line["id"]
            # the notes of facts leave empty what their page does not say; drafts are what they are
            if name == "records.jsonl" and line["state"] != "draft":
                assert missing(record_type, values, shipped()) == [], line["id"]

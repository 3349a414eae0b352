"""A declaration is all a type needs: the toy goes through every projection, and no other file knows it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from knowledge.content import checks
from knowledge.derive import api, compare, export, forms, index, prose, show
from tests.knowledge.derive.answers import Browser, page_of
from tests.toy import FULL, TOY, toy_registry

REGISTRY = toy_registry()
TERMS = REGISTRY.vocabularies
ROOT = Path(__file__).resolve().parents[3]


def fits(schema: dict[str, Any], value: Any) -> bool:
    """Whether a value satisfies the part of JSON Schema that our schemas use; a keyword it does not know fails."""
    known = {"$schema", "title", "description", "type", "properties", "required", "additionalProperties", "items"}
    known |= {"enum", "pattern", "minLength", "maxLength", "maxItems", "uniqueItems", "minimum", "maximum", "format"}
    assert all(k in known or k.startswith(("x-", "content")) for k in schema), schema
    types = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if "type" in schema and type(value) is not types[schema["type"]]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        unknown = set(value) - set(properties)
        missing = set(schema.get("required", ())) - set(value)
        return not unknown and not missing and all(fits(properties[k], v) for k, v in value.items())
    if isinstance(value, list):
        distinct = not schema.get("uniqueItems") or len(set(value)) == len(value)
        return distinct and len(value) <= schema.get("maxItems", 999) and all(fits(schema["items"], v) for v in value)
    if isinstance(value, str):
        long = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 999_999)
        return long and re.search(schema.get("pattern", ""), value) is not None
    return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


def test_the_toy_goes_from_form_to_page_and_back_without_loss() -> None:
    form = forms.bind(TOY, TERMS, values=FULL)
    posted = Browser(page_of(form, TOY.fields)).post()
    raw = forms.read(TOY, forms.bind(TOY, TERMS, posted=posted))
    values, problems = checks.shape(TOY, raw, TERMS)
    assert (values, problems) == (FULL, [])
    assert checks.missing(TOY, values, TERMS) == []

    line = json.loads(json.dumps(export.to_line(TOY, values) | {"id": "toy-1", "kind": "toy", "junk": 1}))
    back, unknown = export.from_line(TOY, line)
    assert unknown == ["junk"]
    assert checks.shape(TOY, back, TERMS) == (FULL, [])
    assert list(export.to_line(TOY, values)) == [f.id for f in TOY.fields if f.id in FULL]


def test_the_toy_s_values_satisfy_its_json_schema_and_broken_ones_do_not() -> None:
    schema = api.json_schema(TOY, REGISTRY)
    assert fits(schema, FULL)
    assert json.loads(json.dumps(schema)) == schema
    broken = [{"title": ""}, {"title": 3}, {"language": "xx"}, {"start": "2005-13"}, {"end": "soon"}, {"price": 0}]
    broken += [{"price": True}, {"page": "ftp://x"}, {"like": "A B"}, {"fruit": ["lemon", "lemon"]}, {"nobody": 1}]
    broken += [{"steps": [{"cost": "1"}]}, {"contact": {"show": "all"}}, {"sharp": {}}, {"golden": "2012/x"}]
    for change in broken:
        assert not fits(schema, FULL | change), change
    assert not fits(schema, {"title": "A wooden horse"})  # the language is needed to save
    assert schema["properties"]["warning"]["x-because"] == "because red toys break"
    assert schema["properties"]["whisper"]["x-public"] is False


def test_the_toy_is_a_document_with_its_own_facet_and_nothing_hidden() -> None:
    document = index.document(
        "toy-1", TOY, FULL, REGISTRY, audience=frozenset({"public"}), date="2026-11-23", extra=("A. Writer",)
    )
    names = {f.name for f in index.schema(REGISTRY).text}
    assert set(document.text) <= names
    assert document.facets["colour"] == ("red", "blue")
    everything = repr(document)
    assert "hidden-in" not in everything
    assert "Ann Asked" not in everything
    assert "A. Writer" in document.text["text_1"]


def test_the_toy_s_page_leaves_out_what_is_not_for_the_reader() -> None:
    public = repr(show.sections(TOY, FULL, REGISTRY, render=prose.render))
    assert "hidden-in" not in public
    assert "Ann Asked" not in public
    member = repr(show.sections(TOY, FULL, REGISTRY, render=prose.render, reader_is_member=True))
    assert "Ann Asked" in member
    assert "hidden-in" not in member
    desk = repr(show.sections(TOY, FULL, REGISTRY, render=prose.render, private=True))
    assert all(f"hidden-in-a-{place}" in desk for place in ("row", "flag", "line"))  # the control


def test_programmes_read_the_toy_without_what_is_not_public() -> None:
    item = api.item(TOY, FULL)
    assert "hidden-in" not in json.dumps(item)
    assert "contact" not in item
    assert api.item(TOY, FULL, reader_is_member=True)["contact"] == FULL["contact"]
    assert "contact" in api.item(TOY, FULL | {"contact": FULL["contact"] | {"show": "everyone"}})
    assert item["steps"][0]["name"] == "Saw the body"


def test_two_versions_of_the_toy_are_compared_field_by_field() -> None:
    after = {k: v for k, v in FULL.items() if k != "page"} | {"title": "A wooden cow", "fruit": ["plum"]}
    found = {c.field_id: c for c in compare.changes(TOY, FULL, after, REGISTRY)}
    assert set(found) == {"title", "page", "fruit"}
    assert found["title"].marks == (("A wooden ", "same"), ("horse", "out"), ("cow", "in"))
    assert found["fruit"].before == "Lemon\nPlum"
    assert found["page"].after == ""
    assert compare.changes(TOY, FULL, FULL, REGISTRY) == ()
    everything = compare.changes(TOY, {}, FULL, REGISTRY)
    assert [c.field_id for c in everything] == [f.id for f in TOY.fields if f.id in FULL]


def test_no_other_file_knows_the_toy() -> None:
    sources = [p for folder in ("knowledge", "search", "templates") for p in (ROOT / folder).rglob("*.*")]
    texts = [p.read_text(encoding="utf-8") for p in sources if p.suffix in (".py", ".html", ".json")]
    assert texts
    assert not any(re.search(r"\btoy(s|_registry)?\b", text, re.IGNORECASE) for text in texts)
    assert any("experience" in text for text in texts)  # the control: a declared type is found this way


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_the_toy_speaks_other_languages(language: str) -> None:
    sections = show.sections(TOY, FULL, REGISTRY, language=language, render=prose.render)
    colour = next(s for section in sections for s in section.fields if s.id == "colour")
    assert colour.value.label == {"en": "Red", "fr": "Rouge"}.get(language, "Red")
    assert forms.bind(TOY, TERMS, values=FULL, language=language)["title"].data == FULL["title"]

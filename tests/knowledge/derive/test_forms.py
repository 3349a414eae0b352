"""The form keeps what was typed, however odd; rows move without script; problems stand at their controls."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict
from wtforms import Form

from knowledge.content import checks
from knowledge.content.checks import Problem
from knowledge.content.site import registry
from knowledge.derive import forms
from tests.knowledge.derive.answers import Browser, page_of, records
from tests.toy import FULL, TOY, toy_vocabularies

TERMS = toy_vocabularies()
SITE = registry()


def posted_by(values: dict[str, Any]) -> MultiDict[str, str]:
    """What a browser sends from the form of these values."""
    return Browser(page_of(forms.bind(TOY, TERMS, values=values), TOY.fields)).post()


def saved(posted: MultiDict[str, str]) -> dict[str, Any]:
    """The values such a post is saved as."""
    return checks.shape(TOY, forms.read(TOY, forms.bind(TOY, TERMS, posted=posted)), TERMS)[0]


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(records(TOY.fields, TERMS))
def test_any_record_comes_back_from_its_form_unchanged(values: dict[str, Any]) -> None:
    assert checks.shape(TOY, values, TERMS) == (values, [])
    assert checks.shape(TOY, forms.read(TOY, forms.bind(TOY, TERMS, values=values)), TERMS) == (values, [])
    assert saved(posted_by(values)) == values


@settings(max_examples=4, suppress_health_check=list(HealthCheck))
@given(st.data())
@pytest.mark.parametrize("kind", [t.id for t in SITE])
def test_the_site_s_own_types_come_back_from_their_forms(kind: str, data: st.DataObject) -> None:
    record_type = SITE[kind]
    values = data.draw(records(record_type.fields, SITE.vocabularies))
    stored, problems = checks.shape(record_type, values, SITE.vocabularies)
    assert not problems
    page = page_of(forms.bind(record_type, SITE.vocabularies, values=stored), record_type.fields)
    again = forms.bind(record_type, SITE.vocabularies, posted=Browser(page).post())
    assert checks.shape(record_type, forms.read(record_type, again), SITE.vocabularies) == (stored, [])


def test_an_emptied_form_saves_nothing() -> None:
    assert saved(MultiDict({"action": "save"})) == {}
    assert saved(posted_by({})) == {}


def test_what_is_malformed_is_shown_again_as_it_was_typed() -> None:
    typed = {"price": "many", "start": "some time in spring", "page": "toys", "colour": "green", "end-ongoing": "y"}
    posted = MultiDict({**typed, "end": "2013", "steps-0-cost": "1.5", "fruit-0": "durian", "sold_in": "XXX"})
    form = forms.bind(TOY, TERMS, posted=posted)
    page = page_of(form, TOY.fields)
    again = Browser(page).post()
    for name, value in posted.items():
        assert again.get(name) == value, name
    _, problems = checks.shape(TOY, forms.read(TOY, form), TERMS)
    wrong = {p.anchor for p in problems}
    assert {"price", "start", "end", "page", "colour", "steps-0-cost", "fruit", "sold_in"} <= wrong


def test_a_retired_choice_is_still_shown_and_kept() -> None:
    values = FULL | {"colour": "mauve"}
    form = forms.bind(TOY, TERMS, values=values)
    assert form["colour"].unlisted == ("mauve",)
    assert posted_by(values)["colour"] == "mauve"
    assert "mauve" not in [c.value for c in forms.bind(TOY, TERMS, values=FULL)["colour"].choices]  # the control


def test_rows_are_added_removed_and_moved_without_script_and_without_loss() -> None:
    posted = posted_by(FULL)
    posted["price"] = "typed and not saved"
    names = lambda given: [r["name"] for r in forms.read(TOY, forms.bind(TOY, TERMS, posted=given))["steps"]]  # noqa: E731
    assert names(forms.act(TOY, posted, "add:steps")) == ["Saw the body", "Paint it", ""]
    assert names(forms.act(TOY, posted, "remove:steps:0")) == ["Paint it"]
    assert names(forms.act(TOY, posted, "up:steps:1")) == ["Paint it", "Saw the body"]
    assert names(forms.act(TOY, posted, "down:steps:0")) == ["Paint it", "Saw the body"]
    moved = forms.act(TOY, posted, "down:steps:0")
    assert saved(moved)["steps"] == FULL["steps"][::-1]
    assert moved["price"] == "typed and not saved"
    assert forms.act(TOY, posted, "add:rules").getlist("rules-2") == [""]
    posted["price"] = str(FULL["price"])
    assert saved(posted) == FULL  # what was posted is itself unchanged


@pytest.mark.parametrize(
    "action",
    (
        "|add|add:|add:nothing|add:title|remove:steps|remove:steps:9|remove:steps:-1|up:steps:0|down:steps:1|up:steps:²"
        f"|remove:steps:{'9' * 5000}|add:steps-0|__class__:steps:0|up:steps:1:2"
    ).split("|"),
)
def test_an_action_that_makes_no_sense_changes_nothing(action: str) -> None:
    posted = posted_by(FULL)
    assert saved(forms.act(TOY, posted, action)) == FULL
    assert forms.act(TOY, posted, action) is not posted


def test_a_flood_of_rows_is_cut_and_said_to_be_too_many() -> None:
    flood = MultiDict([(f"steps-{n}-name", f"row {n}") for n in range(5000)] + [("steps-²-name", "x")])
    flood["steps-99999999999999999999-name"] = flood["stepsX2-name"] = flood["steps_7-name"] = "far"
    flood["fruit-²"] = flood["rules-" + "9" * 5000] = flood["rules_3"] = "odd"
    form = forms.bind(TOY, TERMS, posted=flood)
    assert len(form["steps"].entries) == forms.MAX_ROWS
    assert len(form["rules"].entries) == 2  # the two empty ones that are always there
    _, problems = checks.shape(TOY, forms.read(TOY, form), TERMS)
    assert "steps" in {p.anchor for p in problems}


def test_rows_with_gaps_are_counted_anew_so_that_problems_find_them() -> None:
    posted = MultiDict({"steps-3-name": "a", "steps-17-cost": "many", "title": "A toy", "language": "en"})
    form = forms.bind(TOY, TERMS, posted=posted)
    _, problems = checks.shape(TOY, forms.read(TOY, form), TERMS)
    assert [p.anchor for p in problems] == ["steps-1-cost"]
    assert forms.attach(form, problems) == []
    assert form["steps"].entries[1].form["cost"].problems == ("Please write a whole number.",)


def test_every_problem_is_put_at_the_control_its_anchor_names() -> None:
    broken = {"steps": [{"name": "x" * 99, "cost": "many"}], "rules": ["x" * 99], "contact": {"show": "?", "name": "A"}}
    form = forms.bind(TOY, TERMS, values=FULL)
    problems = checks.shape(TOY, FULL | broken | {"sharp": 3, "price": "x"}, TERMS)[1]
    assert forms.attach(form, [*problems, Problem(("gone",), "No place for this.")])[0].anchor == "gone"
    page = page_of(form, TOY.fields)
    ids = set(Browser(page).ids)
    assert {p.anchor for p in problems} <= ids
    for problem in problems:
        assert f'id="{problem.anchor}-error"' in page, problem.anchor
    clean = page_of(forms.bind(TOY, TERMS, values=FULL), TOY.fields)
    assert 'class="error"' not in clean  # the control


def test_the_page_has_no_id_twice_and_every_control_has_a_label() -> None:
    form = forms.bind(TOY, TERMS, values=FULL)
    forms.attach(form, checks.missing(TOY, {"steps": [{}, {}]}, TERMS))
    browser = Browser(page_of(form, TOY.fields))
    assert len(browser.ids) == len(set(browser.ids))
    assert browser.labelled <= set(browser.ids)
    assert browser.described <= set(browser.ids)
    assert "add:steps" in browser.buttons
    assert "remove:rules:1" in browser.buttons


@pytest.mark.case("X1")
def test_what_was_typed_is_never_markup_in_the_form() -> None:
    hostile = '"><script>alert(1)</script>{{7*7}}</textarea>'
    values = checks.shape(
        TOY,
        FULL | {"title": hostile, "summary": hostile, "rules": [hostile], "steps": [{"name": "a", "note": hostile}]},
        TERMS,
    )[0]
    form = forms.bind(TOY, TERMS, values=values)
    forms.attach(form, [Problem(("title",), "“{value}”", {"value": hostile})])
    page = page_of(form, TOY.fields)
    assert "<script" not in page
    assert "{{7*7}}" in page
    assert page.count("&lt;script") >= 4
    assert saved(Browser(page).post())["rules"] == [hostile]


def test_a_field_may_be_called_as_wtforms_calls_its_own_things() -> None:
    form = forms.bind(TOY, TERMS, values=FULL)
    assert form["data"].data == "Data"
    assert isinstance(form, Form)
    assert form.data["process"] == "Process"


def test_countries_stand_under_their_region_in_the_reader_s_language() -> None:
    form = forms.bind(TOY, TERMS, values=FULL, language="fr")
    groups = [(name, [c.label for c in choices]) for name, choices in form["home"].groups]
    assert groups[-1][0] == "" and groups[-1][1][-1] == "Monde", "what lies in no region comes last"
    assert ("Afrique subsaharienne", ["Afrique du Sud", "Kenya"]) in groups


def test_wtforms_warns_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        posted = posted_by(FULL)
        forms.bind(TOY, TERMS, posted=posted)
    assert re.fullmatch(r"[\w-]+", "".join(posted)) is not None  # only our own names

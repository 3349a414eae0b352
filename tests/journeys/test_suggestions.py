"""Suggestions while typing: names and titles, public ones only, in the reader's language."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Stage


@pytest.fixture
def told(stage: Stage) -> Stage:
    author = stage.actor("author")
    stage.record(author, "published", title="Framework agreements for clinics", countries=["SWZ"], topics=["green"])
    stage.record(author, "in_review", title="Framework agreements nobody may see", countries=["KEN"])
    return stage


def suggested(stage: Stage, typed: str, language: str = "en", who: str = "") -> list[dict[str, Any]]:
    answer = stage.client(who).get(
        "/practices/suggest", query_string={"q": typed}, headers={"Accept-Language": language}
    )
    assert answer.status_code == 200
    return list((answer.json or {})["suggestions"])


def test_titles_countries_and_topics_are_suggested_with_their_address(told: Stage) -> None:
    found = suggested(told, "clinics fram")
    assert [s["text"] for s in found] == ["Framework agreements for clinics"]
    assert told.client().get(found[0]["url"]).status_code == 200
    found = suggested(told, "esw")
    assert found == [{"text": "Eswatini", "kind": "Country", "count": 1, "url": "/practices?country=SWZ"}]
    assert [s["url"] for s in suggested(told, "sub-sah")] == ["/practices?country=SSF"], "a region too"
    assert suggested(told, "marchés publics é")[0]["url"] == "/practices?topic=green", "in any language"


@pytest.mark.parametrize("who", ["", "author", "coach"])
def test_nothing_that_is_not_public_is_suggested_or_counted(told: Stage, who: str) -> None:
    assert [s["text"] for s in suggested(told, "fram", who=who)] == ["Framework agreements for clinics"]
    assert suggested(told, "nobody", who=who) == suggested(told, "keny", who=who) == []


@pytest.mark.parametrize(
    "typed", ["", " ", "f", "*", '"', "-", "title:", "\x00\x00", "a" * 5000, "OR OR OR", "é" * 300]
)
def test_odd_beginnings_suggest_nothing_and_never_fail(told: Stage, typed: str) -> None:
    assert suggested(told, typed) == []


def test_without_an_index_the_box_goes_on_without(told: Stage) -> None:
    told.site.engine.lose()  # type: ignore[attr-defined]
    assert suggested(told, "framework") == []

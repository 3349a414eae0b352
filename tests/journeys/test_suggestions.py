"""Suggestions while typing: names and titles, public ones only, in the reader's language."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import func, select

from knowledge.services import searches
from knowledge.storage.models.base import now
from knowledge.storage.models.site import SearchAsked
from knowledge.storage.session import StorageUnavailable
from search.query import Results
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


@pytest.mark.case("L3")
@pytest.mark.parametrize("who", ["", "author", "coach"])
def test_nothing_that_is_not_public_is_suggested_or_counted(told: Stage, who: str) -> None:
    found = [s["text"] for s in suggested(told, "fram", who=who)]
    assert found == ["Framework agreements for clinics"], "the control: what is public is, and nothing else"
    assert suggested(told, "nobody", who=who) == suggested(told, "keny", who=who) == []


@pytest.mark.parametrize(
    "typed", ["", " ", "f", "*", '"', "-", "title:", "\x00\x00", "a" * 5000, "OR OR OR", "é" * 300]
)
def test_odd_beginnings_suggest_nothing_and_never_fail(told: Stage, typed: str) -> None:
    assert suggested(told, typed) == []


def test_without_an_index_the_box_goes_on_without(told: Stage) -> None:
    told.site.engine.lose()  # type: ignore[attr-defined]
    assert suggested(told, "framework") == []


def searched(stage: Stage, text: str, days: int = searches.COMMON, until: int = 0, **asked: str) -> None:
    """Somebody asks on so many days, the last of them so many days ago; the sweep keeps it."""
    for ago in range(until + days - 1, until - 1, -1):
        with freeze(now() - timedelta(days=ago)):
            for _ in range(4):
                assert stage.client().get("/practices", query_string={"q": text, **asked}).status_code == 200
                stage.site.heard.keep(stage.site.db)


def freeze(moment: datetime) -> AbstractContextManager[object]:
    return patch.object(searches, "now", lambda: moment)


def test_a_search_of_several_days_is_suggested_with_what_it_finds(told: Stage) -> None:
    searched(told, "Clinics agreements", days=searches.COMMON - 1, until=1)
    assert "Clinics agreements" not in [s["text"] for s in suggested(told, "clin")], "two days are not common"
    searched(told, "Clinics  agreements", days=1)
    assert {"text": "Clinics agreements", "kind": "Search", "count": 1, "url": "/practices?q=Clinics+agreements"} in (
        suggested(told, "clin")
    )
    assert suggested(told, "agreements clinics") and "Search" not in str(suggested(told, "clinics agreements"))


@pytest.mark.case("L3")
def test_L3_a_search_with_words_that_nothing_public_has_is_never_suggested(told: Stage) -> None:
    for text in (
        *("nobody", "agreements nobody may see", "clinics nonsense", "klinics", '"clinics"', "clinics -x"),
        *("clinics OR nobody", "clinics NOT nobody", "framework AND clinics OR nobody", "clinics || nobody"),
    ):
        searched(told, text)
    assert [s["text"] for s in suggested(told, "nobody") + suggested(told, "klin")] == []
    assert [s["text"] for s in suggested(told, "clin")] == ["Framework agreements for clinics"]


def test_what_was_withdrawn_is_no_common_search_any_more(told: Stage) -> None:
    other = told.record(told.actor("author"), "published", title="Bicycles for messengers")
    searched(told, "bicycles")
    assert "bicycles" in [s["text"] for s in suggested(told, "bicy")]
    told.step(told.actor("manager"), other, "withdraw")
    assert suggested(told, "bicy") == []


def test_searches_are_forgotten_after_half_a_year_and_without_who_asked(told: Stage) -> None:
    searched(told, "clinics")
    with freeze(now() + searches.FORGOTTEN + timedelta(days=1)):
        told.site.heard.note("framework", Results(1, (), 1, 20, complete=1))
        told.site.heard.keep(told.site.db)
    with told.site.db.reading() as session:
        rows = session.scalars(select(SearchAsked)).all()
    assert [(row.words, row.text, row.days) for row in rows] == [("framework", "framework", 1)]
    assert set(SearchAsked.__table__.columns.keys()) == {"words", "text", "days", "last"}


@pytest.mark.case("Q8")
def test_a_flood_of_searches_is_bounded_and_a_database_away_loses_none(told: Stage) -> None:
    for number in range(searches.MOST + 50):
        told.site.heard.note(f"word {number}", Results(1, (), 1, 20, complete=1))
    with patch.object(told.site.db, "transaction", side_effect=StorageUnavailable), pytest.raises(StorageUnavailable):
        told.site.heard.keep(told.site.db)
    told.site.heard.keep(told.site.db)
    with told.site.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(SearchAsked)) == searches.MOST

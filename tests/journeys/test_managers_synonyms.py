"""A manager adds a synonym: it works at once, in every process, and can be taken away again."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask.testing import FlaskClient

from knowledge.services import indexing
from tests.conftest import Stage, make_stage, post

PAGE = "/manage/synonyms"


@pytest.fixture
def told(stage: Stage) -> Stage:
    stage.record(stage.actor("author"), "published", title="Haulage of vaccines to the islands")
    return stage


def add(browser: FlaskClient, terms: str) -> int:
    return int(post(browser, PAGE, PAGE, action="add", terms=terms).status_code)


def test_a_synonym_works_at_once_and_the_page_says_so(told: Stage) -> None:
    manager, reader = told.client("manager"), told.client()
    assert "Nothing fits" in reader.get("/practices?q=camionnage&words=all").text
    assert add(manager, "haulage, camionnage; transport routier") == 303
    page = reader.get("/practices?q=camionnage&words=all").text
    assert "For “camionnage” also: haulage, transport routier." in page and "of vaccines" in page
    assert "of vaccines" in reader.get("/practices?q=transport+routier&words=all").text
    shown = manager.get(PAGE).text
    assert "haulage, camionnage, transport routier" in shown
    assert post(manager, PAGE, PAGE, action="remove", id="1").status_code == 303
    assert "Nothing fits" in reader.get("/practices?q=camionnage&words=all").text
    assert "Nothing yet." in manager.get(PAGE).text


def test_another_process_hears_of_it_with_its_next_search(told: Stage, tmp_path: Path) -> None:
    other = make_stage(tmp_path / "other", told.site.settings.database)
    indexing.rebuild(other.site.db, other.site.engine)
    assert "Nothing fits" in other.client().get("/practices?q=camionnage&words=all").text
    add(told.client("manager"), "haulage, camionnage")
    assert "of vaccines" in other.client().get("/practices?q=camionnage&words=all").text
    other.site.db.close()


@pytest.mark.parametrize(
    "terms", ["", " , ,", "haulage", "haulage, Haulage", "!!, ??", "a," + "b" * 81, ",".join("abcdefghijklm")]
)
def test_what_is_no_group_is_refused_with_a_sentence_and_nothing_is_lost(told: Stage, terms: str) -> None:
    answer = post(told.client("manager"), PAGE, PAGE, action="add", terms=terms)
    assert answer.status_code == 422
    assert "Please give at" in answer.text and "Nothing yet." in answer.text


def test_only_a_manager_adds_or_removes(told: Stage) -> None:
    for who in ("author", "coach"):
        browser = told.client(who)
        assert browser.get(PAGE).status_code == 403
        assert post(browser, PAGE, "/account", action="add", terms="haulage, camionnage").status_code == 403
    assert post(told.client("manager"), PAGE, PAGE, action="remove", id="99").status_code == 404
    assert "Nothing fits" in told.client().get("/practices?q=camionnage&words=all").text

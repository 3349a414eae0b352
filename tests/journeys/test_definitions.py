"""What a term means is said in the language of whoever reads, wherever it is said."""

from __future__ import annotations

from html import unescape

import pytest

from knowledge.content.vocabularies import LANGUAGES, shipped
from knowledge.services import vocabulary
from tests.conftest import Stage

OTHERS = [language for language in LANGUAGES if language != "en"]


def read(stage: Stage, address: str, language: str, who: str = "") -> str:
    answer = stage.client(who).get(address, headers={"Accept-Language": language}, follow_redirects=True)
    assert answer.status_code == 200
    return unescape(answer.text)


def said(page: str, vocabulary: str, language: str) -> list[str]:
    """The terms whose definition in this language is on the page."""
    return [t.id for t in shipped()[vocabulary] if t.definition(language) in page]


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("vocabulary", ["evidence", "stages", "levels"])
def test_the_page_about_the_site_defines_in_the_readers_language_only(
    stage: Stage, vocabulary: str, language: str
) -> None:
    page, whole = read(stage, "/about", language), [t.id for t in shipped()[vocabulary]]
    assert said(page, vocabulary, language) == whole and said(page, vocabulary, "en") == []
    assert said(read(stage, "/about", "en"), vocabulary, "en") == whole, "the control"


def test_the_form_and_the_record_define_in_the_readers_language(stage: Stage) -> None:
    form = read(stage, "/work/new/experience", "fr", "author")
    assert len(said(form, "evidence", "fr")) == 5 and said(form, "evidence", "en") == []
    record_id = stage.record(stage.actor("author"), "published", evidence="account", stage="pilot")
    page, meant = read(stage, f"/practices/{record_id}", "ar"), shipped()["evidence"]["account"].definition("ar")
    assert f'<span class="small soft" dir="auto">{meant}</span>' in page
    assert said(page, "evidence", "ar") == ["account"] and said(page, "stages", "ar") == ["pilot"]
    assert said(page, "evidence", "en") == said(page, "stages", "en") == []


def test_a_renamed_term_keeps_its_definition_and_a_new_one_has_none(stage: Stage) -> None:
    manager = stage.manager()
    stage.site.act(vocabulary.change_term, manager, "evidence", "account", {"en": "A story", "fr": "Un récit"}, False)
    stage.site.act(vocabulary.add_term, manager, "evidence", "hearsay", {"en": "Hearsay"})
    for page in (read(stage, "/about", "fr"), read(stage, "/manage/vocabularies/evidence", "fr", "manager")):
        assert "Un récit" in page and "Hearsay" in page and "bound method" not in page
        assert len(said(page, "evidence", "fr")) == 5 and said(page, "evidence", "en") == []

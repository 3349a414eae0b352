"""The interface in five languages: who chooses which, for how long, and that pages run in its direction."""

from __future__ import annotations

import re

import pytest

from knowledge.content.vocabularies import LANGUAGES
from knowledge.mail import letters
from knowledge.services import notices
from knowledge.storage import find
from tests.conftest import Stage, token


def heard(page: str) -> tuple[str, str]:
    """The language of a page, and its direction."""
    found = re.search(r'<html lang="(\w+)" dir="(\w+)">', page)
    assert found is not None
    return found[1], found[2]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_browser_asks_for_a_language_and_gets_it(stage: Stage, language: str) -> None:
    answer = stage.client().get("/practices", headers={"Accept-Language": f"{language}, en;q=0.5"})
    assert heard(answer.text) == (language, "rtl" if language == "ar" else "ltr")
    assert letters.words_in(language).gettext("Find practices") in answer.text
    assert {"Accept-Language", "Cookie"} <= set(re.split(", ?", ", ".join(answer.headers.getlist("Vary"))))


def test_a_language_that_there_is_not_is_english(stage: Stage) -> None:
    assert heard(stage.client().get("/", headers={"Accept-Language": "sw"}).text) == ("en", "ltr")


def test_who_chooses_reads_on_where_she_was_in_that_language(stage: Stage) -> None:
    browser = stage.client()
    page = browser.get("/practices?q=audit&country=KEN").text
    link = re.search(r'href="(/language/ar[^"]*)"', page)
    assert link is not None
    answer = browser.get(link[1].replace("&amp;", "&"))
    assert (answer.status_code, answer.location) == (303, "/practices?q=audit&country=KEN")
    asked = browser.get(answer.location, headers={"Accept-Language": "fr"})
    assert heard(asked.text) == ("ar", "rtl"), "what she chose goes before what her browser says"
    assert 'lang="ar" aria-current="true"' in asked.text
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_S2_a_choice_leads_to_no_other_site(stage: Stage, target: str) -> None:
    assert stage.client().get("/language/fr", query_string={"next": target}).location == "/"


@pytest.mark.parametrize("code", ["xx", "de", "EN", "fr-FR", "..", "<b>"])
def test_what_is_no_language_of_this_site_is_not_found(stage: Stage, code: str) -> None:
    answer = stage.client().get(f"/language/{code}")
    assert answer.status_code in (404, 308) and "Set-Cookie" not in answer.headers


def test_a_forged_choice_is_no_choice(stage: Stage) -> None:
    browser = stage.client()
    browser.set_cookie("praxis-language", '../../etc"><script>')
    assert heard(browser.get("/").text) == ("en", "ltr")


def test_after_a_post_that_was_wrong_the_choice_leads_to_a_page_that_there_is(stage: Stage) -> None:
    browser = stage.client()
    page = browser.post("/sign-in", data={"email": "x@example.org", "password": "no", "csrf_token": token(browser)})
    assert page.status_code == 401 and "/language/fr?next=/" in page.text


def test_whoever_registers_is_written_to_in_the_language_in_which_she_came(stage: Stage) -> None:
    browser = stage.client()
    browser.get("/language/fr")
    given = {"name": "Awa", "email": "awa@example.org", "password": "a long enough sentence"}
    assert browser.post("/register", data=given | {"csrf_token": token(browser)}).status_code == 303
    with stage.site.db.reading() as session:
        person = find.person_by_email(session, "awa@example.org")
        assert person is not None and notices.wishes_of(session, person.id).language == "fr"

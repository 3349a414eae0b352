"""A practitioner types an acronym, or a whole question, and finds what she means."""

from __future__ import annotations

import pytest

from tests.conftest import Stage


def test_an_acronym_finds_its_long_form_and_the_page_says_so(stage: Stage) -> None:
    stage.record(stage.actor("author"), "published", title="A request for quotations by phone")
    page = stage.client().get("/practices?q=RFQ").text
    assert "A <mark>request</mark> for <mark>quotations</mark> by phone" in page
    assert "For “RFQ” also: request for quotations" in page and "/practices?q=RFQ&amp;synonyms=off" in page
    alone = stage.client().get("/practices?q=RFQ&synonyms=off").text
    assert "by phone" not in alone and "Only what you typed is looked for." in alone
    told = stage.client().get("/practices.json?q=RFQ").json
    assert told["total"] == 1 and "request for quotations" in told["added"]["RFQ"]


def test_an_acronym_that_is_also_a_word_is_meant_in_capitals_only(stage: Stage) -> None:
    stage.record(stage.actor("author"), "published", title="A bid by phone, for an app")
    assert "Inter-American" not in stage.client().get("/practices?q=how+to+bid").text
    assert "For “BID” also: Inter-American" in stage.client().get("/practices?q=BID").text
    assert "For “bid” also: tender" in stage.client().get("/practices?q=what+is+a+bid%3F").text, "without the sign"
    assert stage.client().get("/practices.json?q=app").json["added"] == {}


def test_little_words_of_a_term_that_was_added_are_not_marked(stage: Stage) -> None:
    stage.record(stage.actor("author"), "published", title="Small and medium-sized enterprises")
    stage.record(stage.actor("author"), "published", title="Rough and ready", topics=["sme"])
    page = stage.client().get("/practices?q=SME").text
    assert "Rough and ready" in page and "<mark>enterprises</mark>" in page
    assert "Rough <mark>and</mark> ready" in stage.client().get("/practices?q=and").text, "the control"


def test_a_country_is_found_by_names_that_it_had(stage: Stage) -> None:
    stage.record(stage.actor("author"), "published", title="Roads that last", countries=["BEN"])
    for name in ("Dahomey", "roads dahomey"):
        assert stage.client().get("/practices.json", query_string={"q": name, "words": "all"}).json["total"] == 1


def test_a_term_in_another_language_finds_the_record(stage: Stage) -> None:
    stage.record(stage.actor("author"), "published", title="Three offers", topics=["framework-agreements"])
    assert "Three offers" in stage.client().get("/practices?q=accords-cadres").text
    page = stage.client().get("/practices?q=convenio+marco").text
    assert "Three offers" in stage.client().get("/practices", query_string={"q": "اتفاق إطاري"}).text
    assert (
        "Three offers" in page and "onvenio" not in page.split('<ol class="results"')[1].split("</ol>")[0]
    )  # no sentence of the record


def test_a_whole_question_does_not_come_back_empty(stage: Stage) -> None:
    stage.record(stage.actor("author"), "published", title="Phone quotations for clinics")
    page = stage.client().get("/practices?q=how+can+clinics+get+quotations+by+carrier+pigeon").text
    assert "No practice has all of these words. These have some of them." in page and "clinics" in page


def test_where_nothing_is_found_only_who_asked_for_all_the_words_is_told_that_all_must_occur(stage: Stage) -> None:
    stage.record(stage.actor("author"), "published", title="Phone quotations for clinics")
    browser = stage.client()
    page, strict = (browser.get(f"/practices?q=bxqwjv+kzptrr{more}").text for more in ("", "&words=all"))
    assert "Try other words" in page and "Every word must occur" not in page
    assert "Every word must occur" in strict
    assert "Phone" in browser.get("/practices?q=kzptrr+clinics").text, "the control: by itself it asks for some only"


def test_what_has_all_the_words_comes_first_and_a_link_leads_to_it_alone(stage: Stage) -> None:
    author = stage.actor("author")
    stage.record(author, "published", title="Quotations for zeppelins")
    stage.record(author, "published", title="Quotations quotations quotations")
    page = stage.client().get("/practices?q=zeppelins+quotations").text
    assert "1 practice has all of these words and comes first; the others have some of them." in page
    assert page.index("for <mark>zeppelins</mark>") < page.index("<mark>quotations</mark> <mark>quotations</mark>")
    assert "/practices?q=zeppelins+quotations&amp;words=all" in page
    strict = stage.client().get("/practices?q=zeppelins+quotations&words=all")
    assert "1 practice" in strict.text and "<mark>quotations</mark> <mark>" not in strict.text
    told = stage.client().get("/practices.json?q=zeppelins+quotations").json
    assert (told["total"], told["complete"], told["relaxed"]) == (2, 1, True)


def test_a_misspelt_word_finds_at_once_and_every_link_goes_on_with_the_right_one(stage: Stage) -> None:
    stage.record(stage.actor("author"), "published", title="Quotations for clinics")
    page = stage.client().get("/practices?q=quotatoins").text
    assert "Nothing has all of “quotatoins”. You see what was found for “quotations”." in page
    assert "/practices.csv?q=quotations" in page and "/practices?q=quotatoins&amp;words=all" in page
    strict = stage.client().get("/practices?q=quotatoins&words=all").text
    assert "Did you mean" in strict and "Nothing fits all of this" in strict
    assert "0" in strict and stage.client().get("/practices.json?q=quotatoins").json["corrected"] is True


def test_a_word_that_may_well_be_meant_is_asked_about_below_what_was_found(stage: Stage) -> None:
    stage.record(stage.actor("author"), "published", title="Who may qualify to bid")
    stage.record(stage.actor("author"), "published", title="The lowest offer of all", summary="gonewords " * 20)
    page = stage.client().get("/practices?q=gonewords+quality").text
    assert "These have some of them" in page and "The lowest offer" in page
    assert 'Did you mean <a href="/practices?q=gonewords+qualify" rel="nofollow">' in page


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("fr", "marchés publics durables"),
        ("fr", "achats durables"),
        ("es", "compras sostenibles"),
        ("pt", "contratação pública sustentável"),
        ("ar", "المشتريات العامة المستدامة"),
        ("ar", "مستدامة"),
        ("ar", "إسواتيني"),
        ("en", "sustainable procurement"),
        ("en", "sub-saharan africa"),
    ],
)
def test_a_record_is_found_by_the_group_of_its_topic_or_country_in_any_language(
    stage: Stage, language: str, text: str
) -> None:
    author = stage.actor("author")
    green = stage.record(author, "published", title="Lamps that last", topics=["green"], countries=["SWZ"])
    stage.record(author, "published", title="Lamps that are cheap", topics=["e-gp"], countries=["FRA"])
    asked = {"q": text, "words": "all"}
    found = stage.client().get("/practices.json", query_string=asked, headers={"Accept-Language": language}).json
    assert [item["id"] for item in found["items"]] == [green]

"""A practitioner types an acronym, or a whole question, and finds what she means."""

from __future__ import annotations

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


def test_a_term_in_another_language_finds_the_record(stage: Stage) -> None:
    stage.record(stage.actor("author"), "published", title="Three offers", topics=["framework-agreements"])
    assert "Three offers" in stage.client().get("/practices?q=accords-cadres").text
    page = stage.client().get("/practices?q=convenio+marco").text
    assert "Three offers" in page and "onvenio" not in page.split('<ol class="results"')[1]  # no sentence of the record


def test_a_whole_question_does_not_come_back_empty(stage: Stage) -> None:
    stage.record(stage.actor("author"), "published", title="Phone quotations for clinics")
    page = stage.client().get("/practices?q=how+can+clinics+get+quotations+by+carrier+pigeon").text
    assert "No practice has all of these words. These have most of them." in page and "clinics" in page

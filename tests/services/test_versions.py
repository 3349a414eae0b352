"""Versions: the permanent address of each that was public, comparing any two, going back to one."""

from __future__ import annotations

import re

import pytest

from knowledge.content.types import publicity
from knowledge.services import authoring, editorial, versions
from knowledge.services.actor import ANYONE
from knowledge.services.errors import Conflict, Forbidden, Gone, NotFound
from knowledge.storage import find
from tests.conftest import Stage, post


@pytest.fixture
def twice(stage: Stage) -> str:
    """A record of which versions 1 and 3 were published; 2 was only saved, and 4 is being written."""
    author = stage.actor("author")
    record = stage.record(author, "published", title="First words on phones", objective="Old aim, *marked*.")
    stage.step(author, record, "revise")
    stage.revise(author, record, title="Second words on phones")
    stage.revise(author, record, title="Third words on phones", objective="New aim, *marked*.")
    stage.step(author, record, "submit")
    stage.step(stage.actor("coach"), record, "publish")
    stage.step(author, record, "revise")
    stage.revise(author, record, title="Fourth words, not public")
    return record


def latest(stage: Stage, record: str) -> tuple[int, str]:
    with stage.site.db.reading() as session:
        found = find.record(session, record)
        assert found is not None
        return found.latest.number, found.latest.title


@pytest.mark.case("L10")
def test_L10_L18_only_versions_that_were_public_have_an_address(stage: Stage, twice: str) -> None:
    browser = stage.client()
    first, third = (browser.get(f"/practices/{twice}/v/{n}") for n in (1, 3))
    assert "First words on phones" in first.text and "Third words on phones" in third.text
    for number in (0, 2, 4, 5):
        answer = browser.get(f"/practices/{twice}/v/{number}")
        assert answer.status_code == 404 and "words" not in answer.text, number
    assert "Fourth" not in first.text + third.text
    # the control: at the desk all four are there
    desk = stage.client("author")
    assert all(desk.get(f"/work/{twice}/versions/{n}").status_code == 200 for n in (1, 2, 3, 4))


def test_an_old_version_says_so_and_is_for_no_search_engine(stage: Stage, twice: str) -> None:
    browser = stage.client()
    old, new = browser.get(f"/practices/{twice}/v/1").text, browser.get(f"/practices/{twice}/v/3").text
    canonical = f'rel="canonical" href="http://localhost/practices/{twice}/third-words-on-phones"'
    assert canonical in old and canonical in new
    assert "There is a newer version" in old and "noindex" in old
    assert "There is a newer version" not in new and "noindex" not in new


def test_it_is_cited_under_the_names_approved_with_it(stage: Stage, twice: str) -> None:
    author = stage.actor("author")
    stage.site.act(authoring.add_author, author, twice, "Dr Later", "")
    browser = stage.client()
    page = browser.get(f"/practices/{twice}", follow_redirects=True).text
    cited = re.search(r'<blockquote class="cite"[^>]*>([^<]*)', page)
    assert cited
    year = re.search(r"\((\d{4})\)", cited[1])
    assert year
    assert cited[1] == (
        f"Author ({year[1]}). Third words on phones. Praxis, Experience, version 3. http://localhost/practices/{twice}/v/3"
    )
    assert browser.get(f"/practices/{twice}.json").json["cite"] == f"http://localhost/practices/{twice}/v/3"
    # published with her, she is on the new version, and the old ones stay as they were approved
    stage.step(author, twice, "submit")
    stage.step(stage.actor("coach"), twice, "publish")
    assert "Author, Dr Later (" in browser.get(f"/practices/{twice}/v/4").text
    assert "Dr Later" not in browser.get(f"/practices/{twice}/v/3").text


def test_L16_after_a_withdrawal_every_version_is_a_tombstone_and_stays_one(stage: Stage, twice: str) -> None:
    coach, browser = stage.actor("coach"), stage.client()
    assert browser.get(f"/practices/{twice}/v/compare?from=1&to=3").status_code == 200
    said = {"words": "A source was threatened.", "public_words": "At the wish of a source."}
    stage.site.act(editorial.advance, coach, twice, "withdraw", **said)
    addresses = [f"/practices/{twice}{rest}" for rest in ("", ".json", "/v/1", "/v/3", "/v/compare?from=1&to=3")]
    for address in addresses:
        answer = browser.get(address)
        assert answer.status_code == 410, address
        assert "threatened" not in answer.text and "words on phones" not in answer.text, address
    assert "At the wish of a source." in browser.get(addresses[0]).text
    # restored and published again, only what is published anew can be read
    stage.step(stage.actor("manager"), twice, "restore")
    assert [browser.get(a).status_code for a in addresses] == [410] * 5
    stage.step(stage.actor("author"), twice, "submit")
    stage.step(coach, twice, "publish")
    assert browser.get(f"/practices/{twice}/v/4").status_code == 200
    assert [browser.get(f"/practices/{twice}/v/{n}").status_code for n in (1, 3)] == [410, 410]
    with pytest.raises(Gone):
        stage.site.ask(versions.pair, ANYONE, twice, 1, 4)


def test_a_withdrawal_may_give_everybody_no_reason_at_all(stage: Stage) -> None:
    record = stage.record(stage.actor("author"), "published")
    stage.site.act(editorial.advance, stage.actor("coach"), record, "withdraw", words="Ask the police.")
    page = stage.client().get(f"/practices/{record}").text
    assert "Withdrawn" in page and "police" not in page and "Reason" not in page
    assert "Ask the police." in stage.client("author").get(f"/work/{record}").text  # the control


@pytest.mark.case("L10")
def test_L10_readers_compare_what_was_public_and_nothing_else(stage: Stage, twice: str) -> None:
    browser = stage.client()
    page = browser.get(f"/practices/{twice}/v/compare?from=3&to=1").text
    assert "<del>Old</del><ins>New</ins> aim, marked." in page and "noindex" in page
    for asked in ("from=1&to=2", "from=2&to=3", "from=3&to=4", "from=1", "to=3", "from=x&to=y"):
        assert browser.get(f"/practices/{twice}/v/compare?{asked}").status_code == 404, asked
    # the control: who works on it compares any two
    assert "Fourth" in stage.client("author").get(f"/work/{twice}/compare?from=2&to=4").text


@pytest.mark.case("L10")
def test_L10_what_readers_compare_holds_nothing_private(stage: Stage) -> None:
    author, coach = stage.actor("author"), stage.actor("coach")
    hidden = {"contact": {"name": "Quibblewick", "reach": "q@example.org", "show": "nobody"}, "coach_note": "Zarfle."}
    record = stage.record(author, "published")
    stage.step(author, record, "revise")
    stage.revise(author, record, objective="Deliver within a week.", **hidden)
    stage.step(author, record, "submit")
    stage.step(coach, record, "publish")
    page = stage.client().get(f"/practices/{record}/v/compare?from=1&to=2").text
    assert "Deliver within" in page and "Quibblewick" not in page and "Zarfle" not in page
    desk = stage.client("author").get(f"/work/{record}/compare?from=1&to=2").text
    assert "Quibblewick" in desk and "Zarfle" in desk  # the control


def test_going_back_makes_a_new_revision_and_loses_nothing(stage: Stage, twice: str) -> None:
    author = stage.client("author")
    page = author.get(f"/work/{twice}/versions/2").text
    assert "Go back to this version" in page
    assert post(author, f"/work/{twice}/versions/2", f"/work/{twice}/versions/2", base="4").status_code == 303
    assert latest(stage, twice) == (5, "Second words on phones")
    assert stage.client().get(f"/practices/{twice}", follow_redirects=True).text.count("Third words on phones")
    with stage.site.db.reading() as session:
        assert [r.number for r in find.revisions(session, twice)] == [5, 4, 3, 2, 1]
    # twice does it once, and what was not seen is not overwritten
    assert not stage.site.act(versions.go_back, stage.actor("author"), twice, 2, 4).changed
    with pytest.raises(Conflict):
        stage.site.act(versions.go_back, stage.actor("author"), twice, 1, 4)


@pytest.mark.case("A2")
def test_A2_nobody_goes_back_who_may_not_write(stage: Stage, twice: str) -> None:
    for who, error in (("coach", Forbidden), ("stranger", NotFound), ("reader", NotFound)):
        with pytest.raises(error):
            stage.site.act(versions.go_back, stage.actor(who), twice, 1, 4)
    other = stage.record(stage.actor("author"))
    with pytest.raises(NotFound):
        stage.site.act(versions.go_back, stage.actor("author"), other, 4, 1)
    stage.step(stage.actor("author"), twice, "submit")
    with pytest.raises(Forbidden):
        stage.site.act(versions.go_back, stage.actor("author"), twice, 1, 4)
    assert "Go back" not in stage.client("author").get(f"/work/{twice}/versions/1").text
    assert latest(stage, twice) == (4, "Fourth words, not public")


def test_who_is_credited_without_an_account_is_shown_and_cited(stage: Stage) -> None:
    author = stage.actor("author")
    record = stage.record(author)
    stage.site.act(authoring.add_author, author, record, "Dr Credit", "")
    stage.step(author, record, "submit")
    stage.step(stage.actor("coach"), record, "publish")
    page = stage.client().get(f"/practices/{record}", follow_redirects=True).text
    assert "by Author, Dr Credit" in page and "Author, Dr Credit (" in page
    stage.site.keeper.after_commit()
    assert stage.client().get("/practices.json?q=%22Dr+Credit%22").json["total"] == 1


def test_publication_is_asked_about_in_every_type_and_said_by_each_version() -> None:
    from knowledge.content.site import TYPES

    for record_type in TYPES:
        assert {f.id for f in publicity.FIELDS} <= {f.id for f in record_type.fields}
    assert {f.id for f in publicity.FIELDS if f.public} == {"valid_until"}

"""A link for one reader without an account: what it opens, for how long, and what can be said by it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from knowledge.services import accounts, authoring, discussion, programmes, sharing
from knowledge.services.errors import Forbidden, Invalid, NotFound
from knowledge.storage import find
from knowledge.storage.models.base import now
from knowledge.storage.models.discussion import ShareLink
from knowledge.storage.models.mail import Mail
from tests.conftest import Stage, post
from tests.security.test_files import PICTURE, with_files


@pytest.fixture
def record(stage: Stage) -> str:
    hidden = {"coach_note": "Zarfle.", "contact": {"name": "Quibblewick", "reach": "q@x.org", "show": "members"}}
    return stage.record(stage.actor("author"), title="A text not public yet", **hidden)


def link(stage: Stage, record: str, who: str = "author", **more: Any) -> str:
    return stage.site.act(sharing.make, stage.actor(who), record, **{"name": "Ann Other", **more})[1]


def test_it_opens_the_latest_text_read_only_without_an_account(stage: Stage, record: str) -> None:
    token, guest = link(stage, record), stage.client()
    page = guest.get(f"/shared/{token}")
    assert page.status_code == 200 and "A text not public yet" in page.text and "For Ann Other" in page.text
    stage.revise(stage.actor("author"), record, title="A newer text")
    page = guest.get(f"/shared/{token}")
    assert "A newer text" in page.text
    assert "Zarfle" not in page.text and "Quibblewick" not in page.text and "/work/" not in page.text
    # nothing else opens, and no cookie is left
    assert "Set-Cookie" not in page.headers
    for path, status in ((f"/work/{record}", 303), (f"/practices/{record}", 404), (f"/work/{record}/readers", 303)):
        assert guest.get(path).status_code == status


@pytest.mark.case("A2")
def test_A2_the_page_is_for_no_cache_no_search_engine_and_no_other_site(stage: Stage, record: str) -> None:
    guest = stage.client()
    for token in (link(stage, record), "forged"):
        headers = guest.get(f"/shared/{token}").headers
        assert headers["Cache-Control"] == "private, no-store" and headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in headers["X-Robots-Tag"] and "ETag" not in headers
    assert "Disallow: /shared" in guest.get("/robots.txt").text
    assert guest.get("/about").headers["Referrer-Policy"] == "same-origin"  # the control


def test_the_database_holds_no_token(stage: Stage, record: str) -> None:
    token = link(stage, record)
    with stage.site.db.reading() as session:
        row = session.scalars(select(ShareLink)).one()
        kept = str(session.execute(text("SELECT * FROM share_link")).all())
    assert token not in kept and row.token_hash in kept
    assert stage.client().get(f"/shared/{row.token_hash}").status_code == 404


def test_a_comment_carries_the_name_of_the_link_and_reaches_those_who_work_on_it(stage: Stage, record: str) -> None:
    token, guest = link(stage, record, "coach"), stage.client()
    said = {"field": "summary", "text": "Which law is <b>this</b>?", "quote": "The board", "key": "k1"}
    for _ in range(2):  # pressed twice
        assert guest.post(f"/shared/{token}", data=said).status_code == 303
    page = guest.get(f"/shared/{token}").text
    assert page.count("Which law is &lt;b&gt;this&lt;/b&gt;?") == 1
    desk = stage.client("author").get(f"/work/{record}").text
    assert "Ann Other (reader from outside)" in desk and "Which law is" in desk
    with stage.site.db.reading() as session:
        told = session.scalars(select(Mail.person_id).where(Mail.event == "commented")).all()
    assert set(told) == {stage.actor("author").person_id, stage.actor("coach").person_id}
    # an answer is there for her, and nothing else that is said about the record
    thread = stage.site.ask(discussion.of, stage.actor("author"), record).points[0].thread
    stage.site.act(discussion.reply, stage.actor("author"), record, thread.id, "The law of 2015.")
    stage.site.act(discussion.begin, stage.actor("coach"), record, about="", text="Between us.")
    stage.site.act(discussion.begin, stage.actor("coach"), record, about="", text="For coaches.", private=True)
    page = guest.get(f"/shared/{token}").text
    assert "The law of 2015." in page and "Between us." not in page and "For coaches." not in page
    other = stage.client().get(f"/shared/{link(stage, record)}").text
    assert "Which law is" not in other


def test_the_mail_about_it_names_her(stage: Stage, record: str) -> None:
    from knowledge.mail.letters import Writer
    from knowledge.storage import mailbox

    stage.site.act(sharing.comment, link(stage, record), about="", text="I wonder.")
    with stage.site.db.reading() as session:
        mails = mailbox.due(session, now() + timedelta(days=2), 10)
        letter = Writer("http://localhost", "k" * 40).letter(session, mails)
    assert letter.paragraphs[0].text == "Ann Other wrote about “A text not public yet”:"
    assert letter.paragraphs[0].words == "I wonder."


def test_bad_input_is_answered_on_the_page_with_what_was_typed(stage: Stage, record: str) -> None:
    token, guest = link(stage, record), stage.client()
    answer = guest.post(f"/shared/{token}", data={"text": " ", "quote": "The very words", "field": "summary"})
    assert answer.status_code == 422 and "Please write what you want to say." in answer.text
    assert "The very words" in answer.text
    assert guest.post(f"/shared/{token}", data={"text": "x" * 5001}).status_code == 422
    for field in ("nothing", "coach_note", "sensitivity"):
        assert guest.post(f"/shared/{token}", data={"text": "x", "field": field}).status_code == 404
    author = stage.client("author")
    wrong = post(author, f"/work/{record}/readers", f"/work/{record}/readers", name="", email="x", days="1000")
    assert wrong.status_code == 422 and 'value="1000"' in wrong.text and "from 1 to 90" in wrong.text
    for given in ({"name": "n" * 121}, {"days": "0"}, {"days": "-1"}, {"email": "nobody"}):
        with pytest.raises(Invalid):
            link(stage, record, **given)


@pytest.mark.case("Q8")
def test_Q8_a_flood_is_stopped_and_says_so(stage: Stage, record: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "MOST", 2)
    token = link(stage, record)
    for n in range(2):
        stage.site.act(sharing.comment, token, about="", text=f"Comment {n}")
    with pytest.raises(Invalid, match="a lot of comments"):
        stage.site.act(sharing.comment, token, about="", text="One more")
    stage.site.act(sharing.comment, link(stage, record), about="", text="By another link")  # the control
    guest = stage.client()
    statuses = [guest.get("/shared/guessed").status_code for _ in range(62)]
    assert statuses[0] == 404 and statuses[-1] == 429
    monkeypatch.setattr(sharing, "MOST_LINKS", 2)
    with pytest.raises(Invalid, match="2 open links"):
        link(stage, record)


def _take_back(stage: Stage, record: str) -> None:
    found = stage.site.ask(sharing.of, stage.actor("author"), record)
    stage.site.act(sharing.take_back, stage.actor("author"), record, found[0].id)


def _expire(stage: Stage, record: str) -> None:
    with stage.site.db.transaction() as session:
        session.scalars(select(ShareLink)).one().expires = now() - timedelta(seconds=1)


def _maker_leaves(stage: Stage, record: str) -> None:
    stage.site.act(programmes.remove_member, stage.manager(), "reforms", stage.actor("coach").person_id)


def _maker_is_deactivated(stage: Stage, record: str) -> None:
    stage.site.act(accounts.set_active, stage.manager(), stage.actor("coach").person_id, False)


def _withdrawn(stage: Stage, record: str) -> None:
    stage.step(stage.actor("author"), record, "submit")
    stage.programme("reforms", coaches=("stranger",))
    stage.step(stage.actor("stranger"), record, "publish")
    stage.step(stage.actor("manager"), record, "withdraw")
    stage.step(stage.actor("manager"), record, "restore")  # it stays closed


@pytest.mark.parametrize("ends", [_take_back, _expire, _maker_leaves, _maker_is_deactivated, _withdrawn])
def test_A7_L16_it_ends_at_once(stage: Stage, record: str, ends: Any) -> None:
    token, guest = link(stage, record, "coach"), stage.client()
    assert guest.get(f"/shared/{token}").status_code == 200
    ends(stage, record)
    closed, never = guest.get(f"/shared/{token}"), guest.get("/shared/never-made")
    assert closed.status_code == 404 and closed.text.replace(token, "never-made") == never.text
    assert guest.post(f"/shared/{token}", data={"text": "Still here?"}).status_code == 404


def test_who_works_on_the_record_makes_links_and_sees_when_they_were_used(stage: Stage, record: str) -> None:
    for who in ("stranger", "reader"):
        with pytest.raises(NotFound):
            link(stage, record, who)
    author = stage.client("author")
    page = post(author, f"/work/{record}/readers", f"/work/{record}/readers", name="Ann Other", email="", days="3")
    found = re.search(r"http://localhost(/shared/[\w-]+)", page.text)
    assert page.status_code == 200 and found
    assert "not used yet" in author.get(f"/work/{record}/people").text
    assert stage.client().get(found[1]).status_code == 200
    listed = author.get(f"/work/{record}/readers").text
    assert "not used yet" not in listed and "last used" in listed and found[1] not in listed
    number = stage.site.ask(sharing.of, stage.actor("author"), record)[0].id
    other = stage.record(stage.actor("author"))
    with pytest.raises(NotFound):  # by the address of another record
        stage.site.act(sharing.take_back, stage.actor("author"), other, number)
    with pytest.raises(NotFound):
        stage.site.act(sharing.take_back, stage.actor("stranger"), record, number)
    post(author, f"/work/{record}/readers", f"/work/{record}/readers", take_back=str(number))
    assert stage.client().get(found[1]).status_code == 404


def test_comments_are_open_as_long_as_its_maker_may_comment(stage: Stage, record: str) -> None:
    token = link(stage, record)
    stage.step(stage.actor("author"), record, "submit")
    assert "Send the comment" in stage.client().get(f"/shared/{token}").text
    stage.step(stage.actor("coach"), record, "publish")
    page = stage.client().get(f"/shared/{token}")
    assert page.status_code == 200 and "Comments are closed" in page.text
    with pytest.raises(Forbidden):
        stage.site.act(sharing.comment, token, about="", text="Late")


def test_who_wrote_it_is_not_told_to_a_reader_of_a_nameless_text(stage: Stage) -> None:
    author = stage.actor("author")
    record = stage.record(author, anonymous={"yes": True})
    stage.site.act(authoring.add_author, author, record, "Wexlumarid", "")
    token = link(stage, record)
    thread = stage.site.act(sharing.comment, token, about="", text="Who are you?")
    stage.site.act(discussion.reply, author, record, thread.id, "That I may not say.")
    page = stage.client().get(f"/shared/{token}").text
    assert "That I may not say." in page and "Wexlumarid" not in page and "County health office" not in page
    assert not re.search(r"\bAuthor\b", page)
    with stage.site.db.reading() as session:
        assert find.record(session, record) is not None


def test_a_reader_from_outside_sees_the_pictures_of_her_text_and_of_no_other(stage: Stage) -> None:
    shown, [picture] = with_files(stage, (PICTURE, "stall.jpg"))
    _, [other] = with_files(stage, (PICTURE, "other.jpg"))
    token, guest = link(stage, shown), stage.client()
    page = guest.get(f"/shared/{token}").text
    assert "consentcanary" not in page
    addresses = set(re.findall(rf"/shared/{token}/files/{picture}/\w+", page))
    assert addresses and f'"/files/{picture}' not in page
    for address in addresses:
        answer = guest.get(address)
        assert answer.status_code == 200 and answer.mimetype == "image/webp"
        assert answer.headers["Cache-Control"] == "private, no-store"
    name = addresses.pop().rpartition("/")[2]
    assert guest.get(f"/files/{picture}/{name}").status_code == 404, "without the link it stays closed"
    for path in (f"/shared/{token}/files/{other}/{name}", f"/shared/forged/files/{picture}/{name}"):
        assert guest.get(path).status_code == 404
    with stage.site.db.reading() as session:
        number = session.scalars(select(ShareLink.id).where(ShareLink.record_id == shown)).one()
    stage.site.act(sharing.take_back, stage.actor("author"), shown, number)
    assert guest.get(f"/shared/{token}/files/{picture}/{name}").status_code == 404

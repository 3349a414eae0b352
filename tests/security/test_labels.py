"""X6, X9, L11: what is only a name, a term, a file's label, a comment or a count: text where it may be read, else nothing."""

from __future__ import annotations

import json
import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from knowledge.services import accounts, authoring, discussion, programmes, sharing, vocabulary, wording
from tests.conftest import PASSWORD, Stage, post
from tests.files import made
from tests.security.inert import alarms, strings
from tests.security.test_files import attach, saved

BAD = "\"><img src=x onerror=alert(1)>'</script><svg/onload=1>{{7*7}}"
ATOM = "{http://www.w3.org/2005/Atom}"
TERM = "</script><script>alert(1)</script>"


def shown(page: str, what: str = BAD) -> bool:
    """Whether a page says it, as text."""
    return what in unescape(page)


@pytest.mark.case("X6")
def test_X6_a_term_of_a_vocabulary_is_text_in_forms_filters_pages_feeds_and_paper(stage: Stage) -> None:
    names = {language: f"{BAD[:100]} {language}" for language in ("en", "es", "fr", "ar")}
    stage.site.act(vocabulary.add_term, stage.manager(), "topics", "bad-term", names)
    stage.site.act(wording.add, stage.manager(), f"quotations, {BAD[:60]}")
    record = stage.record(stage.actor("author"), "published", topics=["bad-term"])
    stage.site.keeper.after_commit()
    author, manager = stage.client("author"), stage.client("manager")
    met = 0
    for browser, path in (
        (stage.client(), "/practices"), (stage.client(), "/practices?topic=bad-term"), (stage.client(), "/practices/by/topic"),
        (stage.client(), f"/practices/{record}"), (stage.client(), "/practices/gaps"), (stage.client(), "/practices?q=quotations"),
        (author, "/work/new/experience"), (author, f"/work/{record}"), (manager, "/manage/vocabularies/topics"),
        (manager, "/manage/synonyms"), (author, "/practices?topic=bad-term"),
    ):  # fmt: skip
        for language in ("en", "fr"):
            page = browser.get(path, follow_redirects=True, headers={"Accept-Language": language})
            assert page.status_code == 200 and alarms(page.text) == [], path
            met += shown(page.text, BAD[:60])
    assert met > 12  # the control: it is there
    paper = author.get("/work/new/experience/offline.html").text
    assert shown(paper, BAD[:60]) and paper.count("<script") == 1 and "<img" not in paper and "<svg" not in paper
    assert "<img" not in stage.client().get("/practices.atom").text


@pytest.mark.case("X6")
def test_X6_names_of_people_programmes_readers_and_browsers_are_text_wherever_they_stand(stage: Stage) -> None:
    stage.site.act(accounts.add_person, name=BAD, email="bad@example.org", password=PASSWORD, organisation=BAD)
    given = {"title": BAD, "about": BAD}
    stage.site.act(programmes.put_programme, stage.manager(), "bad", given)
    stage.site.act(programmes.put_member, stage.manager(), "bad", "bad@example.org", "coach")
    record = stage.record(stage.actor("author"))
    stage.site.act(authoring.add_author, stage.actor("author"), record, BAD, "")
    stage.site.act(authoring.add_author, stage.actor("author"), record, "", "bad@example.org")
    link = stage.site.act(sharing.make, stage.actor("author"), record, name=BAD)[1]
    assert stage.client().post(f"/shared/{link}", data={"field": "summary", "text": BAD, "key": "k"}).status_code == 303
    stage.step(stage.actor("author"), record, "submit")
    stage.step(stage.actor("coach"), record, "publish")
    stage.step(stage.actor("author"), record, "revise")
    bad = stage.client()
    data = {"email": "bad@example.org", "password": PASSWORD}
    bad.environ_base["HTTP_USER_AGENT"] = f"Mozilla/5.0 {BAD} Firefox/140.0"
    assert post(bad, "/sign-in", **data).status_code == 303
    met = 0
    for browser, path in (
        (bad, "/account"), (bad, "/account/sessions"), (bad, "/review"), (bad, "/work"), (stage.client(), f"/practices/{record}"),
        (stage.client(), f"/practices/{record}/v/1"), (stage.client("author"), f"/work/{record}"),
        (stage.client("author"), f"/work/{record}/people"), (stage.client("author"), f"/work/{record}/readers"),
        (stage.client("manager"), "/manage/people"), (stage.client("manager"), "/manage/programmes"),
        (stage.client("manager"), "/manage/programmes/bad"), (stage.client("manager"), "/manage/mail"),
        (stage.client("author"), f"/work/{record}/points"), (stage.client(), f"/shared/{link}"),
    ):  # fmt: skip
        page = browser.get(path, follow_redirects=True)
        assert page.status_code == 200 and alarms(page.text) == [], path
        met += shown(page.text)
    assert met > 8  # the control


@pytest.mark.case("X6")
def test_X6_the_name_of_a_file_and_what_stands_inside_a_picture_are_text_or_gone(stage: Stage) -> None:
    record = stage.record(stage.actor("author"))
    name = "<img src=x onerror=alert(1)>.jpg"
    page = attach(stage, record, (made.from_a_phone(), name))
    said = {"media-0-caption": BAD, "media-0-alt": BAD, "media-0-people": "nobody"}
    saved(stage, page.text, record, **said)
    for path in (f"/work/{record}/edit", f"/work/{record}/preview"):
        page = stage.client("author").get(path)
        assert alarms(page.text) == [] and shown(page.text), path
    assert shown(stage.client("author").get(f"/work/{record}/edit").text, name.removesuffix(".jpg"))  # the control
    assert "Canary phone" not in page.text and "canary comment" not in page.text


@pytest.mark.case("X1")
def test_X1_what_a_reader_of_feeds_unpacks_and_shows_is_words(stage: Stage, payloads: Path) -> None:
    """The summary of an entry is HTML: a reader of feeds shows it as such, with no policy of ours around it."""
    said = "Offers & <b>prices</b> at *once*, 5 < 6. "
    texts = [said, *strings(payloads, 60, 9)]
    for number, text in enumerate(texts):
        try:
            stage.record(stage.actor("author"), "published", title=f"T{number} {text}"[:110], summary=(text + " ") * 12)
        except Exception as error:
            assert type(error).__name__ in ("Invalid", "Refused"), text
    entries = ElementTree.fromstring(stage.client().get("/practices.atom").data).findall(f"{ATOM}entry")
    assert len(entries) > 10
    for entry in entries:
        summary, title = entry.find(f"{ATOM}summary"), entry.find(f"{ATOM}title")
        assert summary is not None and summary.get("type") == "html" and title is not None
        assert alarms(summary.text or "") == [] and not re.search(r"<[a-z!/]", summary.text or ""), summary.text
        assert title.get("type", "text") == "text" and {
            link.get("href", "")[:17] for link in entry.findall(f"{ATOM}link")
        } == {"http://localhost/"}
    shown = stage.client().get("/practices.atom?q=prices").data
    [plain] = [
        unescape(e.findtext(f"{ATOM}summary") or "") for e in ElementTree.fromstring(shown).findall(f"{ATOM}entry")
    ]
    assert plain.startswith(
        "Offers & <b>prices</b> at once, 5 < 6."
    )  # the control: shown as HTML, it reads as it was meant
    assert alarms((said + "<svg onload=1>").replace("&", "")), "and unescaped it would be seen"


class Attributes(HTMLParser):
    """The JSON that a page gives its scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name == "data-words" and value]


@pytest.mark.case("X9")
def test_X9_what_scripts_are_given_ends_neither_its_attribute_nor_a_script(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The words that scripts say come from translations: these here are hostile."""
    said = "\u2028'\" " + TERM + " ]]> <!--"
    monkeypatch.setattr("knowledge.web.offline._", lambda words, **_: said)
    author = stage.client("author")
    paper = author.get("/work/new/experience/offline.html").text
    [words] = Attributes(paper).found
    assert set(json.loads(words).values()) == {said}  # the control: they came through as they are
    assert paper.count("<script") == paper.count("</script") == 1
    page = author.get("/work/new/experience")
    [words] = Attributes(page.text).found
    assert json.loads(words)["saved"] and alarms(page.text) == []
    # and no page has JSON, or anything else of its own, in a script
    for path in ("/", "/practices", "/work", "/work/new/experience", "/practices/map"):
        inside = re.findall(r"<script[^>]*>([^<]*)<", author.get(path).text)
        assert not any(each.strip() for each in inside), path


@pytest.mark.case("L11")
def test_L11_what_is_said_about_a_record_and_how_much_of_it_changes_nothing_public(stage: Stage) -> None:
    record = stage.record(stage.actor("author"), "in_review", title="A record that is talked about")
    coach, author = stage.actor("coach"), stage.actor("author")
    thread = stage.site.act(discussion.begin, coach, record, about="summary", text="Commentcanary one").id
    stage.step(coach, record, "publish")
    pages = ("/", "/practices", "/practices.json", "/practices.csv", "/practices.atom", f"/practices/{record}",
             f"/practices/{record}.json", f"/practices/{record}/v/1", "/practices?q=commentcanary", "/practices/gaps")  # fmt: skip

    def read(who: str) -> list[str]:
        browser = stage.client(who)
        texts = [browser.get(path, follow_redirects=True).text for path in pages]
        return [re.sub(r"<updated>[^<]*|csrf_token\" value=\"[^\"]*", "", text) for text in texts]

    before = {who: read(who) for who in ("", "reader")}
    stage.step(author, record, "revise")
    for number in range(3):
        stage.site.act(discussion.reply, coach, record, thread, f"Commentcanary {number}")
        stage.site.act(discussion.begin, author, record, about="results", text=f"Commentcanary {number}")
    stage.site.act(discussion.begin, coach, record, about="", text="Commentcanary between us", private=True)
    after = {who: read(who) for who in before}
    assert after == before
    assert not any("Commentcanary" in text for texts in after.values() for text in texts)
    assert stage.client().get("/practices.json?q=commentcanary").json["total"] == 0
    assert "Commentcanary between us" not in stage.client("author").get(f"/work/{record}/points").text
    assert "Commentcanary 2" in stage.client("author").get(f"/work/{record}/points").text  # the control

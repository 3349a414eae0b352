"""Hostile and unlucky input: never a 500, nothing executed, nothing lost."""

from __future__ import annotations

import csv
import io
import json
import re
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import delete

from knowledge.services import accounts, authoring
from knowledge.services.errors import Conflict
from knowledge.storage.models.people import SignIn
from tests.conftest import PASSWORD, Stage, complete_experience, post, token
from tests.security.inert import alarms
from workflows.definition import Refused


def hostile(payloads: Path, most: int) -> list[str]:
    found = [str(p["payload"]) for p in json.loads((payloads / "dompurify_expect.json").read_text())]
    found += [str(p["data"]) for p in json.loads((payloads / "html5sec.json").read_text())]
    found += [s for s in json.loads((payloads / "blns.json").read_text()) if "<" in s or "\\" in s]
    found += (payloads / "ssti.txt").read_text(errors="replace").splitlines()
    return found[:: max(1, len(found) // most)]


def test_the_control_the_scan_sees_what_could_run() -> None:
    assert alarms('<p onclick="x">a</p><a href="java\tscript:x">b</a><script>1</script>') != []


@pytest.mark.case("X1", "X6", "X7", "X10", control="test_the_control_the_scan_sees_what_could_run")
def test_X1_X6_X7_X10_hostile_texts_are_inert_on_every_page(stage: Stage, payloads: Path) -> None:
    author, reader, writer, coach = stage.actor("author"), stage.client(), stage.client("author"), stage.client("coach")
    for payload in hostile(payloads, 24):
        text = (payload.replace("\x00", "") + " ") * (1 + 400 // (len(payload) + 1))
        values = complete_experience(
            title=f"Title {payload}"[:110], context=text[:6000], results=text[:6000], lessons=[payload[:390] or "-", "second"],
            organisations=[{"name": payload[:190] or "-", "role": "lead"}],
        )  # fmt: skip
        record_id = stage.record(
            author,
            "published",
            **{k: v for k, v in values.items() if k in ("title", "context", "results", "lessons", "organisations")},
        )
        stage.step(author, record_id, "revise")
        stage.revise(author, record_id, context=(text + " changed " + payload)[:9000], title=f"New {payload}"[:110])
        for browser, path in (
            (reader, f"/practices/{record_id}"), (writer, f"/work/{record_id}"), (writer, f"/work/{record_id}/edit"),
            (writer, f"/work/{record_id}/preview"), (writer, f"/work/{record_id}/compare?from=1&to=2"), (coach, f"/work/{record_id}/preview"),
        ):  # fmt: skip
            answer = browser.get(path, follow_redirects=True)
            assert answer.status_code == 200, (path, payload)
            assert alarms(answer.text) == [], (path, payload)
    assert alarms(reader.get("/practices").text) == []
    assert reader.get("/practices.atom").status_code == 200


@pytest.mark.case("X6", "X8", control="test_the_control_the_scan_sees_what_could_run")
def test_X6_X8_names_queries_and_addresses_are_escaped(stage: Stage) -> None:
    bad = '"><script>alert(1)</script>{{7777*3}}'
    stage.site.act(accounts.add_person, name=bad, email="bad@example.org", password=PASSWORD)
    for browser, path in (
        (stage.client("bad"), "/account"), (stage.client("manager"), "/manage/people"), (stage.client(), f"/practices?q={bad}"),
        (stage.client(), f"/practices?country={bad}&stage={bad}&sort={bad}&page={bad}&year_from={bad}"), (stage.client(), f"/{bad}"),
        (stage.client(), f"/sign-in?next={bad}"), (stage.client("manager"), f"/manage/people?q={bad}"),
    ):  # fmt: skip
        page = browser.get(path).text
        assert alarms(page) == [] and "23331" not in page, path


@pytest.mark.case("Q1", "Q2", "Q3")
def test_Q1_Q2_Q3_hostile_searches_get_a_result_or_a_sentence(whoosh_stage: Stage, payloads: Path) -> None:
    whoosh_stage.record(whoosh_stage.actor("author"), "published")
    browser = whoosh_stage.client()
    typed = json.loads((payloads / "search_queries_hostile.json").read_text())
    typed += (payloads / "sqli.txt").read_text(errors="replace").splitlines()[::25]
    typed += [
        line
        for name in ("unicode_naughty.txt", "crlf.txt")
        for line in (payloads / name).read_text(errors="replace").splitlines()
    ]
    for text in typed:
        answer = browser.get("/practices.json?q=" + quote(str(text)[:6000].encode("utf-8", "surrogatepass")))
        assert answer.status_code in (200, 400), text
        assert "Set-Cookie" not in str(answer.headers), text
    for text in typed[::6]:
        short = str(text)[:300].encode("utf-8", "replace").decode()
        answer = browser.get(
            "/practices",
            query_string={
                "country": short,
                "topic": short,
                "sort": short,
                "page": short,
                "per_page": short,
                "year_to": short,
                short[:40]: short,
            },
        )
        assert answer.status_code == 200, text
    for args in ("page=1000000000&per_page=1000000", "page=-1", "page=0", "per_page=0", "year_from=99999999999"):
        body = browser.get(f"/practices.json?{args}").json
        assert body["per_page"] <= 100 and body["page"] == 1, args
    found = browser.get("/practices.json?q=quotations&per_page=7").json
    assert (found["total"], found["per_page"]) == (1, 7), "the control: what is asked for is done, and nothing is gone"


def test_queries_over_a_thousand_characters_are_refused_kindly(stage: Stage) -> None:
    page = stage.client().get("/practices", query_string={"q": "x" * 1001})
    assert page.status_code == 400 and "1001 characters" in unescape(page.text)


@pytest.mark.case("U9")
def test_U9_a_spreadsheet_never_gets_a_formula(stage: Stage, payloads: Path) -> None:
    lines = [line for line in (payloads / "csv_injection.txt").read_text().splitlines() if len(line) > 8]
    for line in lines:
        stage.record(stage.actor("author"), "published", title=line.strip()[:110])
    rows = list(csv.reader(io.StringIO(stage.client().get("/practices.csv").text.lstrip("\ufeff"))))
    assert len(rows) == len(lines) + 1
    cells = [cell for row in rows for cell in row]
    assert not [c for c in cells if c.lstrip().startswith(("=", "+", "-", "@", "\t"))]
    assert [c for c in cells if c.startswith("'=")]  # the control: they are there, quoted


def test_A3_fields_nobody_offered_are_ignored(stage: Stage) -> None:
    author = stage.client("author")
    extra = {
        "state": "published",
        "live_id": "1",
        "coach_id": "1",
        "author_id": "1",
        "is_published": "1",
        "approved_by": "1",
        "id": "chosen",
        "version": "9",
        "published": "2020-01-01",
    }
    answer = post(
        author,
        "/work/new/experience",
        title="A draft of mine",
        language="en",
        action="save",
        start_key="k" * 20,
        **extra,
    )
    record_id = answer.location.split("/")[-2]
    assert record_id != "chosen"
    opened = stage.site.ask(authoring.open_desk, stage.actor("author"), record_id)
    assert (opened.record.state, opened.record.live_id, opened.record.coach_id) == ("draft", None, None)
    assert set(opened.values) == {"title", "language"}
    post(
        stage.client("reader"),
        "/account",
        "/account",
        name="Reader",
        manager="1",
        active="1",
        role="manager",
        email="other@example.org",
    )
    assert stage.client("reader").get("/manage").status_code == 403
    post(
        stage.client(),
        "/register",
        "/register",
        name="N",
        email="n@example.org",
        password=PASSWORD,
        manager="y",
        role="manager",
    )
    assert stage.client("n").get("/manage").status_code == 403


def test_A5_nobody_publishes_her_own_work_even_after_leaving_the_authors(stage: Stage) -> None:
    author, coach = stage.actor("author"), stage.actor("coach")
    record_id = stage.record(author)
    stage.site.act(authoring.add_author, author, record_id, "", "coach@example.org")
    with stage.site.db.reading() as session:
        from knowledge.storage import find

        listed = next(a for a in find.record(session, record_id).authorships if a.person_id == coach.person_id)
    stage.site.act(authoring.remove_author, author, record_id, listed.id)
    stage.step(author, record_id, "submit")
    browser = stage.client("coach")
    assert "Another coach has to publish it" in browser.get(f"/review/{record_id}").text
    assert post(browser, f"/records/{record_id}/publish", seen="1").status_code == 403
    with pytest.raises(Refused):
        stage.step(coach, record_id, "publish")
    own = stage.record(coach)
    with pytest.raises(Refused):
        stage.step(coach, own, "submit") or stage.step(coach, own, "publish")


def test_A6_a_decision_about_an_older_version_is_refused_and_the_words_are_kept(stage: Stage) -> None:
    author = stage.actor("author")
    record_id = stage.record(author, "in_review")
    stage.step(author, record_id, "recall")
    stage.revise(author, record_id, title="A newer title for the same record")
    stage.step(author, record_id, "submit")
    answer = post(stage.client("coach"), f"/records/{record_id}/publish", seen="1", words="Well done, all of you.")
    assert answer.status_code == 409 and "newer version" in answer.text and "Well done, all of you." in answer.text
    assert post(stage.client("coach"), f"/records/{record_id}/publish", seen="2").status_code == 303


@pytest.mark.case("C3")
def test_C3_the_second_of_two_writers_sees_both_texts_and_loses_nothing(stage: Stage) -> None:
    author = stage.actor("author")
    record_id = stage.record(author)
    stage.revise(author, record_id, objective="What the first writer wrote.")
    with pytest.raises(Conflict):
        stage.site.act(authoring.save, author, record_id, complete_experience(objective="Second."), 1)
    fields = {
        "title": "My own title of this",
        "language": "en",
        "objective": "What the second writer wrote.",
        "base": "1",
        "action": "save",
    }
    page = post(stage.client("author"), f"/work/{record_id}/edit", **fields)
    assert page.status_code == 409
    assert "What the second writer wrote." in page.text and "first" in page.text and "Two versions" in page.text
    assert 'name="base" value="2"' in page.text  # saving again keeps hers, knowingly
    # the control: having seen the other text, she may
    assert post(stage.client("author"), f"/work/{record_id}/edit", **{**fields, "base": "2"}).status_code == 303


@pytest.mark.case("C4")
def test_C4_pressing_twice_makes_one_record(stage: Stage) -> None:
    browser = stage.client("author")
    fields = {"title": "Pressed twice in a row", "language": "en", "action": "save", "start_key": "abcdefgh12345678"}
    places = {post(browser, "/work/new/experience", **fields).location for _ in range(3)}
    assert len(places) == 1
    assert len(stage.site.ask(authoring.my_records, stage.actor("author"))) == 1
    post(browser, "/work/new/experience", **{**fields, "start_key": "another-key-12345"})
    assert (
        len(stage.site.ask(authoring.my_records, stage.actor("author"))) == 2
    )  # the control: another form is another one


def test_an_expired_session_in_the_middle_of_writing_costs_no_word(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"))
    browser = stage.client("author")
    csrf = token(browser)
    with stage.site.db.transaction() as session:
        session.execute(delete(SignIn))
    fields = {
        "title": "A title that took an hour",
        "language": "en",
        "context": "Line one\nLine “two” <b>",
        "base": "1",
        "action": "submit",
    }
    page = browser.post(f"/work/{record_id}/edit", data={**fields, "csrf_token": csrf})
    assert page.status_code == 401 and "what you wrote is kept" in page.text
    kept = {name: unescape(value) for name, value in re.findall(r'name="(kept-[^"]+)" value="([^"]*)"', page.text)}
    wrong = browser.post(
        "/sign-in",
        data={
            **kept,
            "next": f"/work/{record_id}/edit",
            "email": "author@example.org",
            "password": "not this one",
            "csrf_token": csrf,
        },
    )
    assert wrong.status_code == 401 and "A title that took an hour" in wrong.text
    page = browser.post(
        "/sign-in",
        data={
            **kept,
            "next": f"/work/{record_id}/edit",
            "email": "author@example.org",
            "password": PASSWORD,
            "csrf_token": csrf,
        },
    ).text
    again = {
        name: unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    }
    assert again["action"] == "resume"
    page = browser.post(f"/work/{record_id}/edit", data=again)
    assert page.status_code == 200 and "A title that took an hour" in page.text and "Line “two” &lt;b&gt;" in page.text
    saved = browser.post(f"/work/{record_id}/edit", data={**again, "action": "save"})
    assert saved.status_code == 303
    assert (
        stage.site.ask(authoring.open_desk, stage.actor("author"), record_id).values["context"]
        == "Line one\nLine “two” <b>"
    )


def test_a_form_whose_token_no_longer_fits_keeps_its_text(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"))
    page = stage.client("author").post(
        f"/work/{record_id}/edit", data={"title": "Typed for an hour", "csrf_token": "old", "base": "1"}
    )
    assert page.status_code == 400 and 'value="Typed for an hour"' in page.text and "nothing is lost" in page.text


def test_wrong_shapes_come_back_beside_their_field_with_everything_typed(stage: Stage) -> None:
    fields = {
        "title": "x" * 130,
        "language": "xx",
        "start": "last year",
        "lessons-0": "y" * 500,
        "countries": ["KEN", "Atlantis"],
        "sources-0-url": "javascript:alert(1)",
        "sources-0-title": "T",
        "action": "save",
    }
    page = post(stage.client("author"), "/work/new/experience", **fields)
    assert page.status_code == 422
    for anchor in ("title", "language", "start", "lessons-0", "countries", "sources-0-url"):
        assert f'href="#{anchor}"' in page.text and f'id="{anchor}"' in page.text, anchor
    assert "x" * 130 in page.text and "last year" in page.text and "y" * 500 in page.text and "Atlantis" in page.text


def test_nul_bytes_odd_unicode_and_huge_forms_are_answered(stage: Stage) -> None:
    browser = stage.client("author")
    for text in (
        "a\x00b title of mine",
        "\ud800".encode("utf-8", "surrogatepass").decode("latin-1") + " title",
        "𝕋itle ẞ ﷽ \u202e reversed",
    ):
        assert (
            post(
                browser, "/work/new/experience", title=text, language="en", action="save", start_key=text[:8]
            ).status_code
            == 303
        ), text
    data = {"title": "Too much", "language": "en", "context": "x" * 2_100_000, "csrf_token": token(browser)}
    assert browser.post("/work/new/experience", data=data).status_code == 413
    many = {f"f{n}": "" for n in range(5100)} | {"csrf_token": token(browser)}
    answer = browser.post("/work/new/experience", data=many, content_type="multipart/form-data")
    assert answer.status_code == 413

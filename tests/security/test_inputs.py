"""X, Q, U9, A3, A5, C: whatever is typed, into whichever field, in whatever order and however often it is sent."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.datastructures import MultiDict

from knowledge.services import accounts, authoring, programmes
from knowledge.storage.session import StorageUnavailable, WriteConflict
from knowledge.web import downloads
from tests.conftest import PASSWORD, Stage, complete_experience, post, token
from tests.security.inert import alarms, strings

POLICY = "default-src 'none'"


def answers(stage: Stage, **changes: Any) -> MultiDict[str, str]:
    """A complete experience as a browser posts it."""
    found: MultiDict[str, str] = MultiDict()
    for name, value in complete_experience(**changes).items():
        for key, one in _flat(name, value):
            found.add(key, one)
    return found


def _flat(name: str, value: Any) -> Iterable[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name}-{key}", inner)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for number, inner in enumerate(value):
            yield from _flat(f"{name}-{number}", inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield (f"{name}-{number}" if name in ("lessons", "topics") else name), str(inner)
    else:
        yield name, "y" if value is True else str(value)


def send(browser: FlaskClient, path: str, fields: MultiDict[str, str], **more: str) -> Any:
    """Post a whole form with its token."""
    whole = fields.copy()
    for name, value in {"csrf_token": token(browser, "/account"), **more}.items():
        whole.setlist(name, [value])
    return browser.post(path, data=whole)


def rows(stage: Stage, query: str) -> list[tuple[Any, ...]]:
    with stage.site.db.reading() as session:
        return [tuple(row) for row in session.execute(text(query))]


def test_the_control_the_oracle_sees_what_could_run() -> None:
    for bad in (
        "<script>1</script>", "<p onclick=x>", '<a href="java\tscript:x">', "<svg>", "<p style='x'>", "<base href=//e>",
        '<form action="javascript:1">', "<meta http-equiv=refresh content=0>", '<iframe srcdoc="x">',
    ):  # fmt: skip
        assert alarms(bad), bad
    assert alarms('<p class="a"><a href="/x">&lt;script&gt;</a></p>') == []


@pytest.mark.case("X1", "X6", "X8", control="test_the_control_the_oracle_sees_what_could_run")
def test_X1_X6_X8_every_text_field_of_a_record_takes_hostile_text_and_shows_it_inert(
    stage: Stage, payloads: Path
) -> None:
    browser = stage.client("author")
    names = re.findall(r'<(?:input|textarea)[^>]*name="([^"]+)"', browser.get("/work/new/experience").text)
    texts = [n for n in dict.fromkeys(names) if n not in ("csrf_token", "start_key", "action", "base", "programme")]
    assert len(texts) > 20
    saved = 0
    for number, payload in enumerate(strings(payloads, 37, 5)):
        fields: MultiDict[str, str] = MultiDict((name, payload) for name in texts)
        page = send(browser, "/work/new/experience", fields, action="save", start_key=f"key-{number:016}")
        assert page.status_code in (303, 422), payload
        assert alarms(page.text) == [], payload
        # what is not to be stored in a closed field is taken where text is free
        page = send(browser, "/work/new/experience", MultiDict({"title": f"T {payload}"[:100], "language": "en", "objective": payload[:300], "what_we_did": payload}), action="save", start_key=f"free-{number:016}")  # fmt: skip
        if page.status_code == 303:
            saved += 1
            for path in (page.location, page.location.replace("/edit", "/preview")):
                shown = browser.get(path)
                assert shown.status_code == 200 and alarms(shown.text) == [], (path, payload)
        else:
            assert page.status_code == 422 and alarms(page.text) == [], payload
    assert saved > 20  # the control: most of it really is stored and shown


@pytest.mark.case("X8", control="test_the_control_the_oracle_sees_what_could_run")
def test_X8_Q2_Q3_every_argument_of_every_page_takes_hostile_text(stage: Stage, payloads: Path) -> None:
    stage.record(stage.actor("author"), "published")
    anyone, manager = stage.client(), stage.client("manager")
    names = ("q", "country", "topic", "stage", "sort", "page", "per_page", "year_from", "year_to", "next", "from", "to", "needed")  # fmt: skip
    for number, payload in enumerate(strings(payloads, 31, 3)):
        short = payload[:400]
        args = dict.fromkeys(names, short) | {short[:60]: short}
        ending = (".json", ".csv", ".atom", "")[number % 4]
        for browser, path, allowed in (
            (anyone, f"/practices{ending}", (200, 400)), (anyone, "/practices", (200, 400)), (anyone, "/sign-in", (200,)),
            (manager, "/manage/people", (200,)), (manager, "/work", (200, 400)), (anyone, "/" + quote(short), (200, 301, 303, 308, 404, 405)),
        ):  # fmt: skip
            page = browser.get(path, query_string=args)
            assert page.status_code in allowed, (path, payload, page.status_code)
            if page.mimetype == "text/html":
                assert alarms(page.text) == [], (path, payload)
                assert POLICY in page.headers["Content-Security-Policy"]
            else:
                assert page.headers["X-Content-Type-Options"] == "nosniff"
            assert "crlf" not in str(page.headers.get_all("Set-Cookie"))


@pytest.mark.parametrize(
    "q", ["\x00", "a\x00b", "%ff%fe", "%ed%a0%80", "\ufffe", "%00%0d%0aX: y", "a" * 1000, "é" * 999]
)
def test_Q1_bytes_that_are_no_text_are_searched_for_or_refused(stage: Stage, q: str) -> None:
    browser = stage.client()
    for path in ("/practices", "/practices.json", "/practices.csv", "/practices.atom"):
        answer = browser.get(f"{path}?q={q if '%' in q else quote(q)}")
        assert answer.status_code in (200, 400), path
        if answer.status_code == 200 and path.endswith("atom"):
            ElementTree.fromstring(answer.data)


@pytest.mark.case("A2")
@pytest.mark.parametrize("place", ["%00", "a%00b", "%ff", "..%2f..%2fetc", "x" * 5000, "%F0%9F%92%A9", "~desk", "1'--"])
def test_A2_ids_that_no_record_has_are_not_found_on_any_route(stage: Stage, place: str) -> None:
    manager = stage.client("manager")
    csrf = token(manager, "/account")
    for path in ("/practices/{}", "/practices/{}.json", "/work/{}", "/work/{}/edit", "/work/{}/preview", "/work/{}/compare?from=1&to=2",
                 "/work/{}/people", "/work/new/{}", "/review/{}", "/manage/programmes/{}", "/manage/vocabularies/{}",
                 "/manage/records/{}", "/schema/{}.json"):  # fmt: skip
        assert manager.get(path.format(place)).status_code == 404, path
    for path in (
        "/records/{}/publish",
        "/work/{}/edit",
        "/manage/programmes/{}",
        "/manage/records/{}",
        "/manage/vocabularies/{}",
    ):
        answer = manager.post(path.format(place), data={"csrf_token": csrf, "title": "T", "words": "x"})
        assert answer.status_code in (404, 422), path


@pytest.mark.case("A2")
def test_A2_Q1_a_nul_byte_is_no_part_of_any_id_on_any_database(stage_on: Stage) -> None:
    record_id = stage_on.record(stage_on.actor("author"))
    manager, anyone = stage_on.client("manager"), stage_on.client()
    csrf = token(manager, "/account")
    for path in (
        "/practices/a%00b",
        "/practices/%00.json",
        "/work/a%00b",
        "/review/%00",
        "/manage/programmes/%00",
        "/schema/%00.json",
    ):
        assert (manager.get(path).status_code, anyone.get(path).status_code) == (404, 404), path
    for path, fields, status in (
        ("/records/a%00b/publish", {"seen": "1"}, 404), ("/manage/programmes/a%00b", {"remove": "1"}, 404),
        ("/work/new/experience", {"title": "With a key like no other", "language": "en", "start_key": "a\0b"}, 303),
        (f"/manage/records/{record_id}", {"programme": "a\0b"}, 422),
        ("/manage/programmes", {"id": "x\0y", "title": "T\0"}, 303), ("/account", {"name": "N\0", "country": "\0"}, 303),
        ("/manage/programmes/reforms", {"action": "member", "email": "a\0@b.c", "role": "coach"}, 422),
        (f"/records/{record_id}/recall", {"words": "\0", "seen": "\0"}, 403), ("/manage/people/99999999999", {"action": "activate"}, 404),
    ):  # fmt: skip
        assert manager.post(path, data={"csrf_token": csrf, **fields}).status_code == status, path
    for path in (
        "/manage/people?q=%00",
        "/work?q=%00",
        "/practices?country=%00&topic=%00",
        f"/practices/{record_id}?x=%00",
    ):
        assert manager.get(path).status_code in (200, 404), path


@pytest.mark.case("A2")
@pytest.mark.parametrize("number", ["0", "2147483648", "99999999999999999999999999", "999999999", "-1"])
def test_A2_person_and_member_numbers_nobody_has_are_not_found(stage: Stage, number: str) -> None:
    manager = stage.client("manager")
    csrf = token(manager, "/account")
    for path, data in (
        (f"/manage/people/{number}", {"action": "make-manager"}), (f"/manage/people/{number}", {"action": "deactivate"}),
        ("/manage/programmes/reforms", {"remove": number}),
    ):  # fmt: skip
        answer = manager.post(path, data={"csrf_token": csrf, **data})
        assert answer.status_code in (404, 422), (path, answer.status_code)


@pytest.mark.case("X10", control="knowledge/derive/test_prose.py::test_template_syntax_is_text")
def test_X10_template_syntax_is_text_in_titles_words_names_and_errors(stage: Stage) -> None:
    evil = "{{7*7}} ${7*7} {% print 7*7 %} %(name)s {config} {0.__class__}"
    stage.site.act(accounts.add_person, name=evil, email="evil@example.org", password=PASSWORD)
    record_id = stage.record(stage.actor("author"), "in_review", title=f"T {evil}")
    stage.step(stage.actor("coach"), record_id, "request-changes", words=evil)
    stage.programme("reforms", apprentices=("evil",))
    pages = [
        stage.client("author").get(f"/work/{record_id}").text, stage.client("author").get(f"/work/{record_id}/edit").text,
        stage.client("manager").get("/manage/people").text, stage.client("evil").get("/account").text,
        stage.client().get("/practices", query_string={"q": evil}).text, stage.client("manager").get("/manage/programmes/reforms").text,
    ]  # fmt: skip
    for page in pages:
        assert "{{7*7}}" in page and "{0.__class__}" in page and "%(name)s" in page
        assert "49" not in re.sub(r'value="[^"]*"|\d{2}:\d{2}|\?v=\w+|id="[^"]*"', "", page)


@pytest.mark.case(
    "X12", control="security/test_one_way_in.py::test_X12_an_answer_that_lost_its_policy_or_has_a_laxer_one_is_seen"
)
def test_X12_S13_every_response_of_every_route_and_of_every_error_has_the_strict_policy(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_id = stage.record(stage.actor("author"), "withdrawn")
    manager, anyone = stage.client("manager"), stage.client()
    given = {
        "kind": "experience",
        "name": "topics",
        "programme_id": "reforms",
        "person_id": "1",
        "record_id": record_id,
    }
    seen = []
    for rule in stage.app.url_map.iter_rules():
        path = re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda m: given.get(m[1], "x"), rule.rule)
        seen += [
            browser.open(path, method=m)
            for browser in (manager, anyone)
            for m in ("GET", "POST", "OPTIONS", "PUT", "TRACE")
        ]
    seen += [anyone.get("/static/praxis.css"), anyone.get("/static/none.css"), anyone.get("/static/../app.py")]
    seen += [anyone.post("/sign-in", data={"a": "x" * 2_100_000}), manager.get("/work/none"), anyone.get("/nope")]
    for view, error in (("public.about", RuntimeError("x")), ("public.help_search", StorageUnavailable("x"))):
        monkeypatch.setitem(stage.app.view_functions, view, _raising(error))
    seen += [anyone.get("/about"), anyone.get("/help/search")]
    assert {200, 303, 400, 403, 404, 405, 410, 413, 500, 503} <= {r.status_code for r in seen}
    for r in seen:
        policy = r.headers.get("Content-Security-Policy", "")
        where = (r.request.method, r.request.path, r.status_code)
        assert (
            POLICY in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy and "*" not in policy
        ), where
        assert r.headers["X-Content-Type-Options"] == "nosniff", where
        downloaded = r.headers.get("Content-Disposition", "").startswith("attachment")  # never a page of this site
        assert downloaded or r.mimetype != "text/html" or alarms(r.text) == [], where


def _raising(error: Exception) -> Any:
    def view() -> str:
        raise error

    return view


@pytest.mark.case("X9", "X11", control="test_the_control_the_oracle_sees_what_could_run")
@pytest.mark.parametrize("ending", ["", ".json", ".atom"])
def test_X9_X11_hostile_titles_leave_json_and_atom_whole(stage: Stage, payloads: Path, ending: str) -> None:
    titles = [t[:110].strip() for t in strings(payloads, 90, 11)] + [
        "</script><script>1",
        "\u2028\u2029 ends",
        "]]> & <x/>",
    ]
    made = 0
    for title in titles:
        try:
            stage.record(stage.actor("author"), "published", title=title, summary=f"{title} " * 20)
            made += 1
        except Exception as error:
            assert type(error).__name__ in ("Invalid", "Refused"), title  # too short, or nothing left of it
    assert made > 10
    answer = stage.client().get(f"/practices{ending}?per_page=100", headers={"Accept": "text/html"})
    if ending == ".json":
        assert answer.mimetype == "application/json" and len(answer.json["items"]) == made
    elif ending == ".atom":
        assert len(ElementTree.fromstring(answer.data).findall("{http://www.w3.org/2005/Atom}entry")) == min(made, 30)
    else:
        assert alarms(answer.text) == []


def formulas(table: str) -> list[str]:
    cells = [cell for row in csv.reader(io.StringIO(table.lstrip("\ufeff"))) for cell in row]
    return [c for c in cells if re.match(r"\s*[=+\-@\t\r＝＋－＠]", c)]


@pytest.mark.case("U9")
def test_U9_no_cell_of_the_table_is_a_formula(stage: Stage, payloads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [li for li in (payloads / "csv_injection.txt").read_text().splitlines() if len(li) > 8]
    lines += [
        '=HYPERLINK("http://evil","x")',
        "＝1+1 in full width",
        "\t=1+1 after a tab",
        '",=1+1,"',
        "\u00a0=1+1 hidden",
    ]
    for line in lines:
        stage.record(
            stage.actor("author"),
            "published",
            title=f"{line[:80]} and some words",
            summary=f"={line} " + complete_experience()["summary"],
        )
    table = stage.client().get("/practices.csv")
    assert formulas(table.text) == []
    assert table.headers["Content-Disposition"].startswith("attachment")
    monkeypatch.setattr(downloads, "_cell", lambda value: "" if value is None else str(value))  # the control
    assert len(formulas(stage.client().get("/practices.csv").text)) > len(lines)


EXTRA = {
    "state": "published", "live_id": "1", "latest_id": "1", "role": "manager", "manager": "1", "author_id": "4", "by_id": "4",
    "person_id": "1", "is_published": "1", "approved_by": "1", "coach_id": "4", "sealed": "1", "published": "2020-01-01",
    "version": "99", "credits": "Me", "kind": "training", "active": "0", "password_hash": "x", "is_admin": "true",
    "waiting_since": "2001-01-01", "source": "x", "created": "2001-01-01",
}  # fmt: skip


def test_A3_no_form_sets_what_it_does_not_offer(stage: Stage) -> None:
    stage.programme("elsewhere", coaches=("stranger",))
    record_id = stage.record(stage.actor("author"))
    author, reader = stage.client("author"), stage.client("reader")
    query = "SELECT state, live_id, coach_id, programme_id, kind, source, first_published FROM record"
    before, people = rows(stage, query), "SELECT id, email, manager, active, password_hash FROM person ORDER BY id"
    accounts_before = rows(stage, people)
    extra = MultiDict(
        {**EXTRA, "programme": "elsewhere", "programme_id": "elsewhere", "email": "new@example.org", "id": "mine"}
    )
    for browser, path, fields, status in (
        (author, f"/work/{record_id}/edit", {"title": "Changed by its author", "language": "en", "base": "1", "action": "save"}, 303),
        (author, f"/work/{record_id}/people", {"name": "Somebody", "email": ""}, 303),
        (reader, "/account", {"name": "Reader Renamed"}, 303),
        (reader, "/account/password", {"old": "wrong", "new": "another long phrase"}, 422),
    ):  # fmt: skip
        answer = send(browser, path, MultiDict({**extra, **fields}))
        assert answer.status_code == status, (path, answer.status_code)
    assert rows(stage, query) == before and rows(stage, people) == accounts_before
    assert rows(stage, "SELECT name FROM person WHERE email = 'reader@example.org'") == [("Reader Renamed",)]  # control
    assert ("Changed by its author",) in rows(stage, "SELECT title FROM revision")  # control
    # a new record goes to the writer's own programme, whichever she names
    send(
        author,
        "/work/new/experience",
        MultiDict({**extra, "title": "A new one of mine", "language": "en"}),
        action="save",
    )
    assert rows(stage, query + " WHERE id != '" + record_id + "'") == [("draft", None, None, "reforms", "experience", before[0][5], None)]  # fmt: skip
    # and a step sets nothing but what the workflow says
    send(author, f"/records/{record_id}/submit", MultiDict({**EXTRA, "target": "published", "live": "publish"}))
    assert rows(stage, f"SELECT state, live_id, coach_id FROM record WHERE id = '{record_id}'") != [("published", 1, 4)]


@pytest.mark.parametrize("how", ["co-author", "author", "author and manager", "credited before she had an account"])
def test_A5_whoever_wrote_it_cannot_publish_it_in_any_of_her_roles(stage: Stage, how: str) -> None:
    author, manager = stage.actor("author"), stage.manager()
    writer = stage.actor("coach") if how.startswith("author") else author
    record_id = stage.record(writer)
    if how == "co-author":
        stage.site.act(authoring.add_author, author, record_id, "", "coach@example.org")
    if how == "author and manager":
        stage.site.act(accounts.set_manager, manager, writer.person_id or 0, True)
    if how.startswith("credited"):
        stage.site.act(authoring.add_author, author, record_id, "A guest", "Guest@Example.org")
        stage.person("guest")
        stage.programme("reforms", coaches=("guest",))
    if how.startswith("author"):  # a coach belongs to the programme too: it has its other coach
        stage.site.act(programmes.assign, manager, record_id, programme_id="reforms", coach_email="coach@example.org")
    stage.step(writer, record_id, "submit")
    browser = stage.client("guest" if how.startswith("credited") else "coach")
    assert browser.get(f"/review/{record_id}").status_code == 200  # she does coach it
    assert f'action="/records/{record_id}/publish"' not in browser.get(f"/review/{record_id}").text
    assert post(browser, f"/records/{record_id}/publish", "/account", seen="1", words="Fine.").status_code == 403
    assert rows(stage, f"SELECT state, live_id FROM record WHERE id = '{record_id}'") == [("in_review", None)]
    stage.person("second")
    stage.programme("reforms", coaches=("second",))
    assert (
        post(stage.client("second"), f"/records/{record_id}/publish", "/account", seen="1").status_code == 303
    )  # control


@pytest.mark.case("C1", "C2")
def test_C1_C2_of_two_decisions_one_is_taken_and_the_words_of_the_other_are_kept(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"), "in_review")
    stage.person("second")
    stage.programme("reforms", coaches=("second",))
    one, two = stage.client("coach"), stage.client("second")
    assert (
        post(one, f"/records/{record_id}/request-changes", "/account", seen="1", words="Say when.").status_code == 303
    )
    late = post(two, f"/records/{record_id}/publish", "/account", seen="1", words="Wonderful, go on like this.")
    assert late.status_code == 409 and "Wonderful, go on like this." in late.text
    again = post(
        two, f"/records/{record_id}/request-changes", "/account", seen="1", words="My own long list of wishes."
    )
    assert again.status_code == 409 and "My own long list of wishes." in again.text
    steps = rows(stage, f"SELECT transition FROM step WHERE record_id = '{record_id}' ORDER BY id")
    assert steps == [("submit",), ("request-changes",)]


@pytest.mark.case("C4")
def test_C4_pressing_send_twice_leads_to_the_desk_both_times_and_makes_one_record(stage: Stage) -> None:
    browser = stage.client("author")
    fields = answers(stage)
    places = [
        send(browser, "/work/new/experience", fields, start_key="pressed-twice-123456", action="submit")
        for _ in range(3)
    ]
    assert {(p.status_code, p.headers.get("Location")) for p in places} == {(303, places[0].location)}
    assert "/edit" not in places[0].location
    record_id = places[0].location.rsplit("/", 1)[1]
    assert rows(stage, "SELECT id, state FROM record") == [(record_id, "in_review")]
    assert rows(stage, "SELECT transition FROM step") == [("submit",)]
    again = send(browser, f"/work/{record_id}/edit", fields, base="1", action="submit")
    assert (again.status_code, again.location) == (303, f"/work/{record_id}")
    assert rows(stage, "SELECT count(*) FROM revision") == [(1,)]


@pytest.mark.case("C6")
def test_C6_what_is_saved_after_a_co_author_sent_the_record_is_refused_but_not_lost(stage: Stage) -> None:
    author, colleague = stage.actor("author"), stage.client("colleague")
    record_id = stage.record(author)
    stage.site.act(authoring.add_author, author, record_id, "", "colleague@example.org")
    stage.step(author, record_id, "submit")
    fields = answers(stage, objective="An hour of thought & a <b>bold</b> claim.")
    late = send(colleague, f"/work/{record_id}/edit", fields, base="1", action="save")
    assert late.status_code == 403 and rows(stage, "SELECT count(*) FROM revision") == [(1,)]
    assert "An hour of thought &amp; a &lt;b&gt;bold" in late.text
    # taken back, the kept form can be sent again as it stands
    stage.step(author, record_id, "recall")
    kept = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', late.text)
    sent: MultiDict[str, str] = MultiDict((n, unescape(v)) for n, v in kept)
    assert colleague.post(f"/work/{record_id}/edit", data=sent).status_code == 303
    with stage.site.db.reading() as session:
        found = session.execute(text('SELECT "values" FROM revision ORDER BY number DESC')).scalar()
    assert (
        "An hour of thought & a <b>bold</b> claim."
        in (json.loads(found) if isinstance(found, str) else found)["objective"]
    )


@pytest.mark.case("C1")
@pytest.mark.parametrize("error", [WriteConflict("x"), StorageUnavailable("x")])
def test_F5_C1_a_save_that_meets_a_busy_database_keeps_the_text(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    record_id = stage.record(stage.actor("author"))
    browser = stage.client("author")

    def fails(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(authoring, "save", fails)
    answer = send(
        browser, f"/work/{record_id}/edit", answers(stage, objective="Words worth keeping."), base="1", action="save"
    )
    assert answer.status_code in (409, 503) and 'value="Words worth keeping."' in answer.text


def test_Q3_forms_with_far_too_many_fields_are_refused_fast_by_name_or_by_number(stage: Stage) -> None:
    author, anyone = stage.client("author"), stage.client()
    many = "&".join(f"a{n:x}=" for n in range(200_000))
    same = "&".join(["lessons-0=x"] * 120_000)
    for browser in (author, anyone):
        csrf = token(browser, "/account" if browser is author else "/sign-in")
        for body in (many, same):
            for start in (f"csrf_token={csrf}&", ""):  # also where the token is missing: the text would be kept
                began = time.monotonic()
                answer = browser.post(
                    "/work/new/experience", data=start + body, content_type="application/x-www-form-urlencoded"
                )
                assert answer.status_code == 413 and len(answer.data) < 20_000
                assert time.monotonic() - began < 3
    # the control: as many as a very long record has are taken
    fields = answers(stage)
    for n in range(59):
        fields.setlist(f"sources-{n}-title", [f"Source {n}"])
    assert send(author, "/work/new/experience", fields, action="save").status_code in (303, 422)


@pytest.mark.case("S9")
def test_S9_crlf_in_names_words_and_queries_reaches_no_header(stage: Stage, payloads: Path) -> None:
    lines = (payloads / "crlf.txt").read_text(errors="replace").splitlines() + [
        "a\r\nSet-Cookie: crlf=1",
        "a\nX-Crlf: 1",
    ]
    reader, manager = stage.client("reader"), stage.client("manager")
    record_id = stage.record(stage.actor("author"), "published", title="T\r\nSet-Cookie: crlf=1 here")
    for line in lines:
        for answer in (
            send(reader, "/account", MultiDict({"name": f"N {line}"[:100]})),
            send(manager, "/manage/people/3", MultiDict({"action": "activate", "q": line})),
            reader.get(f"/practices/{record_id}/{quote(line)}"),
            reader.get("/practices.csv", query_string={"q": line}),
        ):
            assert answer.status_code < 500, line
            names = {h.lower() for h, _ in answer.headers}
            assert "x-crlf" not in names and not any("\n" in v or "\r" in v for _, v in answer.headers), line
            assert not any(c.lower().startswith("crlf") for c in answer.headers.get_all("Set-Cookie")), line

"""X, Q, U9, A2, S9: whatever is typed, into whichever field or address: refused, or shown where it cannot run."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from werkzeug.datastructures import MultiDict

from knowledge.services import accounts
from knowledge.storage.session import StorageUnavailable
from knowledge.web import downloads
from tests.conftest import PASSWORD, Stage, complete_experience, token
from tests.security.forms import send
from tests.security.inert import alarms, strings

POLICY = "default-src 'none'"


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
    texts = [
        n for n in dict.fromkeys(names) if n not in ("csrf_token", "start_key", "action", "base", "programme", "who")
    ]
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


@pytest.mark.case("Q2", "Q3", "X8", control="test_the_control_the_oracle_sees_what_could_run")
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


@pytest.mark.case("Q1")
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


@pytest.mark.case("A2", "Q1")
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

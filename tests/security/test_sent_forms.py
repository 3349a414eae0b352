"""A3, A5, C, Q3: whatever a form is made to say, by whomever, in whatever order and however often it is sent."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.datastructures import MultiDict

from knowledge.services import accounts, authoring, programmes
from knowledge.storage.session import StorageUnavailable, WriteConflict
from tests.conftest import Stage, post, token
from tests.security.forms import answers, rows, send

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


@pytest.mark.case("Q3")
def test_Q3_forms_with_far_too_many_fields_are_refused_by_name_or_by_number(stage: Stage) -> None:
    author, anyone = stage.client("author"), stage.client()
    many = "&".join(f"a{n:x}=" for n in range(200_000))
    same = "&".join(["lessons-0=x"] * 120_000)
    for browser in (author, anyone):
        csrf = token(browser, "/account" if browser is author else "/sign-in")
        for body in (many, same):
            for start in (f"csrf_token={csrf}&", ""):  # also where the token is missing: the text would be kept
                answer = browser.post(
                    "/work/new/experience", data=start + body, content_type="application/x-www-form-urlencoded"
                )
                assert answer.status_code == 413 and len(answer.data) < 20_000
    # the control: as many as a very long record has are taken
    fields = answers(stage)
    for n in range(59):
        fields.setlist(f"sources-{n}-title", [f"Source {n}"])
    assert send(author, "/work/new/experience", fields, action="save").status_code in (303, 422)

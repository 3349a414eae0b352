"""A1: every step and act for every reader, state and ownership, held against the workflow's own table."""

from __future__ import annotations

import io

import pytest
from flask.testing import FlaskClient

from tests.security.routes import FACTS, READERS, STATES, World, ever, flow, knows, may


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("state", STATES)
def test_A1_A4_steps_follow_the_table_and_a_refusal_changes_nothing(world: World, reader: str, state: str) -> None:
    browser = world.browsers[reader]
    for transition in flow(state).transitions:
        record_id = world.records[state]
        before = world.state_of(record_id)
        assert before == FACTS[state]
        allowed = bool(reader) and may(transition.id, reader, state)
        live_missing = transition.live.value in ("remove", "return") and not FACTS[state][1]
        answer = _step(browser, world.tokens[reader], record_id, transition.id, seen="1")
        if allowed and not live_missing:
            assert answer.status_code == 303, (transition.id, reader, state, answer.status_code)
            world.records[state] = world.make(state)  # that one has moved on: a fresh one for the next
            continue
        if not reader:
            expected = {401}
        elif not knows(reader, state) and not FACTS[state][1]:
            expected = {404}
        elif not ever(transition.id, reader, state):
            expected = {403}
        else:
            expected = {409, 422}
        assert answer.status_code in expected, (transition.id, reader, state, answer.status_code)
        assert world.state_of(record_id) == before


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("state", STATES)
def test_A1_acts_on_a_point_follow_the_table(world: World, reader: str, state: str) -> None:
    browser, record_id, csrf = world.browsers[reader], world.records[state], world.tokens[reader]
    thread = world.stage.site.act(_add_point, record_id)
    for what, permission in {
        "address": "address",
        "resolve": "resolve",
        "reopen": "resolve",
        "reply": "comment",
    }.items():
        data = {"csrf_token": csrf, "action": what, f"reply-{thread}": "An answer."}
        status = browser.post(f"/work/{record_id}/points/{thread}", data=data).status_code
        if not reader:
            expected = 401
        elif not knows(reader, state):
            expected = 404
        else:
            expected = 303 if may(permission, reader, state) else 403
        assert status == expected, (what, reader, state, status)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("state", STATES)
def test_A1_saying_that_advice_is_fine_follows_the_table(world: World, reader: str, state: str) -> None:
    browser, record_id, csrf = world.browsers[reader], world.records[state], world.tokens[reader]
    data = {"csrf_token": csrf, "say": "fine:" + "0" * 24}
    status = browser.post(f"/work/{record_id}/advice", data=data).status_code
    if not reader:
        expected = 401
    elif not knows(reader, state):
        expected = 404
    else:
        expected = 303 if may("edit", reader, state) else 403
    assert status == expected, (reader, state, status)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("state", STATES)
def test_A1_taking_up_and_handing_back_follow_the_table(world: World, reader: str, state: str) -> None:
    browser, record_id, csrf = world.browsers[reader], world.records[state], world.tokens[reader]
    for what in ("claim", "hand-back"):
        before = world.state_of(record_id)
        status = browser.post(f"/review/{record_id}/{what}", data={"csrf_token": csrf}).status_code
        if not reader:
            expected = 401
        elif not knows(reader, state):
            expected = 404
        elif not ever("claim", reader, state):
            expected = 403
        else:
            expected = 303 if may("claim", reader, state) else 409
        assert status == expected, (what, reader, state, status)
        assert world.state_of(record_id) == before, "whose a record is says nothing of its state"


@pytest.mark.case("A2", "L9")
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("state", STATES)
def test_A1_A2_L9_files_follow_the_revision_that_refers_to_them(world: World, reader: str, state: str) -> None:
    browser, record_id = world.browsers[reader], world.records[state]
    file_id, unused = world.stage.site.act(_add_files, record_id)
    for each in (file_id, unused):
        world.stage.site.uploads.store.put(f"{each}/whole", io.BytesIO(b"x"))
    for each, live in ((file_id, FACTS[state][1]), (unused, False)):
        status = browser.get(f"/files/{each}/a.txt").status_code
        assert status == (200 if live or knows(reader, state) else 404), (reader, state, live)
    upload = f"/work/{record_id}/uploads"
    head = {"X-CSRFToken": world.tokens[reader]}
    allowed = may("edit", reader, state)
    given = {"name": "a.txt", "size": "5", "key": reader + state}
    status = browser.post(f"{upload}.json", data=given, headers=head).status_code
    assert status == (401 if not reader else 404 if not knows(reader, state) else 200 if allowed else 403)
    for method, path in (("GET", ".json"), ("PUT", ".json?offset=0"), ("POST", "/finish.json")):
        answer = browser.open(f"{upload}/{'a' * 20}{path}", method=method, headers=head)
        assert answer.status_code == (401 if not reader else 404 if not knows(reader, state) or allowed else 403)


def _add_files(session, record_id: str) -> tuple[str, str]:  # type: ignore[no-untyped-def]
    """A file that every revision of the record refers to, and one that none does."""
    from sqlalchemy import select

    from knowledge.services.uploads import new_file_id
    from knowledge.storage.models.files import StoredFile
    from knowledge.storage.models.records import Revision

    ids = new_file_id(), new_file_id()
    for each in ids:
        session.add(StoredFile(id=each, record_id=record_id, name="a.txt", kind="document", format="txt", size=1, sizes={},
                               digest=each))  # fmt: skip
    for revision in session.scalars(select(Revision).where(Revision.record_id == record_id)):
        values = {**revision.values, "media": [{"file": ids[0], "caption": "A text"}]}
        session.execute(Revision.__table__.update().where(Revision.id == revision.id).values(values=values))
    return ids


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("state", STATES)
def test_A1_keeping_and_dropping_a_working_copy_follow_the_table(world: World, reader: str, state: str) -> None:
    browser, record_id, csrf = world.browsers[reader], world.records[state], world.tokens[reader]
    sent = {
        "json": {"fields": [["title", "T"]], "base": 1, "key": ""},
        "headers": {"X-CSRFToken": csrf, "If-None-Match": "*"},
    }
    kept = browser.put(f"/work/{record_id}/working.json", **sent).status_code
    dropped = browser.post(f"/work/{record_id}/working", data={"csrf_token": csrf}).status_code
    if not reader:
        expected = (401, 401)
    elif not knows(reader, state):
        expected = (404, 404)
    else:
        expected = (200, 303) if may("edit", reader, state) else (403, 403)
    assert (kept, dropped) == expected, (reader, state)


def _add_point(session, record_id: str) -> int:  # type: ignore[no-untyped-def]
    from knowledge.storage import find
    from knowledge.storage.models.discussion import Comment, Thread

    record = find.record(session, record_id)
    thread = Thread(record_id=record_id, revision_id=record.latest_id, field="summary", by_coach=True)
    thread.comments = [Comment(person_id=None, text="Which law?")]
    session.add(thread)
    session.flush()
    return thread.id


def _step(browser: FlaskClient, csrf: str, record_id: str, transition: str, **fields: str):  # type: ignore[no-untyped-def]
    data = {"csrf_token": csrf, "words": "Because.", **fields}
    return browser.post(f"/records/{record_id}/{transition}", data=data)


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_A11_a_method_cannot_be_smuggled(world: World, header: str) -> None:
    record_id = world.records["in_review"]
    answer = world.browsers["coach"].get(f"/records/{record_id}/publish", headers={header: "POST"})
    assert answer.status_code == 405 and world.state_of(record_id) == FACTS["in_review"]


def test_a_transition_nobody_declared_is_not_found(world: World) -> None:
    record_id = world.records["in_review"]
    assert _step(world.browsers["manager"], world.tokens["manager"], record_id, "accept").status_code == 404

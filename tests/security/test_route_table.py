"""A1: every route for every reader, state and ownership, held against the workflow's own table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from knowledge.services import notices
from tests.conftest import Stage, make_stage, token
from workflows.editorial import EDITORIAL

READERS = ("", "stranger", "author", "colleague", "coach", "other_coach", "manager")
STATES = ("draft", "in_review", "changes_requested", "published", "revised", "withdrawn")
# state of the latest revision, and whether there is a live one
FACTS = {s: (s, s == "published") for s in STATES} | {"revised": ("draft", True)}

PUBLIC = {
    "public.home", "public.practices", "public.practices_json", "public.practices_csv", "public.practices_atom",
    "public.schema", "public.help_search", "public.about", "public.healthz", "public.robots",
    "narrowing.values", "narrowing.like", "overview.countries", "overview.gaps", "public.suggest",
    "account.register", "account.sign_in", "account.sign_out", "mail.stop",
}  # fmt: skip
SIGNED_IN = {
    "mail.wishes",
    "account.profile",
    "account.password",
    "authoring.my_work",
    "authoring.choose_kind",
    "authoring.start",
}
COACHES = {"review.queue"}
MANAGERS = {
    "manage.overview", "manage.people", "manage.change_person", "manage.all_programmes", "manage.programme",
    "manage.vocabularies", "manage.terms", "manage.withdrawn", "manage.synonyms",
    "mail.all_mails",
}  # fmt: skip
# endpoint -> the permission of the workflow's table that it asks for
DESK = {
    "authoring.desk": "view_history", "authoring.preview": "view", "authoring.compare_revisions": "view_history",
    "discussion.points": "view_history",
    "authoring.edit": "edit", "authoring.people": "share", "review.read": "review", "manage.assign": "manage",
}  # fmt: skip
ARTICLE, STEPS, POINTS = {"public.practice"}, {"steps.advance"}, {"discussion.act", "discussion.resolve_all"}
# held to the table, or to who coaches whom, in test_review_rights
REVIEW = {
    "review.look", "review.insert", "coaching.score", "coaching.ask", "coaching.answer",
    "coaching.phrase_list", "coaching.person",
}  # fmt: skip


def roles(reader: str) -> frozenset[str]:
    if not reader:
        return frozenset({"anyone"})
    own = {"author": "author", "colleague": "co_author", "coach": "coach", "manager": "manager"}
    return frozenset({"anyone", "signed_in", *([own[reader]] if reader in own else [])})


def knows(reader: str, state: str) -> bool:
    """Whether this reader may see the latest revision at its desk."""
    return EDITORIAL.may("view", FACTS[state][0], roles(reader) - {"anyone", "signed_in"})


class World:
    """One site, one record in every state, one browser for every reader."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.records = {state: self.make(state) for state in STATES}
        self.browsers = {reader: stage.client(reader) for reader in READERS}
        self.tokens = {reader: token(browser) for reader, browser in self.browsers.items()}

    def make(self, state: str) -> str:
        author = self.stage.actor("author")
        record_id = self.stage.record(author, "published" if state == "revised" else state)
        if state == "revised":
            self.stage.step(author, record_id, "revise")
        self.stage.site.act(_add_colleague, record_id)
        return record_id

    def state_of(self, record_id: str) -> tuple[str, bool]:
        from knowledge.storage import find

        with self.stage.site.db.reading() as session:
            record = find.record(session, record_id)
            assert record is not None
            return record.state, record.live_id is not None


def _add_colleague(session, record_id: str) -> None:  # type: ignore[no-untyped-def]
    from knowledge.storage import find
    from knowledge.storage.models.records import CO_AUTHOR, Authorship

    person = find.person_by_email(session, "colleague@example.org")
    session.add(
        Authorship(
            record_id=record_id, person_id=person.id, name=person.name, email=person.email, role=CO_AUTHOR, position=1
        )
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    from argon2 import PasswordHasher

    from knowledge.services import accounts

    patch = pytest.MonkeyPatch()
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    patch.setattr(accounts, "_hasher", lambda: cheap)
    folder: Path = tmp_path_factory.mktemp("world")
    stage = make_stage(folder)
    stage.manager()
    for name in ("coach", "author", "colleague", "stranger", "other_coach"):
        stage.person(name)
    stage.programme("reforms", coaches=("coach",), apprentices=("author",))
    stage.programme("elsewhere", coaches=("other_coach",))
    yield World(stage)
    stage.site.db.close()
    patch.undo()


DECLARED = PUBLIC | SIGNED_IN | COACHES | MANAGERS | set(DESK) | ARTICLE | STEPS | POINTS | REVIEW


def test_A1_every_route_stands_in_one_table(world: World, tmp_path: Path) -> None:
    assert _undeclared(world.stage) == set(), "a new route: say in this table who may use it"
    assert DECLARED - {rule.endpoint for rule in world.stage.app.url_map.iter_rules()} == set(), "a route that is gone"
    # the control: a route that nobody declared is caught
    other = make_stage(tmp_path)
    other.app.add_url_rule("/secret", "public.secret", lambda: "")
    assert _undeclared(other) == {"public.secret"}


def _undeclared(stage: Stage) -> set[str]:
    return {rule.endpoint for rule in stage.app.url_map.iter_rules()} - DECLARED


def _paths(world: World, endpoints: set[str]) -> list[tuple[str, str]]:
    given = {"kind": "experience", "name": "topics", "programme_id": "reforms", "person_id": "999", "record_id": "none",
             "facet_id": "country",
             "token": notices.stop_token(world.stage.site.settings.key(), 1, "submitted")}  # fmt: skip
    found = []
    for rule in world.stage.app.url_map.iter_rules():
        if rule.endpoint in endpoints and "GET" in (rule.methods or ()):
            found.append((rule.endpoint, re.sub(r"<(?:\w+:)?(\w+)>", lambda m: given[m[1]], rule.rule)))
    return found


@pytest.mark.parametrize("reader", READERS)
def test_A1_pages_that_belong_to_no_record(world: World, reader: str) -> None:
    browser = world.browsers[reader]
    for endpoint, path in _paths(world, PUBLIC | SIGNED_IN | COACHES | MANAGERS):
        status = browser.get(path).status_code
        allowed = (
            endpoint in PUBLIC
            or (endpoint in SIGNED_IN and reader)
            or (endpoint in COACHES and reader in ("coach", "other_coach"))
            or (endpoint in MANAGERS and reader == "manager")
        )
        expected = 200 if allowed else 303 if not reader else 403
        assert status == expected, (endpoint, reader, status)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("state", STATES)
def test_A1_L17_pages_of_a_record_follow_the_table(world: World, reader: str, state: str) -> None:
    browser, record_id = world.browsers[reader], world.records[state]
    for rule in world.stage.app.url_map.iter_rules():
        if rule.endpoint not in DESK or "GET" not in (rule.methods or ()):
            continue
        path = rule.rule.replace("<record_id>", record_id)
        status = browser.get(path + ("?from=1&to=1" if "compare" in path else "")).status_code
        permission = DESK[rule.endpoint]
        if not reader:
            expected = 303
        elif not knows(reader, state):
            expected = 404  # not 403: she may not even learn that it exists
        else:
            expected = 200 if EDITORIAL.may(permission, FACTS[state][0], roles(reader)) else 403
        assert status == expected, (rule.endpoint, reader, state, status)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("state", STATES)
def test_A1_A11_the_public_page_follows_the_live_revision(world: World, reader: str, state: str) -> None:
    browser, record_id = world.browsers[reader], world.records[state]
    expected = 200 if FACTS[state][1] else 410 if state == "withdrawn" else 404
    for path in (
        f"/practices/{record_id}",
        f"/practices/{record_id}/",
        f"/practices/{record_id}/any",
        f"/practices/{record_id}.json",
    ):
        assert browser.get(path, follow_redirects=True).status_code == expected, (path, reader, state)
        assert browser.head(path, follow_redirects=True).status_code == expected, (path, reader, state)
    for path in (f"/Practices/{record_id}", f"/practices/{record_id.upper()}", f"/practices/%2e/{record_id}"):
        assert browser.get(path, follow_redirects=True).status_code == 404, path


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("state", STATES)
def test_A1_A4_steps_follow_the_table_and_a_refusal_changes_nothing(world: World, reader: str, state: str) -> None:
    browser = world.browsers[reader]
    for transition in EDITORIAL.transitions:
        record_id = world.records[state]
        before = world.state_of(record_id)
        assert before == FACTS[state]
        allowed = bool(reader) and EDITORIAL.may(transition.id, FACTS[state][0], roles(reader))
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
        elif not any(EDITORIAL.may(transition.id, s, roles(reader)) for s in transition.sources):
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
        data = {"csrf_token": csrf, "action": what, "text": "An answer."}
        status = browser.post(f"/work/{record_id}/points/{thread}", data=data).status_code
        if not reader:
            expected = 401
        elif not knows(reader, state):
            expected = 404
        else:
            expected = 303 if EDITORIAL.may(permission, FACTS[state][0], roles(reader)) else 403
        assert status == expected, (what, reader, state, status)


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

"""A1: every route for every reader, state and ownership, held against the workflow's own table."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from knowledge.services import confirming, invitations, notices, resetting
from knowledge.storage import find, invited
from knowledge.web.limits import limiter
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
    "second_factor.code", "resetting.ask",
    "resetting.choose", "confirming.confirm", "invitations.answer",  # the signed address is the proof
    "working.worker",
}  # fmt: skip
SIGNED_IN = {
    "absence.mine",
    "mail.wishes",
    "account.profile",
    "account.password",
    "confirming.address",
    "second_factor.setting",
    "sessions.places",
    "authoring.my_work",
    "authoring.choose_kind",
    "authoring.start",
    "offline.form",
    "offline.from_file",
    "working.of_new",
    "working.keep_of_new",
    "working.drop_of_new",
    "working.rendered",
}
COACHES = {"review.queue"}
MANAGERS = {
    "manage.overview", "manage.people", "manage.change_person", "manage.all_programmes", "manage.programme",
    "manage.vocabularies", "manage.terms", "manage.withdrawn", "manage.synonyms",
    "mail.all_mails",
    "absence.of_person",
    "invitations.of_programme",
}  # fmt: skip
# endpoint -> the permission of the workflow's table that it asks for
DESK = {
    "authoring.desk": "view_history", "authoring.preview": "view", "authoring.compare_revisions": "view_history",
    "discussion.points": "view_history",
    "working.of_record": "edit", "working.keep_of_record": "edit", "working.drop_of_record": "edit",
    "authoring.edit": "edit", "authoring.people": "share", "review.read": "review", "manage.assign": "manage",
}  # fmt: skip
DESK |= {
    "publication.saved_versions": "view_history", "publication.saved_version": "view_history",
    "publication.plan": "claim", "publication.confirm": "revise", "sharing.readers": "invite",
}  # fmt: skip
CHOICES = {"language.choose"}  # kept on the device, for whoever reads there; tests/journeys/test_languages.py
VERSIONS = {"publication.version", "publication.compare_published"}  # of these, what became public
LINKS = {"sharing.shared", "sharing.comment", "sharing.file"}  # open to who has the link, whoever she is
ARTICLE, STEPS, POINTS = {"public.practice"}, {"steps.advance"}, {"discussion.act", "discussion.resolve_all"}
ADVICE = {"advice.say"}
CLAIMS = {"claims.claim", "claims.hand_back"}
FILES, UPLOADS = {"files.file"}, {"files.begin", "files.chunk", "files.finish"}
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


DECLARED = PUBLIC | SIGNED_IN | COACHES | MANAGERS | set(DESK) | ARTICLE | STEPS | POINTS | ADVICE | CLAIMS
DECLARED |= FILES | UPLOADS | VERSIONS | LINKS | REVIEW | CHOICES


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
    given = {"kind": "experience", "name": "topics", "programme_id": "reforms", "person_id": "1", "record_id": "none",
             "facet_id": "country", "start_key": "begun", **_links(world.stage),
             "token": notices.stop_token(world.stage.site.settings.key(), 1, "submitted")}  # fmt: skip
    found = []
    for rule in world.stage.app.url_map.iter_rules():
        if rule.endpoint in endpoints and "GET" in (rule.methods or ()):
            found.append((rule.endpoint, re.sub(r"<(?:\w+:)?(\w+)>", lambda m: given[m[1]], rule.rule)))
    return found


def _links(stage: Stage) -> dict[str, str]:
    """The signed parts of links that are good: who has one gets in whoever she is."""
    key, site = stage.site.settings.key(), stage.site
    with site.db.transaction() as session:
        person = find.person_by_email(session, "stranger@example.org")
        assert person is not None
        person.confirmed = None
        open_ones = invited.open_of_programme(session, "reforms")
        invitation = open_ones[0] if open_ones else invitations.to_programme(
            session, stage.manager(), "reforms", "nobody@example.org", "coach"
        )  # fmt: skip
        return {
            "reset": resetting.link(key, person),
            "confirm": confirming.link(key, person, person.email),
            "invitation": invitations.link(key, invitation),
        }


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
        expected = 200 if allowed else (401 if path.endswith(".json") else 303) if not reader else 403
        assert status == expected, (endpoint, reader, status)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("state", STATES)
def test_A1_L17_pages_of_a_record_follow_the_table(world: World, reader: str, state: str) -> None:
    browser, record_id = world.browsers[reader], world.records[state]
    for rule in world.stage.app.url_map.iter_rules():
        if rule.endpoint not in DESK or "GET" not in (rule.methods or ()):
            continue
        path = rule.rule.replace("<record_id>", record_id).replace("<int:number>", "1")
        status = browser.get(path + ("?from=1&to=1" if "compare" in path else "")).status_code
        permission = DESK[rule.endpoint]
        if not reader:
            expected = 401 if path.endswith(".json") else 303
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


@pytest.mark.case("A2")
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("state", STATES)
def test_A1_A2_a_version_has_an_address_for_everybody_if_it_was_public_and_for_nobody_else(
    world: World, reader: str, state: str
) -> None:
    browser, record_id = world.browsers[reader], world.records[state]
    expected = 200 if FACTS[state][1] else 410 if state == "withdrawn" else 404
    for path in ("v/1", "v/compare?from=1&to=1"):
        assert browser.get(f"/practices/{record_id}/{path}").status_code == expected, (path, reader, state)
        assert browser.head(f"/practices/{record_id}/{path}").status_code == expected, (path, reader, state)
    for path in ("v/0", "v/2", "v/99999999999999999999", "v/x", "v/compare", "v/compare?from=1&to=2"):
        assert browser.get(f"/practices/{record_id}/{path}").status_code == 404, (path, reader, state)
    assert browser.get("/practices/none/v/1").status_code == 404


@pytest.mark.case("A2")
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("state", STATES)
def test_A1_A2_a_link_opens_its_record_for_anybody_and_says_nothing_about_any_other(
    world: World, reader: str, state: str
) -> None:
    from knowledge.services import sharing

    stage, browser, record_id = world.stage, world.browsers[reader], world.records[state]
    stage.site.act(_forget_links)
    limiter.reset()  # of all these readers and states together, in one minute
    if state == "withdrawn":
        assert not EDITORIAL.may("invite", "withdrawn", frozenset({"author", "coach", "manager"}))
        return
    _, token_ = stage.site.act(sharing.make, stage.actor("coach"), record_id, name="Ann")
    assert browser.get(f"/shared/{token_}").status_code == 200
    assert browser.get(f"/shared/{token_[:-1]}").status_code == 404
    said = browser.post(f"/shared/{token_}", data={"text": "Well."}).status_code
    assert said == (303 if EDITORIAL.may("comment", FACTS[state][0], roles("coach")) else 403), state
    # the token is no key to anything else
    for other in (f"/work/{token_}", f"/practices/{token_}", f"/work/{record_id}/readers?token={token_}"):
        assert browser.get(other).status_code == (world.browsers[reader].get(other.split("?")[0]).status_code), other


def _forget_links(session) -> None:  # type: ignore[no-untyped-def]
    from sqlalchemy import text

    session.execute(text("UPDATE share_link SET ended = created"))


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
        expected = 303 if EDITORIAL.may("edit", FACTS[state][0], roles(reader)) else 403
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
        elif not any(EDITORIAL.may("claim", s.id, roles(reader)) for s in EDITORIAL.states):
            expected = 403
        else:
            expected = 303 if EDITORIAL.may("claim", FACTS[state][0], roles(reader)) else 409
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
    may = EDITORIAL.may("edit", FACTS[state][0], roles(reader))
    given = {"name": "a.txt", "size": "5", "key": reader + state}
    status = browser.post(f"{upload}.json", data=given, headers=head).status_code
    assert status == (401 if not reader else 404 if not knows(reader, state) else 200 if may else 403)
    for method, path in (("GET", ".json"), ("PUT", ".json?offset=0"), ("POST", "/finish.json")):
        answer = browser.open(f"{upload}/{'a' * 20}{path}", method=method, headers=head)
        assert answer.status_code == (401 if not reader else 404 if not knows(reader, state) or may else 403)


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
        expected = (200, 303) if EDITORIAL.may("edit", FACTS[state][0], roles(reader)) else (403, 403)
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

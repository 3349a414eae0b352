"""A1: every route and page for every reader, state and ownership, held against the workflow's own table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from knowledge.services import confirming, invitations, notices, resetting
from knowledge.storage import find, invited
from knowledge.web.limits import limiter
from tests.conftest import Stage, make_stage
from tests.security.routes import (
    CLOSED,
    COACHES,
    DECLARED,
    DESK,
    FACTS,
    KEPT,
    MANAGERS,
    PUBLIC,
    READERS,
    SIGNED_IN,
    STATES,
    World,
    knows,
    may,
    roles,
)


def test_A1_every_route_stands_in_one_table(world: World, tmp_path: Path) -> None:
    assert _undeclared(world.stage) == set(), "a new route: say in routes.py who may use it"
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
            or (endpoint in COACHES and reader in ("coach", "other_coach", "adviser"))
            or (endpoint in MANAGERS and reader == "manager")
        )
        expected = 200 if allowed else (401 if path.endswith(".json") else 303) if not reader else 403
        assert status == expected, (endpoint, reader, status)
    _only_her_own_is_kept_on_a_device(world)


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
        elif may(permission, reader, state):
            expected = 200
        else:
            expected = 303 if CLOSED.get(rule.endpoint, frozenset()) & roles(reader, state) else 403
        assert status == expected, (rule.endpoint, reader, state, status)
    _only_her_own_is_kept_on_a_device(world)
    if reader == "author" and state == "draft":
        assert ("authoring.edit", "GET", True) in world.kept  # the control


def _only_her_own_is_kept_on_a_device(world: World) -> None:
    """Of everything that was asked for so far, by whomever, the device is told to keep lists and forms, to their writer."""
    assert world.kept <= {(endpoint, "GET", True) for endpoint in KEPT}


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
    _only_her_own_is_kept_on_a_device(world)
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
        assert not any(may("invite", each, state) for each in READERS)
        return
    _, token_ = stage.site.act(sharing.make, stage.actor("coach"), record_id, name="Ann")
    assert browser.get(f"/shared/{token_}").status_code == 200
    assert browser.get(f"/shared/{token_[:-1]}").status_code == 404
    said = browser.post(f"/shared/{token_}", data={"text": "Well."}).status_code
    assert said == (303 if may("comment", "coach", state) else 403), state
    # the token is no key to anything else
    for other in (f"/work/{token_}", f"/practices/{token_}", f"/work/{record_id}/readers?token={token_}"):
        assert browser.get(other).status_code == (world.browsers[reader].get(other.split("?")[0]).status_code), other


def _forget_links(session) -> None:  # type: ignore[no-untyped-def]
    from sqlalchemy import text

    session.execute(text("UPDATE share_link SET ended = created"))

"""A1, A2: what is posted to the pages of a record, by every reader in every state, held against the workflows' tables."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from knowledge.services import scheduling
from knowledge.storage import find
from tests.security.forms import answers, rows
from tests.security.routes import DESK, FACTS, READERS, STATES, World, ever, knows, may
from workflows import known

SOON = (date.today() + timedelta(30)).isoformat()
# what is posted -> endpoint, the permissions that it needs all of, the fields, and what comes when it is done
POSTS: dict[str, tuple[str, tuple[str, ...], dict[str, str], int]] = {
    "save": ("authoring.edit", ("edit",), {"action": "save", "objective": "Deliver within a week."}, 303),
    "go back": ("publication.saved_version", ("edit",), {}, 303),
    "an author": ("authoring.people", ("share",), {"name": "Ann of the ward"}, 303),
    "a link": ("sharing.readers", ("invite",), {"name": "Ann of the ward"}, 200),
    "a point": ("discussion.points", ("comment",), {"field": "summary", "text": "Which law?"}, 303),
    "a private point": (
        "discussion.points", ("comment", "note"), {"field": "summary", "text": "Hm.", "private": "y"}, 303,
    ),
    "a day": ("publication.plan", ("publish",), {"on": SOON}, 303),
    "no day": ("publication.plan", ("publish",), {"action": "call-off"}, 303),
    "still valid": ("publication.confirm", ("revise",), {"on": SOON}, 303),
    "a coach": ("manage.assign", ("manage",), {"coach": "coach@example.org"}, 303),
}  # fmt: skip
TABLES = ("revision", "authorship", "share_link", "thread", "comment", "plan", "step", "mail")
READ_ONLY = {
    "authoring.desk", "authoring.preview", "authoring.compare_revisions", "publication.saved_versions", "review.read",
    "working.of_record", "working.keep_of_record", "working.drop_of_record",  # those two: test_route_acts
}  # fmt: skip


def path_of(world: World, endpoint: str, record_id: str) -> str:
    rule = next(r for r in world.stage.app.url_map.iter_rules() if r.endpoint == endpoint and "POST" in r.methods)
    return rule.rule.replace("<record_id>", record_id).replace("<int:number>", "1")


def facts(world: World) -> list[int]:
    """How many rows there are of everything that a refusal might have left behind."""
    return [int(rows(world.stage, f"SELECT count(*) FROM {table}")[0][0]) for table in TABLES]


def status_for(what: str, reader: str, state: str) -> set[int]:
    """What the tables say."""
    endpoint, permissions, _, done = POSTS[what]
    if not reader:
        return {401}
    if endpoint == "manage.assign" and reader != "manager":
        return {403}  # whatever the record, there or not
    if not knows(reader, state):
        return {404}
    if what == "no day" and (may("publish", reader, state) or may("manage", reader, state)):
        return {done} if state in known.UNDER_REVIEW else {404}  # there is a decision to take back, or none
    if all(may(each, reader, state) for each in permissions):
        return {done}
    # a step that she takes in another state is refused as steps are
    return {409, 422} if what == "a day" and ever("publish", reader, state) else {403}


@pytest.mark.case("A2")
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("state", STATES)
def test_A1_A2_what_is_posted_to_a_record_follows_the_table_and_a_refusal_changes_nothing(
    world: World, reader: str, state: str
) -> None:
    stage, record_id = world.stage, world.records[state]
    for what, (endpoint, _, fields, _) in POSTS.items():
        with stage.site.db.reading() as session:
            record = find.record(session, record_id)
            assert record is not None
            number, programme, planned = record.latest.number, record.programme_id or "", record.plan is not None
        if what == "no day" and not planned and state in known.UNDER_REVIEW:
            stage.site.act(scheduling.plan, stage.actor("coach"), record_id, SOON, seen=number)
        data = answers(stage) if what == "save" else {}
        sent = {**data, "base": number, "seen": number, "programme": programme, **fields}
        before, wanted = facts(world), status_for(what, reader, state)
        path = path_of(world, endpoint, record_id)
        status = world.browsers[reader].post(path, data={**sent, "csrf_token": world.tokens[reader]}).status_code
        assert status in wanted, (what, reader, state, status)
        if status >= 400:
            assert facts(world) == before, (what, reader, state)
        assert world.state_of(record_id) == FACTS[state], (what, reader)
    assert world.kept == set(), "no answer to a post stays on the device"


def test_the_control_each_of_these_is_done_by_somebody_and_every_page_that_takes_a_post_is_among_them(
    world: World,
) -> None:
    for what, (endpoint, *_, done) in POSTS.items():
        assert any(status_for(what, reader, state) == {done} for reader in READERS for state in STATES), what
        assert endpoint in DESK
    assert {endpoint for endpoint, *_ in POSTS.values()} == set(DESK) - READ_ONLY

"""A8, A10, X11, X12: there is one way to be somebody, the cookie; what asks for many things at once gets all or none."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.wrappers import Response

from knowledge.services import exchange
from knowledge.storage.models.people import SignIn
from tests.conftest import Stage, complete_experience, post, token
from tests.security.test_session_attacks import dump, filled

POLICY = "Content-Security-Policy"


def proofs(cookie: str, password: str) -> list[dict[str, str]]:
    """Ways in which programs prove who they are, with what is right where this site has it."""
    basic = base64.b64encode(password.encode()).decode()
    given = [f"Bearer {cookie}", f"Token {cookie}", f"Basic {basic}", f"ApiKey {cookie}", "Bearer null", "Negotiate x"]
    found = [{"Authorization": value} for value in given]
    named = (
        "X-API-Key",
        "X-Auth-Token",
        "X-Access-Token",
        "X-Remote-User",
        "Remote-User",
        "X-Forwarded-User",
        "X-User-Id",
    )
    return found + [{name: cookie} for name in named] + [{name: "manager@example.org"} for name in named]


@pytest.mark.case("A8")
def test_A8_no_header_and_no_argument_is_as_good_as_the_cookie(stage: Stage) -> None:
    record = stage.record(stage.actor("author"))
    manager = stage.client("manager")
    cookie = manager.get_cookie("praxis")
    assert cookie is not None
    with stage.site.db.reading() as session:
        kept = session.scalars(select(SignIn.token_hash)).all()[-1]
    plain, asked = stage.app.test_client(), 0
    every = [*proofs(cookie.value, "manager@example.org:correct horse battery"), {"Authorization": f"Bearer {kept}"}]
    for rule in stage.app.url_map.iter_rules():
        if rule.methods is None or "GET" not in rule.methods:
            continue
        path = filled(rule.rule, record_id=record)
        without = plain.get(path).status_code
        for proof in (every[asked % 6], *every[6:9], {k: v for each in every[9:] for k, v in each.items()}):
            assert plain.get(path, headers=proof).status_code == without, (path, proof)
        asked += 1
    assert asked > 50
    for proof in every:
        args = dict.fromkeys(("token", "access_token", "api_key", "session", "praxis", "user"), cookie.value)
        for path in ("/manage", f"/work/{record}", "/account"):
            assert plain.get(path, query_string=args, headers=proof).status_code == 303, path
    # the control: with the cookie itself, the same addresses open
    assert [manager.get(p).status_code for p in ("/manage", f"/work/{record}", "/account")] == [200] * 3


@pytest.mark.case("A8")
def test_A8_a_header_beside_the_cookie_neither_adds_to_it_nor_replaces_the_token_of_a_form(stage: Stage) -> None:
    record = stage.record(stage.actor("author"), "in_review")
    reader, coach = stage.client("reader"), stage.client("coach")
    theirs = coach.get_cookie("praxis")
    assert theirs is not None
    for proof in proofs(theirs.value, "coach@example.org:correct horse battery"):
        assert reader.get("/review", headers=proof).status_code == 403
        assert coach.post(f"/records/{record}/publish", data={"seen": "1"}, headers=proof).status_code == 400
    assert stage.client().get(f"/practices/{record}").status_code == 404
    data = {"seen": "1", "csrf_token": token(coach)}
    assert coach.post(f"/records/{record}/publish", data=data).status_code == 303  # the control


# ---------------------------------------------------------------------------- many at once


def lines(*ids: str, **changes: Any) -> list[tuple[int, str]]:
    made = [{"id": i, "kind": "experience", "state": "published", **complete_experience(**changes)} for i in ids]
    return [(number, json.dumps(line)) for number, line in enumerate(made, 1)]


@pytest.mark.case("A10")
@pytest.mark.parametrize("who", ["reader", "author", "coach"])
def test_A10_an_import_that_may_not_keep_its_states_brings_in_nothing_at_all(stage: Stage, who: str) -> None:
    before, tally = dump(stage), exchange.Tally()
    with pytest.raises(Exception) as refused:
        stage.site.act(exchange.import_batch, stage.actor(who), lines("one", "two"), tally, True)
    assert type(refused.value).__name__ == "Forbidden" and dump(stage) == before
    stage.site.act(exchange.import_batch, stage.manager(), lines("one", "two"), tally, True)
    assert tally.imported == 2 and dump(stage) != before  # the control


@pytest.mark.case("A10")
def test_A10_points_of_two_records_in_one_form_are_resolved_all_or_none(stage: Stage) -> None:
    """Over HTTP: one number of a record that the coach may read, but that is not the one of the form."""
    coach = stage.client("coach")
    records = [stage.record(stage.actor("author"), "in_review") for _ in range(2)]
    for record in records:
        page = f"/work/{record}/points"
        assert post(coach, page, page, text="Since when?", field="summary").status_code == 303
    before, csrf = dump(stage), token(coach)

    def resolve(*points: str) -> int:
        data = {"point": [*points], "csrf_token": csrf}
        return coach.post(f"/review/{records[0]}/resolve", data=data).status_code

    for points in (("1", "2"), ("1", "99"), ("2",)):
        assert resolve(*points) == 404 and dump(stage) == before, points
    assert resolve("1") == 200 and dump(stage) != before  # the control


# ---------------------------------------------------------------------------- what a browser takes an answer for


@pytest.mark.case("X11")
@pytest.mark.parametrize("accept", ["text/html", "text/html,*/*;q=0.1", "image/svg+xml", "*/*", ""])
def test_X11_what_is_for_programs_stays_json_whatever_a_browser_would_rather_have(stage: Stage, accept: str) -> None:
    record = stage.record(stage.actor("author"), "published", title="<script>alert(1)</script> and words")
    browser, met = stage.client("author"), 0
    for rule in stage.app.url_map.iter_rules():
        if not rule.rule.endswith((".json", "/healthz")) or "GET" not in (rule.methods or ()):
            continue
        for path in (filled(rule.rule, record_id=record), filled(rule.rule, record_id="<script>alert(1)</script>")):
            answer = browser.get(path + "?q=<script>alert(1)</script>", headers={"Accept": accept})
            assert answer.mimetype == "application/json", path
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            met += "<script>" in answer.text
    assert met, "the control: there is something in them that a browser could run"


# ---------------------------------------------------------------------------- the policy


def lax(answers: list[Response]) -> list[str]:
    """Answers whose policy would let something run that is not a file of this site."""
    found = []
    for answer in answers:
        policy = answer.headers.get(POLICY, "")
        scripts = next((part.split()[1:] for part in policy.split("; ") if part.startswith("script-src")), ["'none'"])
        if "default-src 'none'" not in policy or "unsafe" in policy or scripts not in (["'none'"], ["'self'"]):
            found.append(policy)
    return found


@pytest.mark.case("X12")
@pytest.mark.parametrize("fault", ["", "removed", "unsafe-inline", "any host"])
def test_X12_an_answer_that_lost_its_policy_or_has_a_laxer_one_is_seen(stage: Stage, fault: str) -> None:
    """Without a fault nothing is found; each of the others is the control."""

    def seeded(response: Response) -> Response:
        if fault == "removed":
            del response.headers[POLICY]
        elif fault:
            more = "'unsafe-inline'" if fault == "unsafe-inline" else "https:"
            response.headers[POLICY] = response.headers[POLICY].replace(
                "script-src 'self'", f"script-src 'self' {more}"
            )
        return response

    if fault:
        stage.app.after_request_funcs.setdefault(None, []).insert(0, seeded)
    paths = ("/", "/practices", "/practices.json", "/sign-in", "/nope", "/work", "/practices/by/country")
    found = lax([stage.client().get(path) for path in paths])
    assert len(found) == (len(paths) if fault else 0)

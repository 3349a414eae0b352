"""How far a form has come, told with every keeping; and where somebody is led who comes when it is over."""

from __future__ import annotations

from typing import Any

from tests.conftest import Stage, token
from tests.services.test_working import put


def told(stage: Stage, *typed: tuple[str, str]) -> dict[str, Any]:
    """What the script of a new experience hears when this is typed."""
    browser, path = stage.client("author"), "/work/new/experience/begun/working.json"
    body = {"fields": list(typed), "base": 0, "key": f"k{len(typed)}"}
    answer = put(browser, path, token(browser, "/work/new/experience"), body, If_None_Match="*")
    assert answer.status_code == 200
    return dict(answer.json["standing"])


def test_what_is_typed_counts_at_once(stage: Stage) -> None:
    empty = told(stage, ("language", "en"))
    assert {"title", "summary", "start"} <= {*empty["places"]} and "of 25 needed" in empty["html"]
    browser = stage.client("author")
    browser.post("/work/new/experience/begun/working", data={"csrf_token": token(browser, "/work/new/experience")})
    some = told(stage, ("language", "en"), ("title", "Phone quotations in two counties"), ("start", "March 2023"))
    assert not {"title", "start"} & {*some["places"]}


def test_what_cannot_be_read_is_said_so_and_not_called_missing(stage: Stage) -> None:
    row = [("indicator", "Days to delivery"), ("before", "34"), ("after", "8"), ("date", "about Christmas")]
    standing = told(
        stage, ("language", "en"), ("title", "Phone quotations in two counties"), ("evidence", "observed"),
        *((f"indicators-0-{name}", value) for name, value in row),
    )  # fmt: skip
    assert "indicators-0-date" in standing["places"] and "indicators" not in standing["places"]
    assert "Please write a year" in standing["html"] and "“Figures” is needed" not in standing["html"]


def test_whoever_comes_to_a_form_that_is_closed_hears_what_can_be_done(stage: Stage) -> None:
    record = stage.record(stage.actor("author"), "in_review")
    author, coach = stage.client("author"), stage.client("coach")
    page = author.get(f"/work/{record}/edit", follow_redirects=True)
    assert page.request.path == f"/work/{record}" and "Your coach has it now. Take it back" in page.text
    assert coach.get(f"/work/{record}/edit").status_code == 403, "the control: she does not write it"
    stage.step(stage.actor("coach"), record, "publish")
    page = coach.get(f"/review/{record}", follow_redirects=True)
    assert page.request.path == f"/work/{record}" and "It is not under review now" in page.text


def test_a_page_that_is_fetched_ahead_takes_nothing_from_the_session(stage: Stage) -> None:
    record = stage.record(stage.actor("author"), "in_review")
    author = stage.client("author")
    assert author.get(f"/work/{record}/edit").status_code == 303  # leaves a word for the next page
    for quiet in (author.head("/work"), author.get("/work", headers={"X-Ahead": "1"})):
        assert quiet.status_code == 200 and "Your coach has it now" not in quiet.text
    ahead = author.get("/work", headers={"X-Ahead": "1"})
    assert not any(name == "Set-Cookie" and "praxis=" in value for name, value in ahead.headers)
    now = author.get("/work")
    assert any(name == "Set-Cookie" and "praxis=" in value for name, value in now.headers), "the control"
    assert "Your coach has it now" in now.text


def test_coaches_who_write_nothing_begin_with_what_waits(stage: Stage) -> None:
    from tests.conftest import PASSWORD

    for who, place in (("coach", "/review"), ("author", "/work")):
        browser = stage.app.test_client()
        form = {"email": f"{who}@example.org", "password": PASSWORD, "csrf_token": token(browser, "/sign-in")}
        assert browser.post("/sign-in", data=form).location == place

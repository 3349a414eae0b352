"""Two coaches for one text: neither alone can publish it, and no change of workflow skips a promised review."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from knowledge.services import editorial, exporting, programmes
from knowledge.services.errors import Forbidden, Invalid
from knowledge.storage.models.mail import Mail
from tests.conftest import Stage
from tests.services.reviewing import again, decide, state
from workflows.definition import Reason, Refused


@pytest.fixture
def two(peopled: Stage) -> Stage:
    choose(peopled, "two_coaches")
    return peopled


def choose(stage: Stage, name: str) -> None:
    stage.site.act(programmes.choose_workflow, stage.manager(), "reforms", name)


def test_where_two_coaches_are_asked_for_neither_alone_can_publish(two: Stage) -> None:
    record = two.record(two.actor("author"), "in_review")
    with pytest.raises(Refused) as caught:
        decide(two, "coach", record, "publish")
    assert caught.value.reason is Reason.STATE
    decide(two, "coach", record, "approve")
    assert state(two, record) == "second_review"
    with pytest.raises(Refused) as caught:
        decide(two, "coach", record, "publish")
    assert caught.value.reason is Reason.ROLE
    page = two.client("coach").get(f"/review/{record}").text
    assert "You gave the first approval" in page and f"/records/{record}/publish" not in page
    assert f"/records/{record}/publish" in two.client("second").get(f"/review/{record}").text
    assert two.client().get(f"/practices/{record}").status_code == 404
    decide(two, "second", record, "publish")
    assert two.client().get(f"/practices/{record}", follow_redirects=True).status_code == 200


def test_an_approval_is_of_that_version_and_is_gone_with_it(two: Stage) -> None:
    record = two.record(two.actor("author"), "in_review")
    decide(two, "coach", record, "approve")
    decide(two, "second", record, "request-changes")
    again(two, record, title="Changed after the first approval")
    assert state(two, record) == "in_review"
    decide(two, "second", record, "approve")
    decide(two, "coach", record, "publish")  # who approved an earlier one may give the second approval now
    assert state(two, record) == "published"


def test_the_desks_and_queues_know_the_second_review(two: Stage) -> None:
    record = two.record(two.actor("author"), "in_review")
    decide(two, "coach", record, "approve")
    assert record in two.client("second").get("/review").text
    assert "In second review" in two.client("author").get(f"/work/{record}").text
    assert "In second review" in two.client("author").get("/work").text
    with two.site.db.reading() as session:
        told = session.scalars(select(Mail.person_id).where(Mail.event == "second")).all()
        lines = "".join(exporting.export_lines(session, [record]))
    assert told == [two.actor("second").person_id], "the other coach is told, and not the one who approved"
    assert '"state": "in_review"' in lines, "a file cannot say who approved it: it starts again"
    two.site.act(programmes.remove_member, two.manager(), "reforms", two.actor("coach").person_id or 0)
    two.site.act(programmes.remove_member, two.manager(), "reforms", two.actor("second").person_id or 0)
    assert [r.id for r in two.site.ask(programmes.orphans, two.manager())] == [record]


def test_changing_the_workflow_while_records_are_under_way_skips_no_promised_review(two: Stage) -> None:
    waiting, approved = (two.record(two.actor("author"), "in_review") for _ in range(2))
    decide(two, "coach", approved, "approve")
    choose(two, "editorial")
    decide(two, "coach", waiting, "publish")
    with pytest.raises(Refused):
        decide(two, "coach", approved, "publish")  # it was to have two coaches, and gets them
    assert state(two, approved) == "second_review"
    decide(two, "second", approved, "publish")
    one = two.record(two.actor("author"), "in_review")
    choose(two, "two_coaches")
    with pytest.raises(Refused):
        decide(two, "coach", one, "publish")  # pressed on a page from before: she looks again
    decide(two, "coach", one, "approve")
    decide(two, "second", one, "publish")
    with pytest.raises(Invalid):
        choose(two, "nonsense")
    with pytest.raises(Forbidden):
        two.site.act(programmes.choose_workflow, two.actor("coach"), "reforms", "editorial")
    assert editorial.offered

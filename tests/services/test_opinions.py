"""A second opinion: whom a coach can ask, what she reads, for how long, and that she decides nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from knowledge.services import discussion, opinions, programmes
from knowledge.services.errors import Forbidden, Invalid, NotFound
from knowledge.services.scoring import Given
from knowledge.storage.models.reviewing import Opinion
from tests.conftest import Stage
from tests.services.reviewing import ALL_MET, again, decide, scored
from workflows.definition import Reason, Refused


def asked(stage: Stage, record: str, whom: str = "far", question: str = "Is it credible?") -> int:
    return stage.site.act(opinions.ask, stage.actor("coach"), record, stage.actor(whom).person_id or 0, question).id


def test_who_is_asked_reads_comments_and_notes_and_decides_nothing_until_it_is_decided(peopled: Stage) -> None:
    record, far = peopled.record(peopled.actor("author"), "in_review"), peopled.client("far")
    assert far.get(f"/review/{record}").status_code == 404, "the control: before she is asked"
    number = asked(peopled, record)
    assert asked(peopled, record) == number, "asking twice is asking once"
    page = far.get(f"/review/{record}").text
    assert "You are asked for your opinion" in page and "Your decision</h2>" not in page
    assert record in far.get("/work").text
    peopled.site.act(discussion.begin, peopled.actor("far"), record, about="results", text="Says who?")
    peopled.site.act(discussion.begin, peopled.actor("far"), record, about="", text="Between us", private=True)
    for step in ("publish", "request-changes", "withdraw", "recall"):
        with pytest.raises(Refused) as caught:
            peopled.step(peopled.actor("far"), record, step)
        assert caught.value.reason is Reason.ROLE
    with pytest.raises(Forbidden):
        scored(peopled, "far", record, Given(ALL_MET))
    peopled.site.act(opinions.answer, peopled.actor("far"), record, number, "publish", "The register is open.")
    decide(peopled, "coach", record, "request-changes")
    assert far.get(f"/review/{record}").status_code == 404
    again(peopled, record)
    assert far.get(f"/review/{record}").status_code == 404, "it was for that round"
    with pytest.raises(NotFound):
        peopled.site.act(opinions.answer, peopled.actor("far"), record, number, "return", "Later")


def test_opinions_are_for_those_who_review_and_never_for_those_who_wrote_it(peopled: Stage) -> None:
    record = peopled.record(peopled.actor("author"), "in_review")
    number = asked(peopled, record, question="Canary of a question")
    peopled.site.act(opinions.answer, peopled.actor("far"), record, number, "return", "Canary of an answer")
    for who, sees in (("coach", True), ("second", True), ("author", False), ("manager", False)):
        for path in (f"/review/{record}", f"/work/{record}", f"/work/{record}/points", "/work"):
            text = peopled.client(who).get(path).text
            assert ("Canary of an answer" in text) is (sees and path.startswith("/review")), (who, path)
    own = peopled.record(peopled.actor("coach"), "in_review")
    second = peopled.actor("second")
    peopled.site.act(opinions.ask, second, own, peopled.actor("far").person_id, "Canary about a colleague")
    assert "Canary about" not in peopled.client("coach").get(f"/review/{own}").text
    assert "Canary about" in peopled.client("second").get(f"/review/{own}").text


@pytest.mark.parametrize("whom", ["author", "stranger", "coach", "colleague"])
def test_only_a_coach_without_a_part_in_it_can_be_asked(peopled: Stage, whom: str) -> None:
    record = peopled.record(peopled.actor("author"))
    from knowledge.services import authoring

    peopled.site.act(authoring.add_author, peopled.actor("author"), record, "", "colleague@example.org")
    peopled.programme("elsewhere", coaches=("colleague",))  # a coach, but of her own work
    again(peopled, record)
    with pytest.raises(Invalid):
        asked(peopled, record, whom)
    assert asked(peopled, record, "far")


@pytest.mark.case("A12")
def test_A12_who_is_no_coach_any_more_reads_nothing_though_she_was_asked(peopled: Stage) -> None:
    record, far = peopled.record(peopled.actor("author"), "in_review"), peopled.client("far")
    number = asked(peopled, record)
    assert far.get(f"/review/{record}").status_code == 200
    peopled.site.act(programmes.remove_member, peopled.manager(), "elsewhere", peopled.actor("far").person_id or 0)
    assert far.get(f"/review/{record}").status_code == 404
    with pytest.raises(NotFound):
        peopled.site.act(opinions.answer, peopled.actor("far"), record, number, "publish", "")
    with peopled.site.db.reading() as session:
        assert session.scalar(select(Opinion.verdict)) == ""

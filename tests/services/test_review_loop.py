"""The loop of a review: what a coach sees changed, and what she asks for when she sends it back."""

from __future__ import annotations

import pytest

from knowledge.services import discussion, phrases, review
from knowledge.services.errors import Forbidden, Invalid, NotFound
from knowledge.storage import find
from tests.conftest import Stage
from tests.services.reviewing import again, decide
from tests.services.test_exchange import bring_in, line
from workflows.definition import Refused


def baseline(stage: Stage, who: str, record_id: str) -> tuple[str, int] | None:
    with stage.site.db.reading() as session:
        found = find.record(session, record_id)
        assert found is not None
        base = review.baseline(session, stage.actor(who), found)
    return (base.what, base.number) if base else None


def test_each_coach_sees_what_changed_since_she_herself_last_looked(peopled: Stage) -> None:
    record = peopled.record(peopled.actor("author"), "in_review")
    assert baseline(peopled, "coach", record) is None
    peopled.site.act(review.look, peopled.actor("coach"), record, 1)
    assert baseline(peopled, "coach", record) is None, "looking at it twice shows the same page twice"
    peopled.step(peopled.actor("author"), record, "recall")
    again(peopled, record, title="Second text of quotations")
    assert baseline(peopled, "coach", record) == ("you last looked", 1)
    assert baseline(peopled, "second", record) is None
    peopled.site.act(review.look, peopled.actor("second"), record, 2)
    decide(peopled, "coach", record, "request-changes")
    again(peopled, record, title="Third text of quotations")
    for who in ("coach", "second"):
        assert baseline(peopled, who, record) == ("it was returned", 2)
    peopled.site.act(review.look, peopled.actor("coach"), record, 3)
    assert baseline(peopled, "coach", record) == ("it was returned", 2), "still new to her"
    decide(peopled, "coach", record, "publish")
    peopled.step(peopled.actor("author"), record, "revise")
    again(peopled, record, title="Fourth text of quotations")
    assert baseline(peopled, "coach", record) == ("the published version", 3)
    assert baseline(peopled, "second", record) == ("you last looked", 2)


def test_what_comes_back_unchanged_is_shown_as_unchanged(peopled: Stage) -> None:
    record = peopled.record(peopled.actor("author"), "changes_requested")
    again(peopled, record)
    assert baseline(peopled, "coach", record) == ("it was returned", 1)
    page = peopled.client("coach").get(f"/review/{record}").text
    assert "Nothing was changed." in page and "<ins>" not in page
    decide(peopled, "coach", record, "request-changes")
    again(peopled, record, title="A control of quotations")
    assert "<ins>" in peopled.client("coach").get(f"/review/{record}").text


def test_what_came_from_another_site_as_returned_is_compared_with_that(peopled: Stage) -> None:
    people = [{"email": "author@example.org"}]
    returned = {"state": "changes_requested", "reason": "Say how long it took."}
    bring_in(peopled, [line("came", programme="reforms", authors=people, **returned)])
    again(peopled, "came", title="A second text of quotations")
    assert baseline(peopled, "coach", "came") == ("it was returned", 1)
    bring_in(peopled, [line("new", programme="reforms", authors=people, state="in_review")])
    assert baseline(peopled, "coach", "new") is None, "the control: a first submission"


def test_only_who_reviews_leaves_a_look_and_only_at_what_there_is(peopled: Stage) -> None:
    record = peopled.record(peopled.actor("author"), "in_review")
    for who, number, error in (("author", 1, Forbidden), ("far", 1, NotFound), ("coach", 7, NotFound)):
        with pytest.raises(error):
            peopled.site.act(review.look, peopled.actor(who), record, number)
    peopled.site.act(review.look, peopled.actor("coach"), record, 1)
    peopled.site.act(review.look, peopled.actor("coach"), record, 1)


def test_whoever_asks_for_changes_leaves_a_point_to_address(peopled: Stage) -> None:
    record = peopled.record(peopled.actor("author"), "in_review")
    with pytest.raises(Refused):
        decide(peopled, "coach", record, "request-changes", words="")
    decide(peopled, "coach", record, "request-changes", words="Which law allows it?")
    points = peopled.site.ask(discussion.of, peopled.actor("author"), record).open
    assert [p.thread.comments[0].text for p in points] == ["Which law allows it?"], "the reason is the point"
    again(peopled, record)
    decide(peopled, "coach", record, "request-changes", words="Still the same.")
    points = peopled.site.ask(discussion.of, peopled.actor("author"), record).open
    assert len(points) == 1, "one was open already"
    peopled.site.act(discussion.act, peopled.actor("author"), record, points[0].thread.id, "address")
    again(peopled, record)
    decide(peopled, "coach", record, "request-changes", words="Not yet.")
    assert len(peopled.site.ask(discussion.of, peopled.actor("author"), record).open) == 2


@pytest.mark.case("A10")
def test_A10_addressed_points_are_resolved_all_at_once_or_not_at_all(peopled: Stage) -> None:
    author, coach = peopled.actor("author"), peopled.actor("coach")
    record, other = (peopled.record(author, "in_review") for _ in range(2))
    mine = [peopled.site.act(discussion.begin, coach, record, about=f, text="Why?").id for f in ("results", "summary")]
    alien = peopled.site.act(discussion.begin, coach, other, about="results", text="Why?").id

    def standing() -> list[str]:
        return [p.thread.standing for p in peopled.site.ask(discussion.of, coach, record).points]

    for who, numbers, error in (
        ("coach", [*mine, alien], NotFound),
        ("author", mine, Forbidden),
        ("far", mine, NotFound),
    ):
        with pytest.raises(error):
            peopled.site.act(discussion.resolve_all, peopled.actor(who), record, numbers)
        assert standing() == ["open", "open"], who
    assert peopled.site.act(discussion.resolve_all, coach, record, mine) == 2
    assert standing() == ["resolved", "resolved"]


def test_publishing_resolves_the_points_that_lay_there_as_addressed_and_no_other(peopled: Stage) -> None:
    author, coach = peopled.actor("author"), peopled.actor("coach")
    record = peopled.record(author, "in_review")
    mine = [peopled.site.act(discussion.begin, coach, record, about=f, text="Why?").id for f in ("results", "summary")]
    peopled.site.act(discussion.act, author, record, mine[0], "address")

    def standing() -> list[str]:
        return sorted(p.thread.standing for p in peopled.site.ask(discussion.of, coach, record).points)

    with pytest.raises(NotFound):  # all of it or nothing
        peopled.site.act(review.decide, coach, record, "publish", seen=1, points=[mine[0], 10**6])
    assert standing() == ["addressed", "open"]
    decide(peopled, "coach", record, "request-changes", points=[mine[0]])
    assert standing() == ["addressed", "open"], "who asks for changes has settled nothing"
    again(peopled, record)
    decide(peopled, "coach", record, "publish", points=[mine[0]])
    assert standing() == ["open", "resolved"]


def test_words_selected_on_the_page_are_found_in_the_markdown_they_come_from(peopled: Stage) -> None:
    author, coach = peopled.actor("author"), peopled.actor("coach")
    text = "The **board** met\nonce a [month](https://example.org). " + "And more was said of it all. " * 10
    record = peopled.record(author, "in_review", results=text)
    peopled.site.act(discussion.begin, coach, record, about="results", text="?", quote="The board met once a month")
    decide(peopled, "coach", record, "request-changes")
    peopled.revise(author, record, results=text + "One more.")
    assert not peopled.site.ask(discussion.of, author, record).points[0].changed
    peopled.revise(author, record, results=text.replace("**board**", "council"))
    assert peopled.site.ask(discussion.of, author, record).points[0].changed


def test_the_coaches_and_managers_of_a_programme_keep_its_phrases_and_nobody_else(peopled: Stage) -> None:
    coach = peopled.actor("coach")
    one = peopled.site.act(phrases.put, coach, "reforms", "Please give both figures.")
    assert peopled.site.act(phrases.put, peopled.actor("second"), "reforms", "Please give both figures.").id == one.id
    peopled.site.act(phrases.put, peopled.manager(), "reforms", "Please give both figures, with dates.", one.id)
    for bad in ("", " ", "x" * 501):
        with pytest.raises(Invalid):
            peopled.site.act(phrases.put, coach, "reforms", bad)
    for who in ("author", "far", "stranger"):
        for act in (
            lambda actor: peopled.site.ask(phrases.of_programme, actor, "reforms"),
            lambda actor: peopled.site.act(phrases.put, actor, "reforms", "Mine"),
            lambda actor: peopled.site.act(phrases.remove, actor, "reforms", one.id),
        ):
            with pytest.raises(NotFound):
                act(peopled.actor(who))
    elsewhere = peopled.site.act(phrases.put, peopled.actor("far"), "elsewhere", "Theirs")
    with pytest.raises(NotFound):
        peopled.site.act(phrases.put, coach, "reforms", "Taken over", elsewhere.id)
    found = peopled.site.ask(phrases.of_programme, coach, "reforms")[1]
    assert [p.text for p in found] == ["Please give both figures, with dates."]
    peopled.site.act(phrases.remove, coach, "reforms", one.id)
    assert peopled.site.ask(phrases.of_programme, coach, "reforms")[1] == ()

"""The loop of a review: what a coach saw last, what she scores, whom she asks, what becomes public of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from knowledge.services import (
    catalogue,
    discussion,
    editorial,
    exchange,
    exporting,
    indexing,
    opinions,
    phrases,
    programmes,
    progress,
    review,
    scoring,
)
from knowledge.services.access import PUBLIC
from knowledge.services.errors import Forbidden, Invalid, NotFound
from knowledge.services.scoring import Given
from knowledge.storage import find
from knowledge.storage.models.mail import Mail
from knowledge.storage.models.reviewing import Opinion, Score
from search.query import Query
from tests.conftest import Stage
from workflows.definition import Reason, Refused

ALL_MET = dict.fromkeys(range(5), ("met", ""))
STRONG = {
    "evidence": "observed",
    "sources": [{"title": "The register"}],
    "indicators": [{"indicator": "Days to delivery", "before": "31", "after": "9"}],
}


@pytest.fixture
def peopled(stage: Stage) -> Stage:
    for name in ("second", "far"):
        stage.person(name)
    stage.programme("reforms", coaches=("second",))
    stage.programme("elsewhere", coaches=("far",))
    return stage


def baseline(stage: Stage, who: str, record_id: str) -> tuple[str, int] | None:
    with stage.site.db.reading() as session:
        found = find.record(session, record_id)
        assert found is not None
        base = review.baseline(session, stage.actor(who), found)
    return (base.what, base.number) if base else None


def again(stage: Stage, record_id: str, **changes: Any) -> None:
    """The author changes something, if anything, and sends it."""
    if changes:
        stage.revise(stage.actor("author"), record_id, **changes)
    stage.step(stage.actor("author"), record_id, "submit")


def decide(stage: Stage, who: str, record_id: str, step: str, given: Given | None = None, **more: Any) -> Any:
    with stage.site.db.reading() as session:
        found = find.record(session, record_id)
        assert found is not None
        more = {"words": "Because.", "seen": found.latest.number, **more}
    return stage.site.act(review.decide, stage.actor(who), record_id, step, given=given, **more)


def scored(stage: Stage, who: str, record_id: str, given: Given, seen: int = 1) -> bool:
    return stage.site.act(scoring.score, stage.actor(who), record_id, given, seen)


def rubric(stage: Stage, who: str, record_id: str) -> scoring.Rubric:
    return stage.site.ask(scoring.of, stage.actor(who), record_id)


def public_level(stage: Stage, record_id: str) -> tuple[str, list[str]]:
    """What the page says, and under which levels the public finds it."""
    page = stage.site.ask(catalogue.read, stage.actor("reader"), record_id).values["evidence"]
    engine = stage.site.engine
    found = [
        level
        for level in ("account", "observed", "attributed")
        if record_id in [h.id for h in engine.search(Query(filters={"evidence": (level,)}, audience=frozenset({PUBLIC}))).hits]
    ]  # fmt: skip
    return page, found


# ---------------------------------------------------------------------------- what changed


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
        assert baseline(peopled, who, record) == ("the version that was returned", 2)
    peopled.site.act(review.look, peopled.actor("coach"), record, 3)
    assert baseline(peopled, "coach", record) == ("the version that was returned", 2), "still new to her"
    decide(peopled, "coach", record, "publish")
    peopled.step(peopled.actor("author"), record, "revise")
    again(peopled, record, title="Fourth text of quotations")
    assert baseline(peopled, "coach", record) == ("the published version", 3)
    assert baseline(peopled, "second", record) == ("you last looked", 2)


def test_what_comes_back_unchanged_is_shown_as_unchanged(peopled: Stage) -> None:
    record = peopled.record(peopled.actor("author"), "changes_requested")
    again(peopled, record)
    assert baseline(peopled, "coach", record) == ("the version that was returned", 1)
    page = peopled.client("coach").get(f"/review/{record}").text
    assert "Nothing was changed." in page and "<ins>" not in page
    decide(peopled, "coach", record, "request-changes")
    again(peopled, record, title="A control of quotations")
    assert "<ins>" in peopled.client("coach").get(f"/review/{record}").text


def test_only_who_reviews_leaves_a_look_and_only_at_what_there_is(peopled: Stage) -> None:
    record = peopled.record(peopled.actor("author"), "in_review")
    for who, number, error in (("author", 1, Forbidden), ("far", 1, NotFound), ("coach", 7, NotFound)):
        with pytest.raises(error):
            peopled.site.act(review.look, peopled.actor(who), record, number)
    peopled.site.act(review.look, peopled.actor("coach"), record, 1)
    peopled.site.act(review.look, peopled.actor("coach"), record, 1)


# ---------------------------------------------------------------------------- the rubric


def test_the_author_scores_herself_and_the_coach_sees_it_beside_hers(peopled: Stage) -> None:
    record = peopled.record(peopled.actor("author"))
    assert rubric(peopled, "author", record).may_score
    scored(peopled, "author", record, Given({0: ("met", ""), 1: ("partly", "No figure after")}))
    again(peopled, record)
    seen = rubric(peopled, "coach", record)
    assert [(line.mark, line.other_mark, line.other_note) for line in seen.lines[:3]] == [
        ("", "met", ""), ("", "partly", "No figure after"), ("", "", ""),
    ]  # fmt: skip
    assert not rubric(peopled, "author", record).may_score, "not while it is the coach's turn"


def test_what_a_coach_scores_reaches_the_author_with_the_decision_and_not_before(peopled: Stage) -> None:
    record = peopled.record(peopled.actor("author"), "in_review")
    scored(peopled, "coach", record, Given({0: ("not", "Who is “we”?")}))
    assert rubric(peopled, "author", record).other is None
    assert "Who is “we”?" not in peopled.client("author").get(f"/work/{record}").text
    assert progress.mine.__name__ and peopled.site.ask(progress.mine, peopled.actor("author")) == ()
    decide(peopled, "coach", record, "request-changes")
    other = rubric(peopled, "author", record).other
    assert other is not None and list(other.marks.values()) == [["not", "Who is “we”?"]]
    assert "Who is “we”?" in peopled.client("author").get(f"/work/{record}").text
    again(peopled, record, title="A new text of quotations")
    assert rubric(peopled, "author", record).other is not None, "that of the version before is still hers to read"
    assert rubric(peopled, "coach", record).lines[0].mark == "not", "her own come back filled in"


@pytest.mark.parametrize(
    ("given", "place"),
    [
        (Given({0: ("met", "x" * 501)}), "note-0"),
        (Given({0: ("", "a note without a mark")}), "check-0"),
        (Given(level="attributed"), "level"),
        (Given(level="nonsense"), "level"),
        (Given(level="account"), "reason"),
        (Given(level="account", reason="x" * 501), "reason"),
    ],
)
def test_what_cannot_be_kept_of_a_rubric_says_so_and_nothing_is_decided(
    peopled: Stage, given: Given, place: str
) -> None:
    record = peopled.record(peopled.actor("author"), "in_review", **STRONG)
    with pytest.raises(Invalid) as caught:
        decide(peopled, "coach", record, "publish", given)
    assert [p.anchor for p in caught.value.problems] == [place]
    with peopled.site.db.reading() as session:
        found = find.record(session, record)
        assert found is not None and (found.state, session.scalar(select(func.count()).select_from(Score))) == ("in_review", 0)  # fmt: skip


def test_a_lowered_level_is_what_the_public_sees_counts_and_exports_with_its_reason(peopled: Stage) -> None:
    plain = peopled.record(peopled.actor("author"), "in_review", **STRONG)
    decide(peopled, "coach", plain, "publish", Given(ALL_MET, "observed"))
    record = peopled.record(peopled.actor("author"), "in_review", **STRONG)
    decide(peopled, "coach", record, "publish", Given(ALL_MET, "account", "One figure is no <b>series</b>."))
    assert public_level(peopled, plain) == ("observed", ["observed"]), "the control: as claimed"
    assert public_level(peopled, record) == ("account", ["account"])
    with peopled.site.db.reading() as session:
        assert find.public_by_title(session, [], {"evidence": ["account"]}, 0, 9)[0] == 1
    reader = peopled.client()
    page = reader.get(f"/practices/{record}", follow_redirects=True).text
    assert "Evidence</a>: <strong>Practitioner account</strong>; the author claimed Observed change; lowered" in page
    assert "One figure is no &lt;b&gt;series&lt;/b&gt;." in page
    assert "claimed" not in reader.get(f"/practices/{plain}", follow_redirects=True).text
    assert reader.get(f"/practices/{record}.json").json["evidence"] == "account"
    assert reader.get(f"/practices/{record}.json").json["values"]["evidence"] == "account"
    assert {i["id"]: i["evidence"] for i in reader.get("/practices.json").json["items"]}[record] == "account"
    assert indexing.compare(peopled.site.db, peopled.site.engine).same
    with peopled.site.db.reading() as session:
        line = json.loads(next(exporting.export_lines(session, [record])))
    assert line["evidence"] == "observed" and line["lowered"]["to"] == "account"
    tally = exchange.Tally()
    copies = [
        {**line, "id": "copy"},
        {**line, "id": "bad", "lowered": {**line["lowered"], "from": "verified"}},
        {**line, "id": "worse", "lowered": "account"},
        {**line, "id": "unknown", "lowered": {**line["lowered"], "to": "nonsense"}},
    ]
    batch = [(n, json.dumps(copy)) for n, copy in enumerate(copies)]
    peopled.site.act(exchange.import_batch, peopled.manager(), batch, tally, True)
    assert [bad.field for bad in tally.bad] == ["lowered", "lowered", "lowered.evidence"]
    assert public_level(peopled, "copy") == ("account", ["account"])


def test_a_lowered_level_stands_until_the_claim_changes_or_a_coach_says_otherwise(peopled: Stage) -> None:
    record = peopled.record(peopled.actor("author"), "in_review", **STRONG)
    decide(peopled, "coach", record, "request-changes", Given({}, "account", "No series."))
    again(peopled, record, title="The same claim of quotations")
    assert (rubric(peopled, "coach", record).level, rubric(peopled, "second", record).level) == ("account", "account")
    decide(peopled, "second", record, "publish")  # she says nothing of it: it stands
    assert public_level(peopled, record)[0] == "account"
    peopled.step(peopled.actor("author"), record, "revise")
    again(peopled, record, title="The same claim once more")
    assert public_level(peopled, record)[0] == "account", "the public text is the same"
    decide(peopled, "coach", record, "publish", Given({}, "observed"))
    assert public_level(peopled, record) == ("observed", ["observed"])
    peopled.step(peopled.actor("author"), record, "revise")
    again(peopled, record, evidence="account")
    decide(peopled, "coach", record, "publish", Given(ALL_MET, "account"))
    assert public_level(peopled, record) == ("account", ["account"])


def test_a_decision_that_is_refused_keeps_no_score_either(peopled: Stage) -> None:
    record = peopled.record(peopled.actor("author"), "in_review", **STRONG)
    with pytest.raises(Refused) as caught:
        decide(peopled, "coach", record, "request-changes", Given(ALL_MET), words=" ")
    assert caught.value.reason is Reason.GUARD
    assert rubric(peopled, "coach", record).mine is None
    decide(peopled, "coach", record, "request-changes", Given(ALL_MET))
    with peopled.site.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Score)) == 1


def test_A6_scores_and_decisions_are_about_the_version_that_was_looked_at(peopled: Stage) -> None:
    record = peopled.record(peopled.actor("author"), "in_review")
    peopled.step(peopled.actor("author"), record, "recall")
    again(peopled, record, title="Sent while she was reading")
    for act in (
        lambda: scored(peopled, "coach", record, Given(ALL_MET), 1),
        lambda: decide(peopled, "coach", record, "publish", Given(ALL_MET), seen=1),
    ):
        with pytest.raises(Refused) as caught:
            act()
        assert caught.value.reason is Reason.STALE
    assert rubric(peopled, "coach", record).mine is None
    assert scored(peopled, "coach", record, Given(ALL_MET), 2), "the control: what she has read now"


def test_A5_a_coach_who_wrote_it_neither_scores_it_nor_asks_anybody_about_it(peopled: Stage) -> None:
    record = peopled.record(peopled.actor("coach"), "in_review")
    assert not rubric(peopled, "coach", record).may_score
    with pytest.raises(Forbidden):
        scored(peopled, "coach", record, Given(ALL_MET))
    with pytest.raises(Forbidden):
        peopled.site.act(opinions.ask, peopled.actor("coach"), record, peopled.actor("far").person_id, "")
    assert scored(peopled, "second", record, Given(ALL_MET)), "the control: another coach does"


def test_progress_shows_every_round_to_the_author_and_her_coaches_and_to_nobody_else(peopled: Stage) -> None:
    record = peopled.record(peopled.actor("author"), "in_review")
    decide(peopled, "coach", record, "request-changes", Given({0: ("met", ""), 1: ("not", ""), 2: ("partly", "")}))
    again(peopled, record, title="A better text of quotations")
    decide(peopled, "coach", record, "publish", Given(ALL_MET))
    author = peopled.actor("author")
    wanted = [(1, 1, 1, 1), (2, 5, 0, 0)]
    person, courses = peopled.site.ask(progress.of_person, peopled.actor("second"), author.person_id or 0)
    assert person.name == "Author"
    for found in (courses, peopled.site.ask(progress.mine, author)):
        assert [(r.number, r.met, r.partly, r.missing) for r in found[0].rounds] == wanted
    assert peopled.site.ask(progress.of_person, peopled.manager(), author.person_id or 0)[1] == courses or courses
    for who in ("far", "author", "stranger"):
        with pytest.raises(NotFound):
            peopled.site.ask(progress.of_person, peopled.actor(who), author.person_id or 0)
    for page in (
        peopled.client("author").get("/work").text,
        peopled.client("coach").get(f"/review/people/{author.person_id}/progress").text,
    ):
        assert "5 of 5 met" in page and "1 of 3 met" in page and 'class="met"' in page


# ---------------------------------------------------------------------------- deciding


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


# ---------------------------------------------------------------------------- a second opinion


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


# ---------------------------------------------------------------------------- two coaches


@pytest.fixture
def two(peopled: Stage) -> Stage:
    choose(peopled, "two_coaches")
    return peopled


def choose(stage: Stage, name: str) -> None:
    stage.site.act(programmes.choose_workflow, stage.manager(), "reforms", name)


def state(stage: Stage, record: str) -> str:
    with stage.site.db.reading() as session:
        found = find.record(session, record)
        assert found is not None
        return found.state


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

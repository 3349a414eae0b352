"""The rubric: what author and coach score, what becomes public of it, and the progress it shows."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import func, select

from knowledge.services import catalogue, exchange, exporting, indexing, opinions, progress, scoring
from knowledge.services.access import PUBLIC
from knowledge.services.errors import Forbidden, Invalid, NotFound
from knowledge.services.scoring import Given
from knowledge.storage import find
from knowledge.storage.models.reviewing import Score
from search.query import Query
from tests.conftest import Stage
from tests.services.reviewing import ALL_MET, STRONG, again, decide, scored
from workflows.definition import Reason, Refused


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

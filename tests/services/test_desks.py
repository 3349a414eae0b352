"""Programmes, the review queue, vocabularies, history, and the catalogue's second look at every hit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from knowledge.services import authoring, catalogue, history, indexing, programmes, review, vocabulary
from knowledge.services import queue as queues
from knowledge.services.access import PUBLIC
from knowledge.services.actor import ANYONE
from knowledge.services.errors import Forbidden, Invalid, NotFound, SearchDown, SignInNeeded
from knowledge.storage import find
from search.query import Query
from tests.conftest import Stage


def queue(stage: Stage, who: str) -> list[str]:
    return [w.record.id for w in stage.site.ask(queues.of, stage.actor(who)).lines]


def test_a_coach_sees_what_waits_in_her_programmes_oldest_first_and_nothing_else(stage: Stage) -> None:
    stage.person("far")
    stage.programme("elsewhere", coaches=("far",))
    waiting = [stage.record(stage.actor("author"), "in_review") for _ in range(3)]
    stage.record(stage.actor("author"), "draft")
    foreign = stage.record(stage.actor("stranger"), "draft")
    stage.site.act(programmes.assign, stage.manager(), foreign, programme_id="elsewhere", coach_email="")
    stage.step(stage.actor("stranger"), foreign, "submit")
    with stage.site.db.transaction() as session:
        find.record(session, waiting[2]).waiting_since = datetime.now(UTC) - timedelta(days=30)  # type: ignore[union-attr]
    assert queue(stage, "coach") == [waiting[2], waiting[0], waiting[1]]
    assert queue(stage, "far") == [foreign]
    assert queue(stage, "author") == queue(stage, "stranger") == []
    stage.site.act(
        programmes.assign, stage.manager(), foreign, programme_id="elsewhere", coach_email="coach@example.org"
    )
    assert foreign in queue(stage, "coach")
    with pytest.raises(SignInNeeded):
        stage.site.ask(queues.of, ANYONE)


def test_the_queue_says_what_is_ones_own_and_what_was_returned_before(stage: Stage) -> None:
    author = stage.actor("author")
    record_id = stage.record(author, "changes_requested")
    stage.revise(author, record_id, title="Better phone quotations")
    stage.step(author, record_id, "submit")
    line = stage.site.ask(queues.of, stage.actor("coach")).lines[0]
    assert (line.again, line.own, line.days, line.authors) == (True, False, 0, "Author")


def test_what_is_compared_is_what_the_coach_last_decided_on(stage: Stage) -> None:
    author = stage.actor("author")
    record_id = stage.record(author, "in_review", title="First text of quotations")

    def baseline() -> tuple[str, int] | None:
        with stage.site.db.reading() as session:
            found = review.baseline(session, stage.actor("coach"), find.record(session, record_id))  # type: ignore[arg-type]
        return found and (found.values["title"], found.number)

    assert baseline() is None
    stage.step(stage.actor("coach"), record_id, "request-changes")
    stage.revise(author, record_id, title="Second text of quotations")
    stage.step(author, record_id, "submit")
    assert baseline() == ("First text of quotations", 1)
    stage.step(stage.actor("coach"), record_id, "publish")
    stage.step(author, record_id, "revise")
    stage.revise(author, record_id, title="Third text of quotations")
    assert baseline() == ("Second text of quotations", 2)


@pytest.mark.parametrize("who", ["author", "coach", "stranger"])
def test_only_a_manager_looks_after_programmes_people_and_vocabularies(stage: Stage, who: str) -> None:
    record_id, actor = stage.record(stage.actor("author")), stage.actor(who)
    for service, arguments in (
        (programmes.put_programme, ("new-one", {"title": "New"})),
        (programmes.put_member, ("reforms", f"{who}@example.org", "coach")),
        (programmes.remove_member, ("reforms", stage.actor("coach").person_id)),
        (programmes.overview, ()),
        (programmes.people, ()),
        (programmes.orphans, ()),
        (programmes.withdrawn, ()),
        (vocabulary.add_term, ("topics", "new-term", {"en": "New"})),
        (vocabulary.change_term, ("topics", "framework-agreements", {"en": "X"}, True)),
    ):
        for refused, error in ((actor, Forbidden), (ANYONE, SignInNeeded)):
            with pytest.raises(error):
                stage.site.act(service, refused, *arguments)
    with pytest.raises(Forbidden):
        stage.site.act(programmes.assign, actor, record_id, programme_id="", coach_email=f"{who}@example.org")


@pytest.mark.parametrize(
    ("programme_id", "given", "field"),
    [
        ("UPPER", {"title": "T"}, "id"),
        ("", {"title": "T"}, "id"),
        ("fine-one", {"title": " "}, "title"),
        ("fine-one", {"title": "t" * 201}, "title"),
        ("fine-one", {"title": "T", "ends": "23.11.2026"}, "ends"),
    ],
)
def test_a_programme_that_cannot_be_made_is_told_why(stage: Stage, programme_id: str, given: dict, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        stage.site.act(programmes.put_programme, stage.manager(), programme_id, given)
    assert [p.path[0] for p in caught.value.problems] == [field]


def test_what_waits_and_no_coach_can_reach_is_shown_to_the_manager(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"), "in_review")
    assert stage.site.ask(programmes.orphans, stage.manager()) == []
    stage.site.act(programmes.remove_member, stage.manager(), "reforms", stage.actor("coach").person_id)
    assert [r.id for r in stage.site.ask(programmes.orphans, stage.manager())] == [record_id]
    stage.site.act(programmes.assign, stage.manager(), record_id, programme_id="", coach_email="coach@example.org")
    assert stage.site.ask(programmes.orphans, stage.manager()) == []


# ---------------------------------------------------------------------------- vocabularies


def test_an_id_is_never_used_again_not_even_of_a_retired_term(stage: Stage) -> None:
    manager = stage.manager()
    stage.site.act(vocabulary.add_term, manager, "topics", "drone-tenders", {"en": "Drone tenders"})
    stage.site.act(vocabulary.change_term, manager, "topics", "drone-tenders", {"en": "Drones"}, True)
    for term in ("drone-tenders", "framework-agreements"):
        with pytest.raises(Invalid, match="exists already"):
            stage.site.act(vocabulary.add_term, manager, "topics", term, {"en": "Again"})
    for name, error in (("countries", NotFound), ("nonsense", NotFound)):
        with pytest.raises(error):
            stage.site.act(vocabulary.add_term, manager, name, "new-term", {"en": "X"})
    with pytest.raises(Invalid):
        stage.site.act(vocabulary.add_term, manager, "topics", "unnamed", {"fr": "Sans nom"})
    with pytest.raises(NotFound):
        stage.site.act(vocabulary.change_term, manager, "topics", "never-was", {"en": "X"}, True)


def test_a_renamed_term_is_found_by_its_new_name_at_once(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"), "published")

    def found(words: str) -> list[str]:
        return [h.id for h in stage.site.engine.search(Query(words, audience=frozenset({PUBLIC}))).hits]

    assert found("zebra") == []
    names = {"en": "Zebra agreements"}
    stage.site.act(vocabulary.change_term, stage.manager(), "topics", "framework-agreements", names, False)
    assert found("zebra") == [record_id]
    assert stage.site.registry().vocabularies["topics"]["framework-agreements"].names["en"] == "Zebra agreements"


def test_f8_a_clock_that_goes_back_does_not_hide_a_change_of_a_term(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = stage.manager()
    stage.site.act(vocabulary.add_term, manager, "topics", "one-more", {"en": "First name"})
    assert stage.site.registry().vocabularies["topics"]["one-more"].names["en"] == "First name"
    monkeypatch.setattr(vocabulary, "now", lambda: datetime(2020, 1, 1, tzinfo=UTC))
    stage.site.act(vocabulary.change_term, manager, "topics", "one-more", {"en": "Second name"}, False)
    assert stage.site.registry().vocabularies["topics"]["one-more"].names["en"] == "Second name"


# ---------------------------------------------------------------------------- history and catalogue


def test_the_history_is_for_those_who_work_on_a_record(stage: Stage) -> None:
    author = stage.actor("author")
    record_id = stage.record(author, "published")
    stage.step(author, record_id, "revise")
    stage.revise(author, record_id, title="Second text of quotations")
    for who in ("author", "coach", "manager"):
        told = stage.site.ask(history.of, stage.actor(who), record_id)
        assert [s.transition for s in told.steps] == ["revise", "publish", "submit"]
        assert [r.number for r in told.revisions] == [2, 1]
        pair = stage.site.ask(history.pair, stage.actor(who), record_id, 2, 1)
        assert (pair.before.number, pair.after.number) == (1, 2)
    for actor in (stage.actor("stranger"), stage.actor("colleague"), ANYONE):
        for service, more in ((history.of, ()), (history.pair, (1, 2))):
            with pytest.raises(NotFound):
                stage.site.ask(service, actor, record_id, *more)
    with pytest.raises(NotFound):
        stage.site.ask(history.pair, author, record_id, 1, 99)


def test_l18_the_public_reads_the_approved_text_while_a_newer_one_is_written(stage: Stage) -> None:
    author = stage.actor("author")
    record_id = stage.record(author, "published", title="Approved phone quotations")
    stage.step(author, record_id, "revise")
    stage.revise(author, record_id, title="Canary of phone quotations")
    for actor in (ANYONE, stage.actor("stranger"), author):
        assert stage.site.ask(catalogue.read, actor, record_id).values["title"] == "Approved phone quotations"
    assert stage.site.ask(catalogue.find_practices, stage.site.engine, Query("canary")).results.total == 0
    assert [f.record.id for f in stage.site.ask(catalogue.find_at_desk, stage.site.engine, author, "canary").found] == [
        record_id
    ]
    for who in ("stranger", "colleague"):
        assert stage.site.ask(catalogue.find_at_desk, stage.site.engine, stage.actor(who), "canary").results.total == 0


def test_an_index_that_holds_what_was_withdrawn_never_shows_it(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"), "published")
    with stage.site.db.reading() as session:
        stale, _ = indexing.changes(session, [record_id])
    assert stage.site.ask(catalogue.find_practices, stage.site.engine, Query("quotations")).found
    stage.step(stage.actor("coach"), record_id, "withdraw")
    stage.site.engine.apply(stale, [])
    findings = stage.site.ask(catalogue.find_practices, stage.site.engine, Query("quotations"))
    assert findings.results.hits and not findings.found


def test_a_removed_co_author_finds_nothing_even_in_an_index_that_is_behind(stage: Stage) -> None:
    author, colleague = stage.actor("author"), stage.actor("colleague")
    record_id = stage.record(author, title="Canary quotations")
    shared = stage.site.act(authoring.add_author, author, record_id, "", "colleague@example.org")
    with stage.site.db.reading() as session:
        stale, _ = indexing.changes(session, [record_id])
    assert stage.site.ask(catalogue.find_at_desk, stage.site.engine, colleague, "canary").found
    stage.site.act(authoring.remove_author, author, record_id, shared.authorships[-1].id)
    stage.site.engine.apply(stale, [])
    assert stage.site.ask(catalogue.find_at_desk, stage.site.engine, colleague, "canary").found == ()


def test_without_an_index_the_search_says_so(stage: Stage) -> None:
    stage.site.engine.lose()
    with pytest.raises(SearchDown):
        stage.site.ask(catalogue.find_practices, stage.site.engine, Query("quotations"))

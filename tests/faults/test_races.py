"""People at the same moment: exactly one wins, the other is told, and nothing is half done. On every database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from knowledge.services import accounts, authoring, claims, editorial, indexing, programmes, signing
from knowledge.services.errors import Conflict
from knowledge.storage import find
from knowledge.storage.models.mail import Mail
from knowledge.storage.models.people import Person
from knowledge.storage.models.records import Step
from knowledge.storage.session import StorageUnavailable, WriteConflict
from tests.conftest import KEY, PASSWORD, Stage, complete_experience
from workflows.definition import Reason, Refused


def together(*actions: Callable[[], Any]) -> list[Any]:
    """Do all of it at the same moment; the answers or the errors, in order."""
    begin, answers = threading.Barrier(len(actions)), [None] * len(actions)

    def act(number: int) -> None:
        begin.wait()
        try:
            answers[number] = actions[number]()
        except Exception as error:  # every error is an answer here, and the test looks at each
            answers[number] = error

    threads = [threading.Thread(target=act, args=(n,)) for n in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def decide(stage: Stage, who: str, record_id: str, transition: str, seen: int = 1) -> Callable[[], Any]:
    actor = stage.actor(who)
    return lambda: stage.site.act(editorial.advance, actor, record_id, transition, words="Because.", seen=seen)


def steps(stage: Stage, record_id: str, *transitions: str) -> int:
    with stage.site.db.reading() as session:
        query = select(func.count()).select_from(Step).where(Step.record_id == record_id)
        return session.scalar(query.where(Step.transition.in_(transitions))) or 0


def two_coaches(stage: Stage) -> None:
    stage.person("second")
    stage.programme("reforms", coaches=("second",))


def one_won(answers: list[Any]) -> None:
    lost = [a for a in answers if isinstance(a, Exception)]
    assert len(lost) == len(answers) - 1, answers
    for error in lost:
        assert isinstance(error, Refused | WriteConflict), error
        assert not isinstance(error, Refused) or error.reason is Reason.STATE


@pytest.mark.case("C1", control="faults/test_same_name.py::test_the_control_two_winners_and_an_error_of_ours_are_seen")
def test_c1_two_coaches_who_publish_at_once_make_one_step(stage_on: Stage) -> None:
    two_coaches(stage_on)
    for _ in range(5):
        record_id = stage_on.record(stage_on.actor("author"), "in_review")
        one_won(together(*(decide(stage_on, who, record_id, "publish") for who in ("coach", "second"))))
        assert steps(stage_on, record_id, "publish") == 1
    assert indexing.compare(stage_on.site.db, stage_on.site.engine).same


@pytest.mark.case("C2", control="faults/test_same_name.py::test_the_control_two_winners_and_an_error_of_ours_are_seen")
def test_c2_publishing_against_returning_has_one_winner_whose_word_stands(stage_on: Stage) -> None:
    two_coaches(stage_on)
    for _ in range(5):
        record_id = stage_on.record(stage_on.actor("author"), "in_review")
        answers = together(
            decide(stage_on, "coach", record_id, "publish"), decide(stage_on, "second", record_id, "request-changes")
        )
        one_won(answers)
        won = next(a for a in answers if not isinstance(a, Exception))
        assert steps(stage_on, record_id, "publish", "request-changes") == 1
        with stage_on.site.db.reading() as session:
            record = find.record(session, record_id)
            assert record is not None
            assert record.state == won.target
            assert (record.live is not None) is (won.target == "published")
    assert indexing.compare(stage_on.site.db, stage_on.site.engine).same


@pytest.mark.case("C1", "C2")
def test_c1_c2_two_coaches_who_approve_or_decide_a_second_review_at_once_make_one_step(stage_on: Stage) -> None:
    two_coaches(stage_on)
    stage_on.person("third")
    stage_on.programme("reforms", coaches=("third",))
    stage_on.site.act(programmes.choose_workflow, stage_on.manager(), "reforms", "two_coaches")
    for _ in range(3):
        record_id = stage_on.record(stage_on.actor("author"), "in_review")
        one_won(together(*(decide(stage_on, who, record_id, "approve") for who in ("coach", "second"))))
        assert steps(stage_on, record_id, "approve") == 1
        with stage_on.site.db.reading() as session:
            first = find.last_step(session, record_id, "approve")
            told = session.scalars(select(Mail.person_id).where(Mail.event == "second", Mail.record_id == record_id))
            assert first is not None
            assert len([*told]) == 2, "the two coaches who did not approve it, once each"
        other = "second" if first.person_id == stage_on.actor("coach").person_id else "coach"
        answers = together(
            decide(stage_on, other, record_id, "publish"), decide(stage_on, "third", record_id, "request-changes")
        )
        one_won(answers)
        assert steps(stage_on, record_id, "publish", "request-changes") == 1
    assert indexing.compare(stage_on.site.db, stage_on.site.engine).same


def test_a6_publishing_while_the_author_takes_it_back_and_changes_it_never_publishes_the_new_text(
    stage_on: Stage,
) -> None:
    author = stage_on.actor("author")
    for _ in range(4):
        record_id = stage_on.record(author, "in_review")

        def change(record_id: str = record_id) -> None:
            stage_on.step(author, record_id, "recall")
            stage_on.revise(author, record_id, title="Nobody has read this")
            stage_on.step(author, record_id, "submit")

        together(decide(stage_on, "coach", record_id, "publish"), change)
        with stage_on.site.db.reading() as session:
            record = find.record(session, record_id)
            assert record is not None
            assert record.live is None or record.live.number == 1


@pytest.mark.case("C6")
def test_c6_sending_while_a_co_author_saves_leaves_one_or_the_other_first_and_loses_neither(stage_on: Stage) -> None:
    author, colleague = stage_on.actor("author"), stage_on.actor("colleague")
    record_id = stage_on.record(author)
    stage_on.site.act(authoring.add_author, author, record_id, "", "colleague@example.org")
    given = complete_experience(title="Saved at the same moment")
    answers = together(
        decide(stage_on, "author", record_id, "submit"),
        lambda: stage_on.site.act(authoring.save, colleague, record_id, given, 1),
    )
    with stage_on.site.db.reading() as session:
        record = find.record(session, record_id)
        assert record is not None
        saved = not isinstance(answers[1], Exception)
        assert record.latest.number == 1 + saved
        assert isinstance(answers[0], WriteConflict) or record.state == "in_review"


@pytest.mark.case("C3")
def test_c3_of_forty_saves_at_once_none_is_lost_silently(stage_on: Stage) -> None:
    author = stage_on.actor("author")
    record_id = stage_on.record(author)

    def save(number: int) -> Callable[[], Any]:
        given = complete_experience(title=f"Text number {number}")
        return lambda: stage_on.site.act(authoring.save, author, record_id, given, 1)

    answers = together(*(save(n) for n in range(40)))
    won = [n for n, a in enumerate(answers) if isinstance(a, authoring.Saved)]
    for number, answer in enumerate(answers):
        if number not in won:
            assert isinstance(answer, Conflict | WriteConflict | StorageUnavailable), answer
            if isinstance(answer, Conflict):
                assert answer.mine["title"] == f"Text number {number}"
    with stage_on.site.db.reading() as session:
        kept = [r.title for r in find.revisions(session, record_id)]
    assert len(won) == 1
    assert kept == [f"Text number {won[0]}", "Phone quotations cut waiting for small purchases"]


def test_forty_people_who_save_forty_records_at_once_all_succeed(stage_on: Stage) -> None:
    author = stage_on.actor("author")
    records = [stage_on.record(author) for _ in range(10)]

    def save(record_id: str) -> Callable[[], Any]:
        return lambda: [
            stage_on.site.act(authoring.save, author, record_id, complete_experience(title=f"Text {n}"), n)
            for n in range(1, 5)
        ]

    answers = together(*(save(r) for r in records))
    assert not [a for a in answers if isinstance(a, Exception)]
    with stage_on.site.db.reading() as session:
        assert [find.record(session, r).latest.number for r in records] == [5] * 10  # type: ignore[union-attr]
    assert indexing.compare(stage_on.site.db, stage_on.site.engine).same


@pytest.mark.case("C5")
def test_c5_one_address_registered_by_ten_at_once_is_one_account(stage_on: Stage) -> None:
    def register(number: int) -> Callable[[], Any]:
        given = {"name": f"N{number}", "email": "same@example.org", "password": f"{PASSWORD} {number}"}
        return lambda: stage_on.site.act(accounts.register, **given)

    answers = together(*(register(n) for n in range(10)))
    assert all(a is None or isinstance(a, WriteConflict) for a in answers), answers
    with stage_on.site.db.reading() as session:
        assert session.scalar(select(func.count()).where(Person.email == "same@example.org")) == 1
    opened = [stage_on.site.act(signing.sign_in, KEY, "same@example.org", f"{PASSWORD} {n}") for n in range(10)]
    assert sum(token is not None for token in opened) == 1


@pytest.mark.case("A12")
def test_a12_a_coach_who_is_removed_while_publishing_either_was_in_time_or_is_refused(stage_on: Stage) -> None:
    record_id = stage_on.record(stage_on.actor("author"), "in_review")
    manager, coach = stage_on.manager(), stage_on.actor("coach")
    answers = together(
        decide(stage_on, "coach", record_id, "publish"),
        lambda: stage_on.site.act(programmes.remove_member, manager, "reforms", coach.person_id),
    )
    assert not isinstance(answers[1], Exception)
    assert steps(stage_on, record_id, "publish") == (not isinstance(answers[0], Exception))


@pytest.mark.case("C1", control="faults/test_same_name.py::test_the_control_two_winners_and_an_error_of_ours_are_seen")
def test_c1_two_coaches_who_take_a_record_up_at_once_have_one_winner_and_the_other_is_told(stage_on: Stage) -> None:
    two_coaches(stage_on)
    coaches = [stage_on.actor(who) for who in ("coach", "second")]
    for _ in range(5):
        record_id = stage_on.record(stage_on.actor("author"), "in_review")
        one_won(together(*(partial(stage_on.site.act, claims.claim, coach, record_id) for coach in coaches)))
        assert steps(stage_on, record_id, "claim") == 1
    assert indexing.compare(stage_on.site.db, stage_on.site.engine).same


def test_a_claim_against_an_answer_leaves_both_or_tells_the_slower_one(stage_on: Stage) -> None:
    two_coaches(stage_on)
    second = stage_on.actor("second")
    for _ in range(4):
        record_id = stage_on.record(stage_on.actor("author"), "in_review")
        answers = together(
            decide(stage_on, "coach", record_id, "publish"), partial(stage_on.site.act, claims.claim, second, record_id)
        )
        assert not isinstance(answers[0], Exception)
        assert not isinstance(answers[1], Exception) or isinstance(answers[1], Refused | WriteConflict)
        assert steps(stage_on, record_id, "publish") == 1

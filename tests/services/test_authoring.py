"""Writing: one record for one press, nothing lost when two save, and who may do it."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from knowledge.services import access, authoring, programmes, vocabulary
from knowledge.services.actor import ANYONE
from knowledge.services.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded
from knowledge.storage import find
from knowledge.storage.models.records import Authorship, Record, Revision
from knowledge.storage.session import WriteConflict
from tests.conftest import Stage, complete_experience


def start(stage: Stage, who: str = "author", /, key: str = "", **changes: object) -> Record:
    return stage.site.act(authoring.start, stage.actor(who), "experience", complete_experience(**changes), key)


def save(stage: Stage, who: str, record_id: str, base: int, /, **changes: object) -> authoring.Saved:
    return stage.site.act(authoring.save, stage.actor(who), record_id, complete_experience(**changes), base)


def numbers(stage: Stage, record_id: str) -> list[int]:
    with stage.site.db.reading() as session:
        return [r.number for r in find.revisions(session, record_id)]


def count(stage: Stage, table: type) -> int:
    with stage.site.db.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


# ---------------------------------------------------------------------------- starting


def test_the_first_save_makes_a_draft_of_its_author_in_her_programme(stage: Stage) -> None:
    record = start(stage)
    assert (record.state, record.programme_id, record.latest.number, record.live_id) == ("draft", "reforms", 1, None)
    assert [(a.name, a.role) for a in record.authorships] == [("Author", "author")]
    assert start(stage, "reader").programme_id is None


def test_a_writer_of_several_programmes_chooses_and_cannot_choose_one_that_is_not_hers(stage: Stage) -> None:
    stage.programme("other", apprentices=("author",))
    stage.programme("foreign")
    begin = (authoring.start, stage.actor("author"), "experience", complete_experience(), "")
    assert stage.site.act(*begin, "reforms").programme_id == "reforms"
    assert stage.site.act(*begin, "other").programme_id == "other"
    assert stage.site.act(*begin, "foreign").programme_id == "other"


def test_a_record_needs_an_account_a_known_kind_and_a_title(stage: Stage) -> None:
    with pytest.raises(SignInNeeded):
        stage.site.act(authoring.start, ANYONE, "experience", complete_experience(), "")
    with pytest.raises(NotFound):
        stage.site.act(authoring.start, stage.actor("author"), "poem", complete_experience(), "")
    with pytest.raises(Invalid) as caught:
        start(stage, title=" ")
    assert [p.path[0] for p in caught.value.problems] == ["title"]
    assert count(stage, Record) == 0


def test_a3_what_is_not_a_field_of_the_type_is_not_taken(stage: Stage) -> None:
    record = start(stage, state="published", author_id=1, live_id=1, role="manager", is_published=True)
    assert record.state == "draft"
    assert not {"state", "author_id", "live_id", "role", "is_published"} & set(record.latest.values)


@pytest.mark.case("C4")
def test_c4_pressing_twice_gives_one_record(stage: Stage) -> None:
    first = start(stage, key="pressed", enabling="")
    again = start(stage, key="pressed", enabling="")
    assert first.id == again.id
    assert numbers(stage, first.id) == [1]
    more = start(stage, key="pressed")  # the answer to the first was not heard
    assert more.id == first.id and numbers(stage, first.id) == [2, 1]
    assert start(stage, key="pressed", enabling="").id == first.id and numbers(stage, first.id) == [2, 1], (
        "the first says it"
    )
    assert start(stage, key="other").id != first.id


@pytest.mark.case("C3")
def test_C3_a_form_that_was_begun_twice_builds_on_nothing_and_meets_what_was_saved_since(stage: Stage) -> None:
    first = start(stage, key="begun")
    stage.site.act(authoring.add_author, stage.actor("author"), first.id, "", "colleague@example.org")
    save(stage, "colleague", first.id, 1, context="What the co-author saved meanwhile. " * 10)
    with pytest.raises(Conflict) as met:
        start(stage, key="begun", title="What the second tab calls it")
    assert met.value.mine["title"] == "What the second tab calls it" and met.value.number == 2
    assert met.value.theirs["context"].startswith("What the co-author saved") and met.value.by == "Colleague"
    assert met.value.common == {"language": "en"}, "proposed are fields that nobody else has touched"
    assert numbers(stage, first.id) == [2, 1]


@pytest.mark.case("C4")
def test_c4_the_key_of_somebody_else_opens_nothing(stage: Stage) -> None:
    mine = start(stage, key="pressed")
    with pytest.raises(NotFound):
        start(stage, "stranger", key="pressed", title="Mine now, phone quotations")
    assert numbers(stage, mine.id) == [1]


@pytest.mark.case("C4")
def test_c4_pressing_at_the_same_moment_gives_one_record(stage_on: Stage) -> None:
    begin, made, told = threading.Barrier(4), [], []

    def press() -> None:
        begin.wait()
        try:
            made.append(start(stage_on, key="pressed").id)
        except WriteConflict:  # PostgreSQL lets both in and stops the second at the unique key
            told.append(1)

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) + len(told) == 4
    assert len(set(made)) == 1
    assert count(stage_on, Record) == count(stage_on, Revision) == 1
    if stage_on.site.db.sqlite:
        assert not told
    assert start(stage_on, key="pressed").id == made[0]


# ---------------------------------------------------------------------------- saving


def test_every_save_makes_a_revision_and_a_save_without_change_makes_none(stage: Stage) -> None:
    record = start(stage)
    assert save(stage, "author", record.id, 1, title="Second text on quotations").changed
    assert not save(stage, "author", record.id, 2, title="Second text on quotations").changed
    assert not save(stage, "author", record.id, 1, title="Second text on quotations").changed  # nothing to lose
    assert numbers(stage, record.id) == [2, 1]


@pytest.mark.case("C3")
def test_c3_who_saves_over_a_newer_version_gets_both_texts_and_neither_is_lost(stage: Stage) -> None:
    record = start(stage)
    stage.site.act(authoring.add_author, stage.actor("author"), record.id, "", "colleague@example.org")
    save(stage, "colleague", record.id, 1, title="The colleague's text on quotations")
    with pytest.raises(Conflict) as caught:
        save(stage, "author", record.id, 1, title="The author's text on quotations")
    conflict = caught.value
    assert conflict.mine["title"] == "The author's text on quotations"
    assert conflict.theirs["title"] == "The colleague's text on quotations"
    assert (conflict.number, conflict.by) == (2, "Colleague")
    assert numbers(stage, record.id) == [2, 1]
    save(stage, "author", record.id, conflict.number, title="Both texts on quotations")
    assert numbers(stage, record.id) == [3, 2, 1]


@pytest.mark.case("C3")
@pytest.mark.parametrize("base", [0, 2, 99, -1])
def test_c3_a_base_that_never_was_is_a_conflict_too(stage: Stage, base: int) -> None:
    record = start(stage)
    with pytest.raises(Conflict):
        save(stage, "author", record.id, base, title="Another text on quotations")


def test_what_has_no_shape_is_not_stored(stage: Stage) -> None:
    record = start(stage)
    with pytest.raises(Invalid) as caught:
        save(stage, "author", record.id, 1, countries=["XXX"], stage="moon", title="")
    assert {p.path[0] for p in caught.value.problems} == {"countries", "stage", "title"}
    assert numbers(stage, record.id) == [1]


def test_a_retired_term_that_was_chosen_stays_and_cannot_be_chosen_anew(stage: Stage) -> None:
    before, manager = start(stage), stage.manager()
    names = {"en": "Framework agreements"}
    stage.site.act(vocabulary.change_term, manager, "topics", "framework-agreements", names, True)
    save(stage, "author", before.id, 1, title="Another text on quotations")
    with stage.site.db.reading() as session:
        assert find.record(session, before.id).latest.values["topics"] == ["framework-agreements"]  # type: ignore[union-attr]
    with pytest.raises(Invalid):
        start(stage)


@pytest.mark.parametrize(
    ("state", "who", "error"),
    [
        ("draft", "author", None),
        ("draft", "colleague", NotFound),
        ("draft", "stranger", NotFound),
        ("draft", "coach", Forbidden),
        ("draft", "manager", Forbidden),
        ("in_review", "author", Forbidden),
        ("in_review", "coach", Forbidden),
        ("changes_requested", "author", None),
        ("published", "author", Forbidden),
        ("published", "stranger", NotFound),
        ("withdrawn", "author", Forbidden),
        ("withdrawn", "manager", Forbidden),
    ],
)
def test_who_may_save_in_which_state(stage: Stage, state: str, who: str, error: type[Exception] | None) -> None:
    record_id = stage.record(stage.actor("author"), state)
    if error is None:
        assert save(stage, who, record_id, 1, title="Changed").changed
        return
    with pytest.raises(error):
        save(stage, who, record_id, 1, title="Changed")
    assert numbers(stage, record_id) == [1]


# ---------------------------------------------------------------------------- sharing


def test_a_co_author_may_write_and_whoever_left_may_not_even_look(stage: Stage) -> None:
    record, author, colleague = start(stage), stage.actor("author"), stage.actor("colleague")
    with pytest.raises(NotFound):
        stage.site.ask(authoring.open_desk, colleague, record.id)
    shared = stage.site.act(authoring.add_author, author, record.id, "", "Colleague@Example.org")
    assert stage.site.ask(authoring.open_desk, colleague, record.id).roles >= {"co_author"}
    save(stage, "colleague", record.id, 1, title="From a colleague")
    stage.site.act(authoring.remove_author, author, record.id, shared.authorships[-1].id)
    with pytest.raises(NotFound):
        save(stage, "colleague", record.id, 2, title="Once more")
    assert stage.site.ask(authoring.my_records, colleague) == []
    again = stage.site.act(authoring.add_author, author, record.id, "", "colleague@example.org")
    assert [a.role for a in again.authorships] == ["author", "co_author"]


def test_only_the_author_and_a_manager_choose_who_writes(stage: Stage) -> None:
    record = start(stage)
    stage.site.act(authoring.add_author, stage.actor("author"), record.id, "", "colleague@example.org")
    for who, error in (("colleague", Forbidden), ("coach", Forbidden), ("stranger", NotFound)):
        with pytest.raises(error):
            stage.site.act(authoring.add_author, stage.actor(who), record.id, "X", "reader@example.org")
    stage.site.act(authoring.add_author, stage.manager(), record.id, "", "reader@example.org")


@pytest.mark.parametrize(
    ("name", "email", "field"),
    [("", "", "name"), ("n" * 121, "", "name"), ("X", "no address", "email"), ("X", "author@example.org", "email")],
)
def test_an_author_that_cannot_be_added_is_named(stage: Stage, name: str, email: str, field: str) -> None:
    record = start(stage)
    with pytest.raises(Invalid) as caught:
        stage.site.act(authoring.add_author, stage.actor("author"), record.id, name, email)
    assert [p.path[0] for p in caught.value.problems] == [field]
    assert count(stage, Authorship) == 1


def test_a_record_has_a_limited_number_of_authors(stage: Stage) -> None:
    record, author = start(stage), stage.actor("author")
    for n in range(authoring.MAX_AUTHORS - 1):
        stage.site.act(authoring.add_author, author, record.id, f"Person {n}", "")
    with pytest.raises(Invalid):
        stage.site.act(authoring.add_author, author, record.id, "One more", "")


def test_the_author_herself_and_people_of_other_records_cannot_be_removed(stage: Stage) -> None:
    mine, other = start(stage), start(stage, "reader")
    for authorship in (mine.authorships[0].id, other.authorships[0].id, 0, -1, 10**9):
        with pytest.raises(NotFound):
            stage.site.act(authoring.remove_author, stage.actor("author"), mine.id, authorship)


# ---------------------------------------------------------------------------- the desk


def test_the_desk_says_what_is_missing_and_what_the_coach_said(stage: Stage) -> None:
    author = stage.actor("author")
    record_id = stage.record(author, "changes_requested")
    desk = stage.site.ask(authoring.open_desk, author, record_id)
    assert (desk.words, desk.words_by, desk.missing, desk.own_work) == ("Because.", "Coach", (), True)
    assert desk.needed[0] == desk.needed[1] > 5
    stage.revise(author, record_id, objective="", lessons=[])
    desk = stage.site.ask(authoring.open_desk, author, record_id)
    assert {p.path[0] for p in desk.missing} == {"objective", "lessons"}
    assert desk.needed[1] - desk.needed[0] == 2
    stage.revise(author, record_id, **complete_experience())
    stage.step(author, record_id, "submit")
    assert stage.site.ask(authoring.open_desk, author, record_id).words == ""


def test_roles_are_relative_to_the_record_and_read_now(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"), "in_review")

    def roles(who: str) -> set[str]:
        with stage.site.db.reading() as session:
            record = find.record(session, record_id)
            assert record is not None
            return set(access.roles_in(session, stage.actor(who), record)) - {"anyone", "signed_in"}

    assert (roles("author"), roles("colleague"), roles("coach"), roles("manager")) == (
        {"author"},
        set(),
        {"coach"},
        {"manager"},
    )
    stage.site.act(programmes.remove_member, stage.manager(), "reforms", stage.actor("coach").person_id)
    assert roles("coach") == set()
    stage.site.act(programmes.assign, stage.manager(), record_id, programme_id="", coach_email="coach@example.org")
    assert roles("coach") == {"coach"}
    with stage.site.db.reading() as session:
        assert access.roles_in(session, ANYONE, find.record(session, record_id)) == {"anyone"}  # type: ignore[arg-type]


def test_a_deactivated_person_has_no_role_anywhere(stage: Stage) -> None:
    with stage.site.db.transaction() as session:
        find.person_by_email(session, "manager@example.org").active = False  # type: ignore[union-attr]
    with stage.site.db.reading() as session:
        for guard in (access.require_manager, access.require_person):
            with pytest.raises(SignInNeeded):
                guard(session, stage.actor("manager"))
        assert access.standing(session, stage.actor("manager")).audience == frozenset()

"""A1, A2, A5: everything around a review for every reader and state, held against the workflows' own tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from knowledge.services import opinions, phrases, programmes, review
from knowledge.storage import find
from knowledge.storage.models.discussion import Comment, Thread
from tests.conftest import Stage, make_stage, post, token
from workflows import known
from workflows.two_coaches import TWO_COACHES

READERS = ("", "stranger", "author", "coach", "second", "far", "adviser", "manager")
ROLES = {
    "author": "author", "coach": "coach", "second": "coach", "adviser": "adviser", "manager": "manager",
}  # fmt: skip
STATES = ("draft", "in_review", "second_review", "changes_requested", "published")
TABLES = ("score", "opinion", "look", "phrase", "step", "thread", "comment")


def roles(reader: str, state: str) -> frozenset[str]:
    held = {ROLES[reader]} if reader in ROLES else set()
    if state not in known.UNDER_REVIEW:
        held -= {"adviser"}
    return frozenset({"anyone", "signed_in", *held} if reader else {"anyone"})


class Ground:
    """A programme of two coaches, a record in every state, and an adviser asked about those under review."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        for name in ("coach", "second", "author", "stranger", "far", "adviser"):
            stage.person(name)
        stage.programme("reforms", coaches=("coach", "second"), apprentices=("author",))
        stage.programme("elsewhere", coaches=("far", "adviser"))
        stage.site.act(programmes.choose_workflow, stage.manager(), "reforms", "two_coaches")
        self.records = {state: self.make(state) for state in STATES}
        self.threads = {state: self.thread(record) for state, record in self.records.items()}
        self.browsers = {reader: stage.client(reader) for reader in READERS}
        self.tokens = {reader: token(browser) for reader, browser in self.browsers.items()}

    def make(self, state: str) -> str:
        stage, record = self.stage, self.stage.record(self.stage.actor("author"))
        if state == "draft":
            return record
        stage.step(stage.actor("author"), record, "submit")
        if state in known.UNDER_REVIEW:
            stage.site.act(opinions.ask, stage.actor("coach"), record, stage.actor("adviser").person_id, "")
        for who, step in {
            "in_review": [],
            "second_review": [("coach", "approve")],
            "changes_requested": [("coach", "request-changes")],
            "published": [("coach", "approve"), ("second", "publish")],
        }[state]:
            stage.step(stage.actor(who), record, step)
        return record

    def thread(self, record: str) -> int:
        """A point of its author on a record, which no rule of a state can refuse."""
        with self.stage.site.db.transaction() as session:
            found = find.record(session, record)
            assert found is not None
            made = Thread(record_id=record, revision_id=found.latest.id, field="")
            made.comments = [Comment(person_id=found.authorships[0].person_id, text="Is it so?")]
            session.add(made)
            session.flush()
            return made.id

    def post(self, reader: str, path: str, **fields: str) -> int:
        data = {"csrf_token": self.tokens[reader], **fields}
        return int(self.browsers[reader].post(path, data=data).status_code)

    def rows(self) -> list[int]:
        with self.stage.site.db.reading() as session:
            return [session.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in TABLES]

    def opinion(self, state: str) -> int:
        with self.stage.site.db.reading() as session:
            query = text("SELECT id FROM opinion WHERE record_id = :id")
            return session.scalar(query, {"id": self.records[state]}) or 0


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    from argon2 import PasswordHasher

    from knowledge.services import accounts

    patch = pytest.MonkeyPatch()
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    patch.setattr(accounts, "_hasher", lambda: cheap)
    folder: Path = tmp_path_factory.mktemp("ground")
    stage = make_stage(folder)
    stage.manager()
    yield Ground(stage)
    stage.site.db.close()
    patch.undo()


def expected(reader: str, state: str, permission: str, done: int) -> int:
    held = roles(reader, state)
    if not reader:
        return 401
    if not TWO_COACHES.may("view", state, held - {"anyone", "signed_in"}):
        return 404
    return done if TWO_COACHES.may(permission, state, held) else 403


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("state", STATES)
def test_A1_what_is_done_around_a_review_follows_the_table(ground: Ground, reader: str, state: str) -> None:
    record = ground.records[state]
    thread = ground.threads[state]
    for permission, path, done, fields in (
        ("review", f"/review/{record}/look", 204, {"seen": "1"}),
        ("review", f"/review/{record}/phrase", 200, {"words": "So", "phrase-words": "and so", "into": "words"}),
        ("score", f"/work/{record}/rubric", 303, {"rubric": "1", "seen": "1", "check-0": "met"}),
        ("ask", f"/review/{record}/opinions", 200, {"person": str(ground.stage.actor("adviser").person_id)}),
        ("advise", f"/review/{record}/opinions/{ground.opinion(state)}", 200, {"verdict": "return"}),
        ("review", f"/review/{record}/resolve", 200, {}),
        ("review", f"/review/{record}/points", 200, {"text": f"A point by {reader}."}),
        (
            "review",
            f"/review/{record}/points/{thread}",
            200,
            {"action": "reply", f"reply-{thread}": f"So does {reader}."},
        ),
    ):
        before, wanted = ground.rows(), expected(reader, state, permission, done)
        if permission == "ask" and wanted == 200 and state not in known.UNDER_REVIEW:
            wanted = 403
        assert ground.post(reader, path, **fields) == wanted, (path, reader, state)
        if wanted >= 400:
            assert ground.rows() == before, (path, reader, state)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("state", STATES)
def test_A1_the_page_of_a_review_is_for_coaches_and_advisers(ground: Ground, reader: str, state: str) -> None:
    wanted = expected(reader, state, "review", 200) if reader else 303
    if wanted == 403 and "coach" in roles(reader, state) and state not in known.UNDER_REVIEW:
        wanted = 303  # it is over: where it stands is at its desk
    assert ground.browsers[reader].get(f"/review/{ground.records[state]}").status_code == wanted


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("state", ["in_review", "second_review"])
def test_A4_steps_of_two_coaches_follow_the_table(ground: Ground, reader: str, state: str) -> None:
    for step in TWO_COACHES.transitions:
        record = ground.make(state)
        held, answer = roles(reader, state), 0
        allowed = bool(reader) and TWO_COACHES.may(step.id, state, held)
        allowed = allowed and not (step.id == "publish" and reader == "coach") and step.id != "withdraw"
        answer = ground.post(reader, f"/records/{record}/{step.id}", seen="1", words="Because.")
        if allowed:
            assert answer == 303, (step.id, reader, state)
        else:
            assert answer in (401, 403, 404, 409, 422), (step.id, reader, state, answer)


@pytest.mark.case("A2")
@pytest.mark.parametrize("reader", READERS)
def test_A2_phrases_and_progress_are_for_the_coaches_of_the_programme_and_managers(ground: Ground, reader: str) -> None:
    allowed = reader in ("coach", "second", "manager")
    author = ground.stage.actor("author").person_id
    for path in ("/review/programmes/reforms/phrases", f"/review/people/{author}/progress"):
        wanted = 303 if not reader else 200 if allowed else 404
        assert ground.browsers[reader].get(path).status_code == wanted, (path, reader)
    for path in ("/review/programmes/nowhere/phrases", "/review/people/99999/progress"):
        assert ground.browsers[reader].get(path).status_code == (404 if reader else 303)
    before = ground.rows()
    status = ground.post(reader, "/review/programmes/reforms/phrases", text=f"Said by {reader}")
    assert status == (401 if not reader else 303 if allowed else 404)
    assert (ground.rows() != before) is allowed


def test_A3_a_step_takes_no_evidence_from_who_may_not_score(ground: Ground) -> None:
    record = ground.make("draft")
    fields = {"rubric": "1", "seen": "1", "level": "account", "reason": "Mine", "check-0": "met"}
    assert ground.post("author", f"/records/{record}/submit", **fields) == 303
    with ground.stage.site.db.reading() as session:
        query = text("SELECT by_coach, level, reason FROM score WHERE record_id = :id")
        assert [tuple(row) for row in session.execute(query, {"id": record})] == [(0, "", "")]


@pytest.mark.case("X6", "X7")
def test_X6_X7_words_of_a_review_are_text_and_never_markup(ground: Ground) -> None:
    bad, stage, record = "<script>alert(1)</script>{{7*7}}", ground.stage, ground.make("in_review")
    number = stage.site.act(opinions.ask, stage.actor("coach"), record, stage.actor("far").person_id, bad).id
    stage.site.act(opinions.answer, stage.actor("far"), record, number, "return", bad)
    stage.site.act(phrases.put, stage.actor("coach"), "reforms", bad)
    coach: Any = ground.browsers["coach"]
    fields = {"rubric": "1", "seen": "1", "check-0": "not", "note-0": bad, "from": "review"}
    assert ground.post("coach", f"/work/{record}/rubric", **fields) == 200
    pages = [coach.get(f"/review/{record}").text, coach.get("/review/programmes/reforms/phrases").text]
    pages.append(
        post(coach, f"/review/{record}/phrase", "/account", into="words", words=bad, **{"phrase-words": bad}).text
    )
    stage.step(stage.actor("coach"), record, "request-changes")
    pages.append(ground.browsers["author"].get(f"/work/{record}").text)
    for page in pages:
        assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page and "{{7*7}}" in page


def test_what_was_typed_comes_back_when_a_decision_cannot_be_taken(ground: Ground) -> None:
    record = ground.make("in_review")
    typed = {"rubric": "1", "from": "review", "words": "", "check-1": "not", "note-1": "Typed with care", "seen": "1"}
    coach = ground.browsers["coach"]
    for fields, status in (
        (typed, 422),
        ({**typed, "words": "Said with care", "seen": "9"}, 409),
        ({**typed, "words": "Said with care", "level": "replicated"}, 422),
    ):
        answer = coach.post(f"/records/{record}/request-changes", data={**fields, "csrf_token": ground.tokens["coach"]})
        assert answer.status_code == status
        assert "Typed with care" in answer.text and fields["words"] in answer.text
        assert 'name="check-1" value="not" checked' in answer.text
    assert review.DECISIONS

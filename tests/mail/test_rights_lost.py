"""L12: whatever may be told of a record or an account, of each kind one: who has lost the right meanwhile is not told."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select, text

from knowledge.content.events import EVENTS
from knowledge.mail.postman import Postman
from knowledge.services import (
    authoring,
    claims,
    confirming,
    discussion,
    invitations,
    opinions,
    programmes,
    reminders,
    resetting,
    scheduling,
    sessions,
)
from knowledge.storage import find
from knowledge.storage.models.mail import Mail
from tests.conftest import PASSWORD, Stage
from tests.mail.conftest import Box
from tests.times import MONDAY, at

THURSDAY, AFTER, LATER = "2026-12-03T09:00", "2026-12-08T08:00", "2026-12-09T08:00"
COACHES = {"coach", "second"}
CANARY, PRIVATE = "zanzibuck", "quibblefrost"


def everything_happens(stage: Stage) -> None:
    """One mail at least of every kind lies in the box, unsent."""
    site, author, coach, second = stage.site, stage.actor("author"), stage.actor("coach"), stage.actor("second")
    soon = "2026-12-30"

    def sent(programme: str = "reforms") -> str:
        record = stage.record(author, title=f"A {CANARY} of a record")
        with site.db.transaction() as session:
            found = find.record(session, record)
            person = find.person_by_email(session, "colleague@example.org")
            assert found is not None and person is not None
            found.programme_id = programme
            row = {"r": record, "p": person.id}
            session.execute(text("INSERT INTO authorship (record_id, person_id, name, email, role, position) VALUES "
                                 "(:r, :p, 'Colleague', 'colleague@example.org', 'co_author', 1)"), row)  # fmt: skip
        stage.step(author, record, "submit")
        return record

    shared = stage.record(author, title=f"A {CANARY} of a record")
    site.act(authoring.add_author, author, shared, "", "colleague@example.org")

    def taken_up() -> str:
        record = sent()
        site.act(claims.claim, coach, record)
        return record

    sent()
    sent("nobody's")
    stage.step(coach, sent("pairs"), "approve")
    site.act(opinions.ask, coach, sent(), stage.actor("adviser").person_id, CANARY)
    other = site.act(opinions.ask, second, sent(), stage.actor("adviser").person_id, CANARY)
    site.act(opinions.answer, stage.actor("adviser"), other.record_id, other.id, "return", CANARY)
    site.act(programmes.assign, stage.manager(), sent(), programme_id="reforms", coach_email="coach@example.org")
    taken_up()
    site.act(claims.hand_back, coach, taken_up())
    stage.step(coach, taken_up(), "request-changes", words=CANARY)
    record = sent()
    point = site.act(discussion.begin, coach, record, about="summary", text=CANARY)
    site.act(discussion.begin, second, record, about="summary", text=PRIVATE, private=True)
    site.act(discussion.act, author, record, point.id, "address")
    stage.step(coach, sent(), "publish")
    withdrawn = sent()
    for step in ("publish", "withdraw"):
        stage.step(coach, withdrawn, step, words=CANARY)
    site.act(scheduling.plan, coach, sent(), soon, seen=1)
    called_off = sent()
    site.act(scheduling.plan, coach, called_off, soon, seen=1)
    site.act(scheduling.call_off, coach, called_off)
    expired = sent()
    stage.step(coach, expired, "publish")
    with site.db.transaction() as session:
        session.execute(text("UPDATE record SET expires = '2026-11-01' WHERE id = :id"), {"id": expired})
        scheduling.ask(session, expired)
    with at(THURSDAY):
        sent()
    with at(AFTER):
        reminders.look(site.db)
        _of_accounts(stage)


def _of_accounts(stage: Stage) -> None:
    site, reader, moved = stage.site, stage.actor("reader"), stage.actor("moved")
    site.act(invitations.to_programme, stage.manager(), "reforms", "new@example.org", "apprentice")
    site.act(resetting.ask, "reader@example.org")
    with site.db.transaction() as session:
        for actor in (reader, moved):
            person = find.person(session, actor.person_id or 0)
            assert person is not None
            sessions.issue(session, person, sessions.Browser("old", "Firefox"))
            sessions.issue(session, person, sessions.Browser("new", "Firefox"))
    site.act(confirming.change, reader, PASSWORD, "reader2@example.org")
    site.act(confirming.change, moved, PASSWORD, "moved2@example.org")
    with site.db.reading() as session:
        person = find.person(session, moved.person_id or 0)
        assert person is not None
        token = confirming.link(site.settings.key(), person, "moved2@example.org")
    site.act(confirming.finish, site.settings.key(), token)


def nothing_lost(stage: Stage) -> set[str]:
    return set()


def put_out(stage: Stage) -> set[str]:
    """Coaches leave their programmes, the co-author is taken off, the manager is none any more."""
    with stage.site.db.transaction() as session:
        session.execute(text("DELETE FROM membership WHERE role = 'coach' AND programme_id != 'elsewhere'"))
        session.execute(text("UPDATE record SET coach_id = NULL"))
        session.execute(text("UPDATE authorship SET role = 'former' WHERE role = 'co_author'"))
        session.execute(text("UPDATE person SET manager = 0 WHERE email = 'manager@example.org'"))
    return COACHES | {"colleague", "manager"}


def deactivated(stage: Stage) -> set[str]:
    """Everybody's account is closed but the author's."""
    with stage.site.db.transaction() as session:
        session.execute(text("UPDATE person SET active = 0 WHERE email != 'author@example.org'"))
    return COACHES | {"colleague", "manager", "adviser", "reader", "moved", "reader2", "moved2"}


@pytest.mark.case("L12")
@pytest.mark.parametrize("lose", [nothing_lost, put_out, deactivated])
def test_L12_of_every_kind_of_mail_none_goes_to_who_lost_the_right_to_it(
    stage: Stage, here: Postman, box: Box, lose: Callable[[Stage], set[str]]
) -> None:
    for name in ("second", "adviser", "moved", "boss"):
        stage.person(name, manager=name == "boss")
    stage.programme("reforms", coaches=("second",))
    stage.programme("pairs", coaches=("coach", "second"))
    stage.site.act(programmes.choose_workflow, stage.manager(), "pairs", "two_coaches")
    stage.programme("elsewhere", coaches=("adviser",))
    stage.programme("nobody's")
    with at(MONDAY):
        everything_happens(stage)
    with stage.site.db.reading() as session:
        waiting = {mail.event for mail in session.scalars(select(Mail))}
    assert waiting == set(EVENTS), "of a new event there is a mail here too"
    lost = lose(stage)
    with at(LATER):
        here.deliver()
    with stage.site.db.reading() as session:
        told = {mail.event for mail in session.scalars(select(Mail).where(Mail.outcome == "sent"))}
    to = {mail["To"].addresses[0].username for mail in box.taken}
    assert not to & lost, "not a word"
    assert "author" in to, "the control: who kept her right is told"
    if not lost:
        assert told == set(EVENTS), "the control: all of it would have been sent"
    heard = {mail["To"].addresses[0].username for n, mail in enumerate(box.taken) if PRIVATE in box.text(n)}
    assert heard == COACHES - {"second"} - lost, "what coaches say to each other is told to coaches"

"""C5, C1: several who make the same thing at the same moment: there is one of it afterwards, and nobody met an error of ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from knowledge.services import authoring, invitations, programmes, vocabulary, wording
from knowledge.services.errors import Conflict, Forbidden, Invalid, NotFound
from knowledge.storage.models.invitations import Invitation
from knowledge.storage.models.mail import Mail
from knowledge.storage.models.programmes import Membership, Programme
from knowledge.storage.models.records import Authorship
from knowledge.storage.models.site import VocabularyTerm
from knowledge.storage.session import WriteConflict
from tests.conftest import Stage
from tests.faults.test_races import decide, one_won, together, two_coaches

SAID = Invalid | WriteConflict | Conflict | Forbidden | NotFound  # what has a sentence and a status of its own


def count(stage: Stage, table: Any, *where: Any) -> int:
    with stage.site.db.reading() as session:
        return session.scalar(select(func.count()).select_from(table).where(*where)) or 0


def fairly(answers: list[Any], least: int = 1) -> None:
    """At least so many were served, and the others were told why not."""
    assert sum(not isinstance(each, Exception) for each in answers) >= least, answers
    assert all(isinstance(each, SAID) for each in answers if isinstance(each, Exception)), answers


@pytest.mark.case("C5")
def test_C5_one_id_for_a_programme_a_term_or_a_member_is_one_row(stage_on: Stage) -> None:
    act, manager = stage_on.site.act, stage_on.manager()
    for number in range(3):
        name = f"new-{number}"
        fairly(together(*(partial(act, programmes.put_programme, manager, name, {"title": f"T{n}"}) for n in range(6))))
        assert count(stage_on, Programme, Programme.id == name) == 1
        terms = [partial(act, vocabulary.add_term, manager, "topics", name, {"en": f"Term {n}"}) for n in range(6)]
        fairly(together(*terms))
        assert count(stage_on, VocabularyTerm, VocabularyTerm.id == name) == 1
        give = partial(act, programmes.put_member, manager, name, "reader@example.org")
        fairly(together(*(partial(give, role) for role in ("coach", "apprentice") * 3)))
        assert count(stage_on, Membership, Membership.programme_id == name) == 1
    fairly(together(*(partial(act, wording.add, manager, "gloves, mittens") for _ in range(4))))


@pytest.mark.case("C5")
def test_C5_one_co_author_is_added_once_whoever_adds_her_at_that_moment(stage_on: Stage) -> None:
    author = stage_on.actor("author")
    for email in ("colleague@example.org", "guest@example.org"):
        record = stage_on.record(author)
        add = partial(stage_on.site.act, authoring.add_author, author, record, "Guest", email)
        fairly(together(*(add for _ in range(6))))
        assert count(stage_on, Authorship, Authorship.record_id == record) == 2, email


@pytest.mark.case("C5")
def test_C5_one_address_is_invited_to_a_programme_once(stage_on: Stage) -> None:
    invite = partial(stage_on.site.act, invitations.to_programme, stage_on.manager(), "reforms")
    fairly(together(*(partial(invite, "ivy@example.org", "coach") for _ in range(6))))
    assert count(stage_on, Invitation, Invitation.email == "ivy@example.org") == 1


@pytest.mark.case("C1", "C2")
def test_C1_of_two_decisions_at_once_the_author_hears_of_one(stage_on: Stage) -> None:
    two_coaches(stage_on)
    author = stage_on.actor("author")
    for transitions in (("publish", "publish"), ("publish", "request-changes")):
        record = stage_on.record(author, "in_review")
        acts = [decide(stage_on, who, record, t) for who, t in zip(("coach", "second"), transitions, strict=True)]
        one_won(together(*acts))
        told = (Mail.record_id == record, Mail.person_id == author.person_id, Mail.event != "submitted")
        assert count(stage_on, Mail, *told) == 1


@pytest.mark.case("C1", "C2", "C5")
def test_the_control_two_winners_and_an_error_of_ours_are_seen() -> None:
    for answers in (["won", "won"], ["won", ValueError("ours")]):
        with pytest.raises(AssertionError):
            one_won(answers)
    for given in ([ValueError("ours"), "made"], [Invalid([]), Invalid([])]):
        with pytest.raises(AssertionError):
            fairly(given)
    order: list[int] = []

    def slow(number: int) -> Callable[[], Any]:
        return lambda: (order.append(number), together_met.wait(10))

    import threading

    together_met = threading.Barrier(3)
    assert len(together(*(slow(number) for number in range(3)))) == 3 and not together_met.broken, "all at once, really"

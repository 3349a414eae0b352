"""Who has an account and is made a co-author hears of it, as she wishes, and only while it is so."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from knowledge.mail.postman import Postman
from knowledge.services import authoring, notices
from knowledge.storage import find
from knowledge.storage.models.base import now
from knowledge.storage.models.invitations import Invitation
from tests.conftest import Stage
from tests.mail.conftest import Box, link


def wishes(stage: Stage, who: str, often: str = "", language: str = "") -> None:
    given = {"co-author": often} if often else {}
    stage.site.act(notices.change_wishes, stage.actor(who), often=given, zone="UTC", quiet=("", ""), language=language)


def test_a_co_author_with_an_account_is_one_at_once_and_told_where_and_a_name_alone_is_credited(
    stage: Stage, here: Postman, box: Box
) -> None:
    record = stage.record(stage.actor("author"), title="Phone quotations", summary="Canary of a draft. " * 10)
    for name, email in (("", "colleague@example.org"), ("Somebody", "")):
        stage.site.act(authoring.add_author, stage.actor("author"), record, name, email)
    assert here.deliver() == 1 and here.deliver() == 0
    assert box.taken[0]["To"].addresses[0].addr_spec == "colleague@example.org"
    assert box.taken[0]["Subject"] == "Invitation: Phone quotations" and "Dear Colleague," in box.text()
    assert "Author made you a co-author of “Phone quotations”." in box.text() and "Canary" not in box.text()
    assert box.taken[0]["List-Unsubscribe"], "of what happens on records she may hear as often as she likes, or never"
    assert link(box) == f"/work/{record}" and "/invitation/" not in box.text() + box.html()
    assert stage.client("colleague").get(link(box)).status_code == 200
    with stage.site.db.reading() as session:
        assert session.scalars(select(Invitation)).all() == [], "no account is offered to who has one"


@pytest.mark.parametrize(
    ("language", "words"),
    [("fr", "coauteur"), ("es", "coautor"), ("pt", "coautor"), ("ar", "مؤلف")],
)
def test_a_co_author_is_told_in_her_own_language(
    stage: Stage, here: Postman, box: Box, language: str, words: str
) -> None:
    wishes(stage, "colleague", language=language)
    record = stage.record(stage.actor("author"), title="Phone quotations")
    stage.site.act(authoring.add_author, stage.actor("author"), record, "", "colleague@example.org")
    assert here.deliver() == 1 and words in box.text() and "made you" not in box.text()


@pytest.mark.parametrize("why", ["never", "daily", "removed", "withdrawn", "herself"])
def test_a_co_author_is_told_when_she_wants_it_and_only_of_what_is_still_so(
    stage: Stage, here: Postman, box: Box, why: str
) -> None:
    author, record = stage.actor("author"), stage.record(stage.actor("author"), "published")
    stage.step(author, record, "revise")
    adds = stage.actor("manager") if why == "herself" else author
    if why in ("never", "daily"):
        wishes(stage, "colleague", why)
    # a manager may read it all the same: what she is not told is that she writes it
    email = "manager@example.org" if why in ("herself", "removed") else "colleague@example.org"
    here.deliver()
    before = len(box.taken)
    stage.site.act(authoring.add_author, adds, record, "", email)
    if why == "removed":
        with stage.site.db.reading() as session:
            found = find.record(session, record)
            assert found is not None
            line = found.authorships[-1].id
        stage.site.act(authoring.remove_author, author, record, line)
    if why == "withdrawn":
        stage.step(stage.actor("manager"), record, "withdraw")
    here.deliver()
    subjects = [str(mail["Subject"]) for mail in box.taken[before:]]
    assert not [each for each in subjects if each.startswith("Invitation")]
    with time_machine.travel(now() + timedelta(days=1), tick=False):
        here.deliver()
    assert any(str(mail["Subject"]).startswith("Invitation") for mail in box.taken) is (why == "daily")

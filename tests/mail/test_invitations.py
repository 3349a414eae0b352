"""Invitations: a link that works once, gives just the part that was offered, and can be taken back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from knowledge.mail.postman import Postman
from knowledge.services import accounts, authoring, invitations, notices
from knowledge.services.errors import Forbidden, Invalid, LinkOver, NotFound, SignInNeeded
from knowledge.storage import find
from knowledge.storage.models.base import now
from knowledge.storage.models.invitations import Invitation
from knowledge.storage.models.people import Person
from knowledge.storage.models.programmes import Membership
from tests.conftest import PASSWORD, Stage, post
from tests.mail.conftest import Box, link

NEW = "three or four words"
PAGE = "/manage/programmes/reforms"


def invite(stage: Stage, email: str = "ivy@example.org", role: str = "apprentice") -> int:
    return stage.site.act(invitations.to_programme, stage.manager(), "reforms", email, role).id


def role(stage: Stage, email: str) -> str | None:
    with stage.site.db.reading() as session:
        person = find.person_by_email(session, email)
        found = session.get(Membership, ("reforms", person.id)) if person else None
        return found.role if found else None


def count(stage: Stage) -> int:
    with stage.site.db.reading() as session:
        return session.scalar(select(func.count()).select_from(Person)) or 0


def test_somebody_without_account_joins_with_name_and_password_and_is_a_member_at_once(
    stage: Stage, here: Postman, box: Box
) -> None:
    manager = stage.client("manager")
    answer = post(manager, f"{PAGE}/invitations", PAGE, invited="Ivy@example.org", invited_role="coach")
    assert answer.status_code == 303
    page = manager.get(PAGE).text
    assert "ivy@example.org" in page and "Not answered yet" in page
    assert here.deliver() == 1
    assert box.taken[0]["To"] == "ivy@example.org" and box.taken[0]["Subject"] == "Invitation: Reforms"
    assert "Manager invites you to “Reforms” as coach." in box.text() and "List-Unsubscribe" not in box.taken[0]
    assert "/mail/stop/" not in box.html() and "/account/mail" not in box.text()
    guest = stage.app.test_client()
    assert "Reforms" in guest.get(link(box)).text and count(stage) == 6, "looking makes no account"
    bad = post(guest, link(box), action="join", name="Ivy", password="short")
    assert bad.status_code == 422 and 'value="Ivy"' in bad.text
    done = post(guest, link(box), action="join", name="Ivy", password=NEW, email="other@example.org", manager="1")
    assert done.status_code == 303 and done.location == "/review"
    assert guest.get("/review").status_code == 200, "signed in and a coach at once"
    assert role(stage, "ivy@example.org") == "coach"
    with stage.site.db.reading() as session:
        ivy = find.person_by_email(session, "ivy@example.org")
        assert ivy is not None and ivy.confirmed and not ivy.manager, "A3: nothing but what was offered"
    for again in (stage.client().get(link(box)), post(stage.client("reader"), link(box), action="accept")):
        assert again.status_code == 410
    assert role(stage, "reader@example.org") is None
    assert "Not answered yet" not in manager.get(PAGE).text


def test_somebody_with_an_account_signs_in_and_accepts(stage: Stage, here: Postman, box: Box) -> None:
    invite(stage, "reader@example.org")
    assert here.deliver() == 1 and "Dear Reader," in box.text()
    guest = stage.app.test_client()
    page = guest.get(link(box)).text
    assert "There is an account for reader@example.org" in page and 'name="password"' not in page
    refused = post(guest, link(box), action="join", name="Ivy", password=NEW)
    assert refused.status_code == 422 and "account with this e-mail already" in refused.text
    assert post(guest, link(box), action="accept").status_code == 401
    target = re.search(r'href="(/sign-in\?next=[^"]+)"', page)
    assert target and link(box) in target[1]
    answer = post(guest, "/sign-in", email="reader@example.org", password=PASSWORD, next=link(box))
    assert answer.status_code == 303 and answer.location == link(box)
    assert "Accept as Reader" in guest.get(link(box)).text
    assert post(guest, link(box), action="accept").location == "/work"
    assert role(stage, "reader@example.org") == "apprentice"


def test_who_has_the_link_accepts_with_whichever_account_she_uses(stage: Stage, here: Postman, box: Box) -> None:
    invite(stage, "work.address@example.org")
    here.deliver()
    assert post(stage.client("reader"), link(box), action="accept").status_code == 303
    assert role(stage, "reader@example.org") == "apprentice"


@pytest.mark.parametrize(
    ("had", "offered", "has"), [("coach", "apprentice", "coach"), ("apprentice", "coach", "coach")]
)
def test_an_invitation_takes_no_role_away(
    stage: Stage, here: Postman, box: Box, had: str, offered: str, has: str
) -> None:
    stage.programme("reforms", **{"coaches" if had == "coach" else "apprentices": ("reader",)})
    invite(stage, "reader@example.org", offered)
    here.deliver()
    assert post(stage.client("reader"), link(box), action="accept").status_code == 303
    assert role(stage, "reader@example.org") == has


@pytest.mark.parametrize("end", ["fifteen days", "taken back", "declined", "no manager any more"])
def test_an_invitation_ends_and_its_link_with_it(stage: Stage, here: Postman, box: Box, end: str) -> None:
    second = stage.person("second", manager=True)
    number = stage.site.act(invitations.to_programme, second, "reforms", "ivy@example.org", "coach").id
    here.deliver()
    assert stage.client().get(link(box)).status_code == 200  # the control
    moment = now()
    if end == "fifteen days":
        moment += timedelta(days=15)
    elif end == "taken back":
        answer = post(stage.client("manager"), f"{PAGE}/invitations", PAGE, **{"take-back": str(number)})
        assert answer.status_code == 303
    elif end == "declined":
        assert post(stage.app.test_client(), link(box), action="decline").status_code == 303
    else:
        stage.site.act(accounts.set_manager, stage.manager(), second.person_id or 0, False)
    with time_machine.travel(moment, tick=False):
        guest = stage.app.test_client()
        assert guest.get(link(box)).status_code == 410
        assert post(guest, link(box), action="join", name="Ivy", password=NEW).status_code == 410
    assert role(stage, "ivy@example.org") is None and count(stage) == 7
    if end in ("taken back", "declined"):
        with pytest.raises(NotFound):
            stage.site.act(invitations.again, stage.manager(), number)


@pytest.mark.case("L12")
def test_L12_a_mail_about_an_invitation_that_was_taken_back_is_not_sent(stage: Stage, here: Postman, box: Box) -> None:
    number = invite(stage)
    stage.site.act(invitations.take_back, stage.manager(), number)
    invite(stage, "other@example.org")
    assert here.deliver() == 1 and box.taken[0]["To"] == "other@example.org"  # the control


def test_to_an_address_without_account_it_speaks_the_language_of_whoever_invites(
    stage: Stage, here: Postman, box: Box
) -> None:
    wishes = {"often": {}, "zone": "UTC", "quiet": ("", ""), "language": "fr"}
    stage.site.act(notices.change_wishes, stage.manager(), **wishes)
    invite(stage, "ivy@example.org")
    here.deliver()
    assert '<html lang="fr"' in box.html() and "invites you" not in box.text()


def test_it_is_sent_again_after_a_while_and_then_lasts_longer(stage: Stage, here: Postman, box: Box) -> None:
    number = invite(stage)
    here.deliver()
    with pytest.raises(Invalid, match="a short while ago"):
        stage.site.act(invitations.again, stage.manager(), number)
    later = now() + timedelta(days=20)
    with time_machine.travel(later, tick=False):
        manager = stage.client("manager")
        assert "too old" in manager.get(PAGE).text
        assert post(manager, f"{PAGE}/invitations", PAGE, again=str(number)).status_code == 303
        assert here.deliver() == 1
        assert stage.client().get(link(box)).status_code == 200
    with stage.site.db.transaction() as session:
        session.get_one(Invitation, number).times = invitations.MOST_TIMES
    with time_machine.travel(later + timedelta(days=1), tick=False), pytest.raises(Invalid):
        stage.site.act(invitations.again, stage.manager(), number)


@pytest.mark.case("S9", "S11")
@pytest.mark.parametrize(
    ("email", "offered", "sentence"),
    [
        ("coach@example.org", "coach", "a member already"),
        ("x", "coach", "address like"),
        ("ivy@example.org", "manager", "apprentice or coach"),
        ("a@example.org\nBcc: b@example.org", "coach", "address like"),
    ],
)
def test_S9_S11_what_cannot_be_an_invitation_is_refused_in_a_sentence(
    stage: Stage, email: str, offered: str, sentence: str
) -> None:
    answer = post(stage.client("manager"), f"{PAGE}/invitations", PAGE, invited=email, invited_role=offered)
    assert answer.status_code == 422 and sentence in answer.text
    with stage.site.db.reading() as session:
        assert session.scalars(select(Invitation)).all() == []


def test_the_same_address_is_not_invited_twice(stage: Stage) -> None:
    invite(stage)
    with pytest.raises(Invalid, match="send it again"):
        invite(stage)


def test_A1_only_a_manager_invites_to_a_programme_and_sees_who_was_invited(stage: Stage) -> None:
    number = invite(stage)
    for who in ("reader", "coach", "author"):
        actor = stage.actor(who)
        for act, given in (
            (invitations.to_programme, ("reforms", "x@example.org", "coach")),
            (invitations.of_programme, ("reforms",)), (invitations.again, (number,)), (invitations.take_back, (number,)),
        ):  # fmt: skip
            with pytest.raises(Forbidden):
                stage.site.act(act, actor, *given)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        stage.site.act(invitations.to_programme, stage.manager(), "nowhere", "x@example.org", "coach")


@pytest.mark.case("A2")
def test_A2_a_forged_link_opens_no_invitation(stage: Stage, here: Postman, box: Box) -> None:
    number = invite(stage)
    here.deliver()
    with stage.site.db.reading() as session:
        found = session.get_one(Invitation, number)
    key = stage.site.settings.key()
    stranger = Invitation(id=number, seed="0" * 16)
    for bad in (link(box)[:-1], "/invitation/1", f"/invitation/{invitations.link('k' * 40, found)}",
                f"/invitation/{invitations.link(key, stranger)}"):  # fmt: skip
        assert stage.client().get(bad).status_code == 410, bad
    assert stage.client().get(f"/invitation/{invitations.link(key, found)}").status_code == 200  # the control


def test_of_two_who_accept_at_once_one_comes_second(stage_on: Stage) -> None:
    stage = stage_on
    import threading

    number = invite(stage)
    key = stage.site.settings.key()
    with stage.site.db.reading() as session:
        made = invitations.link(key, session.get_one(Invitation, number))
    start, answers = threading.Barrier(3), []

    def accept(who: str) -> None:
        actor = stage.actor(who)
        start.wait()
        try:
            stage.site.act(invitations.accept, actor, key, made)
            answers.append(who)
        except LinkOver:
            answers.append("")

    threads = [threading.Thread(target=accept, args=(who,)) for who in ("reader", "stranger", "author")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers)[:2] == ["", ""] and sorted(answers)[2]


# ---------------------------------------------------------------------------- co-authors


def test_a_co_author_without_account_is_invited_and_writes_once_she_has_one(
    stage: Stage, here: Postman, box: Box
) -> None:
    record = stage.record(stage.actor("author"), title="Phone quotations", summary="Canary of a draft. " * 10)
    author = stage.client("author")
    page = f"/work/{record}/people"
    assert post(author, page, page, name="Cora", email="cora@example.org").status_code == 303
    assert "no answer yet" in author.get(page).text
    assert here.deliver() == 1 and box.taken[0]["Subject"] == "Invitation: Phone quotations"
    guest = stage.app.test_client()
    shown = box.text() + box.html() + guest.get(link(box)).text
    assert "Author invites you to “Phone quotations” as co-author" in shown
    assert "Canary" not in shown and record not in shown, "L: the title and nothing else"
    assert guest.get(f"/work/{record}").status_code == 303, "the link alone reads nothing"
    assert post(guest, link(box), action="join", name="Cora C.", password=NEW).location == f"/work/{record}"
    assert guest.get(f"/work/{record}/edit").status_code == 200
    with stage.site.db.reading() as session:
        found = find.record(session, record)
        assert found is not None
        lines = [(a.name, a.role) for a in found.authorships]
    assert lines == [("Author", "author"), ("Cora C.", "co_author")]
    assert "no answer yet" not in author.get(page).text


@pytest.mark.parametrize("end", ["removed", "withdrawn"])
def test_an_invitation_to_a_record_ends_with_her_place_on_it(stage: Stage, here: Postman, box: Box, end: str) -> None:
    author = stage.actor("author")
    record = stage.record(author)
    stage.site.act(authoring.add_author, author, record, "Cora", "cora@example.org")
    here.deliver()
    assert stage.client().get(link(box)).status_code == 200  # the control
    if end == "removed":
        with stage.site.db.reading() as session:
            found = find.record(session, record)
            assert found is not None
            line = found.authorships[-1].id
        stage.site.act(authoring.remove_author, author, record, line)
    else:
        stage.step(author, record, "submit")
        for transition in ("publish", "withdraw"):
            stage.step(stage.actor("coach"), record, transition)
    assert stage.client().get(link(box)).status_code == 410
    assert post(stage.client("reader"), link(box), action="accept").status_code == 410
    assert stage.client("reader").get(f"/work/{record}").status_code == 404


def test_who_was_an_author_before_becomes_one_again_and_an_author_is_not_made_one_twice(
    stage: Stage, here: Postman, box: Box
) -> None:
    author = stage.actor("author")
    record = stage.record(author)
    stage.site.act(authoring.add_author, author, record, "", "colleague@example.org")
    with stage.site.db.reading() as session:
        found = find.record(session, record)
        assert found is not None
        line = found.authorships[-1].id
    stage.site.act(authoring.remove_author, author, record, line)
    stage.site.act(authoring.add_author, author, record, "Colleague", "private@example.org")
    here.deliver()
    assert post(stage.client("author"), link(box), action="accept").status_code == 403
    assert post(stage.client("colleague"), link(box), action="accept").status_code == 303
    assert stage.client("colleague").get(f"/work/{record}/edit").status_code == 200


def test_A5_a_coach_who_accepts_to_write_with_her_apprentice_cannot_publish_it(
    stage: Stage, here: Postman, box: Box
) -> None:
    author = stage.actor("author")
    record = stage.record(author)
    stage.site.act(authoring.add_author, author, record, "C.", "private@example.org")
    here.deliver()
    assert post(stage.client("coach"), link(box), action="accept").status_code == 303
    stage.step(author, record, "submit")
    answer = post(stage.client("coach"), f"/records/{record}/publish", seen="1")
    assert answer.status_code in (403, 422) and stage.client().get(f"/practices/{record}").status_code == 404


@pytest.mark.case("Q8")
def test_Q8_an_author_invites_so_many_a_day_and_no_more(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST_A_DAY", 2)
    author, record = stage.actor("author"), stage.record(stage.actor("author"))
    for number in range(2):
        stage.site.act(authoring.add_author, author, record, "N", f"n{number}@example.org")
    with pytest.raises(Invalid, match="tomorrow"):
        stage.site.act(authoring.add_author, author, record, "N", "n3@example.org")
    with time_machine.travel(now() + timedelta(days=1, minutes=1), tick=False):
        stage.site.act(authoring.add_author, author, record, "N", "n3@example.org")  # the control


def test_A1_only_who_shares_a_record_sees_or_sends_its_invitations(stage: Stage) -> None:
    record = stage.record(stage.actor("author"))
    stage.site.act(authoring.add_author, stage.actor("author"), record, "Cora", "cora@example.org")
    assert len(stage.site.ask(invitations.of_record, stage.actor("author"), record)) == 1
    for who, error in (("stranger", NotFound), ("coach", Forbidden)):
        with pytest.raises(error):
            stage.site.ask(invitations.of_record, stage.actor(who), record)
        with pytest.raises(error):
            stage.site.act(invitations.take_back, stage.actor(who), 1)
    from knowledge.services.actor import ANYONE

    with pytest.raises((NotFound, SignInNeeded)):
        stage.site.act(invitations.again, ANYONE, 1)

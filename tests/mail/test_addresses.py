"""Addresses: confirmed by a link, changed only when the new one is, and the old one is told."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from knowledge.mail.postman import Postman
from knowledge.services import access, accounts, confirming
from knowledge.services.errors import Invalid
from knowledge.storage import find
from knowledge.storage.models.people import Person
from tests.conftest import PASSWORD, Stage, post
from tests.mail.conftest import Box, link

NEW = "three or four words"


def person(stage: Stage, email: str) -> Person | None:
    with stage.site.db.reading() as session:
        return find.person_by_email(session, email)


def subjects(box: Box) -> list[tuple[str, str]]:
    return [(mail["Subject"], mail["To"].addresses[0].addr_spec) for mail in box.taken]


def register(stage: Stage, email: str = "new@example.org") -> None:
    answer = post(stage.app.test_client(), "/register", "/register", name="New", email=email, password=NEW)
    assert answer.status_code == 303


def test_who_registers_may_write_at_once_and_confirms_her_address_by_a_link(
    stage: Stage, here: Postman, box: Box
) -> None:
    register(stage)
    client = stage.app.test_client()
    assert post(client, "/sign-in", email="new@example.org", password=NEW).status_code == 303
    assert client.get("/work/new/experience").status_code == 200
    assert "not confirmed" in client.get("/account").text
    assert here.deliver() == 1 and subjects(box) == [("Please confirm your address", "new@example.org")]
    assert stage.client().get(link(box)).status_code == 200
    assert person(stage, "new@example.org").confirmed is None, "mail programs look at links: looking confirms nothing"  # type: ignore[union-attr]
    assert post(stage.app.test_client(), link(box)).status_code == 303, "no need to be signed in"
    assert "not confirmed" not in client.get("/account").text
    assert post(stage.app.test_client(), link(box)).status_code == 410


def test_the_mail_is_sent_again_on_demand_and_not_without_end(stage: Stage, here: Postman, box: Box) -> None:
    register(stage)
    client = stage.app.test_client()
    post(client, "/sign-in", email="new@example.org", password=NEW)
    answers = [post(client, "/account/email", "/account", action="again").status_code for _ in range(3)]
    assert answers == [303, 303, 422]
    assert here.deliver() == 3
    reader = stage.client("reader")
    assert post(reader, "/account/email", "/account", action="again").status_code == 404, "hers is confirmed"


def test_S6_registering_a_taken_address_writes_the_same_and_sends_nothing(
    stage: Stage, here: Postman, box: Box
) -> None:
    register(stage, "reader@example.org")
    assert here.deliver() == 0 and box.taken == []
    register(stage)
    assert here.deliver() == 1  # the control


def test_an_address_changes_only_when_the_new_one_is_confirmed_and_the_old_one_is_told(
    stage: Stage, here: Postman, box: Box
) -> None:
    client = stage.client("reader")
    wrong = post(client, "/account/email", "/account", email="moved@example.org", password="wrong")
    assert wrong.status_code == 422 and "not your present password" in wrong.text and "moved@example.org" in wrong.text
    answer = post(client, "/account/email", "/account", email="Moved@example.org", password=PASSWORD)
    assert answer.status_code == 303 and "moved@example.org" in client.get("/account").text
    assert person(stage, "reader@example.org") and not person(stage, "moved@example.org")
    assert here.deliver() == 2
    assert subjects(box) == [
        ("Your account is to get another address", "reader@example.org"),
        ("Please confirm your address", "moved@example.org"),
    ]
    assert "moved@example.org" in box.text(0) and "/confirm/" not in box.text(0)
    confirm = link(box)
    assert post(stage.app.test_client(), confirm).status_code == 303
    assert person(stage, "moved@example.org") and not person(stage, "reader@example.org")
    assert here.deliver() == 1
    assert subjects(box)[-1] == ("Your account has another address", "reader@example.org")
    assert post(stage.app.test_client(), "/sign-in", email="moved@example.org", password=PASSWORD).status_code == 303
    assert post(stage.app.test_client(), "/sign-in", email="reader@example.org", password=PASSWORD).status_code == 401


@pytest.mark.parametrize("stop", ["kept", "password", "reset", "another"])
def test_a_change_that_was_called_off_takes_no_effect(stage: Stage, here: Postman, box: Box, stop: str) -> None:
    reader = stage.actor("reader")
    stage.site.act(confirming.change, reader, PASSWORD, "thief@example.org")
    here.deliver()
    confirm = link(box)
    if stop == "kept":
        post(stage.client("reader"), "/account/email", "/account", action="keep")
    elif stop == "password":
        stage.site.act(accounts.change_password, reader, PASSWORD, NEW)
    elif stop == "reset":
        post(stage.app.test_client(), "/forgotten", email="reader@example.org")
        here.deliver()
        assert post(stage.app.test_client(), link(box), password=NEW).status_code == 303
    else:
        stage.site.act(confirming.change, reader, PASSWORD, "other@example.org")
    assert stage.client().get(confirm).status_code == 410
    assert post(stage.app.test_client(), confirm).status_code == 410
    assert person(stage, "reader@example.org") and not person(stage, "thief@example.org")


def test_S6_an_address_that_somebody_has_is_answered_the_same_and_never_taken(
    stage: Stage, here: Postman, box: Box
) -> None:
    pages = []
    for who, email in (("reader", "author@example.org"), ("stranger", "free@example.org")):
        client = stage.client(who)
        answer = post(client, "/account/email", "/account", email=email, password=PASSWORD)
        pages.append(
            (answer.status_code, answer.location, client.get("/account/email").text.count("when you have opened"))
        )
    assert pages[0] == pages[1]
    here.deliver()
    assert ("Please confirm your address", "author@example.org") not in subjects(box)
    assert ("Please confirm your address", "free@example.org") in subjects(box)  # the control
    with stage.site.db.reading() as session:
        reader = find.person_by_email(session, "reader@example.org")
        assert reader is not None
        made = confirming.link(stage.site.settings.key(), reader, "author@example.org")
    assert post(stage.app.test_client(), f"/confirm/{made}").status_code == 410, "even with a link that is well signed"
    assert person(stage, "author@example.org").name == "Author"  # type: ignore[union-attr]


def test_an_address_somebody_took_meanwhile_is_not_taken_from_her(stage: Stage, here: Postman, box: Box) -> None:
    stage.site.act(confirming.change, stage.actor("reader"), PASSWORD, "late@example.org")
    here.deliver()
    stage.person("late")
    assert post(stage.app.test_client(), link(box)).status_code == 410
    assert person(stage, "reader@example.org")


@pytest.mark.case("S11")
@pytest.mark.parametrize("email", ["reader@example.org", "READER@example.org", "rеader@example.org", "no address", ""])
def test_S11_an_address_that_is_ones_own_or_looks_like_another_is_refused(stage: Stage, email: str) -> None:
    with pytest.raises(Invalid):
        stage.site.act(confirming.change, stage.actor("reader"), PASSWORD, email)


def test_A5_a_new_address_does_not_make_a_coach_of_her_own_work(stage: Stage, here: Postman, box: Box) -> None:
    author, coach = stage.actor("author"), stage.actor("coach")
    record = stage.record(author)
    with stage.site.db.transaction() as session:  # credited before she had an account
        from knowledge.storage.models.records import CREDITED, Authorship

        session.add(Authorship(record_id=record, name="C.", email="coach@example.org", role=CREDITED, position=1))

    def own_work() -> bool:
        with stage.site.db.reading() as session:
            found = find.record(session, record)
            assert found is not None
            return access.own_work(session, coach, found)

    assert own_work()  # the control
    stage.site.act(confirming.change, coach, PASSWORD, "coach.new@example.org")
    here.deliver()
    assert post(stage.app.test_client(), link(box)).status_code == 303
    assert own_work()


def test_who_vouches_for_an_account_has_its_address_confirmed(stage: Stage) -> None:
    with stage.site.db.reading() as session:
        assert all(found.confirmed for found in session.scalars(select(Person)))

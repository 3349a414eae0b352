"""Accounts: the same answer for known and unknown, rules for passwords, tokens that end, and the last manager."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from knowledge.services import accounts, authoring, sessions, signing
from knowledge.services.actor import ANYONE, Actor
from knowledge.services.errors import Forbidden, Invalid, NotFound, SignInNeeded
from knowledge.storage import find
from knowledge.storage.models.base import now
from knowledge.storage.models.people import Person, SignIn
from knowledge.storage.session import WriteConflict
from tests.conftest import KEY, PASSWORD, Stage, complete_experience

NEW = "three or four words"


def register(stage: Stage, email: str, name: str = "Newcomer", password: str = NEW, **more: str) -> None:
    stage.site.act(accounts.register, name=name, email=email, password=password, **more)


def signed_in(stage: Stage, token: str | None) -> Actor | None:
    return stage.site.ask(sessions.signed_in, token or "")


def people(stage: Stage) -> list[str]:
    with stage.site.db.reading() as session:
        return sorted(session.scalars(select(Person.email)))


def where(caught: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [p.path[0] for p in caught.value.problems]


# ---------------------------------------------------------------------------- registering


def test_a_newcomer_becomes_a_practitioner_and_nothing_more(stage: Stage) -> None:
    register(stage, " New.Comer@Example.ORG ", country="KEN", organisation="County office")
    with stage.site.db.reading() as session:
        made = find.person_by_email(session, "new.comer@example.org")
    assert made is not None
    assert (made.manager, made.active, made.country, made.organisation) == (False, True, "KEN", "County office")
    assert NEW not in made.password_hash


def test_s6_registering_a_known_address_answers_the_same_and_changes_nothing(stage: Stage) -> None:
    before = people(stage)
    assert stage.site.act(accounts.register, name="Mallory", email="author@example.org", password=NEW) is None
    assert stage.site.act(accounts.register, name="Mallory", email="unknown@example.org", password=NEW) is None
    assert set(people(stage)) - set(before) == {"unknown@example.org"}
    assert stage.site.act(signing.sign_in, KEY, "author@example.org", NEW) is None
    assert stage.site.act(signing.sign_in, KEY, "author@example.org", PASSWORD)
    with stage.site.db.reading() as session:
        assert find.person_by_email(session, "author@example.org").name == "Author"  # type: ignore[union-attr]


def test_s6_known_and_unknown_addresses_cost_the_same_work(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    hasher, counted = accounts._hasher(), []

    class Counting:
        def hash(self, text: str) -> str:
            counted.append("hash")
            return hasher.hash(text)

        def verify(self, kept: str, text: str) -> bool:
            counted.append("verify")
            return hasher.verify(kept, text)

        def check_needs_rehash(self, kept: str) -> bool:
            return False

    decoy = accounts._decoy()
    monkeypatch.setattr(accounts, "_hasher", Counting)
    monkeypatch.setattr(accounts, "_decoy", lambda: decoy)
    work = []
    for email in ("author@example.org", "nobody@example.org", "not an address"):
        counted.clear()
        stage.site.act(signing.sign_in, KEY, email, "wrong password")
        work.append([*counted])
    assert work == [["verify"]] * 3
    work.clear()
    for email in ("author@example.org", "fresh@example.org"):
        counted.clear()
        register(stage, email)
        work.append([*counted])
    assert work == [["hash"]] * 2


@pytest.mark.case("S11", control="test_a_newcomer_becomes_a_practitioner_and_nothing_more")
@pytest.mark.parametrize(
    "address",
    ["аuthor@example.org", "author@exаmple.org", "authör@example.org", "author", "a@b", "a b@example.org", "@example.org",
     "a@example.org\nBcc: x@example.org", "", "a@" + "x" * 300 + ".org", "author@example..org", "a@[127.0.0.1]"],
)  # fmt: skip
def test_s11_a_look_alike_or_broken_address_is_refused(stage: Stage, address: str) -> None:
    before = people(stage)
    with pytest.raises(Invalid) as caught:
        register(stage, address)
    assert where(caught) == ["email"]
    assert people(stage) == before


@pytest.mark.case("S11")
@pytest.mark.parametrize(
    "address", ["AUTHOR@EXAMPLE.ORG", "ａuthor@example.org", " author@example.org\t", "author＠example.org"]
)
def test_s11_other_spellings_of_an_address_are_the_same_account(stage: Stage, address: str) -> None:
    before = people(stage)
    register(stage, address)
    assert people(stage) == before


@pytest.mark.case("S11")
def test_s11_an_address_in_punycode_looks_like_no_other(stage: Stage) -> None:
    look_alike = "manager@xn--xample-9uf.org"
    register(stage, look_alike)
    page = stage.client("manager").get("/manage/people").text
    assert look_alike in page and "manager@\u0454xample.org" not in page
    register(stage, "manager@xn--bcher-kva.example")  # the control: other letters are no reason to have no account
    assert {look_alike, "manager@xn--bcher-kva.example"} < {*people(stage)}


@pytest.mark.case("S11")
def test_s11_a_name_cannot_turn_the_text_around(stage: Stage) -> None:
    register(stage, "x@example.org", name="Ann\u202egpj.exe\u2066\x00\n Smith ")
    with stage.site.db.reading() as session:
        assert find.person_by_email(session, "x@example.org").name == "Anngpj.exe Smith"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("name", {"name": " \u200b "}),
        ("name", {"name": "n" * 121}),
        ("organisation", {"organisation": "o" * 201}),
        ("country", {"country": "XXX"}),
    ],
)
def test_a_profile_that_cannot_be_stored_is_refused(stage: Stage, field: str, given: dict[str, str]) -> None:
    with pytest.raises(Invalid) as caught:
        register(stage, "x@example.org", **given)
    assert where(caught) == [field]
    assert "x@example.org" not in people(stage)


# ---------------------------------------------------------------------------- passwords


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "x" * 9,
        "aaaaaaaaaaaa",
        "ababababab",
        "long.name@example.org",
        "LONG.NAME@example.org",
        "w" * 500 + "xyz" * 200,
    ],
)
def test_a_password_that_is_short_long_or_easy_to_guess_is_refused(stage: Stage, password: str) -> None:
    with pytest.raises(Invalid) as caught:
        register(stage, "long.name@example.org", password=password)
    assert where(caught) == ["password"]


def test_s12_every_character_of_a_long_password_counts(stage: Stage) -> None:
    long = "Zürich – 東京 – " + "x" * 200
    register(stage, "x@example.org", password=long + "1")
    assert stage.site.act(signing.sign_in, KEY, "x@example.org", long + "2") is None
    assert stage.site.act(signing.sign_in, KEY, "x@example.org", long) is None
    assert stage.site.act(signing.sign_in, KEY, "x@example.org", long + "1")


def test_s12_a_password_longer_than_the_longest_is_never_cut_to_fit(stage: Stage) -> None:
    longest = ("pass word " * 100)[: accounts.PASSWORD_MAX]
    register(stage, "x@example.org", password=longest)
    assert stage.site.act(signing.sign_in, KEY, "x@example.org", longest)
    assert stage.site.act(signing.sign_in, KEY, "x@example.org", longest + "more") is None


def test_a_new_password_needs_the_old_one_and_ends_every_other_sign_in(stage: Stage) -> None:
    author = stage.actor("author")
    tokens = [stage.site.act(signing.sign_in, KEY, "author@example.org", PASSWORD) for _ in range(2)]
    with pytest.raises(Invalid) as caught:
        stage.site.act(accounts.change_password, author, "wrong", NEW)
    assert where(caught) == ["old"]
    assert all(signed_in(stage, t) for t in tokens)
    fresh = stage.site.act(accounts.change_password, author, PASSWORD, NEW)
    assert signed_in(stage, fresh) == author
    assert [signed_in(stage, t) for t in tokens] == [None, None]
    assert stage.site.act(signing.sign_in, KEY, "author@example.org", PASSWORD) is None
    assert stage.site.act(signing.sign_in, KEY, "author@example.org", NEW)


def test_a_new_password_follows_the_same_rules(stage: Stage) -> None:
    with pytest.raises(Invalid) as caught:
        stage.site.act(accounts.change_password, stage.actor("author"), PASSWORD, "short")
    assert where(caught) == ["new"]


# ---------------------------------------------------------------------------- sign-ins


def test_a_token_is_worth_something_until_it_is_signed_out(stage: Stage) -> None:
    one, two = (stage.site.act(signing.sign_in, KEY, "Author@example.org", PASSWORD) for _ in range(2))
    assert one and two and one != two
    assert signed_in(stage, one) == signed_in(stage, two) == stage.actor("author")
    stage.site.act(sessions.sign_out, one)
    assert signed_in(stage, one) is None
    assert signed_in(stage, two) == stage.actor("author")


def test_the_database_holds_no_token_that_could_be_used(stage: Stage) -> None:
    token = stage.site.act(signing.sign_in, KEY, "author@example.org", PASSWORD)
    with stage.site.db.reading() as session:
        kept = [*session.scalars(select(SignIn.token_hash))]
    assert token not in kept
    assert not [hash_ for hash_ in kept if signed_in(stage, hash_)]


def test_an_expired_sign_in_is_over_and_cleared_away_by_the_next(stage: Stage) -> None:
    token = stage.site.act(signing.sign_in, KEY, "author@example.org", PASSWORD)
    with stage.site.db.transaction() as session:
        session.scalar(select(SignIn)).expires = now() - timedelta(seconds=1)  # type: ignore[union-attr]
    assert signed_in(stage, token) is None
    stage.site.act(signing.sign_in, KEY, "reader@example.org", PASSWORD)
    with stage.site.db.reading() as session:
        assert len([*session.scalars(select(SignIn))]) == 1


def test_a7_a_deactivated_account_is_out_at_once_and_loses_every_role(stage: Stage) -> None:
    author, record_id = stage.actor("author"), stage.record(stage.actor("author"))
    token = stage.site.act(signing.sign_in, KEY, "author@example.org", PASSWORD)
    assert signed_in(stage, token)
    stage.site.act(accounts.set_active, stage.manager(), author.person_id, False)
    assert signed_in(stage, token) is None
    assert stage.site.act(signing.sign_in, KEY, "author@example.org", PASSWORD) is None
    with pytest.raises(NotFound):  # even an actor that a request holds already
        stage.site.act(authoring.save, author, record_id, complete_experience(title="Later"), 1)
    with pytest.raises(SignInNeeded):
        stage.site.act(authoring.start, author, "experience", complete_experience(), "")
    stage.site.act(accounts.set_active, stage.manager(), author.person_id, True)
    assert signed_in(stage, token) is None
    assert stage.site.act(signing.sign_in, KEY, "author@example.org", PASSWORD)


def test_one_changes_only_ones_own_profile_and_nothing_else_of_it(stage: Stage) -> None:
    author = stage.actor("author")
    stage.site.act(accounts.change_profile, author, name="New Name", country="GHA", organisation="")
    mine = stage.site.ask(accounts.profile, author)
    assert (mine.name, mine.country, mine.email, mine.manager) == ("New Name", "GHA", "author@example.org", False)
    with pytest.raises(SignInNeeded):
        stage.site.act(accounts.change_profile, ANYONE, name="X", country="", organisation="")
    with pytest.raises(TypeError):
        stage.site.act(accounts.change_profile, author, name="X", country="", organisation="", manager=True)


# ---------------------------------------------------------------------------- managers


@pytest.mark.parametrize("change", [accounts.set_manager, accounts.set_active])
@pytest.mark.parametrize("who", ["author", "coach", "reader"])
def test_only_a_manager_changes_who_may_do_what(stage: Stage, change: object, who: str) -> None:
    for actor in (stage.actor(who), ANYONE):
        with pytest.raises((Forbidden, SignInNeeded)):
            stage.site.act(change, actor, stage.actor(who).person_id, True)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        stage.site.act(change, stage.manager(), 999_999, False)  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [accounts.set_manager, accounts.set_active])
def test_a9_the_last_manager_stays(stage: Stage, change: object) -> None:
    manager = stage.manager()
    with pytest.raises(Forbidden, match="last manager"):
        stage.site.act(change, manager, manager.person_id, False)  # type: ignore[arg-type]
    second = stage.person("second", manager=True)
    stage.site.act(accounts.set_active, manager, second.person_id, False)
    with pytest.raises(Forbidden, match="last manager"):  # a manager who cannot sign in does not count
        stage.site.act(change, manager, manager.person_id, False)  # type: ignore[arg-type]
    stage.site.act(accounts.set_active, manager, second.person_id, True)
    stage.site.act(change, manager, manager.person_id, False)  # type: ignore[arg-type]
    with pytest.raises((Forbidden, SignInNeeded)):
        stage.site.act(change, manager, second.person_id, False)  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [accounts.set_manager, accounts.set_active])
def test_a9_two_managers_who_remove_each_other_at_once_leave_one(stage_on: Stage, change: object) -> None:
    for turn in range(4):
        first = stage_on.manager() if not turn else stage_on.person(f"first{turn}", manager=True)
        second = stage_on.person(f"second{turn}", manager=True)
        with stage_on.site.db.transaction() as session:  # only these two are managers
            for person in session.scalars(select(Person)):
                person.manager = person.active = person.id in (first.person_id, second.person_id)
        start, answers = threading.Barrier(2), []

        def remove(actor: Actor, other: Actor, start: threading.Barrier = start, answers: list[str] = answers) -> None:
            start.wait()
            try:
                stage_on.site.act(change, actor, other.person_id, False)  # type: ignore[arg-type]
                answers.append("done")
            except (Forbidden, SignInNeeded, WriteConflict) as error:
                answers.append(type(error).__name__)

        both = [threading.Thread(target=remove, args=pair) for pair in ((first, second), (second, first))]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join()
        assert sorted(answers)[-1] == "done"
        assert answers.count("done") == 1
        with stage_on.site.db.reading() as session:
            assert find.active_managers(session) == 1

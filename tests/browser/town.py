"""A site where something is in every state: the demo content, and what its people did with each other since."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from pytest import MonkeyPatch

from knowledge import setup
from knowledge.services import (
    absence,
    accounts,
    authoring,
    confirming,
    discussion,
    invitations,
    notices,
    opinions,
    phrases,
    programmes,
    resetting,
    review,
    scheduling,
    scoring,
    sharing,
    working,
)
from knowledge.services.editorial import advance
from knowledge.services.scoring import Given
from knowledge.storage import find
from tests.browser.live import Live, Reader, going
from tests.conftest import complete_experience
from tests.mail.conftest import Box

DEMO, PROGRAMME = "procurement-demo", "innovative-procurement-reforms"
AUTHOR, COACH, MANAGER, CAREFUL = "apprentice1", "coach1", "manager", "careful"
BOARD = "Waiting for the board had cost three weeks in the year before, and two clinics bought on credit. "


@dataclass
class Town:
    """The site, a record in every state, and the signed ends of links."""

    live: Live
    records: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    letter: str = ""

    def reader(self, chromium: Any, who: str = "", **look: Any) -> Reader:
        """Somebody at a browser, signed in."""
        reader = Reader(chromium, self.live.address, **look)
        if who:
            reader.sign_in(who, DEMO)
        return reader


@contextmanager
def built(folder: Path, box: Box) -> Iterator[Town]:
    """The town, with its server."""
    patch = MonkeyPatch()
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    patch.setattr(accounts, "_hasher", lambda: cheap)
    patch.setattr(accounts, "_decoy", lambda: cheap.hash("nobody knows this one"))
    with going(folder, box, search=f"whoosh:{folder / 'index'}", people=False) as live:
        setup.load_demo(live.stage.site, lambda *_: nullcontext(lambda *_: None))
        town = Town(live)
        _records(town)
        _around(town)
        yield town
    patch.undo()


def _records(town: Town) -> None:
    stage, site = town.live.stage, town.live.stage.site
    author, coach = stage.actor(AUTHOR), stage.actor(COACH)

    def step(who: Any, record: str, name: str, words: str = "Please look at the points.") -> None:
        with site.db.reading() as session:
            seen = find.record(session, record).latest.number  # type: ignore[union-attr]
        site.act(advance, who, record, name, words=words, public_words=words, seen=seen)

    def begun(state: str, title: str, *steps: str, **more: Any) -> str:
        record = site.act(
            authoring.start,
            author,
            "experience",
            complete_experience(**{"title": title, "countries": ["FJI"], **more}),
            state,
        ).id
        for name in steps:
            step(author if name in ("submit", "revise") else coach, record, name)
        town.records[state] = str(record)
        return str(record)

    begun("draft", "Spare parts bought by the dozen for six health posts")
    begun("in_review", "One price list for school meals in four districts", "submit")
    begun("changes_requested", "Suppliers of a fish market meet the buyers twice a year", "submit", "request-changes")
    begun("published", "Opening times of the tender room on the door", "submit", "publish")
    record = begun("revised", "Two clerks instead of nine signatures for small works", "submit", "publish", "revise")
    stage.revise(author, record, objective="Deliver within one week.")
    record = begun("republished", "The price of gravel, asked in three quarries", "submit", "publish", "revise")
    stage.revise(author, record, objective="Know the price of gravel before the tender.")
    step(author, record, "submit")
    step(coach, record, "publish")
    begun("withdrawn", "Rebates of a supplier who was a cousin", "submit", "publish", "withdraw")
    begun("nameless", "A clerk who said no", "submit", "publish", anonymous={"yes": True, "note": ""})
    begun("expired", "Exchange rates of the spring for fuel", "submit", "publish", valid_until="2021")
    record = begun("planned", "Gloves from the village next door", "submit")
    site.act(scheduling.plan, coach, record, _ahead(30), seen=1)
    resubmitted(town, step, begun)
    record = begun("advised", "Is a raffle a fair way to choose?", "submit")
    site.act(opinions.ask, coach, record, stage.actor("coach2").person_id, "Is this credible in your country?")
    record = begun("two_texts", "School desks of local wood")
    site.act(
        working.keep,
        author,
        working.Place(record_id=record),
        [("title", "School desks of local oak"), ("objective", "Deliver desks before the rains.")],
        1,
        "k" * 20,
        "",
    )


def _ahead(days: int) -> str:
    return (date.today() + timedelta(days)).isoformat()


def resubmitted(town: Town, step: Any, begun: Any) -> None:
    """Returned with points, answered, changed, and sent again."""
    stage, site = town.live.stage, town.live.stage.site
    author, coach = stage.actor(AUTHOR), stage.actor(COACH)
    site.act(phrases.put, coach, PROGRAMME, "Please give the figure before the change, and the one after it.")
    strong = {
        "evidence": "observed",
        "sources": [{"title": "The purchase register of the county"}],
        "indicators": [{"indicator": "Days to delivery", "before": "31", "after": "9"}],
    }
    record = begun("resubmitted", "Three offers by phone for purchases below 300 dollars", "submit", **strong)
    for about, text in (("results", "How many days did it take?"), ("lessons", "Which of the two matters more?")):
        site.act(discussion.begin, coach, record, about=about, text=text)
    site.act(discussion.begin, coach, record, about="context", text="He may need help with the figures.", private=True)
    given = Given({0: ("met", ""), 1: ("not", "No figure after")}, "account", "No series of figures yet.")
    site.act(review.decide, coach, record, "request-changes", words="Figures, please.", seen=1, given=given)
    results = complete_experience()["results"]
    stage.revise(
        author,
        record,
        results=f"{results} It took 31 days before and 9 after.",
        context=f"{complete_experience()['context']} {BOARD}",
    )
    for point in site.ask(discussion.of, author, record).points[:1]:
        site.act(discussion.act, author, record, point.thread.id, "address")
    site.act(scoring.score, author, record, Given({0: ("met", ""), 1: ("met", "Added")}), 2)
    step(author, record, "submit")


def _around(town: Town) -> None:
    """Links, invitations, absences, a programme of two coaches, and mails."""
    stage, site = town.live.stage, town.live.stage.site
    manager, coach = stage.actor(MANAGER), stage.actor(COACH)
    key = site.settings.key()
    invitation = site.act(invitations.to_programme, manager, PROGRAMME, "mwangi@example.org", "apprentice")
    _, shared = site.act(sharing.make, coach, town.records["in_review"], name="Ann, auditor general’s office")
    site.act(sharing.comment, shared, about="results", text="Have you asked the schools?")
    site.act(absence.declare, stage.actor("coach2"), _ahead(40), _ahead(54))
    site.act(programmes.put_programme, manager, "two", {"title": "A programme with two coaches", "about": ""})
    site.act(programmes.choose_workflow, manager, "two", "two_coaches")
    careful = site.act(accounts.add_person, name="Wanja Careful", email=f"{CAREFUL}@example.org", password=DEMO)
    with site.db.transaction() as session:
        person = find.person_by_email(session, "practitioner@example.org")
        assert person is not None
        person.confirmed = None
        town.links = {
            "reset": resetting.link(key, person),
            "confirm": confirming.link(key, person, person.email),
            "invitation": invitations.link(key, invitation),
            "stop": notices.stop_token(key, person.id, "submitted"),
            "shared": shared,
            "author": str(stage.actor(AUTHOR).person_id),
            "careful": str(careful.id),
        }
    town.live.postman.deliver()
    subjects = [str(mail["Subject"]) for mail in town.live.box.taken]
    town.letter = town.live.box.html(next(n for n, s in enumerate(subjects) if "Changes asked for" in s))

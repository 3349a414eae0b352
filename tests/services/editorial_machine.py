"""Random people doing random things to records on a real database, against the model.

What must hold after every action: nothing is public that no other coach published; nothing illegal is accepted and
nothing legal refused; the history is complete; saved texts never change; the index says what the database says.
"""

from __future__ import annotations

import secrets
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from knowledge.services import authoring, catalogue, claims, editorial, indexing, programmes
from knowledge.services.access import PUBLIC
from knowledge.services.actor import ANYONE, Actor
from knowledge.services.errors import Conflict, Forbidden, Gone, Invalid, NotFound
from knowledge.storage import find
from search.query import Query
from tests.conftest import Stage
from tests.services.editorial_model import COACHES, PEOPLE, RULES, TWO, WRITERS, Modelled, Rules, Text, values
from workflows.definition import Refused


class Editorial(Rules, RuleBasedStateMachine):
    """The machine; `stage` is set by the test and shared by all its runs."""

    stage: Stage
    actors: dict[str, Actor]
    begin: str  # the workflow of both programmes at first
    changing: bool  # whether they change to the other one while records are under way

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Modelled] = []
        self.coaches: dict[str, str] = {}
        self.flows: dict[str, str] = {}
        self.count = 0
        self.accepted = 0

    # ------------------------------------------------------------------ setting out

    @initialize()
    def people(self) -> None:
        for who in PEOPLE:
            self.coach_of(who, COACHES.get(who, ""))
        for programme in ("reforms", "elsewhere"):
            self.follow(programme, self.begin)
        for who in ("ann", "both"):
            self.start(who)

    def follow(self, programme: str, flow: str) -> None:
        self.stage.site.act(programmes.choose_workflow, self.actors["boss"], programme, flow)
        self.flows[programme] = flow

    @rule(programme=st.sampled_from(("reforms", "elsewhere")), flow=st.sampled_from([*RULES]))
    @precondition(lambda self: self.changing)
    def a_programme_chooses_its_workflow(self, programme: str, flow: str) -> None:
        self.follow(programme, flow)

    def coach_of(self, who: str, programme: str) -> None:
        boss = self.actors["boss"]
        if self.coaches.get(who):
            left = self.coaches.pop(who)
            self.stage.site.act(programmes.remove_member, boss, left, self.actors[who].person_id)
            for record in self.records:
                if record.claimed and record.coach == who and record.programme == left:
                    record.coach, record.claimed = "", False
        with self.stage.site.db.reading() as session:  # what an earlier run left behind
            others = [m.programme_id for m in find.memberships(session, self.actors[who].person_id)]
        for other in others:
            self.stage.site.act(programmes.remove_member, boss, other, self.actors[who].person_id)
        if programme:
            self.stage.site.act(programmes.put_member, boss, programme, f"{who}@example.org", "coach")
            self.coaches[who] = programme

    def start(self, who: str) -> None:
        self.count += 1
        title = f"Phone quotations cut waiting, text {self.count}"
        record = self.stage.site.act(
            authoring.start, self.actors[who], "experience", values(title, True), secrets.token_hex(8)
        )
        made = Modelled(record.id, who, [Text(title, True, who)], record.programme_id or "")
        assert made.programme == self.coaches.get(who, "")
        if not made.programme:
            self.stage.site.act(
                programmes.assign, self.actors["boss"], record.id, programme_id="reforms", coach_email=""
            )
            made.programme = "reforms"
        self.records.append(made)

    # ------------------------------------------------------------------ what people do

    @rule(who=st.sampled_from(("ann", "col", "both")))
    @precondition(lambda self: len(self.records) < 4)
    def somebody_starts(self, who: str) -> None:
        self.start(who)

    @rule(
        which=st.integers(0, 3),
        who=st.sampled_from(PEOPLE),
        complete=st.booleans(),
        old=st.booleans(),
        same=st.booleans(),
    )
    def somebody_saves(self, which: int, who: str, complete: bool, old: bool, same: bool) -> None:
        record = self.records[which % len(self.records)]
        if same:
            title, complete = record.texts[record.latest - 1].title, record.texts[record.latest - 1].complete
        else:
            self.count += 1
            title = f"Phone quotations cut waiting, text {self.count}"
        base = record.latest - 1 if old else record.latest
        roles = self.roles(who, record)
        try:
            saved = self.stage.site.act(authoring.save, self.actors[who], record.id, values(title, complete), base)
        except NotFound:
            assert not roles
            return
        except Forbidden:
            assert roles and not (roles & {"author", "co"} and record.state in ("draft", "changes_requested"))
            return
        except Conflict as conflict:
            assert old and not same
            assert conflict.mine["title"] == title
            assert conflict.theirs["title"] == record.texts[record.latest - 1].title
            return
        assert roles & {"author", "co"} and record.state in ("draft", "changes_requested")
        assert saved.changed is not same
        if not same:
            assert not old
            record.texts.append(Text(title, complete, who))
            record.latest = len(record.texts)

    @rule(
        which=st.integers(0, 3),
        who=st.sampled_from(PEOPLE),
        move=st.sampled_from([*TWO]),
        old=st.booleans(),
        words=st.sampled_from(["", "Because."]),
    )
    def somebody_tries_a_step(self, which: int, who: str, move: str, old: bool, words: str) -> None:
        record = self.records[which % len(self.records)]
        self.step(record, who, move, record.latest - old, words)

    @rule(data=st.data(), which=st.integers(0, 3))
    def somebody_makes_a_legal_step(self, data: st.DataObject, which: int) -> None:
        record = self.records[which % len(self.records)]
        open_now = [
            (who, move) for move in TWO for who in PEOPLE if self.legal(who, record, move, record.latest, "Because.")
        ]
        if open_now:
            who, move = data.draw(st.sampled_from(open_now))
            self.step(record, who, move, record.latest, "Because.")

    @rule(data=st.data(), which=st.integers(0, 3), old=st.booleans())
    def a_coach_decides(self, data: st.DataObject, which: int, old: bool) -> None:
        """Among those whose turn it is are some who wrote it, and some who looked at an older version."""
        record = self.records[which % len(self.records)]
        coaches = [who for who in PEOPLE if "coach" in self.roles(who, record)]
        writers = [who for who in PEOPLE if {"author", "co"} & self.roles(who, record)]
        if record.state in ("draft", "changes_requested"):
            self.step(record, data.draw(st.sampled_from(writers)), "submit", record.latest, "")
        elif record.state in ("in_review", "second_review") and coaches:
            verb = "approve" if self.asked_of(record) is TWO and record.state == "in_review" else "publish"
            self.step(record, data.draw(st.sampled_from(coaches)), verb, record.latest - old, "")

    @rule(data=st.data())
    def a_coach_tries_to_decide_on_what_she_wrote(self, data: st.DataObject) -> None:
        """Rare by chance, and what matters most."""
        tries = [(r, who) for r in self.records for who in WRITERS if {"author", "co"} & self.roles(who, r)]
        record, who = data.draw(
            st.sampled_from([(r, who) for r, who in tries if "coach" in self.roles(who, r)] or tries)
        )
        if record.state in ("draft", "changes_requested"):
            self.step(record, who, "submit", record.latest, "")
        verb = "approve" if self.asked_of(record) is TWO and record.state == "in_review" else "publish"
        self.step(record, who, verb, record.latest, "")

    def step(self, record: Modelled, who: str, move: str, seen: int, words: str) -> None:
        legal = self.legal(who, record, move, seen, words)
        try:
            made = self.stage.site.act(editorial.advance, self.actors[who], record.id, move, words=words, seen=seen)
        except Refused:
            assert not legal, (who, move, record)
            assert self.roles(who, record) or record.live is not None
            return
        except NotFound:
            assert not legal and not self.roles(who, record) and record.live is None
            return
        assert legal, (who, move, record)
        self.accepted += 1
        target = TWO[move][1]
        record.steps.append((move, record.state, target))
        assert (made.source, made.target) == (record.state, target)
        record.state = target
        if move == "approve":
            record.approved_by = who
        if move == "publish":
            record.live = record.latest
        elif move == "withdraw":
            record.live = None
        elif move == "discard":
            assert record.live is not None
            record.latest = record.live

    @rule(which=st.integers(0, 3), who=st.sampled_from(PEOPLE), whom=st.sampled_from(PEOPLE))
    def somebody_adds_an_author(self, which: int, who: str, whom: str) -> None:
        record = self.records[which % len(self.records)]
        roles = self.roles(who, record)
        may = bool(roles & {"author", "boss"}) and record.state in ("draft", "changes_requested")
        try:
            self.stage.site.act(authoring.add_author, self.actors[who], record.id, "", f"{whom}@example.org")
        except (NotFound, Forbidden):
            assert not may
        except Invalid:
            assert may and whom in {record.author, *record.co}
        else:
            assert may
            record.co.add(whom)
            record.former.discard(whom)

    @rule(which=st.integers(0, 3), who=st.sampled_from(PEOPLE), whom=st.sampled_from(PEOPLE))
    def somebody_removes_an_author(self, which: int, who: str, whom: str) -> None:
        record = self.records[which % len(self.records)]
        with self.stage.site.db.reading() as session:
            row = find.record(session, record.id)
            assert row is not None
            found = next((a.id for a in row.authorships if a.person_id == self.actors[whom].person_id), 0)
        may = bool(self.roles(who, record) & {"author", "boss"}) and record.state in ("draft", "changes_requested")
        try:
            self.stage.site.act(authoring.remove_author, self.actors[who], record.id, found)
        except (NotFound, Forbidden):
            assert not may or whom not in record.co | record.former
        else:
            assert may and whom in record.co | record.former
            record.co.discard(whom)
            record.former.add(whom)

    @rule(
        which=st.integers(0, 3),
        who=st.sampled_from(("boss", "boss", "coach", "ann")),
        programme=st.sampled_from(("", "reforms", "elsewhere")),
        coach=st.sampled_from(("", *PEOPLE)),
    )
    def somebody_assigns(self, which: int, who: str, programme: str, coach: str) -> None:
        record = self.records[which % len(self.records)]
        email = f"{coach}@example.org" if coach else ""
        try:
            self.stage.site.act(
                programmes.assign, self.actors[who], record.id, programme_id=programme, coach_email=email
            )
        except Forbidden:
            assert who != "boss"
        else:
            assert who == "boss"
            if (programme, coach) != (record.programme, record.coach):
                record.programme, record.coach, record.claimed = programme, coach, False

    @rule(which=st.integers(0, 3), who=st.sampled_from((*PEOPLE, "coach", "both")), back=st.booleans())
    def somebody_takes_a_record_up_or_hands_it_back(self, which: int, who: str, back: bool) -> None:
        record = self.records[which % len(self.records)]
        roles, free = self.roles(who, record), not record.coach or record.coach in record.wrote()
        try:
            self.stage.site.act(claims.hand_back if back else claims.claim, self.actors[who], record.id)
        except NotFound:
            assert not roles
        except Forbidden:
            assert "coach" not in roles or (who in record.wrote() and not back)
        except Refused:
            assert record.state != "in_review" or (record.coach != who if back else record.coach != who and not free)
        else:
            assert "coach" in roles and record.state == "in_review"
            if back:
                assert record.coach == who
                record.coach, record.claimed = "", False
            elif record.coach != who:
                assert free and who not in record.wrote()
                record.coach, record.claimed = who, True

    @rule(who=st.sampled_from(("coach", "both", "far", "ann")), programme=st.sampled_from(("", "reforms", "elsewhere")))
    def a_coach_is_made_or_demoted(self, who: str, programme: str) -> None:
        self.coach_of(who, programme)

    # ------------------------------------------------------------------ what always holds

    @invariant()
    def the_database_is_as_the_model_says(self) -> None:
        with self.stage.site.db.reading() as session:
            for record in self.records:
                row = find.record(session, record.id)
                assert row is not None
                assert (row.state, row.latest.number) == (record.state, record.latest)
                assert (row.live.number if row.live else None) == record.live
                assert row.coach_id == (self.actors[record.coach].person_id if record.coach else None)
                self.check_texts(session, record)
                self.check_history(session, record)
                self.check_public(session, record, row)

    def check_texts(self, session: Any, record: Modelled) -> None:
        saved = [*reversed(find.revisions(session, record.id))]
        assert [r.number for r in saved] == list(range(1, len(record.texts) + 1))
        assert [r.title for r in saved] == [t.title for t in record.texts]
        assert [r.values["title"] for r in saved] == [t.title for t in record.texts]
        assert [r.by_id for r in saved] == [self.actors[t.by].person_id for t in record.texts]

    def check_history(self, session: Any, record: Modelled) -> None:
        found = [*reversed(find.steps(session, record.id))]
        steps = [s for s in found if s.transition not in claims.HOLDINGS]
        assert all(s.source == s.target for s in found if s not in steps), "whose it is says nothing of its state"
        assert [(s.transition, s.source, s.target) for s in steps] == record.steps
        for before, after in zip(record.steps, record.steps[1:], strict=False):
            assert before[2] == after[1]

    def check_public(self, session: Any, record: Modelled, row: Any) -> None:
        """The live text was published, as this very revision, by a coach who had written none of it."""
        try:
            shown = catalogue.read(session, ANYONE, record.id)
        except (NotFound, Gone):
            assert record.live is None
            return
        assert record.live is not None
        assert shown.values["title"] == record.texts[record.live - 1].title
        published = [
            s for s in find.steps(session, record.id) if s.transition == "publish" and s.revision_id == row.live_id
        ]
        assert published
        writers = {self.actors[t.by].person_id for t in record.texts[: record.live]}
        assert all(s.person_id not in writers for s in published)
        for step in published:
            if step.source == "second_review":  # what the first coach approved is this text, and she was another one
                first = max((a for a in find.steps(session, record.id) if a.transition == "approve" and a.id < step.id),
                            key=lambda a: a.id)  # fmt: skip
                assert (first.revision_id, first.person_id != step.person_id) == (step.revision_id, True)
                assert first.person_id not in writers

    @invariant()
    def the_index_is_as_the_database_says(self) -> None:
        engine = self.stage.site.engine
        hits = engine.search(Query(audience=frozenset({PUBLIC}), per_page=100)).hits
        public = {h.id for h in hits} & {r.id for r in self.records}
        assert public == {r.id for r in self.records if r.live is not None}

    def teardown(self) -> None:
        """Nothing waits, nothing is missing, nothing is too many; then the stage is cleared for the next run."""
        site = self.stage.site
        assert indexing.compare(site.db, site.engine).same
        for record in self.records:
            if record.live is not None:
                self.step(record, "boss", "withdraw", record.latest, "Clearing up.")

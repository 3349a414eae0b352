"""How long a text holds: marked when it is out of date, its authors are asked once, and what they answer is shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from knowledge.content import openness
from knowledge.content.site import registry as declared
from knowledge.mail.letters import Unseen, Writer
from knowledge.services import catalogue, exchange, exporting, publicity, scheduling
from knowledge.services.actor import ANYONE
from knowledge.services.errors import Forbidden, NotFound
from knowledge.storage import find
from knowledge.storage.models.mail import Mail
from tests.conftest import Stage, post
from tests.services.days import Clock, decide, published, told


def old(stage: Stage, clock: Clock, **changes: Any) -> str:
    """A record that was valid until the end of 2026, read in 2027."""
    record = stage.record(stage.actor("author"), "published", **{"valid_until": "2026", **changes})
    stage.site.keeper.after_commit()
    clock.to("2027-01-01")
    return record


def test_what_went_out_of_date_is_marked_and_stays_readable(stage: Stage, clock: Clock) -> None:
    record, browser = old(stage, clock), stage.client()
    clock.to("2026-12-31", 23)
    for page in (f"/practices/{record}", "/practices"):
        assert "out of date" not in browser.get(page, follow_redirects=True).text
    clock.to("2027-01-01", 0)
    for page in (f"/practices/{record}", f"/practices/{record}/v/1", "/practices", "/"):
        assert "may be out of date" in browser.get(page, follow_redirects=True).text, page
    assert "valid until 31 December 2026" in browser.get(f"/practices/{record}", follow_redirects=True).text
    assert browser.get("/practices.json").json["items"][0]["valid_until"].startswith("2027-01-01T00:00")


def test_its_authors_are_asked_once_and_what_they_answer_is_shown(stage: Stage, clock: Clock) -> None:
    record, author = old(stage, clock), stage.client("author")
    for _ in range(3):
        scheduling.sweep(stage.site.db)
    clock.to("2026-06-01")
    scheduling.sweep(stage.site.db)
    clock.to("2027-01-01")
    scheduling.sweep(stage.site.db)
    assert told(stage, "expired") == [stage.actor("author").person_id]
    assert "Say until when it holds" in author.get(f"/work/{record}").text
    wrong = post(author, f"/work/{record}/valid", on="2020-01-01")
    assert wrong.status_code == 422 and "2020-01-01" in wrong.text
    assert post(author, f"/work/{record}/valid", on="2028-06-30").status_code == 303
    page = stage.client().get(f"/practices/{record}", follow_redirects=True).text
    assert "out of date" not in page and "Confirmed by its authors" in page and "valid until 30 June 2028" in page
    # and on the next date again
    clock.to("2028-07-01")
    scheduling.sweep(stage.site.db)
    assert len(told(stage, "expired")) == 2
    for who, error in (("coach", Forbidden), ("stranger", NotFound)):
        with pytest.raises(error):
            stage.site.act(scheduling.confirm, stage.actor(who), record, "2029-01-01")


def test_a_type_that_goes_out_of_date_says_after_how_many_years(stage: Stage, clock: Clock) -> None:
    years_of = {t.id: t.valid_for for t in declared()}
    assert years_of == {"experience": 0, "common_practice": 3, "training": 2, "follow_through": 0}
    moment = datetime(2024, 2, 29, 12, tzinfo=UTC)
    for record_type in declared():
        found = openness.expires(record_type, {}, moment)
        years = years_of[record_type.id]
        assert found == (datetime(2024 + years, 3, 1, tzinfo=UTC) if years else None)
        assert openness.expires(record_type, {"valid_until": "2025-05-07"}, moment) == datetime(2025, 5, 8, tzinfo=UTC)


@pytest.mark.case("C8")
def test_C8_what_was_withdrawn_is_never_asked_about(stage: Stage, clock: Clock) -> None:
    record, other = old(stage, clock), old(stage, clock)
    clock.to("2026-06-01")
    stage.step(stage.actor("coach"), record, "withdraw")
    clock.to("2027-01-01")
    scheduling.sweep(stage.site.db)
    assert len(told(stage, "expired")) == 1  # the control: that of the other one
    with stage.site.db.reading() as session:
        asked = session.scalars(select(Mail.record_id).where(Mail.event == "expired")).all()
    assert asked == [other]


def test_import_and_export_carry_what_is_said_about_publication(stage: Stage) -> None:
    given = {"anonymous": {"yes": True}, "coach_note": "Only for you.", "valid_until": "2031-05", "not_before": "2020"}
    record = stage.record(stage.actor("author"), "published", **given)
    with stage.site.db.reading() as session:
        line = json.loads(next(exporting.export_lines(session, [record])))
    assert {key: line[key] for key in given} == given
    line["id"] = "again"
    tally = exchange.Tally()
    stage.site.act(exchange.import_batch, stage.manager(), [(1, json.dumps(line))], tally, True)
    assert tally.imported == 1 and not tally.bad
    article = stage.site.ask(catalogue.read, ANYONE, "again")
    assert article.nameless and article.authors == () and published(stage, "again") == 1
    with stage.site.db.reading() as session:
        found = find.record(session, "again")
        assert found is not None and found.credits == [] and publicity.names(found) == ["Author"]
        assert found.expires == datetime(2031, 6, 1, tzinfo=UTC)


def test_what_people_are_told_of_days_is_so_when_the_mail_goes_out(stage: Stage, clock: Clock) -> None:
    record, past = stage.record(stage.actor("author"), "in_review"), old(stage, clock)
    clock.to("2026-03-02")
    decide(stage, record, words="Well done.")
    clock.to("2027-01-01", -1)
    writer = Writer("https://praxis.example", "k" * 40)

    def told_now(kind: str) -> str:
        with stage.site.db.reading() as session:
            mails = session.scalars(select(Mail).where(Mail.event == kind).options(joinedload(Mail.person))).all()
            try:
                paragraph = writer.letter(session, mails[-1:]).paragraphs[0]
            except Unseen:
                return ""
            return f"{paragraph.text} {paragraph.words} {paragraph.link}"

    assert "Coach decided" in told_now("planned") and "2026-03-05: Well done." in told_now("planned")
    stage.site.act(scheduling.call_off, stage.actor("coach"), record)
    assert told_now("planned") == "" and "does not hold any more" in told_now("unplanned")
    clock.to("2027-01-02")
    scheduling.sweep(stage.site.db)
    assert f"https://praxis.example/work/{past}/valid" in told_now("expired")
    stage.site.act(scheduling.confirm, stage.actor("author"), past, "2028-01-01")
    assert told_now("expired") == ""

"""How often and when people want mail: digests, quiet hours, and an end to it with one click."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest

from knowledge.content.events import Wishes
from knowledge.mail import postman as postmen
from knowledge.mail.postman import Postman
from knowledge.services import discussion, notices
from knowledge.storage.models.base import now
from tests.conftest import Stage
from tests.mail.conftest import Box, to
from tests.mail.kept import mails


def test_a_digest_holds_all_that_came_and_comes_when_it_should(stage: Stage, postman: Postman, box: Box) -> None:
    coach = stage.actor("coach")
    stage.site.act(
        notices.change_wishes, coach, often={"submitted": "daily"}, zone="Africa/Nairobi", quiet=("", ""), language="en"
    )
    for number in range(3):
        stage.record(stage.actor("author"), "in_review", title=f"Phone quotations, record {number}")
    assert postman.deliver() == 0
    with patch.object(postmen, "now", lambda: now() + timedelta(days=1)):
        assert postman.deliver() == 1
    assert box.taken[0]["Subject"] == "Praxis: 3 things"
    assert all(f"“Phone quotations, record {n}”" in box.text() for n in range(3))
    assert {m[2] for m in mails(stage)} == {"sent"}


def test_mails_of_a_kind_end_with_one_click_and_without_signing_in(stage: Stage, postman: Postman, box: Box) -> None:
    settings = replace(stage.site.settings, smtp_url=f"smtp://127.0.0.1:{box.port}")
    here = to(stage, settings)
    stage.record(stage.actor("author"), "in_review")
    here.deliver()
    link = box.taken[0]["List-Unsubscribe"].strip().strip("<>").removeprefix(settings.address)
    assert box.taken[0]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    client = stage.app.test_client()
    assert "whenever this happens" in client.get(link).text
    assert stage.record(stage.actor("author"), "in_review") and here.deliver() == 1, "looking changes nothing"
    answer = client.post(link, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and "no more mails of this kind" in answer.text
    stage.record(stage.actor("author"), "in_review")
    assert here.deliver() == 0
    for bad in ("x", link.split("/")[-1][:-2], "WzEsInN1Ym1pdHRlZCJd"):
        assert client.post(f"/mail/stop/{bad}").status_code == 404


@pytest.mark.parametrize(
    ("often", "quiet", "at", "due"),
    [
        ("", None, "2026-11-24T10:00", "2026-11-24T10:00"),
        ("never", None, "2026-11-24T10:00", ""),
        ("daily", None, "2026-11-24T03:00", "2026-11-24T04:00"),  # seven in Nairobi
        ("daily", None, "2026-11-24T10:00", "2026-11-25T04:00"),
        ("weekly", None, "2026-11-24T10:00", "2026-11-30T04:00"),  # the next Monday
        ("weekly", None, "2026-11-30T03:00", "2026-11-30T04:00"),
        ("", (20, 7), "2026-11-24T18:00", "2026-11-25T04:00"),  # 21 o'clock there
        ("", (20, 7), "2026-11-25T02:00", "2026-11-25T04:00"),
        ("", (20, 7), "2026-11-24T10:00", "2026-11-24T10:00"),
        ("", (9, 17), "2026-11-24T07:00", "2026-11-24T14:00"),
    ],
)
def test_when_mail_is_due_follows_the_readers_wishes_and_clock(
    often: str, quiet: tuple[int, int] | None, at: str, due: str
) -> None:
    wishes = Wishes({"submitted": often}, "Africa/Nairobi", quiet)
    found = wishes.due("submitted", datetime.fromisoformat(at).replace(tzinfo=UTC))
    assert (found.strftime("%Y-%m-%dT%H:%M") if found else "") == due


def test_wishes_are_kept_and_odd_ones_are_refused_kindly(stage: Stage) -> None:
    from tests.conftest import post

    client = stage.client("author")
    given = {"returned": "weekly", "zone": "America/Bogota", "quiet_from": "21", "quiet_until": "6", "language": "ar"}
    assert post(client, "/account/mail", **given).status_code == 303
    page = client.get("/account/mail").text
    assert '<option value="weekly" selected>' in page and "<option selected>America/Bogota</option>" in page
    assert '<option value="ar" selected>Arabic</option>' in page
    bad = post(client, "/account/mail", **(given | {"zone": "Mars/Base", "quiet_until": "25"}))
    assert bad.status_code == 422 and "time zone from the list" in bad.text and "from 0 to 23" in bad.text


def test_a_point_that_is_addressed_while_the_coach_reads_is_told_once_a_day(
    stage: Stage, postman: Postman, box: Box
) -> None:
    author, coach = stage.actor("author"), stage.actor("coach")
    record = stage.record(author, "in_review")
    points = [
        stage.site.act(
            discussion.begin, coach, record, about=about, text=f"Which year in {about}?", quote="once a month"
        )
        for about in ("results", "lessons", "context")
    ]
    postman.deliver()
    for _ in range(2):
        for point in points:
            stage.site.act(discussion.act, author, record, point.id, "address")
    stage.site.act(discussion.act, coach, record, points[2].id, "resolve")
    before = len(box.taken)
    assert postman.deliver() == 0
    with patch.object(postmen, "now", lambda: now() + timedelta(days=1)):
        assert postman.deliver() == 1
    assert len(box.taken) == before + 1 and box.taken[-1]["Subject"] == "Praxis: 2 things"
    assert "Author has addressed your point in" in box.text() and "Results: “once a month”" in box.text()
    assert "Which year in context?" not in box.text(), "that one is resolved"


def test_ending_mails_drops_those_that_wait_and_a_digest_ends_all_its_kinds(
    stage: Stage, postman: Postman, box: Box
) -> None:
    author, coach = stage.actor("author"), stage.actor("coach")
    wishes = {"submitted": "daily", "commented": "daily"}
    stage.site.act(notices.change_wishes, coach, often=wishes, zone="UTC", quiet=("", ""), language="")
    record = stage.record(author, "in_review")
    stage.site.act(discussion.begin, author, record, about="", text="A question.")
    with patch.object(postmen, "now", lambda: now() + timedelta(days=1)):
        assert postman.deliver() == 1
    stage.record(author, "in_review")  # waits for tomorrow
    here = to(stage, stage.site.settings)
    token = box.taken[0]["List-Unsubscribe"].strip().strip("<>").split("/")[-1]
    key = postman.writer.key
    assert notices.read_stop_token(key, token)[1] == "commented+submitted"
    own = notices.stop_token(here.writer.key, coach.person_id or 0, "commented+submitted")
    page = stage.app.test_client().get(f"/mail/stop/{own}").text
    assert "Somebody comments" in page and "waits for my review" in page
    assert stage.app.test_client().post(f"/mail/stop/{own}").status_code == 200
    with patch.object(postmen, "now", lambda: now() + timedelta(days=2)):
        assert postman.deliver() == 0
    assert [m[2] for m in mails(stage)] == ["sent", "sent", "dropped"]


def test_a_digest_waits_for_the_end_of_the_quiet_hours() -> None:
    wishes = Wishes({"submitted": "daily"}, "UTC", (20, 9))
    due = wishes.due("submitted", datetime(2026, 11, 24, 12, tzinfo=UTC))
    assert due == datetime(2026, 11, 25, 9, tzinfo=UTC)

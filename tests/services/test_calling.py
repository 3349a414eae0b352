"""What records link to is called up where a site wants it, and what leads nowhere is advice, which never blocks."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from click.testing import CliRunner

from knowledge import cli
from knowledge.outside.calling import ANSWERED, INSIDE, NO_NAME, SILENT, Answer
from knowledge.services import advising, calling
from knowledge.services.calling import Caller
from knowledge.services.errors import NotFound
from knowledge.storage.models.base import now
from tests.conftest import Stage

GONE, GOOD = "https://www.ministry.go.ke/report-2019", "https://www.worldbank.org/guide"
DAY = "2026-11-25T10:00:00+00:00"


class Web:
    """Answers that are known beforehand, and what was asked."""

    def __init__(self, **_: Any) -> None:
        self.answers = {GONE: Answer(404, ANSWERED)}
        self.asked: list[str] = []

    def __call__(self, address: str) -> Answer:
        self.asked.append(address)
        return self.answers.get(address, Answer(200))


def linking(stage: Stage, state: str = "draft", **more: Any) -> str:
    """A record with a link that is broken and one that is not."""
    return stage.record(stage.actor("author"), state, context=f"See [it]({GONE}), {GOOD}. " + "word " * 80, **more)


def said(stage: Stage, record_id: str) -> list[str]:
    """The advice on what was called up."""
    advised = stage.site.ask(advising.of, stage.actor("author"), record_id)
    return [str(a.problem) for a in advised.open if a.check == "called"]


def test_what_led_nowhere_is_advice_with_its_day_at_its_field_until_it_is_mended(stage: Stage) -> None:
    record_id = linking(stage)
    assert said(stage, record_id) == []
    with time_machine.travel(DAY, tick=False):
        web = Web()
        Caller(stage.site.db, web).record(record_id)
        assert web.asked == [GONE, GOOD]
        assert said(stage, record_id) == [
            f"“{GONE}” answered 404 on 2026-11-25. Does it still lead to the page you mean?"
        ]
        page = stage.client("author").get(f"/work/{record_id}/edit").text
        assert "answered 404 on 25 November 2026" in page and 'href="#context"' in page
        stage.revise(stage.actor("author"), record_id, context=f"See [it]({GOOD}). " + "word " * 80)
        assert said(stage, record_id) == []


def test_it_never_blocks_and_a_writer_can_say_that_it_is_fine(stage: Stage) -> None:
    record_id, author = linking(stage), stage.actor("author")
    Caller(stage.site.db, Web()).record(record_id)
    [advice] = [a for a in stage.site.ask(advising.of, author, record_id).open if a.check == "called"]
    stage.site.act(advising.say, author, record_id, advice.key, True)
    with time_machine.travel(now() + timedelta(days=3)):
        Caller(stage.site.db, Web()).record(record_id)
        assert said(stage, record_id) == [], "the day is no part of what is fine"
    stage.step(author, record_id, "submit")
    stage.step(stage.actor("coach"), record_id, "publish")


@pytest.mark.parametrize("trouble", [NO_NAME, SILENT, INSIDE, "away", "certificate", "astray"])
def test_every_trouble_has_a_sentence(stage: Stage, trouble: str) -> None:
    record_id, web = linking(stage), Web()
    web.answers[GONE] = Answer(0, trouble)
    Caller(stage.site.db, web).record(record_id)
    [sentence] = said(stage, record_id)
    assert GONE in sentence and re.search(r"on \d{4}-\d\d-\d\d", sentence)


def test_what_is_due_is_called_once_again_after_a_month_and_what_was_wrong_after_a_day(stage: Stage) -> None:
    first, second = linking(stage), linking(stage, "published")
    gone = linking(stage, "withdrawn")
    web, start = Web(), now()
    caller = Caller(stage.site.db, web)
    assert caller.due() == 2 and web.asked == [GONE, GOOD], "what two records link to is called once"
    assert said(stage, first) and said(stage, second) and not said(stage, gone)
    assert caller.due() == 0
    for later, count in ((timedelta(hours=23), 0), (timedelta(days=2), 2), (timedelta(days=2, hours=2), 0)):
        with time_machine.travel(start + later, tick=False):
            assert caller.due() == count
    web.answers.clear()
    for later, count in ((timedelta(days=4), 2), (timedelta(days=20), 0), (timedelta(days=40), 2)):
        with time_machine.travel(start + later, tick=False):
            assert caller.due() == count
    assert said(stage, first) == []


def test_a_new_text_is_called_soon(stage: Stage) -> None:
    record_id, web = linking(stage), Web()
    caller, start = Caller(stage.site.db, web), now()
    caller.due()
    web.answers.clear()
    with time_machine.travel(start + timedelta(minutes=5), tick=False):
        caller.due()
        stage.revise(stage.actor("author"), record_id, context="Now https://www.afdb.org/new. " + "word " * 80)
        assert caller.due() == 0
    with time_machine.travel(start + timedelta(hours=2), tick=False):
        assert caller.due() == 1 and web.asked[-1] == "https://www.afdb.org/new"


def test_a_record_has_at_most_so_many_calls_each_address_once_and_only_those_that_look_right(stage: Stage) -> None:
    many = " ".join(f"https://www.ministry.go.ke/{n % 30}" for n in range(60))
    odd = "http://localhost/x http://192.168.1.1/ http://2130706433/ ftp://ftp.example.net/ [a](mailto:a@b.org)"
    record_id, web = stage.record(stage.actor("author"), context=f"{odd} {many}"), Web()
    Caller(stage.site.db, web).record(record_id)
    assert len(web.asked) == calling.MOST == len({*web.asked})
    assert all(address.startswith("https://www.ministry.go.ke/") for address in web.asked)


def test_an_old_finding_is_forgotten(stage: Stage) -> None:
    record_id = linking(stage)
    Caller(stage.site.db, Web()).record(record_id)
    with time_machine.travel(now() + calling.FORGET + timedelta(days=1)):
        assert said(stage, record_id) == []


def test_nobody_calls_up_what_is_not_there(stage: Stage) -> None:
    with pytest.raises(NotFound):
        Caller(stage.site.db, Web()).record("none")


def test_the_command_calls_only_where_the_site_wants_it(stage: Stage, tmp_path: Any) -> None:
    record_id = linking(stage)
    stage.record(stage.actor("author"))
    settings = {"PRAXIS_DATA_DIR": str(tmp_path), "PRAXIS_LOG_LEVEL": "ERROR", "PRAXIS_SEARCH_URL": "memory:"}
    refused = CliRunner(env=settings).invoke(cli.main, ["links"])
    assert refused.exit_code == 1 and "PRAXIS_CALL_LINKS=1" in refused.output
    with pytest.MonkeyPatch.context() as patch:
        web = Web()
        patch.setattr(cli, "Caller", lambda db: Caller(db, web))
        one = CliRunner(env={**settings, "PRAXIS_CALL_LINKS": "1"}).invoke(cli.main, ["links", record_id])
        assert one.exit_code == 0 and re.search(rf"404 +{re.escape(GONE)}", one.output), one.output
        rest = CliRunner(env={**settings, "PRAXIS_CALL_LINKS": "1"}).invoke(cli.main, ["links"])
        assert rest.exit_code == 0 and "links of 1 records" in rest.output, rest.output

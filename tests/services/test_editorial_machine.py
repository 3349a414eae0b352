"""Whatever people do to records, in any order, the services keep to the model; and the machine sees faults."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from knowledge.services import editorial
from tests.conftest import make_stage
from tests.services.editorial_machine import Editorial
from tests.services.editorial_model import PEOPLE


@pytest.fixture(params=["one coach", "two coaches", "now one, now two"])
def machine(_cheap_passwords: None, request: pytest.FixtureRequest) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        stage = make_stage(Path(folder))
        actors = {who: stage.person(who, manager=who == "boss") for who in PEOPLE}
        stage.manager()
        stage.programme("reforms")
        stage.programme("elsewhere")
        begin = "editorial" if request.param == "one coach" else "two_coaches"
        facts = {"stage": stage, "actors": actors, "begin": begin, "changing": request.param.startswith("now")}
        yield type("Machine", (Editorial,), facts)
        stage.site.db.close()


def run(machine: Any, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            derandomize=True,
            phases=(Phase.generate,),
            database=None,
            suppress_health_check=[*HealthCheck],
        ),
    )


@pytest.mark.case("C1", "C6", control="test_the_machine_notices_when_coaches_may_publish_their_own_work")
def test_whatever_people_do_nothing_unreviewed_becomes_public_and_nothing_legal_is_refused(machine: Any) -> None:
    run(machine, examples=20, steps=25)


@pytest.mark.parametrize("machine", ["one coach", "two coaches"], indirect=True)
def test_the_machine_notices_when_coaches_may_publish_their_own_work(
    machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editorial.access, "own_work", lambda *_: False)
    machine.somebody_takes_a_record_up_or_hands_it_back = None  # it would only make the fault rarer
    with pytest.raises(AssertionError):
        run(machine, examples=60, steps=25)


@pytest.mark.parametrize("machine", ["two coaches"], indirect=True)
def test_the_machine_notices_when_one_coach_is_enough_where_two_are_asked_for(
    machine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editorial.access, "approved", lambda *_: False)
    with pytest.raises(AssertionError):
        run(machine, examples=40, steps=25)

"""A button pressed before the page had come to its end: what had not arrived is not taken for taken out."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from knowledge.services import working
from knowledge.storage import find
from tests.conftest import Stage
from tests.security.forms import answers, send

ROWS = [{"name": "County health office", "role": "lead"}, {"name": "Ward office", "role": "partner"}]


def values(stage: Stage, record_id: str) -> dict[str, object]:
    with stage.site.db.reading() as session:
        record = find.record(session, record_id)
        assert record is not None
        return dict(record.latest.values)


def cut_after(stage: Stage, last: str, **changes: object) -> MultiDict[str, str]:
    """The form as it is posted when nothing after this control has arrived, in the order of its page."""
    whole, order = answers(stage, organisations=ROWS, **changes), []
    for f in stage.site.registry()["experience"].fields:
        order += [(n, v) for n, v in whole.items(multi=True) if n == f.id or n.startswith(f"{f.id}-")]
    return MultiDict(order[: next(i for i, (n, _) in enumerate(order) if n == last) + 1])


@pytest.mark.parametrize("last", ["results", "organisations-0-name", "title"])
@pytest.mark.parametrize("action", ["save", "submit"])
def test_a_post_of_half_a_page_takes_nothing_away(stage: Stage, last: str, action: str) -> None:
    record_id = stage.record(stage.actor("author"), organisations=ROWS)
    before, browser = values(stage, record_id), stage.client("author")
    half = cut_after(stage, last, title="Typed at the top while the end was coming")
    assert send(browser, f"/work/{record_id}/edit", half, action=action, base="1").status_code == 303
    assert values(stage, record_id) == {**before, "title": "Typed at the top while the end was coming"}


def test_a_row_button_on_half_a_page_gives_the_whole_form_back(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"), organisations=ROWS)
    half = cut_after(stage, "organisations-1-role")
    page = send(stage.client("author"), f"/work/{record_id}/edit", half, action="add:organisations", base="1").text
    assert "organisations-2-name" in page and "Ward office" in page
    assert "Ask the auditor first." in page and 'name="whole"' in page


def test_the_end_comes_from_what_is_kept_where_more_is_kept_than_was_saved(stage: Stage) -> None:
    author = stage.actor("author")
    record_id = stage.record(author)
    typed = [*answers(stage, evidence_note="Kept while she typed.").items(multi=True)]
    stage.site.act(working.keep, author, working.Place(record_id), typed, 1, "k", "")
    send(stage.client("author"), f"/work/{record_id}/edit", cut_after(stage, "title"), action="save", base="1")
    assert values(stage, record_id)["evidence_note"] == "Kept while she typed."


def test_the_control_a_whole_page_without_an_answer_takes_it_out(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"))
    half = cut_after(stage, "results")
    send(stage.client("author"), f"/work/{record_id}/edit", half, action="save", base="1", whole="y")
    assert "licence" not in values(stage, record_id) and "consent" not in values(stage, record_id)

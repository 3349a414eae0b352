"""Import and export: nothing lost on the way round, nothing done twice, and a bad line stops only itself."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from knowledge import setup
from knowledge.services import authoring, catalogue, exchange, exporting, indexing
from knowledge.services.actor import ANYONE, Actor
from knowledge.services.errors import Forbidden, Gone, NotFound, SignInNeeded
from knowledge.services.exchange import Tally
from knowledge.services.lines import MAX_LINE
from knowledge.storage import find
from tests.conftest import Stage, complete_experience, make_stage
from workflows.definition import Refused


def quiet(_: str, __: int | None) -> Any:
    """A progress bar nobody sees."""
    return nullcontext(lambda _: None)


def line(record_id: str = "one", **changes: Any) -> dict[str, Any]:
    """A line that can be imported."""
    return {"id": record_id, "kind": "experience", **complete_experience(), **changes}


def bring_in(stage: Stage, lines: Iterable[Any], publish: bool = True, actor: Actor | None = None) -> Tally:
    """Import lines (text, or what is turned into text)."""
    tally = Tally()
    texts = [text if isinstance(text, str) else json.dumps(text) for text in lines]
    for batch in exchange.batches(texts):
        stage.site.act(exchange.import_batch, actor or stage.manager(), batch, tally, publish)
    return tally


def take_out(stage: Stage) -> list[str]:
    """Everything, as lines."""
    with stage.site.db.reading() as session:
        return [*exporting.export_lines(session, find.record_ids_after(session, "", 1000))]


def refused(stage: Stage, *lines: Any, publish: bool = True) -> list[tuple[int, str]]:
    """Number and field of the lines that are refused."""
    return [(b.number, b.field) for b in bring_in(stage, lines, publish).bad]


def fill(stage: Stage) -> None:
    """Records in every state, one published with a newer draft, one with several kinds of authors."""
    author = stage.actor("author")
    for state in ("draft", "in_review", "changes_requested", "published", "withdrawn"):
        stage.record(author, state, title=f"Phone quotations, {state}")
    for more in ("draft", "in_review", "changes_requested", "withdrawn"):
        record_id = stage.record(author, "published", title=f"Published, then {more}")
        stage.step(author, record_id, "revise")
        stage.revise(author, record_id, title=f"Newer, {more}")
        for step, who in {
            "draft": [],
            "in_review": [("submit", "author")],
            "changes_requested": [("submit", "author"), ("request-changes", "coach")],
            "withdrawn": [("withdraw", "coach")],
        }[more]:
            stage.step(stage.actor(who), record_id, step, f"Because of {more}.")
    shared = stage.record(author, title="Shared")
    for name, email in (("Colleague", "colleague@example.org"), ("Ms Credited", "")):
        stage.site.act(authoring.add_author, author, shared, name, email)
    left = stage.site.act(authoring.add_author, author, shared, "Reader", "reader@example.org")
    gone = next(a.id for a in left.authorships if a.email == "reader@example.org")
    stage.site.act(authoring.remove_author, author, shared, gone)


def test_out_of_one_site_into_another_and_out_again_is_the_same(stage_on: Stage, tmp_path: Path) -> None:
    fill(stage_on)
    before = take_out(stage_on)
    other = make_stage(tmp_path / "other")
    other.manager()
    tally = bring_in(other, before)
    assert (tally.imported, tally.bad) == (len(before), [])
    assert take_out(other) == before
    assert indexing.compare(other.site.db, other.site.engine).same
    other.site.db.close()


def test_what_the_public_reads_is_the_same_after_an_import(stage: Stage, tmp_path: Path) -> None:
    fill(stage)
    other = make_stage(tmp_path / "other")
    other.manager()
    bring_in(other, take_out(stage))

    def public(of: Stage) -> dict[str, Any]:
        shown = {}
        with of.site.db.reading() as session:
            for record_id in find.record_ids_after(session, "", 100):
                try:
                    shown[record_id] = catalogue.read(session, ANYONE, record_id).values["title"]
                except Gone as gone:
                    shown[record_id] = gone.reason
                except NotFound:
                    shown[record_id] = None
        return shown

    before = public(stage)
    assert "Published, then draft" in before.values()
    assert not [title for title in before.values() if title and title.startswith("Newer")]
    assert public(other) == before
    other.site.db.close()


def test_importing_twice_changes_nothing(stage: Stage) -> None:
    fill(stage)
    lines = take_out(stage)
    tally = bring_in(stage, lines)
    assert (tally.imported, tally.known, tally.bad) == (0, len(lines), [])
    assert take_out(stage) == lines


def test_a_record_that_is_here_already_is_left_alone_whatever_the_line_says(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"), "published")
    before = take_out(stage)
    tally = bring_in(stage, [line(record_id, title="Taken over", state="withdrawn", authors=["Mallory"])])
    assert (tally.imported, tally.known) == (0, 1)
    assert take_out(stage) == before


def test_two_lines_with_one_id_in_a_file_are_told_apart(stage: Stage) -> None:
    tally = bring_in(stage, [line("twice", title="First"), line("twice", title="Second"), line("other")])
    assert (tally.imported, [str(b) for b in tally.bad]) == (
        2,
        ["line 2, id: the id twice stands in this file already"],
    )
    assert json.loads(take_out(stage)[1])["title"] == "First"


BAD: list[tuple[Any, str]] = [
    ("not json", ""),
    ("[]", ""),
    ("null", ""),
    ('"text"', ""),
    ("[" * 100_000, ""),
    ('{"id": ' + "9" * 5000 + "}", ""),
    (line(kind="poem"), "kind"),
    (line(kind=["experience"]), "kind"),
    ({k: v for k, v in line().items() if k != "kind"}, "kind"),
    (line("UPPER"), "id"),
    (line("../../etc/passwd"), "id"),
    (line("with~desk"), "id"),
    (line(""), "id"),
    (line("a" * 65), "id"),
    ({**line(), "id": 7}, "id"),
    (line(colour="red"), "colour"),
    (line(author_id=1), "author_id"),
    (line(approved_by="me"), "approved_by"),
    (line(state="approved"), "state"),
    (line(state=["published"]), "state"),
    (line(state={"a": 1}), "state"),
    (line(state=None), "state"),
    (line(title=""), "title"),
    (line(title=["a"]), "title"),
    (line(countries=["XXX"]), "countries"),
    (line(stage="moon"), "stage"),
    (line(live="text"), "live"),
    (line(live={"colour": "red", "title": "x"}), "live"),
    (line(live={}), "live.title"),
    (line(authors="me"), "authors"),
    (line(authors=[{"name": 1}]), "authors"),
    (line(authors=[{"name": "A", "manager": "yes"}]), "authors"),
    (line(authors=[{"name": "A", "role": "king"}]), "authors"),
    (line(authors=[{}]), "authors"),
    (line(authors=[None]), "authors"),
    (line(authors=[{"email": "author@example.org"}, {"email": "Author@example.org", "role": "co-author"}]), "authors"),
    (line(source="https://example.org"), "source"),
    (line(source={"url": "javascript:alert(1)"}), "source"),
    (line(source={"more": "x"}), "source"),
    (line(programme="No Such Slug"), "programme"),
    (line(programme=["reforms"]), "programme"),
    (line(reason=7), "reason"),
    (line(published="yesterday"), "published"),
    (line(published=7), "published"),
    (line(published="0001-01-01T00:00:00+14:00"), "published"),
    (line(published="9999-12-31T23:59:59-14:00"), "published"),
]  # fmt: skip


@pytest.mark.parametrize(("bad", "field"), BAD, ids=[f"{n}-{field or 'line'}" for n, (_, field) in enumerate(BAD)])
def test_a_bad_line_is_named_with_its_field_and_stops_only_itself(stage: Stage, bad: Any, field: str) -> None:
    tally = bring_in(stage, [line("before"), "", bad, line("after")])
    assert [(b.number, b.field) for b in tally.bad] == [(3, field)]
    assert len(tally.bad[0].reason) > 10
    assert str(tally.bad[0]).startswith("line 3")
    assert tally.imported == 2
    assert [json.loads(t)["id"] for t in take_out(stage)] == ["after", "before"]


def test_u12_nothing_a_json_parser_was_ever_tested_with_stops_an_import(stage: Stage, payloads: Path) -> None:
    hostile = json.loads((payloads / "json_parsing.b64.json").read_text())
    texts = [base64.b64decode(blob).decode("utf-8", "replace").replace("\n", " ") for blob in hostile.values()]
    inside = [
        json.dumps(line(f"in-{n}", authors=[])).replace('"authors": []', f'"authors": {t}') for n, t in enumerate(texts)
    ]
    tally = bring_in(stage, [*texts, *inside, line("good")])
    assert len(tally.bad) > 200
    with stage.site.db.reading() as session:
        assert find.record(session, "good") is not None


def test_text_that_no_database_takes_is_cleaned_or_refused(stage_on: Stage) -> None:
    nasty = ["\x00", "\ud800", "a\x00b", "\udfff\ud800", "\ufeff", "\x1b[31m"]
    lines = [line(f"n{n}", title=f"Title {t}", authors=[{"name": f"N{t}", "email": f"{t}x@example.org"}], reason=t,
                  source={"url": f"https://x/{t}", "attribution": t}) for n, t in enumerate(nasty)]  # fmt: skip
    tally = bring_in(stage_on, [*lines, line("good")])
    assert tally.imported + len(tally.bad) == len(nasty) + 1
    assert "good" in [json.loads(t)["id"] for t in take_out(stage_on)]


def test_a_line_of_many_megabytes_is_refused_unread(stage: Stage) -> None:
    assert refused(stage, line(context="x" * (MAX_LINE + 1))) == [(1, "")]


def test_only_a_manager_may_keep_the_states_of_a_file(stage: Stage) -> None:
    for name in ("author", "coach", "reader"):
        with pytest.raises(Forbidden, match="manager"):
            bring_in(stage, [line(state="published")], actor=stage.actor(name))
    with pytest.raises(SignInNeeded):
        bring_in(stage, [line()], publish=False, actor=ANYONE)
    assert take_out(stage) == []
    assert bring_in(stage, [line(state="published")]).imported == 1


def test_without_publish_everything_becomes_a_draft_and_nothing_is_public(stage: Stage) -> None:
    lines = [line("p", state="published"), line("w", state="withdrawn", published="2020-01-01T00:00:00+00:00"),
             line("l", state="draft", live=complete_experience(title="Was live"))]  # fmt: skip
    assert bring_in(stage, lines, publish=False, actor=stage.actor("reader")).imported == 3
    assert {json.loads(t)["state"] for t in take_out(stage)} == {"draft"}
    assert not [t for t in take_out(stage) if "Was live" in t or '"published": "20' in t]
    with stage.site.db.reading() as session:
        assert find.public_count(session) == 0
    assert set(stage.site.engine.held()) == {"p~desk", "w~desk", "l~desk"}


def test_an_import_gives_nobody_a_role(stage: Stage) -> None:
    bring_in(stage, [line(programme="new-one", authors=[{"email": "reader@example.org"}])], publish=False)
    with stage.site.db.reading() as session:
        reader = find.person_by_email(session, "reader@example.org")
        assert reader is not None
        assert not reader.manager
        assert find.memberships(session, reader.id) == []
        assert find.members(session, "new-one") == []


def test_an_interrupted_import_goes_on_where_it_stopped(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "BATCH", 3)
    file = tmp_path / "lines.jsonl"
    file.write_text("".join(json.dumps(line(f"r{n}")) + "\n" for n in range(10)))
    real, calls = exchange.import_batch, []

    def dies(*args: Any) -> None:
        calls.append(1)
        real(*args)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(exchange, "import_batch", dies)
    with pytest.raises(KeyboardInterrupt):
        setup.import_file(stage.site, stage.manager(), file, False, quiet)
    assert len(take_out(stage)) == 6
    tally = setup.import_file(stage.site, stage.manager(), file, False, quiet)
    assert (tally.imported, tally.known) == (4, 6)
    assert [json.loads(t)["id"] for t in take_out(stage)] == sorted(f"r{n}" for n in range(10))


def test_an_export_that_fails_leaves_the_old_file_whole(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.record(stage.actor("author"))
    file = tmp_path / "all.jsonl"
    assert setup.export_file(stage.site, file, quiet) == (1, [])
    before = file.read_bytes()
    stage.record(stage.actor("author"))
    monkeypatch.setattr(exporting, "export_lines", lambda *_: iter(["half", *[None]]))
    with pytest.raises(TypeError):
        setup.export_file(stage.site, file, quiet)
    assert file.read_bytes() == before
    monkeypatch.undo()
    assert setup.export_file(stage.site, file, quiet) == (2, [])


def test_the_co_author_of_an_imported_record_may_not_publish_it(stage: Stage) -> None:
    people = [{"email": "author@example.org"}, {"email": "coach@example.org", "role": "former"}]
    bring_in(stage, [line("mine", state="in_review", programme="reforms", authors=people)])
    with pytest.raises(Refused):
        stage.step(stage.actor("coach"), "mine", "publish")
    bring_in(stage, [line("theirs", state="in_review", programme="reforms", authors=people[:1])])
    stage.step(stage.actor("coach"), "theirs", "publish")


def test_a_former_author_who_is_credited_again_comes_round_whole(stage: Stage, tmp_path: Path) -> None:
    """The same e-mail stands twice, once as former: it must neither be refused nor lose the right to edit."""
    author = stage.actor("author")
    record_id = stage.record(author)
    added = stage.site.act(authoring.add_author, author, record_id, "Later", "later@example.org")
    stage.site.act(authoring.remove_author, author, record_id, added.authorships[-1].id)
    stage.site.act(authoring.add_author, author, record_id, "Later", "later@example.org")
    before = take_out(stage)
    other = make_stage(tmp_path / "other")
    other.manager()
    other.person("later")
    assert bring_in(other, before).bad == []
    assert take_out(other) == before
    other.site.db.close()

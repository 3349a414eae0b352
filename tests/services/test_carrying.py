"""Files that travel with an export: looked at like uploads, under the rights of their record, once however often."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from knowledge import setup
from knowledge.services import files, indexing
from knowledge.services.exchange import Tally
from knowledge.storage import attached, find
from knowledge.storage.models.base import now
from search.query import Query
from search.schema import Document
from tests.conftest import Stage, make_stage
from tests.files import made

TEXT = b"Offers by phone in two counties, zanzifile. "


def quiet(_: str, __: int | None) -> Any:
    """A progress bar nobody sees."""
    return nullcontext(lambda _: None)


def with_files(stage: Stage, state: str, *contents: bytes) -> tuple[str, list[str]]:
    """A record that shows these files, and their ids."""
    author = stage.actor("author")
    record_id = stage.record(author)
    ids = [
        stage.site.uploads.keep(author, record_id, f"file {n}.bin", io.BytesIO(c)).id for n, c in enumerate(contents)
    ]
    rows = [{"file": i, "caption": "Offers", "alt": "A stall", "people": "nobody"} for i in ids]
    stage.revise(author, record_id, media=rows)
    if state == "published":
        stage.step(author, record_id, "submit")
        stage.step(stage.actor("coach"), record_id, "publish")
    return record_id, ids


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Stage]:
    """An empty site, but for a manager and the author."""
    there = make_stage(tmp_path / "other")
    there.manager()
    there.person("author")
    yield there
    there.site.db.close()


def out(stage: Stage, folder: Path) -> Path:
    """Export with files; the lines."""
    folder.mkdir(exist_ok=True)
    setup.export_file(stage.site, folder / "lines.jsonl", quiet, folder / "files")
    return folder / "lines.jsonl"


def into(stage: Stage, lines: Path, publish: bool = True, name: str = "manager") -> Tally:
    """Import with files, as somebody."""
    actor = stage.actor(name)
    return setup.import_file(stage.site, actor, lines, publish, quiet, files=lines.parent / "files")


def sentences(tally: Tally) -> list[str]:
    return [str(bad) for bad in tally.bad]


def changed(lines: Path, **changes: str) -> None:
    """Say something else of the first file of the first line."""
    first, *more = lines.read_text().splitlines()
    line = json.loads(first)
    line["attached"][0].update(changes)
    lines.write_text("\n".join([json.dumps(line), *more]) + "\n")


def test_out_and_into_an_empty_site_the_page_shows_the_picture(stage: Stage, other: Stage, tmp_path: Path) -> None:
    record_id, ids = with_files(stage, "published", made.from_a_phone(), TEXT, made.mp3())
    lines = out(stage, tmp_path / "out")
    tally = into(other, lines)
    assert (tally.imported, tally.files, tally.bad) == (1, 3, [])
    page = other.client().get(f"/practices/{record_id}", follow_redirects=True).text
    shown = [address for address, *_ in _attachment(other, ids[0]).addresses]
    assert len(shown) == 3 and all(address in page for address in shown)
    for address in shown:
        answer = other.client().get(address)
        assert answer.status_code == 200 and answer.mimetype == "image/webp" and b"Canary" not in answer.data
    assert other.client().get(_attachment(other, ids[1]).address).data == TEXT
    assert files.compare(other.site.db, other.site.uploads.store).same
    indexing.drain(other.site.db, other.site.engine)
    assert record_id in other.client().get("/practices?q=zanzifile").text
    assert indexing.compare(other.site.db, other.site.engine).same
    again = out(other, tmp_path / "again")
    assert [json.loads(t) for t in again.read_text().splitlines()] == [
        json.loads(t) for t in lines.read_text().splitlines()
    ]


def test_a_file_that_comes_in_while_the_index_is_rebuilt_is_found_afterwards(
    stage: Stage, other: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_id, [there] = with_files(stage, "published", TEXT)
    lines = out(stage, tmp_path / "out")
    aside = (lines.parent / "files" / there).rename(tmp_path / "aside")
    assert into(other, lines).files == 0
    with other.site.db.transaction() as session:  # the record itself has been there for long
        find.record(session, record_id).changed = now() - timedelta(days=3)  # type: ignore[union-attr]
    documents, engine = indexing._all_documents, other.site.engine

    def found() -> int:
        return engine.search(Query("zanzifile", frozenset({"public"}))).total

    def and_then_the_file(db: Any) -> Iterator[Document]:
        yield from list(documents(db))
        aside.rename(lines.parent / "files" / there)
        assert into(other, lines).files == 1
        indexing.drain(other.site.db, engine)
        assert found() == 1, "the control: the old index has heard of it"

    monkeypatch.setattr(indexing, "_all_documents", and_then_the_file)
    indexing.rebuild(other.site.db, engine)
    assert found() == 1


def test_files_have_the_rights_they_had(stage: Stage, other: Stage, tmp_path: Path) -> None:
    _, [draft] = with_files(stage, "draft", TEXT)
    record_id, [public, secret] = with_files(stage, "published", TEXT, TEXT + b"once")
    author = stage.actor("author")
    stage.step(author, record_id, "revise")
    stage.revise(author, record_id, media=[{"file": secret, "caption": "Newer"}])
    into(other, out(stage, tmp_path / "out"))
    other.person("reader")
    for where in (stage, other):
        found = {
            i: where.client("reader").get(_attachment(where, i).address).status_code for i in (draft, public, secret)
        }
        assert found == {draft: 404, public: 200, secret: 200}
        mine = where.client("author").get(_attachment(where, draft).address)
        assert mine.status_code == 200 and mine.data == TEXT


def test_importing_again_changes_nothing_and_an_interrupted_one_goes_on(
    stage: Stage, other: Stage, tmp_path: Path
) -> None:
    record_id, ids = with_files(stage, "published", made.picture(), TEXT)
    lines = out(stage, tmp_path / "out")
    (lines.parent / "files" / ids[1]).rename(tmp_path / "away")
    tally = into(other, lines)
    assert (tally.imported, tally.files) == (1, 1)
    assert sentences(tally) == [
        f"line 1, attached: The file “file 1.bin” is not in the folder: copy {ids[1]} there and import once more."
    ]
    (tmp_path / "away").rename(lines.parent / "files" / ids[1])
    for expected in (1, 0):
        tally = into(other, lines)
        assert (tally.imported, tally.known, tally.files, tally.bad) == (0, 1, expected, [])
    with other.site.db.reading() as session:
        assert {row.person_id for row in attached.of_record(session, record_id)} == {None}


def test_a_file_that_is_not_what_it_is_said_to_be_stops_only_itself(stage: Stage, other: Stage, tmp_path: Path) -> None:
    record_id, ids = with_files(stage, "published", made.picture(), TEXT)
    lines = out(stage, tmp_path / "out")
    folder = lines.parent / "files"
    for bad, words in (
        (TEXT, "is said to be a picture, and is a document"),
        (b"<script>alert(1)</script>", "is none of the kinds of file"),
        (b"", "is empty"),
        (made.picture()[:4000], "is damaged or cut off"),
    ):
        (folder / ids[0]).write_bytes(bad)
        tally = into(other, lines)
        assert len(tally.bad) == 1 and words in sentences(tally)[0], sentences(tally)
    (folder / ids[1]).write_bytes(TEXT + b"!")
    changed_too = into(other, lines)
    assert len(changed_too.bad) == 1 and changed_too.files == 0  # the picture; the text is here since the first time
    with other.site.db.reading() as session:
        record = find.record(session, record_id)
        assert record is not None and record.live is not None
        assert [f.id for f in attached.of_record(session, record_id)] == [ids[1]]
    assert other.client().get(f"/practices/{record_id}", follow_redirects=True).status_code == 200


def test_a_document_that_changed_on_the_way_is_refused(stage: Stage, other: Stage, tmp_path: Path) -> None:
    _, [file_id] = with_files(stage, "draft", TEXT)
    lines = out(stage, tmp_path / "out")
    (lines.parent / "files" / file_id).write_bytes(TEXT[:-5])
    [said] = sentences(into(other, lines))
    assert "is not what it was" in said
    assert list(other.site.uploads.store.names()) == []


def test_a_link_in_the_folder_leads_nowhere(stage: Stage, other: Stage, tmp_path: Path) -> None:
    _, [file_id] = with_files(stage, "draft", TEXT)
    lines = out(stage, tmp_path / "out")
    secret = tmp_path / "secret"
    shutil.move(lines.parent / "files" / file_id, secret)
    (lines.parent / "files" / file_id).symlink_to(secret)
    [said] = sentences(into(other, lines))
    assert "is not in the folder" in said


def test_only_who_may_edit_a_record_or_a_manager_brings_files_to_it(stage: Stage, other: Stage, tmp_path: Path) -> None:
    with_files(stage, "draft", TEXT)
    lines = out(stage, tmp_path / "out")
    other.person("stranger")
    [said] = sentences(into(other, lines, publish=False, name="stranger"))
    assert "only a manager" in said and list(other.site.uploads.store.names()) == []
    assert into(other, lines, publish=False, name="author").files == 1  # the control


def test_a_file_that_nothing_names_or_that_is_elsewhere_is_left_out(stage: Stage, other: Stage, tmp_path: Path) -> None:
    _, [first] = with_files(stage, "draft", TEXT)
    lines = out(stage, tmp_path / "out")
    changed(lines, id="a" * 20)
    shutil.copy(lines.parent / "files" / first, lines.parent / "files" / ("a" * 20))
    assert "No version of this record refers to" in sentences(into(other, lines))[0]
    taken = json.loads(lines.read_text())
    taken["id"] = "thief"
    taken["attached"][0]["id"] = first
    lines.write_text(json.dumps(taken) + "\n")
    assert "in another record" in sentences(into(stage, lines))[0]
    with stage.site.db.reading() as session:
        row = attached.file(session, first)
        assert row is not None and row.record_id != "thief"


@pytest.mark.parametrize(
    "said",
    ["text", [1], [{}], [{"id": "../../etc/passwd"}], [{"id": "parts", "name": "x", "kind": "picture", "digest": "0" * 64}],
     [{"id": "a" * 20, "name": "x", "kind": "program", "digest": "0" * 64}],
     [{"id": "a" * 20, "name": "x", "kind": "audio", "digest": "short"}],
     [{"id": "a" * 20, "name": "x", "kind": "audio", "digest": "0" * 64, "path": "/etc"}], [{}] * 41],
)  # fmt: skip
def test_odd_words_about_files_refuse_the_line(stage: Stage, tmp_path: Path, said: Any) -> None:
    record_id = stage.record(stage.actor("author"))
    lines = out(stage, tmp_path / "out")
    line = {**json.loads(lines.read_text()), "id": "new", "attached": said}
    lines.write_text(json.dumps(line) + "\n")
    tally = into(stage, lines)
    assert [(bad.number, bad.field) for bad in tally.bad] == [(1, "attached")] and tally.imported == 0
    assert record_id != "new"


def test_what_the_store_has_lost_is_named_and_the_others_go_out(stage: Stage, tmp_path: Path) -> None:
    _, [lost, kept] = with_files(stage, "draft", TEXT, TEXT + b"more")
    stage.site.uploads.store.drop(f"{lost}/whole")
    count, missing = setup.export_file(stage.site, tmp_path / "l.jsonl", quiet, tmp_path / "apart")
    assert count == 1 and missing == [f"{lost} (file 0.bin)"]
    assert [path.name for path in (tmp_path / "apart").iterdir()] == [kept]


def test_without_a_folder_lines_are_as_they_were(stage: Stage, other: Stage, tmp_path: Path) -> None:
    with_files(stage, "published", TEXT)
    setup.export_file(stage.site, tmp_path / "plain.jsonl", quiet)
    assert "attached" not in (tmp_path / "plain.jsonl").read_text()
    lines = out(stage, tmp_path / "out")
    tally = setup.import_file(other.site, other.manager(), lines, True, quiet)
    assert (tally.imported, tally.files, len(tally.attached)) == (1, 0, 1)


def _attachment(stage: Stage, file_id: str) -> Any:
    with stage.site.db.reading() as session:
        row = attached.file(session, file_id)
        assert row is not None
        return files.attachment(row)

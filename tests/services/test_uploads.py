"""Taking in files: whose they are, how many, again, in chunks; and whether rows and bytes agree."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest

from knowledge.services import authoring, files, uploads, working
from knowledge.services.actor import Actor
from knowledge.services.errors import Forbidden, Invalid, NotFound
from knowledge.services.uploads import LARGEST_CHUNK, LEAST_CHUNK, Astray
from knowledge.storage import attached, find
from knowledge.storage.models.base import now
from tests.conftest import Stage, make_stage
from tests.files import made

TEXT = b"Offers by phone in two counties."


def keep(stage: Stage, actor: Actor, record_id: str, content: bytes = TEXT, name: str = "offers.txt"):  # type: ignore[no-untyped-def]
    return stage.site.uploads.keep(actor, record_id, name, io.BytesIO(content))


def show(stage: Stage, actor: Actor, record_id: str, *ids: str) -> None:
    """Let the record refer to these files and no others."""
    stage.revise(actor, record_id, media=[{"file": i, "caption": "Offers"} for i in ids])


def test_a_file_is_kept_once_however_often_it_is_sent(stage_on: Stage) -> None:
    author = stage_on.actor("author")
    record_id, other = stage_on.record(author), stage_on.record(author)
    first, second = keep(stage_on, author, record_id), keep(stage_on, author, record_id, name="again.txt")
    assert first == second and keep(stage_on, author, other).id != first.id
    assert len(stage_on.site.ask(files.of_record, author, record_id)) == 1
    assert stage_on.site.uploads.tidy(stage_on.site.db).same


def test_only_who_may_edit_the_record_now_may_add_a_file(stage: Stage) -> None:
    author = stage.actor("author")
    record_id = stage.record(author)
    for who, error in (("stranger", NotFound), ("coach", Forbidden), ("manager", Forbidden)):
        with pytest.raises(error):
            keep(stage, stage.actor(who), record_id)
        with pytest.raises(error):
            stage.site.uploads.begin(stage.actor(who), record_id, "a.txt", 100, "k")
    stage.step(author, record_id, "submit")
    with pytest.raises(Forbidden):
        keep(stage, author, record_id)
    assert list(stage.site.uploads.store.names()) == []
    stage.step(author, record_id, "recall")
    assert keep(stage, author, record_id).name == "offers.txt"  # the control


@pytest.mark.case("A2")
def test_A2_naming_a_file_of_another_record_is_refused_and_opens_nothing(stage: Stage) -> None:
    author, stranger = stage.actor("author"), stage.actor("stranger")
    secret = keep(stage, author, stage.record(author))
    mine = stage.record(stranger)
    with pytest.raises(Invalid) as refused:
        show(stage, stranger, mine, secret.id)
    assert [p.path for p in refused.value.problems] == [("media", 0, "file")]
    with pytest.raises(Invalid):
        values = {"title": "A thief of pictures", "language": "en", "media": [{"file": secret.id}]}
        stage.site.act(authoring.start, stranger, "experience", values, "")
    show(stage, stranger, mine, keep(stage, stranger, mine).id)  # the control


def test_the_type_of_a_row_is_what_its_file_is_and_not_what_somebody_says(stage: Stage) -> None:
    author = stage.actor("author")
    record_id = stage.record(author)
    file = keep(stage, author, record_id, made.picture(size=(40, 30)))
    stage.revise(author, record_id, media=[{"file": file.id, "type": "document", "caption": "No picture at all"}])
    desk = stage.site.ask(authoring.open_desk, author, record_id)
    assert desk.values["media"][0]["type"] == "photo"
    lacking = {p.path for p in desk.missing}
    assert {("media", 0, "alt"), ("media", 0, "people")} <= lacking
    row = {"file": file.id, "caption": "c", "alt": "A stall", "people": "people"}
    stage.revise(author, record_id, media=[row])
    assert {p.path for p in stage.site.ask(authoring.open_desk, author, record_id).missing} == {("media", 0, "consent")}
    stage.revise(author, record_id, media=[{**row, "consent": "The office asked them in May."}])
    assert stage.site.ask(authoring.open_desk, author, record_id).missing == ()


@pytest.mark.case("U11")
def test_U11_a_person_has_so_much_room_and_a_record_so_many_files(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    stage = make_stage(tmp_path, files_per_person=1)
    for name in ("manager", "author", "other"):
        stage.person(name, manager=name == "manager")
    author = stage.actor("author")
    record_id = stage.record(author)
    keep(stage, author, record_id, b"a" * 700_000)
    with pytest.raises(Invalid, match="You have 0 of 1 MB in use"):
        keep(stage, author, record_id, b"b" * 400_000)
    with pytest.raises(Invalid, match="does not fit"):
        stage.site.uploads.begin(author, record_id, "c.txt", 400_000, "k")
    other = stage.actor("other")
    assert keep(stage, other, stage.record(other), b"b" * 400_000)  # the control: room is a person's own
    monkeypatch.setattr(uploads, "MOST_FILES", 1)
    with pytest.raises(Invalid, match="1 files"):
        keep(stage, author, record_id, b"c")
    stage.site.db.close()


@pytest.mark.case("U11")
def test_U11_of_hundreds_of_small_files_a_record_keeps_as_many_as_it_can_have(stage: Stage) -> None:
    author, taken = stage.actor("author"), stage.site.uploads
    record_id, other = stage.record(author), stage.record(author)
    refused = set()
    for number in range(400):
        try:
            keep(stage, author, record_id, b"Offers by phone, %d." % number, f"offers-{number:04}.txt")
        except Invalid as error:
            refused.add((number < uploads.MOST_FILES, str(error.problems[0])))
    with pytest.raises(Invalid, match=f"{uploads.MOST_FILES} files, which is as many"):
        taken.begin(author, record_id, "one-more.txt", 100, "k")
    assert len(refused) == 1 and not refused.pop()[0], "the first were taken, of all others it is said why not"
    kept = {name.split("/")[0] for name, _ in taken.store.names()}
    assert len(kept) == len(stage.site.ask(files.of_record, author, record_id)) == uploads.MOST_FILES
    assert taken.tidy(stage.site.db).same, "and nothing is left of what was refused"
    page = stage.client("author").get(f"/work/{record_id}/edit").text
    assert len(set(re.findall(r"offers-\d{4}\.txt", page))) == uploads.MOST_FILES and len(page) < 400_000
    begun = [begin_or_none(taken, author, other, str(number)) for number in range(50)]
    assert len([each for each in begun if each]) == uploads.MOST_UNDER_WAY
    assert keep(stage, author, other).id, "the control: another record takes what comes whole"


def begin_or_none(taken: uploads.Uploads, actor: Actor, record_id: str, key: str) -> str | None:
    try:
        return taken.begin(actor, record_id, "a.txt", 100, key).id
    except Invalid:
        return None


@pytest.mark.case("U5")
@pytest.mark.parametrize(
    ("given", "label"),
    [
        ("../../etc/passwd", "passwd"), ("C:\\Users\\x\\photo.jpg", "photo.jpg"), ("a\0b.png", "ab.png"),
        ("photo\u202egpj.exe", "photogpj.exe"), ("  . ", "file"), ("", "file"), ("x" * 300 + ".jpeg", "x" * 100 + ".jpeg"),
        ("CON", "CON"), ("عقد.pdf", "عقد.pdf"), ("a\nb.txt", "a b.txt"), ("<script>.png", "<script>.png"),
    ],
)  # fmt: skip
def test_U5_a_given_name_is_a_label_and_no_more(given: str, label: str) -> None:
    assert uploads.label(given) == label


@pytest.mark.case("U5")
def test_U5_hostile_names_never_reach_the_store(stage: Stage, payloads) -> None:  # type: ignore[no-untyped-def]
    author = stage.actor("author")
    record_id = stage.record(author)
    names = (payloads / "upload_filenames.txt").read_text(errors="replace").splitlines()
    assert len(names) > 50
    for number, name in enumerate(names):
        found = uploads.label(name)
        assert 0 < len(found) <= 120 and not set(found) & set("/\\\0\r\n"), (number, name)
    assert any(uploads.label(name) != name for name in names)  # the control: there was something to take off
    for name in names[:2]:
        assert keep(stage, author, record_id, name.encode() + b" x", name).id
    assert all(name.replace("/", "").isalnum() for name, _ in stage.site.uploads.store.names())


# ---------------------------------------------------------------------------- in chunks


def chunks(content: bytes, size: int = LEAST_CHUNK) -> list[tuple[int, bytes]]:
    return [(place, content[place : place + size]) for place in range(0, len(content), size)]


def test_a_file_comes_in_chunks_and_goes_on_after_a_cut_where_it_stopped(stage_on: Stage) -> None:
    author, taken = stage_on.actor("author"), stage_on.site.uploads
    record_id = stage_on.record(author)
    content = b"Offers by phone. " * 4000
    begun = taken.begin(author, record_id, "offers.txt", len(content), "offers.txt|1")
    (first, one), (second, two), *rest = chunks(content)
    assert taken.add(author, record_id, begun.id, first, one).received == LEAST_CHUNK
    with pytest.raises(Astray) as astray:  # its answer was lost, so it comes again
        taken.add(author, record_id, begun.id, first, one)
    assert astray.value.received == LEAST_CHUNK
    again = taken.begin(author, record_id, "offers.txt", len(content), "offers.txt|1")  # the page was closed
    assert (again.id, again.received) == (begun.id, LEAST_CHUNK)
    with pytest.raises(Astray):
        taken.finish(author, record_id, begun.id)
    for place, chunk in [(second, two), *rest]:
        taken.add(author, record_id, begun.id, place, chunk)
    file = taken.finish(author, record_id, begun.id)
    assert taken.finish(author, record_id, begun.id) == file
    assert taken.begin(author, record_id, "offers.txt", len(content), "offers.txt|1").file_id == file.id
    assert b"".join(taken.store.read(f"{file.id}/whole")) == content
    assert [name for name, _ in taken.store.names("parts")] == []


@pytest.mark.case("A2")
def test_A2_an_upload_is_its_own_person_s_and_record_s(stage: Stage) -> None:
    author, colleague, taken = stage.actor("author"), stage.actor("colleague"), stage.site.uploads
    record_id, other = stage.record(author), stage.record(author)
    stage.site.act(authoring.add_author, author, record_id, "", "colleague@example.org")
    begun = taken.begin(author, record_id, "a.txt", 100, "k")
    for actor, record in ((colleague, record_id), (author, other), (stage.actor("stranger"), record_id)):
        for act in (taken.state, taken.finish):
            with pytest.raises(NotFound):
                act(actor, record, begun.id)
        with pytest.raises(NotFound):
            taken.add(actor, record, begun.id, 0, b"x" * 100)
    assert taken.begin(colleague, record_id, "a.txt", 100, "k").id != begun.id
    assert taken.add(author, record_id, begun.id, 0, b"x" * 100).received == 100  # the control


@pytest.mark.case("U6")
def test_U6_chunks_that_are_too_small_too_large_or_too_many_are_refused(stage: Stage) -> None:
    author, taken = stage.actor("author"), stage.site.uploads
    record_id = stage.record(author)
    begun = taken.begin(author, record_id, "a.txt", 3 * LARGEST_CHUNK, "k")
    for chunk in (b"", b"x" * (LEAST_CHUNK - 1), b"x" * (LARGEST_CHUNK + 1)):
        with pytest.raises(Invalid):
            taken.add(author, record_id, begun.id, 0, chunk)
    for size in (0, -1, 61_000_000, 10**11):
        with pytest.raises(Invalid):
            taken.begin(author, record_id, "b.txt", size, "k2")
    short = taken.begin(author, record_id, "c.txt", LEAST_CHUNK, "k3")
    with pytest.raises(Invalid):
        taken.add(author, record_id, short.id, 0, b"x" * (LEAST_CHUNK + 1))
    assert list(taken.store.names()) == []
    for number in range(uploads.MOST_UNDER_WAY - 2):
        taken.begin(author, record_id, "a.txt", 100, f"many{number}")
    with pytest.raises(Invalid, match="on their way"):
        taken.begin(author, record_id, "a.txt", 100, "one too many")


@pytest.mark.case("U2", control="test_a_file_comes_in_chunks_and_goes_on_after_a_cut_where_it_stopped")
def test_a_file_that_is_refused_at_the_end_leaves_nothing(stage: Stage) -> None:
    author, taken = stage.actor("author"), stage.site.uploads
    record_id, content = stage.record(author), b"<svg onload=alert(1)>"
    begun = taken.begin(author, record_id, "a.svg", len(content), "k")
    taken.add(author, record_id, begun.id, 0, content)
    with pytest.raises(Invalid, match="svg"):
        taken.finish(author, record_id, begun.id)
    assert list(taken.store.names()) == []
    assert taken.begin(author, record_id, "a.svg", len(content), "k").received == 0


def test_a_chunk_that_was_lost_is_asked_for_again(stage: Stage) -> None:
    author, taken = stage.actor("author"), stage.site.uploads
    record_id, content = stage.record(author), b"Offers by phone. " * 3000
    begun = taken.begin(author, record_id, "a.txt", len(content), "k")
    for place, chunk in chunks(content):
        taken.add(author, record_id, begun.id, place, chunk)
    taken.store.drop(f"parts/{begun.id}/{LEAST_CHUNK}-{LEAST_CHUNK}")
    with pytest.raises(Astray) as astray:
        taken.finish(author, record_id, begun.id)
    assert astray.value.received == LEAST_CHUNK == taken.state(author, record_id, begun.id).received
    for place, chunk in chunks(content)[1:]:
        taken.add(author, record_id, begun.id, place, chunk)
    assert taken.finish(author, record_id, begun.id).size == len(content)


# ---------------------------------------------------------------------------- agreement


@pytest.mark.case("F7")
def test_F7_bytes_without_a_row_and_rows_without_bytes_are_found(stage: Stage) -> None:
    author, taken, db = stage.actor("author"), stage.site.uploads, stage.site.db
    record_id = stage.record(author)
    kept, other = keep(stage, author, record_id), keep(stage, author, record_id, b"another")
    assert files.compare(db, taken.store).same
    taken.store.put("nobody/whole", io.BytesIO(b"x"))
    taken.store.drop(f"{other.id}/whole")
    begun = taken.begin(author, record_id, "c.txt", 100, "k")
    taken.add(author, record_id, begun.id, 0, b"x" * 100)
    found = files.compare(db, taken.store)
    assert (found.lost, found.stray) == ((f"{other.id}/whole",), ("nobody/whole",))
    assert taken.tidy(db) == found and taken.store.size("nobody/whole") == 1  # too young: somebody may be about to
    with db.transaction() as session:
        for upload in attached.left_behind(session, now() + timedelta(days=1)):
            upload.touched = now() - timedelta(days=2)
    assert f"parts/{begun.id}/0-100" in taken.tidy(db).stray  # and abandoned parts go once they are a day old
    assert taken.store.size(f"{kept.id}/whole") == len(TEXT)


@pytest.mark.case("F7")
def test_F7_the_sweep_removes_what_is_old_and_belongs_to_nothing(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    author, taken, db = stage.actor("author"), stage.site.uploads, stage.site.db
    record_id = stage.record(author)
    used, before, unused = (keep(stage, author, record_id, text) for text in (b"used", b"used before", b"never used"))
    show(stage, author, record_id, before.id)
    show(stage, author, record_id, used.id)
    taken.store.put("nobody/whole", io.BytesIO(b"x"))
    monkeypatch.setattr(files, "ABANDONED", timedelta(days=-1))
    monkeypatch.setattr(files, "UNUSED", timedelta(days=-1))
    taken.tidy(db)
    assert {name for name, _ in taken.store.names()} == {f"{used.id}/whole", f"{before.id}/whole"}
    assert unused.id not in stage.site.ask(files.of_record, author, record_id)


@pytest.mark.case("F7")
def test_F7_the_sweep_leaves_a_file_that_stands_in_an_unsaved_text(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    author, taken = stage.actor("author"), stage.site.uploads
    record_id = stage.record(author)
    place, unsaved = working.Place(record_id), keep(stage, author, record_id, b"in an unsaved text")
    fields = [("title", "T"), ("media-0-file", unsaved.id), ("media-0-caption", "Three offers")]
    stage.site.act(working.keep, author, place, fields, 1, "k", "")
    monkeypatch.setattr(files, "UNUSED", timedelta(days=-1))
    taken.tidy(stage.site.db)
    assert unsaved.id in stage.site.ask(files.of_record, author, record_id)
    stage.site.act(working.drop, author, place)  # the control
    taken.tidy(stage.site.db)
    assert unsaved.id not in stage.site.ask(files.of_record, author, record_id)


def test_a_file_nobody_used_is_removed_and_one_of_an_earlier_version_is_not(stage: Stage) -> None:
    author, taken = stage.actor("author"), stage.site.uploads
    record_id = stage.record(author)
    earlier, unused = keep(stage, author, record_id, b"earlier"), keep(stage, author, record_id, b"unused")
    show(stage, author, record_id, earlier.id)
    show(stage, author, record_id)
    with pytest.raises(NotFound):
        taken.remove(author, record_id, earlier.id)
    with pytest.raises(NotFound):
        taken.remove(stage.actor("stranger"), record_id, unused.id)
    taken.remove(author, record_id, unused.id)
    assert set(stage.site.ask(files.of_record, author, record_id)) == {earlier.id}
    assert taken.store.size(f"{unused.id}/whole") is None


@pytest.mark.case("L20")
def test_L20_words_of_a_draft_s_file_are_found_at_its_desk_and_by_nobody_else(whoosh_stage: Stage) -> None:
    author, reader = whoosh_stage.actor("author"), whoosh_stage.client()
    record_id = whoosh_stage.record(author)
    show(whoosh_stage, author, record_id, keep(whoosh_stage, author, record_id, made.pdf(), "offers.pdf").id)

    def found(name: str = "") -> int:
        browser = whoosh_stage.client(name) if name else reader
        return browser.get(f"/practices.json?q={made.WORD}").json["total"]

    assert found() == found("stranger") == found("author") == 0
    assert "Phone quotations" in whoosh_stage.client("author").get(f"/work?q={made.WORD}").text.split("Find in")[1]
    assert "1 record" not in whoosh_stage.client("stranger").get(f"/work?q={made.WORD}").text
    whoosh_stage.step(author, record_id, "submit")
    assert found() == 0
    whoosh_stage.step(whoosh_stage.actor("coach"), record_id, "publish")
    assert found() == 1  # the control: its words are in the index
    whoosh_stage.step(author, record_id, "revise")
    draft = keep(whoosh_stage, author, record_id, b"Secondcanary words.", "more.txt")
    show(whoosh_stage, author, record_id, draft.id)
    assert found() == 1 and reader.get("/practices.json?q=secondcanary").json["total"] == 0
    whoosh_stage.step(whoosh_stage.actor("coach"), record_id, "withdraw", "By request.")
    assert found() == 0
    with whoosh_stage.site.db.reading() as session:
        assert find.outbox_size(session) == 0

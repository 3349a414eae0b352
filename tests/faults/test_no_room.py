"""F3: the disk is full, or fails, at the k-th touch of it, while a file is taken in or a mail is written, for every k."""

from __future__ import annotations

import errno
import io
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from knowledge import setup
from knowledge.files import apart
from knowledge.files.refusal import Refusal
from knowledge.files.store import FilesUnavailable
from knowledge.services import files
from knowledge.storage.models.base import now
from knowledge.storage.models.mail import Mail
from tests.conftest import Stage, post, token
from tests.faults.disk import failing
from tests.files import made
from tests.security.test_files import PICTURE, attach

TOUCHES = [
    (os, "fsync"),
    (os, "open"),
    (os, "mkdir"),
    (os, "replace"),
    (os, "rename"),
    (Path, "open"),
    (tempfile, "mkdtemp"),
]
TOUCHES += [(shutil, "copyfileobj")]
MOST = 80


def in_one(stage: Stage, record: str, content: bytes) -> None:
    stage.site.uploads.keep(stage.actor("author"), record, "offers.txt", io.BytesIO(content))


def in_chunks(stage: Stage, record: str, content: bytes) -> None:
    """As a script does, which asks each time how far it is."""
    author, taken = stage.actor("author"), stage.site.uploads
    begun = taken.begin(author, record, "offers.txt", len(content), "key of " + content[:20].decode())
    place = begun.received
    while begun.file_id is None and place < len(content):
        place = taken.add(author, record, begun.id, place, content[place : place + 20_000]).received
    taken.finish(author, record, begun.id)


@pytest.mark.case("F3", "F7")
@pytest.mark.parametrize(
    ("take", "code"),
    [(in_one, errno.ENOSPC), (in_one, errno.EMFILE), (in_chunks, errno.EIO)],
    ids=["in one, ENOSPC", "in one, EMFILE", "in chunks, EIO"],
)
def test_F3_whenever_the_disk_fails_a_file_is_kept_whole_or_not_at_all_and_the_next_try_succeeds(
    stage: Stage, take: Callable[[Stage, str, bytes], None], code: int
) -> None:
    record, db, store = stage.record(stage.actor("author")), stage.site.db, stage.site.uploads.store
    failed = 0
    for k in range(1, MOST):
        content = f"Offers by phone, number {k:03}. ".encode() * 1000
        with failing(TOUCHES, k, code) as came_to_it:
            try:
                take(stage, record, content)
            except FilesUnavailable as error:
                failed += 1
                assert os.strerror(code) in str(error), "it says what was the matter"
        if not came_to_it():
            break
        assert files.compare(db, store).lost == (), "no row without its bytes"
        take(stage, record, content)
        [kept] = stage.site.ask(files.of_record, stage.actor("author"), record).values()
        assert b"".join(store.read(f"{kept.id}/whole")) == content
        stage.site.uploads.remove(stage.actor("author"), record, kept.id)
    assert 5 < failed <= k < MOST - 1, "the control: every touch had its turn, and most of them matter"
    assert not [name for name, _ in store.names("aside") if name.endswith("whole")]


@pytest.mark.case("F3")
def test_F3_a_full_disk_is_no_fault_of_a_picture_or_a_document(tmp_path: Path) -> None:
    """A real one: what the process apart would write leads to a device that is always full."""
    for name, content, written in (("picture", PICTURE, "480"), ("document", made.pdf(), "made.part")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / apart.IN).write_bytes(content)
        (folder / written).symlink_to("/dev/full")
        with pytest.raises(OSError, match="No space left"):
            apart.make(folder)
        (folder / written).unlink(missing_ok=True)
        assert apart.make(folder).parts  # the control: with room, it is taken
    (tmp_path / "cut").mkdir()
    (tmp_path / "cut" / apart.IN).write_bytes(PICTURE[:300])
    with pytest.raises(Refusal):  # and a picture that is damaged is still said to be
        apart.make(tmp_path / "cut")


@pytest.mark.case("F3")
def test_F3_over_http_a_full_disk_is_503_in_a_form_and_in_chunks_and_what_was_typed_is_on_the_page(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = stage.record(stage.actor("author"))

    def full(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    author = stage.client("author")
    head = {"X-CSRFToken": token(author)}
    begun = author.post(f"/work/{record}/uploads.json", data={"name": "a.txt", "size": "7"}, headers=head).json
    place = f"/work/{record}/uploads/{begun['id']}"
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        answer = author.put(f"{place}.json?offset=0", data=b"Offers.", headers=head)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5") and "error" in answer.json
    assert author.put(f"{place}.json?offset=0", data=b"Offers.", headers=head).status_code == 200  # the control
    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "mkdtemp", full)
        assert author.post(f"{place}/finish.json", headers=head).status_code == 503
        answer = attach(stage, record, (PICTURE, "stall.jpg"), title="Typed for an hour")
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5")
        assert "Typed for an hour" in answer.text and "Nothing was changed" in answer.text
    assert author.post(f"{place}/finish.json", headers=head).status_code == 200
    assert attach(stage, record, (PICTURE, "stall.jpg"), title="Typed for an hour").status_code == 200


@pytest.mark.case("F3")
def test_F3_a_form_that_does_not_even_fit_where_it_is_received_is_503(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = stage.record(stage.actor("author"))
    large = (made.wav(4) + bytes(700_000), "talk.wav")
    with monkeypatch.context() as patched:
        patched.setattr(tempfile, "TemporaryFile", lambda *_, **__: open("/dev/full", "w+b", buffering=0))
        answer = attach(stage, record, large)
        assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "5")
        assert (
            post(stage.client("author"), "/account", "/account", name="Author").status_code == 303
        )  # small ones go on
    assert attach(stage, record, large).status_code == 200  # the control


@pytest.mark.case("F3", "F10")
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EMFILE], ids=errno.errorcode.__getitem__)
def test_F3_whenever_the_disk_fails_a_mail_waits_and_becomes_one_whole_file_in_the_end(
    stage: Stage, tmp_path: Path, code: int
) -> None:
    site = replace(stage.site, settings=replace(stage.site.settings, data_dir=str(tmp_path / "data")))
    postman, folder, later = setup.postman(site), tmp_path / "data/mail", timedelta(0)
    failed = 0
    for k in range(1, MOST):
        stage.record(stage.actor("author"), "in_review", title=f"Kept in a file, number {k:03}")
        with time_machine.travel(now() + later, tick=False):
            with failing(TOUCHES, k, code) as came_to_it:
                sent = postman.deliver()
            if not came_to_it():
                break
            with stage.site.db.reading() as session:
                last = session.scalars(select(Mail).order_by(Mail.id.desc())).first()
                assert last is not None and (last.outcome, sent) in (("waiting", 0), ("sent", 1))
                assert last.outcome == "sent" or os.strerror(code) in last.trouble
                failed += last.outcome == "waiting"
        later += timedelta(minutes=5)
        with time_machine.travel(now() + later, tick=False):
            assert postman.deliver() == 1 - sent
    assert 3 < failed <= k < MOST - 1  # the control
    texts = [path.read_bytes() for path in folder.glob("*.eml")]
    assert len(texts) == k and all(text.rstrip().endswith(b"--") for text in texts), "each once, and whole"
    assert list(folder.glob(".*")) == []

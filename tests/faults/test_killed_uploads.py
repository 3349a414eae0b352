"""F1, F7: a process that takes in files is killed again and again; what it told is there whole, and nothing half."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from knowledge.services import files
from knowledge.services.actor import Actor
from knowledge.services.site import Site
from knowledge.storage.models.files import StoredFile
from tests.conftest import make_stage
from tests.faults.test_killed import make_stage_again

KILLS = 8


def content(number: int) -> bytes:
    return f"Offers by phone, text {number}. ".encode() * 3000


def work(folder: Path, person: int, record_id: str) -> None:
    """Take in one text after the other, some whole, some in chunks; tell of each when it is safe."""
    import io

    site, actor = make_stage_again(folder), Actor(person, "Author")
    told = folder / "acknowledged"
    number = len(told.read_text().split()) if told.exists() else 0
    with told.open("a", buffering=1) as out:
        while number < 36:
            text = content(number)
            if number % 2:
                begun = site.uploads.begin(actor, record_id, "a.txt", len(text), str(number))
                place = begun.received
                while place < len(text) and begun.file_id is None:
                    place = site.uploads.add(actor, record_id, begun.id, place, text[place : place + 40_000]).received
                file = site.uploads.finish(actor, record_id, begun.id)
            else:
                file = site.uploads.keep(actor, record_id, "a.txt", io.BytesIO(text))
            out.write(f"{file.id}\n")
            number += 1


def whole(site: Site) -> None:
    """Every row has all of its bytes, and nothing half is under a name that a row could have."""
    found = files.compare(site.db, site.uploads.store)
    assert found.lost == ()
    with site.db.reading() as session:
        for row in session.query(StoredFile):
            assert site.uploads.store.size(f"{row.id}/whole") == row.size


@pytest.mark.case("F1", "F7")
def test_F1_F7_what_was_told_is_there_whole_whenever_the_process_dies(tmp_path: Path) -> None:
    stage = make_stage(tmp_path)
    stage.person("manager", manager=True)
    author = stage.person("author")
    record_id = stage.record(author)
    stage.site.db.close()
    dice, told = random.Random(7), tmp_path / "acknowledged"
    for turn in range(KILLS + 1):
        child = os.fork()
        if child == 0:
            try:
                work(tmp_path, author.person_id or 0, record_id)
            except BaseException as error:
                print(repr(error), file=sys.stderr, flush=True)
                os._exit(1)
            os._exit(0)
        if turn < KILLS:
            time.sleep(dice.uniform(0.3, 2.5))
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
        site = make_stage_again(tmp_path)
        whole(site)
        ids = told.read_text().split() if told.exists() else []
        for number, file_id in enumerate(ids):
            assert b"".join(site.uploads.store.read(f"{file_id}/whole")) == content(number)
        site.db.close()
    assert len(told.read_text().split()) == 36

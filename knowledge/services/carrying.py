"""Files that travel with an export: their bytes lie in a folder, each under its id, and a line says which are whose.

Of a picture what travels is the largest of its sizes, for no more of it is kept. Coming in, a file is looked at like
one that somebody uploads; it keeps the id by which the answers name it, and so the rights that follow from them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlalchemy.orm import Session

from knowledge.content.checks import Problem
from knowledge.content.fields import N_
from knowledge.content.media import MEGA, MOST_FILES, PICTURE
from knowledge.derive.gallery import files_of
from knowledge.files import apart, recognise
from knowledge.files.refusal import Refusal
from knowledge.files.store import NoSuchFile, Store
from knowledge.services import access, files, outbox, vocabulary
from knowledge.services.actor import Actor
from knowledge.services.errors import Forbidden, Invalid, NotFound
from knowledge.services.lines import Carried
from knowledge.services.uploads import LARGEST_FILE, label
from knowledge.storage import attached, find
from knowledge.storage.models.base import now
from knowledge.storage.models.files import StoredFile
from knowledge.storage.models.records import Record
from knowledge.storage.session import Database

MISSING = N_("The file “{name}” is not in the folder: copy {id} there and import once more.")
CHANGED = N_("The file “{name}” ({id}) is not what it was: copy it anew and import once more.")
OTHER = N_("The file “{name}” ({id}) is said to be a {said}, and is a {found}.")
UNNAMED = N_("No version of this record refers to the file “{name}” ({id}).")
TAKEN = N_("The file “{name}” is here already, under another id or in another record; {id} was left out.")
FULL = N_("This record has {most} files, which is as many as it can have; “{name}” was left out.")
NOT_YOURS = N_("The file “{name}” was left out: only a manager, or who may edit the record, can add files to it.")


# ---------------------------------------------------------------------------- out


def told(session: Session, record: Record) -> list[dict[str, str]]:
    """What a line says of the files that its answers refer to."""
    return [{"id": f.id, "name": f.name, "kind": f.kind, "digest": f.digest} for f in _named(session, record)]


def write_out(session: Session, store: Store, ids: Iterable[str], folder: Path) -> list[str]:
    """Put the files of these records into a folder; which of them the store has lost. Raises FilesUnavailable."""
    rows = [row for record in find.records(session, ids).values() for row in _named(session, record)]
    return [f"{row.id} ({row.name})" for row in rows if not _written(store, row, folder)]


def _written(store: Store, row: StoredFile, folder: Path) -> bool:
    """Put its bytes there, durably, unless they are; False if they are lost."""
    name, target = _largest(row), folder / row.id
    size = store.size(name)
    if size is None:
        return False
    if target.is_file() and target.stat().st_size == size:
        return True  # what is under an id never changes
    aside = target.with_suffix(".part")
    try:
        with aside.open("wb") as file:
            for block in store.read(name):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
    except NoSuchFile:
        aside.unlink()
        return False
    aside.replace(target)
    return True


def _named(session: Session, record: Record) -> list[StoredFile]:
    fields, wanted = vocabulary.registry(session)[record.kind].fields, set[str]()
    for revision in (record.latest, record.live):
        wanted.update(files_of(fields, revision.values, private=True) if revision is not None else ())
    return [row for row in attached.of_record(session, record.id) if row.id in wanted] if wanted else []


def _largest(row: StoredFile) -> str:
    part = max(row.sizes, key=lambda name: row.sizes[name][0]) if row.sizes else files.WHOLE
    return f"{row.id}/{part}"


# ---------------------------------------------------------------------------- in


def take_in(db: Database, store: Store, actor: Actor, record_id: str, file: Carried, folder: Path) -> bool:
    """Take a file of an imported record from a folder; False if it is here already.

    It counts for nobody's room. Raises Invalid with a sentence for what cannot be taken, FilesUnavailable,
    StorageUnavailable.
    """
    with db.reading() as session:
        if _wanted(session, actor, record_id, file) is None:
            return False
    with tempfile.TemporaryDirectory(prefix="praxis-") as aside:
        target = Path(aside) / apart.IN
        _copy(file, folder / file.id, target)
        made = _made(file, target)
        for part, path in made.parts.items():
            with path.open("rb") as source:
                store.put(f"{file.id}/{part}", source)
        size = sum(path.stat().st_size for path in made.parts.values())
    with db.transaction() as session:  # the bytes are safe: now the row may say so
        # what another import of the same lines put there has the same names: nothing is taken away again here
        record = _wanted(session, actor, record_id, file, lock=True)
        if record is None:
            return False
        session.add(_row(record_id, file, made, size))
        record.changed = now()  # which is what a rebuild that is under way goes by
        outbox.changed(session, record_id)  # its words can be found now
    return True


def _row(record_id: str, file: Carried, made: apart.Made, size: int) -> StoredFile:
    row = StoredFile(id=file.id, record_id=record_id, name=label(file.name), digest=file.digest, size=size)
    row.kind, row.format, row.note, row.text = made.format.kind, made.format.id, made.note, made.text
    row.sizes = {part: list(measures) for part, measures in made.sizes.items()}
    return row


def _wanted(session: Session, actor: Actor, record_id: str, file: Carried, lock: bool = False) -> Record | None:
    """The record, if this actor may add this file to it; None if it has it. Raises Invalid."""
    record = find.record(session, record_id, lock)
    there = attached.file(session, file.id)
    if record is not None and there is not None and there.record_id == record.id:
        return None
    if record is None or not _may(session, actor, record_id):
        raise _wrong(NOT_YOURS, file)
    if file.id not in files.ever_used(session, record):
        raise _wrong(UNNAMED, file)
    if there is not None or attached.same(session, record.id, file.digest) is not None:
        raise _wrong(TAKEN, file)
    if len(attached.of_record(session, record.id)) >= MOST_FILES:
        raise _wrong(FULL, file, most=MOST_FILES)
    return record


def _may(session: Session, actor: Actor, record_id: str) -> bool:
    if access.require_person(session, actor).manager:
        return True
    try:
        access.desk_record(session, actor, record_id, "edit")
    except (Forbidden, NotFound):
        return False
    return True


def _copy(file: Carried, source: Path, target: Path) -> None:
    """A copy to look at. A link in the folder could lead to any file of this machine: it is none of the export."""
    if source.is_symlink() or not source.is_file():
        raise _wrong(MISSING, file)
    if (size := source.stat().st_size) > LARGEST_FILE:
        raise _wrong(recognise.TOO_LARGE, file, size=-(-size // MEGA), most=LARGEST_FILE // MEGA)
    shutil.copyfile(source, target)
    with target.open("rb") as copied:
        digest = hashlib.file_digest(copied, "sha256").hexdigest()
    if file.kind != PICTURE and digest != file.digest:  # of a picture the digest is that of what is not kept
        raise _wrong(CHANGED, file)


def _made(file: Carried, target: Path) -> apart.Made:
    try:
        made = apart.make(target.parent)
    except Refusal as refusal:
        raise _wrong(refusal.message, file, **refusal.facts) from None
    if made.format.kind != file.kind:
        raise _wrong(OTHER, file, said=file.kind, found=made.format.kind)
    return made


def _wrong(message: str, file: Carried, **facts: object) -> Invalid:
    known: Mapping[str, object] = {"name": file.name, "id": file.id}
    return Invalid([Problem(("attached",), message, {**known, **facts})])

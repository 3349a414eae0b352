"""What the command line does to a whole site: prepare, fill, rebuild, check. Progress is shown by who calls."""

from __future__ import annotations

import contextlib
import gc
import itertools
import json
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import resources
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from knowledge.mail.envelope import Envelope
from knowledge.mail.letters import Writer
from knowledge.mail.mail_in import Door
from knowledge.mail.postman import Postman
from knowledge.mail.transport import open_transport
from knowledge.services import accounts, carrying, exchange, exporting, indexing, programmes
from knowledge.services import files as record_files
from knowledge.services.actor import Actor
from knowledge.services.calling import Caller
from knowledge.services.errors import FilesUnavailable, Invalid, NotFound
from knowledge.services.site import Site
from knowledge.settings import templates
from knowledge.storage import find, schema
from knowledge.storage.models.base import now
from knowledge.storage.models.people import Person
from knowledge.storage.session import StorageUnavailable
from search.errors import SearchUnavailable

Bar = Callable[[str, int | None], AbstractContextManager[Callable[[int], None]]]
DEMO_PASSWORD = "procurement-demo"  # noqa: S105 (printed for everyone to see)
MANY = 300  # so many waiting changes are indexed faster by building the index anew


def prepare(site: Site, bar: Bar) -> None:
    """Bring database and index to where this version needs them; safe to interrupt and to repeat."""
    schema.upgrade(site.db)
    with contextlib.suppress(SearchUnavailable):  # somebody is at work there, or there is none yet
        site.engine.prune()
    if not site.engine.ready():
        rebuild(site, bar)
    else:
        index_outbox(site, bar)


def rebuild(site: Site, bar: Bar) -> int:
    """Build the index anew with a bar; returns the number of documents."""
    with site.db.reading() as session:
        total = find.record_count(session)
    with bar("Building the search index", total) as done:
        return indexing.rebuild(site.db, site.engine, done)


def index_outbox(site: Site, bar: Bar) -> None:
    """Let the index hear of everything that waits."""
    with site.db.reading() as session:
        waiting = find.outbox_size(session)
    if waiting > MANY:
        rebuild(site, bar)
    elif waiting:
        indexing.drain(site.db, site.engine)


def import_file(
    site: Site, actor: Actor, file: Path, publish: bool, bar: Bar, own: bool = False, files: Path | None = None
) -> exchange.Tally:
    """Import a file of lines; each batch is one transaction, so an interrupted import can be repeated.

    `files`: the folder in which the files of the records lie; without it they stay away.
    """
    tally = exchange.Tally()
    with file.open("rb") as lines:
        total = sum(1 for line in lines if line.strip())
    with file.open(encoding="utf-8", errors="surrogateescape") as lines, bar(f"Importing {file.name}", total) as done:
        count = 0
        for batch in exchange.batches(lines):
            with site.db.transaction() as session:
                exchange.import_batch(session, actor, batch, tally, publish, own)
            count += len(batch)
            done(count)
    if files is not None:
        _import_files(site, actor, files, tally, bar)
    return tally


def _import_files(site: Site, actor: Actor, folder: Path, tally: exchange.Tally, bar: Bar) -> None:
    """Take in the files of the lines, one after the other; what is wrong with one stops only itself."""
    with bar(f"Taking in files of {folder.name}", len(tally.attached)) as done:
        for count, (number, record_id, file) in enumerate(tally.attached, 1):
            try:
                tally.files += carrying.take_in(site.db, site.uploads.store, actor, record_id, file, folder)
            except Invalid as wrong:
                tally.bad.append(exchange.BadLine(number, "attached", str(wrong.problems[0])))
            done(count)
    tally.attached.clear()


def export_file(site: Site, file: Path, bar: Bar, files: Path | None = None) -> tuple[int, list[str]]:
    """Write all records in the order of their ids, aside first, so that an old export is never half overwritten.

    `files`: a folder for the files that they refer to. Returns the number of records, and the names of files that the
    store has lost. Raises FilesUnavailable.
    """
    aside, count, after, lost = file.with_name(file.name + ".part"), 0, "", list[str]()
    if files is not None:
        files.mkdir(parents=True, exist_ok=True)
    with site.db.reading() as session, aside.open("w", encoding="utf-8") as target:
        with bar(f"Exporting {file.name}", find.record_count(session)) as done:
            while ids := find.record_ids_after(session, after, 500):
                for line in exporting.export_lines(session, ids, attached=files is not None):
                    target.write(line + "\n")
                if files is not None:
                    lost += carrying.write_out(session, site.uploads.store, ids, files)
                count, after = count + len(ids), ids[-1]
                session.expunge_all()
                done(count)
        target.flush()
        os.fsync(target.fileno())
    aside.replace(file)
    return count, lost


def actor_of(site: Site, email: str) -> Actor:
    """The account to act as: of this e-mail, or the first manager. Raises NotFound."""
    with site.db.reading() as session:
        if email:
            person = find.person_by_email(session, accounts.normal_email(email))
        else:
            person = next((p for p in find.people(session, limit=100_000) if p.manager and p.active), None)
    if person is None:
        raise NotFound(f"account {email}" if email else "manager; add one with: praxis user add EMAIL --manager")
    return Actor(person.id, person.name)


def with_person(email: str, change: Callable[[Session, Person], None]) -> Callable[[Session], None]:
    """A use case on the account of an e-mail. Raises NotFound when there is none."""

    def service(session: Session) -> None:
        person = find.person_by_email(session, accounts.normal_email(email))
        if person is None:
            raise NotFound(f"account {email}")
        change(session, person)

    return service


def compare_files(site: Site) -> record_files.Agreement:
    """Whether the files of a site and its database agree."""
    return record_files.compare(site.db, site.uploads.store)


def settle() -> None:
    """Call at the end of a start: what is there now stays, so the garbage collector need not go through it again.

    It would, again and again: hundreds of thousands of objects that modules, templates and translations are made of.
    """
    gc.collect()
    gc.freeze()


def start_sweep(site: Site) -> None:
    """Keep the index true in the background while the site runs."""
    keeper = site.keeper
    sweep = threading.Thread(
        target=keeper.sweep_forever, args=(site.settings.sweep_seconds,), name="praxis-sweep", daemon=True
    )
    sweep.start()


def postman(site: Site) -> Postman:
    """Who sends the mails of a site: to its server, or into files in its data folder."""
    settings = site.settings
    envelope = Envelope(settings.sender, settings.address, settings.host_name, templates())
    transport = open_transport(settings.smtp_url, settings.data / "mail")
    return Postman(site.db, Writer(settings.address, settings.key(), settings.mail_reply), envelope, transport)


def mail_door(site: Site) -> Door:
    """Where answers to the mails of a site come in."""
    return Door(site.db, site.settings.mail_reply, site.settings.key())


def start_postman(site: Site) -> None:
    """Send mails in the background while the site runs."""
    threading.Thread(
        target=postman(site).deliver_forever,
        args=(site.settings.sweep_seconds, threading.Event()),
        name="praxis-mail",
        daemon=True,
    ).start()


def start_caller(site: Site) -> None:
    """Call up the links of records in the background while the site runs."""
    target = Caller(site.db).due_forever
    threading.Thread(target=target, args=(threading.Event(),), name="praxis-links", daemon=True).start()


# ---------------------------------------------------------------------------- demo


def load_demo(site: Site, bar: Bar) -> None:
    """The demo programme, its people and its records, into a site without other people; can be repeated."""
    data = resources.files("knowledge.demo")
    programme = json.loads((data / "programme.json").read_text(encoding="utf-8"))
    with site.db.reading() as session:
        strangers = [p for p in find.people(session) if not p.email.endswith("@example.org")]
    if strangers:
        return
    site.act(_demo_people, programme)
    manager = actor_of(site, next(p["email"] for p in programme["people"] if p["role"] == "manager"))
    site.act(_demo_programme, manager, programme)
    for name in ("facts.jsonl", "records.jsonl"):
        with resources.as_file(data / name) as file:
            tally = import_file(site, manager, Path(file), True, bar)
        if tally.bad:
            raise Invalid([]) from ValueError(f"{name}: {tally.bad[0]}")
    index_outbox(site, bar)


def demo_accounts(site: Site) -> list[tuple[str, str, str]]:
    """Role, e-mail and password of the demo accounts whose password is still the demo's: one of each role."""
    programme = json.loads((resources.files("knowledge.demo") / "programme.json").read_text(encoding="utf-8"))
    shown: dict[str, tuple[str, str, str]] = {}
    with site.db.reading() as session:
        for person in programme["people"]:
            row = find.person_by_email(session, person["email"])
            if person["role"] in shown or row is None or not row.active:
                continue
            if accounts.has_password(row, DEMO_PASSWORD):
                shown[person["role"]] = (person["role"], person["email"], DEMO_PASSWORD)
    return list(shown.values())


def _demo_people(session: Session, programme: dict[str, Any]) -> None:
    password_hash = None
    for person in programme["people"]:
        if find.person_by_email(session, person["email"]):
            continue
        given = {k: person.get(k, "") for k in ("name", "email", "country", "organisation")}
        if password_hash is None:
            row = accounts.add_person(session, password=DEMO_PASSWORD, manager=person["role"] == "manager", **given)
            password_hash = row.password_hash
        else:  # one hash serves all: argon2 is slow on purpose, and the password is no secret
            manager = person["role"] == "manager"
            session.add(Person(password_hash=password_hash, manager=manager, confirmed=now(), **given))


def _demo_programme(session: Session, manager: Actor, programme: dict[str, Any]) -> None:
    given = {k: programme.get(k, "") for k in ("title", "about", "workshop_start", "workshop_end", "ends")}
    programmes.put_programme(session, manager, programme["id"], given)
    session.flush()
    coaches = [p for p in programme["people"] if p["role"] == "coach"]
    apprentices = [p for p in programme["people"] if p["role"] == "apprentice"]
    for person in itertools.chain(coaches, apprentices):
        programmes.put_member(
            session, manager, programme["id"], person["email"], person["role"], person.get("coach", "")
        )


# ---------------------------------------------------------------------------- doctor


def _database(site: Site) -> str:
    try:
        current, head = schema.state(site.db)
    except schema.NewerSchema as error:
        return str(error)
    except Exception as error:  # whatever a driver raises, the doctor names it and goes on
        return f"does not answer ({type(error).__name__}). Check PRAXIS_DATABASE_URL."
    return "" if current == head else f"schema {current or 'missing'}, needs {head}. Run: praxis init"


def _index(site: Site) -> str:
    return "" if site.engine.ready() and not site.engine.lost() else "is missing or damaged. Run: praxis reindex"


def _agreement(site: Site) -> str:
    try:
        found = indexing.compare(site.db, site.engine)
    except (SearchUnavailable, StorageUnavailable) as error:
        return f"cannot be compared ({error})"
    except Exception as error:  # no tables yet, say; the check above names the cause
        return f"cannot be compared ({type(error).__name__})"
    if found.same:
        return ""
    parts = (
        f"{len(found.missing)} missing, {len(found.surplus)} too many, {len(found.stale)} old, {found.waiting} waiting"
    )
    return f"index and database differ ({parts}). Run: praxis reindex"


def _files(site: Site) -> str:
    try:
        lost = compare_files(site).lost
    except FilesUnavailable as error:
        return f"do not answer ({error}). Check PRAXIS_FILES_URL and the disk."
    except Exception as error:  # as above
        return f"cannot be compared ({type(error).__name__})"
    return (
        f"{len(lost)} are lost, {lost[0]} for one. Bring them back from a backup: praxis files --check" if lost else ""
    )


def _managers(site: Site) -> str:
    try:
        with site.db.reading() as session:
            return "" if find.active_managers(session) else "there is none. Run: praxis user add EMAIL --manager"
    except Exception as error:  # as above
        return f"cannot be counted ({type(error).__name__})"


CHECKS: tuple[tuple[str, Callable[[Site], str]], ...] = (
    ("database and migrations", _database),
    ("search index", _index),
    ("index against database", _agreement),
    ("files against database", _files),
    ("a manager", _managers),
)

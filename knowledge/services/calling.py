"""Calling up the addresses that records link to, a few records at a time, and remembering what led nowhere.

Nobody waits for it: no transaction is open meanwhile, and what it finds is advice. A record's addresses are called
soon after its text is new, again after a month, and those that were wrong after a day.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy.orm import Session

from knowledge.derive.advice import links
from knowledge.derive.advice.passages import Called, draft
from knowledge.outside.calling import Answer, call
from knowledge.services import vocabulary, wording
from knowledge.services.errors import NotFound
from knowledge.storage import find, outside
from knowledge.storage.models.base import now
from knowledge.storage.models.outside import LinkCheck
from knowledge.storage.session import Database, StorageUnavailable

log = structlog.get_logger()
MOST = 20  # addresses of one record that are called up
BATCH = 20  # records, then others have their turn
AGAIN, WRONG_AGAIN, CHANGED_AGAIN = timedelta(days=30), timedelta(days=1), timedelta(hours=1)
FORGET = timedelta(days=90)
EVERY = 60.0  # seconds between two looks at what is due
WHAT = "links"  # the lock of whoever calls


@dataclass(frozen=True)
class Caller:
    """Calls up the links of a site."""

    db: Database
    call: Callable[[str], Answer] = call

    def record(self, record_id: str) -> dict[str, Answer]:
        """Call up the links of one record now; what came of each. Raises NotFound."""
        with self.db.reading() as session:
            if find.record(session, record_id) is None:
                raise NotFound(record_id)
            wanted = _addresses(session, record_id)
        came = {address: self.call(address) for address in wanted}
        with self.db.transaction() as session:
            _keep(session, record_id, came)
        return came

    def due(self, told: Callable[[str, Answer], None] = lambda address, answer: None) -> int:
        """Call up what is due, one process at a time; of how many records. `told`: hears of every call."""
        count, known = 0, dict[str, Answer]()
        with self.db.alone(WHAT):
            while ids := self._due():
                for record_id in ids:
                    with self.db.reading() as session:
                        wanted = _addresses(session, record_id)
                    for address in wanted:
                        if address not in known:  # what many records link to is called once
                            known[address] = self.call(address)
                            told(address, known[address])
                    with self.db.transaction() as session:
                        _keep(session, record_id, {address: known[address] for address in wanted})
                count += len(ids)
        return count

    def due_forever(self, stop: threading.Event, every: float = EVERY) -> None:
        """Call up what is due, every so many seconds."""
        while not stop.wait(every):
            try:
                self.due()
            except StorageUnavailable:
                log.debug("links not called up: another process does it, or the database is away")
            except Exception as error:  # it must outlive any single failure; it is logged, and tried again
                log.error("links not called up; it will be tried again", error=type(error).__name__)

    def _due(self) -> list[str]:
        moment = now()
        with self.db.reading() as session:
            found = outside.due(session, moment - AGAIN, moment - WRONG_AGAIN, moment - CHANGED_AGAIN, BATCH)
            return list(found)


def called(session: Session, record_id: str) -> Mapping[str, Called]:
    """What was wrong with the addresses of a record when they were last called up, if that was not long ago."""
    row = outside.checked(session, record_id) if record_id else None
    if row is None or row.at < now() - FORGET:
        return {}
    return {address: Called(status, trouble, row.at.date()) for address, (status, trouble) in row.found.items()}


def _addresses(session: Session, record_id: str) -> list[str]:
    """The addresses in the latest text of a record that look as if they led somewhere."""
    record = find.record(session, record_id)
    if record is None:
        return []
    record_type = vocabulary.registry(session)[record.kind]
    seen = draft(record_type, record.latest.values, wording.synonyms(session), now().date())
    return _first(address for _, address in links.addresses(seen) if _for_calling(address))


def _first(addresses: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(addresses))[:MOST]


def _for_calling(address: str) -> bool:
    return address.casefold().startswith(("http://", "https://")) and not links.wrong_with(address)


def _keep(session: Session, record_id: str, came: Mapping[str, Answer]) -> None:
    if find.record(session, record_id) is None:
        return  # it went meanwhile
    found: dict[str, Any] = {address: [a.status, a.trouble] for address, a in came.items() if a.trouble}
    session.merge(LinkCheck(record_id=record_id, at=now(), found=found, troubled=bool(found)))

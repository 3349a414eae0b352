"""The joined parts of a running site, and the two ways to use a service: ask (read) and act (write)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from knowledge.content.registry import Registry
from knowledge.services import vocabulary
from knowledge.services.keeping import Keeper
from knowledge.services.searches import Heard
from knowledge.services.sessions import Seen
from knowledge.services.uploads import Uploads
from knowledge.settings import Settings
from knowledge.storage.session import Database, WriteConflict
from search.engine import SearchEngine

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Site:
    """What `create_app` joined."""

    settings: Settings
    db: Database
    engine: SearchEngine
    keeper: Keeper
    heard: Heard
    seen: Seen
    uploads: Uploads

    def ask(self, service: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a service that only reads."""
        with self.db.reading() as session:
            return service(session, *args, **kwargs)

    def act(self, service: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a service that writes, in one transaction; after the commit the index hears of it."""
        try:
            result = self._once(service, *args, **kwargs)
        except WriteConflict:  # somebody was faster by a moment: look again at what is there now, and decide anew
            result = self._once(service, *args, **kwargs)
        self.keeper.after_commit()
        return result

    def _once(self, service: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self.db.transaction() as session:
            return service(session, *args, **kwargs)

    def registry(self) -> Registry:
        """The types over this site's vocabularies."""
        return self.ask(vocabulary.registry)

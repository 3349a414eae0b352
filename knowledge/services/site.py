"""The joined parts of a running site, and the two ways to use a service: ask (read) and act (write)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.orm import Session

from knowledge.content.registry import Registry
from knowledge.services import vocabulary
from knowledge.services.indexing import Keeper
from knowledge.settings import Settings
from knowledge.storage.session import Database
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

    def ask(self, service: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a service that only reads."""
        with self.db.reading() as session:
            return service(session, *args, **kwargs)

    def act(self, service: Callable[Concatenate[Session, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a service that writes, in one transaction; after the commit the index hears of it."""
        with self.db.transaction() as session:
            result = service(session, *args, **kwargs)
        self.keeper.after_commit()
        return result

    def registry(self) -> Registry:
        """The types over this site's vocabularies."""
        return self.ask(vocabulary.registry)

"""The synonyms of this site: what the project ships, and what its manager added."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy.orm import Session

from knowledge.content.checks import Problem, tidy
from knowledge.content.fields import N_
from knowledge.services import access
from knowledge.services.actor import Actor
from knowledge.services.errors import Invalid, NotFound
from knowledge.storage import find
from knowledge.storage.models.base import now
from knowledge.storage.models.site import SynonymGroup
from search.synonyms import Group, Synonyms, key_of

_BETWEEN = re.compile("[,;\n،؛]")  # what stands between two terms, in Arabic as well
MOST = 12  # terms of one group
LONGEST = 80  # characters of a term
GROUPS = 500  # of one site


def synonyms(session: Session) -> Synonyms:
    """All groups; built again only when one was added or removed."""
    shipped: Synonyms = session.info["synonyms"]
    stamp = find.synonyms_stamp(session)
    if not stamp[0]:
        return shipped
    kept: dict[object, Synonyms] = session.info["worded"]
    known = kept.get(stamp)  # once: another thread may build the next one meanwhile
    if known is None:
        own = (Group(tuple(row.terms)) for row in find.synonym_groups(session))
        known = Synonyms((*own, *shipped.groups))
        kept.clear()
        kept[stamp] = known
    return known


def groups(session: Session, actor: Actor) -> Sequence[SynonymGroup]:
    """What was added here, the newest first. Raises Forbidden."""
    access.require_manager(session, actor)
    return find.synonym_groups(session)


def add(session: Session, actor: Actor, text: str) -> None:
    """Add a group of terms, written with commas in between. Raises Forbidden, Invalid."""
    access.require_manager(session, actor)
    terms = list(dict.fromkeys(filter(None, map(tidy, _BETWEEN.split(text)))))
    if message := _wrong(session, terms):
        raise Invalid([Problem(("terms",), message)])
    session.add(SynonymGroup(terms=terms))


def remove(session: Session, actor: Actor, group_id: int) -> None:
    """Take a group away. Raises Forbidden, NotFound."""
    access.require_manager(session, actor)
    group = session.get(SynonymGroup, group_id)
    if group is None or group.removed:
        raise NotFound(str(group_id))
    group.removed, group.changed = True, now()


def _wrong(session: Session, terms: list[str]) -> str:
    if len({key_of(term) for term in terms}) < 2 or not all(map(key_of, terms)):
        return N_("Please give at least two different terms with commas between them: haulage, transport services.")
    if len(terms) > MOST or any(len(term) > LONGEST for term in terms):
        return N_("Please give at most 12 terms, none longer than 80 characters.")
    if len(find.synonym_groups(session)) >= GROUPS:
        return N_("There are 500 groups already. Please remove one that is no longer needed.")
    return ""

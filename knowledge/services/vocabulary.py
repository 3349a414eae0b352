"""The vocabularies of this site: what the project ships, with what its manager changed laid over."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

from sqlalchemy.orm import Session

from knowledge.content.checks import Problem, tidy
from knowledge.content.fields import N_
from knowledge.content.registry import Registry
from knowledge.content.vocabularies import LANGUAGES, Term, Vocabulary
from knowledge.services import access, outbox
from knowledge.services.actor import Actor
from knowledge.services.errors import Invalid, NotFound
from knowledge.storage import find
from knowledge.storage.models.base import now
from knowledge.storage.models.site import VocabularyTerm

_ID = re.compile(r"[a-z0-9][a-z0-9-]{1,59}", re.ASCII)
# their terms carry traits (a country's region) that a form cannot give, or are the types themselves
FIXED = frozenset({"countries", "regions", "income_groups", "fragile_setting", "kinds", "languages"})


def registry(session: Session) -> Registry:
    """The types over this site's vocabularies; built again only when a term was changed."""
    shipped: Registry = session.info["registry"]
    stamp = find.terms_stamp(session)
    if not stamp[0]:
        return shipped
    kept: dict[object, Registry] = session.info["registries"]
    known = kept.get(stamp)  # once: another thread may build the next one meanwhile
    if known is None:
        changes: dict[str, list[Term]] = {}
        for row in find.changed_terms(session):
            changes.setdefault(row.vocabulary, []).append(_term(row))
        known = shipped.with_vocabularies(shipped.vocabularies.overlaid(changes))
        kept.clear()
        kept[stamp] = known
    return known


def add_term(
    session: Session, actor: Actor, vocabulary: str, term_id: str, names: dict[str, str], parent: str = ""
) -> Term:
    """Add a term. Raises Invalid for an id that exists (ids are never reused) or a missing English name."""
    terms = _editable(session, actor, vocabulary)
    term_id = tidy(term_id)
    problems = []
    if not _ID.fullmatch(term_id):
        problems.append(Problem(("id",), N_("An id has 2 to 60 small letters, digits and hyphens: e-auctions.")))
    elif term_id in terms:
        problems.append(Problem(("id",), N_("This id exists already. An id is never used again; choose another.")))
    if parent and (parent not in terms or terms[parent].parent):
        problems.append(Problem(("parent",), N_("Please choose one of the groups.")))
    kept = _names(names, problems)
    if problems:
        raise Invalid(problems)
    term = Term(term_id, kept, parent=parent)
    _put(session, vocabulary, term)
    return term


def change_term(
    session: Session, actor: Actor, vocabulary: str, term_id: str, names: dict[str, str], retired: bool
) -> Term:
    """Rename or retire a term, or bring it back. Raises NotFound or Invalid."""
    terms = _editable(session, actor, vocabulary)
    if term_id not in terms:
        raise NotFound(term_id)
    problems: list[Problem] = []
    kept = _names(names, problems)
    if problems:
        raise Invalid(problems)
    term = replace(terms[term_id], names=kept, retired=retired)
    _put(session, vocabulary, term)
    return term


def _editable(session: Session, actor: Actor, vocabulary: str) -> Vocabulary:
    access.require_manager(session, actor)
    vocabularies = registry(session).vocabularies
    if vocabulary not in vocabularies or vocabulary in FIXED:
        raise NotFound(vocabulary)
    return vocabularies[vocabulary]


def _names(names: dict[str, str], problems: list[Problem]) -> dict[str, str]:
    kept = {language: text for language in LANGUAGES if (text := tidy(names.get(language, "")))}
    if "en" not in kept:
        problems.append(Problem(("name-en",), N_("Please give the English name; the others can follow.")))
    for language, text in kept.items():
        if len(text) > 120:
            problems.append(Problem((f"name-{language}",), N_("Please shorten the name to 120 characters.")))
    return kept


def _put(session: Session, vocabulary: str, term: Term) -> None:
    row = session.get(VocabularyTerm, (vocabulary, term.id)) or VocabularyTerm(vocabulary=vocabulary, id=term.id)
    row.names, row.parent, row.retired = dict(term.names), term.parent, term.retired
    _, last = find.terms_stamp(session)
    # always later than any change before, whatever the clock says: by this others see that something changed
    row.changed = max(now(), last + timedelta(microseconds=1)) if last else now()
    row.definition, row.synonyms = term.definition(), list(term.synonyms)
    session.add(row)
    outbox.all_changed(session, find.records_with_term(session, term.id))  # they are found by its names


def _term(row: VocabularyTerm) -> Term:
    definitions = {"en": row.definition} if row.definition else {}
    return Term(row.id, row.names, row.parent, definitions, tuple(row.synonyms), retired=row.retired)

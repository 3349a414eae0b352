"""Controlled vocabularies: terms with stable ids, and with names and definitions in several languages.

The project ships them as data (`data/*.json`); a manager's additions, renamings and retirements are laid over them.
An id is for ever: it can be renamed or retired, never taken away or given to something else.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import resources
from types import MappingProxyType

LANGUAGES = ("en", "fr", "es", "pt", "ar")


@dataclass(frozen=True)
class Term:
    """One entry of a vocabulary.

    `names`: language -> name. `parent`: id of the group it belongs to. `definitions`: language -> what is meant by it,
    empty for a term that needs none. `synonyms`: other words for it, searchable.
    `traits`: what follows from it (a country's region, income group, fragile setting). A retired term stays
    readable on old records and can no longer be chosen.
    """

    id: str
    names: Mapping[str, str]
    parent: str = ""
    definitions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    synonyms: tuple[str, ...] = ()
    traits: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    retired: bool = False

    def name(self, language: str = "en") -> str:
        """The name in a language, English when there is none, the id when there is neither."""
        return self.names.get(language) or self.names.get("en") or self.id

    def definition(self, language: str = "en") -> str:
        """What is meant by it in a language, English when there is none, "" when there is neither."""
        return self.definitions.get(language) or self.definitions.get("en", "")


class Vocabulary:
    """An ordered set of terms."""

    def __init__(self, id: str, label: str, terms: Iterable[Term], note: str = "") -> None:
        self.id = id
        self.label = label
        self.note = note
        self._terms = {t.id: t for t in terms}

    def __iter__(self) -> Iterator[Term]:
        return iter(self._terms.values())

    def __contains__(self, term_id: object) -> bool:
        return term_id in self._terms

    def __getitem__(self, term_id: str) -> Term:
        return self._terms[term_id]

    def __len__(self) -> int:
        return len(self._terms)

    def name(self, term_id: str, language: str = "en") -> str:
        """The name of a term; an unknown id is shown as it is."""
        term = self._terms.get(term_id)
        return term.name(language) if term else term_id

    @property
    def groups(self) -> tuple[Term, ...]:
        """The terms of the upper level that have others below them."""
        parents = {t.parent for t in self if t.parent}
        return tuple(t for t in self if t.id in parents)

    def choosable(self) -> tuple[Term, ...]:
        """What a writer may choose: not retired, and not a mere group."""
        groups = {t.id for t in self.groups}
        return tuple(t for t in self if not t.retired and t.id not in groups)

    def overlaid(self, changes: Iterable[Term]) -> Vocabulary:
        """This vocabulary with terms added or replaced; nothing is ever removed."""
        terms = dict(self._terms)
        for change in changes:
            before = terms.get(change.id)
            # what the project ships about a term and no manager writes (traits, definitions) outlives a renaming
            if before:
                change = replace(change, traits=before.traits, definitions=before.definitions)
            terms[change.id] = change
        return Vocabulary(self.id, self.label, terms.values(), self.note)


class Vocabularies:
    """All vocabularies by id."""

    def __init__(self, vocabularies: Iterable[Vocabulary]) -> None:
        self._by_id = {v.id: v for v in vocabularies}

    def __contains__(self, vocabulary: object) -> bool:
        return vocabulary in self._by_id

    def __getitem__(self, vocabulary: str) -> Vocabulary:
        return self._by_id[vocabulary]

    def __iter__(self) -> Iterator[Vocabulary]:
        return iter(self._by_id.values())

    def overlaid(self, changes: Mapping[str, Iterable[Term]]) -> Vocabularies:
        """These with a site's own changes, by vocabulary id."""
        return Vocabularies(v.overlaid(changes.get(v.id, ())) for v in self)


def _term(raw: Mapping[str, object]) -> Term:
    names = raw["name"]
    assert isinstance(names, dict)
    definitions, synonyms, traits = raw.get("definition", {}), raw.get("synonyms", ()), raw.get("traits", {})
    assert isinstance(definitions, dict) and isinstance(synonyms, list | tuple) and isinstance(traits, dict)
    return Term(
        id=str(raw["id"]),
        names=names,
        parent=str(raw.get("parent", "")),
        definitions=definitions,
        synonyms=tuple(str(s) for s in synonyms),
        traits=traits,
    )


@lru_cache(maxsize=1)
def shipped() -> Vocabularies:
    """The vocabularies that come with the project, read once from `data/`, each file one vocabulary.

    A file: {"id", "label", "note", "terms": [{"id", "name": {language: name}, "parent",
    "definition": {language: text}, "synonyms", "traits"}]}.
    """
    found = []
    folder = resources.files("knowledge.content") / "data"
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if path.name.endswith(".json"):
            raw = json.loads(path.read_text(encoding="utf-8"))
            found.append(Vocabulary(raw["id"], raw["label"], map(_term, raw["terms"]), raw.get("note", "")))
    return Vocabularies(found)

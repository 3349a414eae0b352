"""The types of this site, and its synonyms. A new type is a module in `types/` and its name in `TYPES`."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources

from knowledge.content.facets import FACETS
from knowledge.content.registry import RecordType, Registry
from knowledge.content.types.common_practice import COMMON_PRACTICE
from knowledge.content.types.experience import EXPERIENCE
from knowledge.content.types.follow_through import FOLLOW_THROUGH
from knowledge.content.types.training import TRAINING
from knowledge.content.vocabularies import shipped
from search.synonyms import Group, Synonyms

TYPES: tuple[RecordType, ...] = (EXPERIENCE, COMMON_PRACTICE, TRAINING, FOLLOW_THROUGH)


@lru_cache(maxsize=1)
def registry() -> Registry:
    """The declared types and facets over the vocabularies that come with the project."""
    return Registry(TYPES, FACETS, shipped())


@lru_cache(maxsize=1)
def synonyms() -> Synonyms:
    """The groups of terms that come with the project."""
    text = resources.files("knowledge.content").joinpath("synonyms.json").read_text(encoding="utf-8")
    return Synonyms(Group(tuple(g["terms"]), g.get("capitals", False)) for g in json.loads(text)["groups"])

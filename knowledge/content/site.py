"""The types of this site. A new type is a module in `types/` and its name in `TYPES`."""

from __future__ import annotations

from functools import lru_cache

from knowledge.content.facets import FACETS
from knowledge.content.registry import RecordType, Registry
from knowledge.content.types.common_practice import COMMON_PRACTICE
from knowledge.content.types.experience import EXPERIENCE
from knowledge.content.types.follow_through import FOLLOW_THROUGH
from knowledge.content.types.training import TRAINING
from knowledge.content.vocabularies import shipped

TYPES: tuple[RecordType, ...] = (EXPERIENCE, COMMON_PRACTICE, TRAINING, FOLLOW_THROUGH)


@lru_cache(maxsize=1)
def registry() -> Registry:
    """The declared types and facets over the vocabularies that come with the project."""
    return Registry(TYPES, FACETS, shipped())

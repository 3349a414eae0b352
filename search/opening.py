"""Opening the engine that an address names: the one place that knows all engines."""

from __future__ import annotations

from search.engine import SearchEngine
from search.parse import NO_SYNONYMS
from search.schema import IndexSchema
from search.synonyms import Synonyms


def open_engine(url: str, schema: IndexSchema, synonyms: Synonyms = NO_SYNONYMS) -> SearchEngine:
    """Open the engine that `url` names: `memory:`, `whoosh:DIRECTORY` or `opensearch+https://HOST,HOST/INDEX`.

    A missing or damaged index is no error here: `ready()` says so and `rebuild()` mends it.
    Raises ValueError for an unknown scheme.
    """
    scheme, _, rest = url.partition(":")
    if scheme == "memory":
        from search.engines.memory import MemoryEngine

        return MemoryEngine(schema, synonyms)
    if scheme == "whoosh":
        from search.engines.whoosh import WhooshEngine

        return WhooshEngine(rest, schema, synonyms)
    if scheme in ("opensearch+https", "opensearch+http"):
        from search.engines.opensearch import OpenSearchEngine

        return OpenSearchEngine(url, schema, synonyms)
    raise ValueError(
        f"unknown search engine {scheme!r}: use memory:, whoosh:DIRECTORY or opensearch+https://HOST/INDEX"
    )

"""Prose is rendered and sanitised once, when it is saved, and kept with its revision under the policy's version.

What was saved under an older policy, or imported without rendering, is rendered when it is shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from knowledge.content.fields import Field, Prose, Table
from knowledge.content.registry import RecordType
from knowledge.derive import prose
from knowledge.storage.models.records import Revision


def rendered(record_type: RecordType, values: Mapping[str, Any]) -> dict[str, str]:
    """Every prose text of a record as safe HTML, by the hash of the text."""
    return {_key(text): prose.render(text) for text in _texts(record_type.fields, values)}


def renderer(revision: Revision) -> Callable[[str], str]:
    """Text -> safe HTML, from what was kept with the revision as long as the policy is the same."""
    kept = revision.html if revision.policy == prose.POLICY else {}

    def render(text: str) -> str:
        return kept.get(_key(text)) or _rendered_now(text)

    return render


@lru_cache(maxsize=512)
def _rendered_now(text: str) -> str:
    return prose.render(text)


def _texts(fields: tuple[Field, ...], values: Mapping[str, Any]) -> Iterator[str]:
    for f in fields:
        value = values.get(f.id)
        if isinstance(f, Prose) and value:
            yield value
        elif isinstance(f, Table):
            for row in value or ():
                yield from _texts(f.columns, row)


def _key(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()

"""All advice on a record. It never blocks, never fails, and takes a time in proportion to the text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from knowledge.content.fields import Values
from knowledge.content.registry import RecordType
from knowledge.derive.advice import acronyms, broken, exposure, links, reading, results
from knowledge.derive.advice.passages import NOT_CALLED, Advice, Called, draft
from search.synonyms import Synonyms

# what may do harm first, then what readers stumble over
CHECKS = (exposure.look, results.look, acronyms.look, reading.look, links.look, broken.look)


def advice(
    record_type: RecordType, values: Values, synonyms: Synonyms, today: date, called: Mapping[str, Called] = NOT_CALLED
) -> tuple[Advice, ...]:
    """Everything worth another look in these answers (clean ones, see `content.checks.shape`), each thing once.

    `called`: addresses that led nowhere when they were last called up.
    """
    seen = draft(record_type, values, synonyms, today, called)
    return tuple({each.key: each for check in CHECKS for each in check(seen)}.values())

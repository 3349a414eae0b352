"""Where two texts meet: both shown field by field, and the form made of what the writer chose. Works without script.

The other text is a version that somebody saved meanwhile or, when two tabs of the same writer met, her own working
copy. What she typed stays in the form; a choice for each field says which text goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from knowledge.content import checks
from knowledge.content.fields import Values
from knowledge.content.registry import RecordType
from knowledge.derive import choosing, compare, forms
from knowledge.services import authoring, history, working
from knowledge.services.errors import Conflict, Forbidden, NotFound
from knowledge.web.actor import signed_in_actor
from knowledge.web.language import reader_language, words
from knowledge.web.numbers import whole
from knowledge.web.site import site
from knowledge.web.working import filled

Posted = MultiDict[str, str]


@dataclass(frozen=True)
class Other:
    """The other text: who wrote it, what differs, and which text is proposed for each field.

    `base`: number of the version that a save builds on; `tag`: of the working copy, "" when it is a version.
    """

    by: str
    changes: tuple[compare.Change, ...]
    proposed: dict[str, str]
    base: int
    tag: str = ""


def of_conflict(desk: authoring.Desk, error: Conflict) -> Other:
    """What a save met that was too late."""
    return _other(desk.record_type, error.mine, error.theirs, error.common, error.by, error.number)


def met(desk: authoring.Desk, posted: Posted, base: int) -> Other | None:
    """What stands against a posted form before anything is saved: another tab's text, or a newer version."""
    writing = site().ask(working.of, signed_in_actor(), working.Place(desk.record.id))
    mine = read(desk.record_type, posted, desk.values)
    common = version(desk.record.id, base)
    if writing.copy is not None and writing.copy.tag != posted.get("seen", ""):
        theirs = read(desk.record_type, filled(writing.copy), desk.values)
        if theirs != mine:
            return _other(desk.record_type, mine, theirs, common, "", base, writing.copy.tag)
    if base != desk.record.latest.number and desk.values != mine:
        return _other(desk.record_type, mine, desk.values, common, writing.latest_by, desk.record.latest.number)
    return None


def whole_post(record_type: RecordType, posted: Posted, place: working.Place, saved: Values) -> Posted:
    """The post as it is; or, where a button was pressed before the page had come to its end, its end from what is kept.

    Answers that had not arrived are not answers that were taken out.
    """
    if "whole" in posted:
        return posted
    try:
        copy = site().ask(working.of, signed_in_actor(), place).copy
    except (NotFound, Forbidden):  # a new record of which nothing was kept, or one that was sent meanwhile
        copy = None
    kept = [*filled(copy).items(multi=True)] if copy else _pairs(record_type, saved)
    return choosing.completed(record_type, posted, kept)


def settled(desk: authoring.Desk, posted: Posted) -> Posted:
    """The post with every field for which "theirs" was chosen taken from the other text.

    When that text has changed since it was shown, the two have to be looked at again (action "compare").
    """
    chosen = {f.id: posted.get(f"choose-{f.id}", "") for f in desk.record_type.fields}
    if choosing.THEIRS not in chosen.values():
        return posted
    theirs = _pairs_of(desk, posted.get("against", ""), posted.get("base", ""))
    if theirs is None:
        return MultiDict([*((n, v) for n, v in posted.items(multi=True) if n != "action"), ("action", "compare")])
    return choosing.made_of_both(desk.record_type, posted, theirs, chosen)


def read(record_type: RecordType, posted: Posted, known: Values) -> dict[str, Any]:
    """What a post says, without what has no shape."""
    vocabularies = site().registry().vocabularies
    form = forms.bind(record_type, vocabularies, posted=posted, language=reader_language())
    return checks.shape(record_type, forms.read(record_type, form), vocabularies, known)[0]


def version(record_id: str, number: int) -> Values | None:
    """The answers of a saved version or of a new form, None for a number that never was."""
    if number == authoring.NOTHING:
        return authoring.BLANK
    try:
        return site().ask(history.pair, signed_in_actor(), record_id, number, number).after.values
    except NotFound:
        return None


def _pairs_of(desk: authoring.Desk, tag: str, base: str) -> choosing.Pairs | None:
    if tag:
        copy = site().ask(working.of, signed_in_actor(), working.Place(desk.record.id)).copy
        return [(name, value) for name, value in copy.fields] if copy is not None and copy.tag == tag else None
    number = whole(base)
    values = version(desk.record.id, number) if number is not None else None
    return None if values is None else _pairs(desk.record_type, values)


def _pairs(record_type: RecordType, values: Values) -> choosing.Pairs:
    form = forms.bind(record_type, site().registry().vocabularies, values=values, language=reader_language())
    return choosing.as_posted(form)


def _other(
    record_type: RecordType, mine: Values, theirs: Values, common: Values | None, by: str, base: int, tag: str = ""
) -> Other:
    changes = compare.changes(record_type, theirs, mine, site().registry(), reader_language(), words)
    proposed = {c.field_id: choosing.proposed(c.field_id, mine, common) for c in changes}
    return Other(by, changes, proposed, base, tag)

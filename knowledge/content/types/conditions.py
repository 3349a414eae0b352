"""When a field is needed because of other answers."""

from __future__ import annotations

from knowledge.content.fields import Values
from knowledge.content.vocabularies import Vocabularies


def claims_more_than_an_account(values: Values, vocabularies: Vocabularies) -> bool:
    """The evidence is stronger than a practitioner's account."""
    return _rank(values, vocabularies) > 0


def claims_observed_change(values: Values, vocabularies: Vocabularies) -> bool:
    """The evidence is observed change or stronger."""
    return _rank(values, vocabularies) >= 1


def in_a_fragile_setting(values: Values, vocabularies: Vocabularies) -> bool:
    """A chosen country is on the list of fragile settings."""
    countries = vocabularies["countries"]
    return any("fragile" in countries[c].traits for c in values.get("countries", ()) if c in countries)


def is_a_photo(row: Values, vocabularies: Vocabularies) -> bool:
    """This item of media is a photo."""
    return row.get("type") == "photo"


def shows_people(row: Values, vocabularies: Vocabularies) -> bool:
    """People can be recognised in it."""
    return row.get("people") == "people"


def is_a_link(row: Values, vocabularies: Vocabularies) -> bool:
    """This item of media is elsewhere; of an uploaded file we know ourselves what it is."""
    return not row.get("file")


def has_not_ended(values: Values, vocabularies: Vocabularies) -> bool:
    """The activity still goes on, so that there is something left to report."""
    return values.get("completion") not in ("complete", "withdrawn")


def _rank(values: Values, vocabularies: Vocabularies) -> int:
    """The place of the chosen evidence on the ladder; the vocabulary lists it in rising order."""
    ladder = [t.id for t in vocabularies["evidence"]]
    return ladder.index(values["evidence"]) if values.get("evidence") in ladder else 0

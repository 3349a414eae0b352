"""The word for a kind of field that templates and programs switch on, and the words for who may see a contact."""

from __future__ import annotations

from knowledge.content.fields import N_, Field

SHOW_LABELS = {  # one for each of `checks.CONTACT_SHOW`
    "members": N_("people who are signed in"),
    "everyone": N_("everyone"),
    "nobody": N_("only my co-authors and my coach"),
}


def kind_of(f: Field) -> str:
    """The kind of a field as a word: "line", "partialdate", "table"."""
    return type(f).__name__.lower()

"""A file that is not taken, with the sentence that says why and what to do."""

from __future__ import annotations


class Refusal(Exception):
    """`message` is a text of the interface; `{name}` in it is the file's, the other facts are given here."""

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message, self.facts = message, facts

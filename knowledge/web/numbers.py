"""Whole numbers that come with a request."""

from __future__ import annotations

from collections.abc import Iterable


def whole(text: str | None, digits: int = 9) -> int | None:
    """The number, or None for everything that is none. Nine digits fit into a column of every database."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= digits else None


def wholes(texts: Iterable[str]) -> list[int]:
    """The numbers among these."""
    return [number for number in map(whole, texts) if number is not None]

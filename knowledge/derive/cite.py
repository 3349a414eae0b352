"""How to cite a version of a record, as plain text."""

from __future__ import annotations

from collections.abc import Sequence


def citation(names: Sequence[str], year: int | str, title: str, kind: str, version: str, address: str) -> str:
    """Names (year). Title. Praxis, kind, version. Permanent address."""
    stop = "" if title.endswith((".", "?", "!", "؟", "。")) else "."
    return f"{', '.join(names)} ({year}). {title}{stop} Praxis, {kind}, {version}. {address}"

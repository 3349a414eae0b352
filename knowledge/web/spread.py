"""How many answers took how many working days, as bars, with a line where they begin to be late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

BROAD, GAP, TALL = 14, 4, 60  # units of the drawing
MOST = 25  # bars; whatever took longer is in the last one


@dataclass(frozen=True)
class Bar:
    """Answers that took so many days; `label`: the days in figures."""

    days: int
    label: str
    count: int
    x: int
    y: float
    width: int
    height: float
    late: bool


@dataclass(frozen=True)
class Spread:
    """The whole drawing; `limit`: where the line stands."""

    bars: tuple[Bar, ...]
    width: int
    height: int
    limit: int


def drawn(counts: Sequence[int], allowed: int) -> Spread:
    """The bars of these counts, by days from 0."""
    shown = list(counts[:MOST])
    rest = sum(counts[MOST:])
    if rest:
        shown[-1] += rest
    highest = max(shown, default=0) or 1
    step = BROAD + GAP
    last = len(shown) - 1
    bars = []
    for days, count in enumerate(shown):
        height = round(TALL * count / highest, 1)
        label = f"{days}+" if rest and days == last else str(days)
        bars.append(Bar(days, label, count, days * step, TALL - height, BROAD, height, days > allowed))
    limit = (min(allowed, last) + 1) * step - GAP // 2
    return Spread(tuple(bars), len(shown) * step, TALL, limit)

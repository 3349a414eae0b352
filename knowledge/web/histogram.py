"""The years of what is found as bars: a picture of when, each bar a link to its years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from knowledge.web.params import Asked

MOST = 40  # bars
WIDTHS = (1, 2, 5, 10, 20, 50, 100)  # years in one bar
TALL = 40.0  # units of the drawing


@dataclass(frozen=True)
class Bar:
    """Some years: how many records are of them (of the most frequent year, if there are several), and how tall."""

    first: int
    last: int
    count: int
    height: float
    inside: bool
    url: str

    @property
    def name(self) -> str:
        """The years as people write them."""
        return str(self.first) if self.first == self.last else f"{self.first}\u2013{self.last}"


@dataclass(frozen=True)
class Histogram:
    """All bars, from the first year that has a record to the last."""

    bars: tuple[Bar, ...]

    @property
    def highest(self) -> Bar:
        """The bar with most records."""
        return max(self.bars, key=lambda b: b.count)


def histogram(asked: Asked, counts: Mapping[str, int]) -> Histogram | None:
    """The bars of the year counts of a search; None when there is nothing to compare.

    A record that lasted for several years counts in each, so years in one bar are not added up.
    """
    years = {int(year): n for year, n in counts.items() if year.isdecimal() and n}
    if len(years) < 2:
        return None
    span = max(years) - min(years) + 1
    width = next((w for w in WIDTHS if span <= w * MOST), span)
    firsts = range(min(years) // width * width, max(years) + 1, width)
    heights = {first: max(years.get(y, 0) for y in range(first, first + width)) for first in firsts}
    most = max(heights.values())
    bars = (_bar(asked, first, first + width - 1, count, TALL * count / most) for first, count in heights.items())
    return Histogram(tuple(bars))


def _bar(asked: Asked, first: int, last: int, count: int, height: float) -> Bar:
    chosen_from, chosen_to = asked.year_from or first, asked.year_to or last
    inside = chosen_from <= last and first <= chosen_to
    shown = max(height, 1.5) if count else 0.0  # one record among thousands can be seen
    return Bar(first, last, count, round(shown, 1), inside, asked.url(year_from=first, year_to=last))

"""A picture of how search takes longer as the index grows: median against size, both logarithmic, a line an engine."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 760, 440, 70, 40, 150, 60
COLOURS = {"Praxis": "#0b5d66"}
OTHERS = ("#b3701a", "#5c6b73", "#8b3a3a", "#4b6b2f", "#6a4c93")


def picture(rows: Sequence[dict[str, Any]]) -> str:
    """SVG of what `bench.search` measured."""
    sizes = sorted({r["documents"] for r in rows})
    low, high = math.floor(math.log10(min(r["p50"] for r in rows))), math.ceil(math.log10(max(r["p50"] for r in rows)))
    high += high == low

    def x(size: float) -> float:
        span = math.log10(sizes[-1] / sizes[0]) or 1
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(size / sizes[0]) / span)

    def y(ms: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - math.log10(ms)) / (high - low)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"',
        ' font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-size="15">Median time of a search with three facets counted (ms)</text>',
    ]
    for power in range(low, high + 1):
        at = y(10.0**power)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.0f}" y2="{at:.0f}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.0f}" text-anchor="end">{10.0**power:g}</text>')
    for size in sizes:
        parts.append(f'<text x="{x(size):.0f}" y="{HEIGHT - 30}" text-anchor="middle">{size:,}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 10}" text-anchor="middle">documents</text>')
    names = list(dict.fromkeys(r["engine"] for r in rows))
    for number, name in enumerate(names):
        colour = COLOURS.get(name, OTHERS[number % len(OTHERS)])
        line = sorted((r["documents"], r["p50"]) for r in rows if r["engine"] == name)
        points = " ".join(f"{x(size):.1f},{y(ms):.1f}" for size, ms in line)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(s):.1f}" cy="{y(ms):.1f}" r="3.5" fill="{colour}"/>' for s, ms in line]
        end = line[-1]
        parts.append(f'<text x="{x(end[0]) + 8:.0f}" y="{y(end[1]) + 4:.0f}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>"])

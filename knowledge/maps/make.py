"""Makes `world.json`: `python -m knowledge.maps.make COUNTRIES.json`.

COUNTRIES.json: admin-0 countries of Natural Earth 1:50m (public domain) as TopoJSON, object `countries`, ids UN M49. In
TopoJSON a border is one arc that both neighbours use; simplified once, it stays without gaps.

Projection: Equal Earth (Savric, Patterson and Jenny 2018, doi 10.1080/13658816.2018.1504949), which keeps areas true.
Simplification: Visvalingam and Whyatt 1993 (the point that spans the least area goes first).
"""

from __future__ import annotations

import heapq
import json
import sys
from itertools import pairwise
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from typing import Any

from babel.core import get_global

from knowledge.content.vocabularies import shipped

Point = tuple[float, float]
WIDTH = 1000
LEAST = 1.1  # square units that a point must span to stay
VISIBLE = 14.0  # square units below which a country is a circle
ISLET = 1.2  # square units below which a part of a country is left out
A1, A2, A3, A4 = 1.340264, -0.081106, 0.000893, 0.003796
# Natural Earth draws these apart; our vocabulary, which follows ISO 3166-1, does not, but for Kosovo
NAMED = {"Kosovo": "XKX", "Somaliland": "SOM", "N. Cyprus": "CYP"}
LEFT_OUT = {"ATA"}
# and these are in it parts of others, or too small to be there: longitude and latitude in degrees
ELSEWHERE = {
    "BES": (-68.3, 12.2), "BVT": (3.4, -54.4), "CCK": (96.8, -12.2), "CXR": (105.6, -10.5), "GIB": (-5.4, 36.1),
    "GLP": (-61.6, 16.2), "GUF": (-53.1, 4.0), "MTQ": (-61.0, 14.7), "MYT": (45.2, -12.8), "REU": (55.5, -21.1),
    "SJM": (16.0, 78.2), "TKL": (-171.8, -9.2), "TUV": (179.2, -8.5), "UMI": (166.6, 19.3),
}  # fmt: skip


def main(source: str) -> None:
    """Read the topology, write the shapes."""
    topology = json.loads(Path(source).read_text(encoding="utf-8"))
    arcs = [_simplified(_degrees(topology, arc)) for arc in topology["arcs"]]
    rings: dict[str, list[list[Point]]] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        rings.setdefault(_country(geometry), []).extend(_rings(geometry, arcs))
    ours = {t.id for t in shipped()["countries"]}
    rest = rings.pop("", []) + [r for c in set(rings) - ours - LEFT_OUT for r in rings[c]]
    known = {c: rings[c] for c in sorted(ours & set(rings))}
    small = {c for c, each in known.items() if max(map(_area, each)) < VISIBLE}
    points = {c: _centre(max(known[c], key=_area)) for c in small} | {c: _place(p) for c, p in ELSEWHERE.items()}
    made: dict[str, Any] = {
        "width": WIDTH,
        "height": round((TOP - BOTTOM) * WIDTH / (RIGHT - LEFT)),
        "shapes": {c: _path(each) for c, each in known.items() if c not in small},
        "points": {c: [round(x), round(y)] for c, (x, y) in sorted(points.items())},
        "rest": _path(rest),
    }
    target = Path(__file__).with_name("world.json")
    target.write_text(json.dumps(made, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"{len(made['shapes'])} shapes, {len(points)} circles, {target.stat().st_size:,} bytes")  # noqa: T201


def _country(geometry: dict[str, Any]) -> str:
    """ISO 3166-1 alpha-3 of a shape, "" when it has none."""
    name = geometry["properties"]["name"]
    if name in NAMED:
        return NAMED[name]
    aliases = get_global("territory_aliases")
    two = aliases.get(str(geometry.get("id", "")), [""])[0]
    return next((t.id for t in shipped()["countries"] if two and aliases.get(t.id) == [two]), "")


def _degrees(topology: dict[str, Any], arc: list[list[int]]) -> list[Point]:
    """The points of an arc; one that goes over the 180th meridian goes on beyond 180 degrees."""
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    x = y = 0
    points: list[Point] = []
    for dx, dy in arc:
        x, y = x + dx, y + dy
        longitude = x * sx + tx
        points.append((_near(longitude, points[-1][0]) if points else longitude, y * sy + ty))
    return points


def _near(longitude: float, other: float) -> float:
    return longitude + 360 * round((other - longitude) / 360)


def _equal_earth(longitude: float, latitude: float) -> Point:
    t = asin(sqrt(3) / 2 * sin(radians(latitude)))
    slope = 9 * A4 * t**8 + 7 * A3 * t**6 + 3 * A2 * t**2 + A1
    x = 2 * sqrt(3) * radians(longitude) * cos(t) / (3 * slope)
    return x, A4 * t**9 + A3 * t**7 + A2 * t**3 + A1 * t


LEFT, RIGHT = _equal_earth(-180, 0)[0], _equal_earth(180, 0)[0]
TOP, BOTTOM = _equal_earth(0, 84)[1], _equal_earth(0, -56)[1]  # without Antarctica


def _place(degrees: Point) -> Point:
    """Where a place is on the map."""
    x, y = _equal_earth(*degrees)
    scale = WIDTH / (RIGHT - LEFT)
    return (x - LEFT) * scale, (TOP - y) * scale


def _simplified(degrees: list[Point]) -> list[Point]:
    """The points that matter on the map; first and last always do, because other borders begin there."""
    points = [_place(p) for p in degrees]
    before, after = {n: n - 1 for n in range(len(points))}, {n: n + 1 for n in range(len(points))}

    def spans(n: int) -> float:
        (ax, ay), (bx, by), (cx, cy) = points[before[n]], points[n], points[after[n]]
        return abs((bx - ax) * (cy - ay) - (cx - ax) * (by - ay)) / 2

    area = {n: spans(n) for n in range(1, len(points) - 1)}
    queue = [(a, n) for n, a in area.items()]
    heapq.heapify(queue)
    while queue and queue[0][0] < LEAST:
        a, n = heapq.heappop(queue)
        if area.get(n) != a:
            continue  # it has changed since
        del area[n]
        after[before[n]], before[after[n]] = after[n], before[n]
        for near in (before[n], after[n]):
            if near in area:
                area[near] = max(a, spans(near))
                heapq.heappush(queue, (area[near], near))
    return [p for n, p in enumerate(degrees) if n in area or n in (0, len(degrees) - 1)]


def _rings(geometry: dict[str, Any], arcs: list[list[Point]]) -> list[list[Point]]:
    polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    found = []
    for polygon in polygons:
        for ring in polygon:
            points: list[Point] = []
            for number in ring:
                arc = arcs[number] if number >= 0 else arcs[~number][::-1]
                turn = _near(arc[0][0], points[-1][0]) - arc[0][0] if points else 0.0
                points += [(longitude + turn, latitude) for longitude, latitude in arc[1 if points else 0 :]]
            found.append([_place(p) for p in _home(points)])
    return found


def _home(ring: list[Point]) -> list[Point]:
    """A ring whose middle is between -180 and 180 degrees, whatever it began with."""
    middle = sum(longitude for longitude, _ in ring) / len(ring)
    turn = _near(middle, 0.0) - middle
    return [(longitude + turn, latitude) for longitude, latitude in ring]


def _area(ring: list[Point]) -> float:
    return abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise([*ring, ring[0]]))) / 2


def _centre(ring: list[Point]) -> Point:
    return sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring)


def _path(rings: list[list[Point]]) -> str:
    """An SVG path in whole units, relative, which is short and packs well."""
    largest = max(map(_area, rings), default=0)
    return "".join(_drawn(ring) for ring in rings if _area(ring) >= ISLET or _area(ring) == largest)


def _drawn(ring: list[Point]) -> str:
    points = [(round(x), round(y)) for x, y in ring]
    points = [p for n, p in enumerate(points) if n == 0 or p != points[n - 1]]
    if len(points) < 4:
        return ""
    steps = [(bx - ax, by - ay) for (ax, ay), (bx, by) in pairwise(points[:-1])]
    moves = "".join(f"{_n(dx)}{_n(dy)}" for dx, dy in steps).lstrip()
    return f"M{points[0][0]} {points[0][1]}l{moves}z"


def _n(number: int) -> str:
    return f"{number}" if number < 0 else f" {number}"


if __name__ == "__main__":
    main(sys.argv[1])

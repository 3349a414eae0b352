"""The shapes of countries for pictures: made once by `make`, kept in `world.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources


@dataclass(frozen=True)
class World:
    """The world in whole units of `width` x `height`.

    `shapes`: country -> SVG path; `points`: country -> centre, of those that are too small to be seen as a shape;
    `rest`: a path of all land that is no country of its own in our vocabulary.
    """

    width: int
    height: int
    shapes: Mapping[str, str]
    points: Mapping[str, tuple[int, int]]
    rest: str


@lru_cache(maxsize=1)
def world() -> World:
    """The shapes, read once."""
    raw = json.loads((resources.files("knowledge.maps") / "world.json").read_text(encoding="utf-8"))
    points = {country: (x, y) for country, (x, y) in raw["points"].items()}
    return World(raw["width"], raw["height"], raw["shapes"], points, raw["rest"])

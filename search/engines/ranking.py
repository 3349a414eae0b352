"""The first of many documents in some order, without sorting them all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Key = Callable[[Array | slice], Array]  # what places are compared by
EVERY = slice(None)


def first(keys: Sequence[Key], most: int, among: Array | slice = EVERY) -> Array:
    """Those `most` places that are smallest by the first key, ties by the next; more when all keys tie.

    A key is asked only about places that are still in question. The places are in no order: whoever asks sorts what is
    left, by keys that are no numbers if need be.
    """
    key = keys[0](among)
    if len(key) <= most:
        return _at(among, np.arange(len(key)))
    least = np.partition(key, most - 1)[most - 1]
    sure, tied = (_at(among, np.flatnonzero(which)) for which in (key < least, key == least))
    if len(keys) > 1 and len(sure) + len(tied) > most:
        tied = first(keys[1:], most - len(sure), tied)
    return np.concatenate([sure, tied])


def _at(among: Array | slice, places: Array) -> Array:
    return places if isinstance(among, slice) else among[places]

"""The first of many documents in some order, without sorting them all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def first(keys: Sequence[Array], most: int) -> Array:
    """Places of the `most` smallest by the first key, ties by the next; more of them when all keys tie.

    The places are in no order: whoever asks sorts what is left, by keys that are no numbers if need be.
    """
    key = keys[0]
    if len(key) <= most:
        return np.arange(len(key))
    least = np.partition(key, most - 1)[most - 1]
    sure, tied = np.flatnonzero(key < least), np.flatnonzero(key == least)
    if len(keys) > 1 and len(sure) + len(tied) > most:
        tied = tied[first([k[tied] for k in keys[1:]], most - len(sure))]
    return np.concatenate([sure, tied])

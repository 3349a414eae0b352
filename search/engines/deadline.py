"""Until when a question must be answered: one moment for all that is done for it, however often an engine looks."""

from __future__ import annotations

import time
from collections.abc import Callable

from search.errors import N_, BadQuery

PATIENCE = 5.0  # seconds for one question
TOO_SLOW = N_("This search takes too long. Please use fewer words, or longer beginnings of words.")

clock: Callable[[], float] = time.monotonic


class Deadline:
    """Made where a question comes in, and handed to everything that works on it."""

    def __init__(self, seconds: float = PATIENCE) -> None:
        self._until = clock() + seconds

    def left(self) -> float:
        """Seconds that are left, more than none. Raises BadQuery when there are none."""
        left = self._until - clock()
        if left <= 0:
            raise BadQuery(TOO_SLOW)
        return left

    check = left

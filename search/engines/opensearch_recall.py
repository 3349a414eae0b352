"""What the cluster told a moment ago, so that it need not be asked again at once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

from search.engines.opensearch_client import Clock

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")
MOMENT = 60.0  # seconds
KEPT = 5_000


class Recent(Generic[Key, Value]):
    """Values that are forgotten after a moment, or when there are too many of them. Threads share it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: OrderedDict[Key, tuple[float, Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """What was put there lately, or None."""
        with self._lock:
            until, value = self._held.get(key, (0.0, None))
            return value if self._clock() < until else None

    def put(self, key: Key, value: Value) -> None:
        """Keep it for a moment."""
        with self._lock:
            self._held.pop(key, None)
            self._held[key] = (self._clock() + MOMENT, value)
            while len(self._held) > KEPT:
                self._held.popitem(last=False)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._held.clear()

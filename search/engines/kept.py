"""Remembering what was read or worked out, the last used longest, within a limit of bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class ByteLimited(Generic[Key, Value]):
    """A least-recently-used store for the threads of a process, bounded by what its values take in memory."""

    def __init__(self, limit: int) -> None:
        self._limit, self._held = limit, 0
        self._values: OrderedDict[Key, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Value | None:
        """The value, or None."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def put(self, key: Key, value: Value, size: int) -> None:
        """Keep a value of so many bytes; others may have to go."""
        with self._lock:
            before = self._values.pop(key, None)
            self._held += size - (before[1] if before else 0)
            self._values[key] = (value, size)
            while self._held > self._limit and len(self._values) > 1:
                _, (_, freed) = self._values.popitem(last=False)
                self._held -= freed

    @property
    def bytes(self) -> int:
        """What is held now."""
        return self._held

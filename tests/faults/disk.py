"""A disk that fails once, at the k-th touch of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def failing(touches: Iterable[tuple[Any, str]], at: int, code: int) -> Iterator[Callable[[], bool]]:
    """Within this, the k-th of these calls fails with this errno, once; what it gives tells whether it came to that."""
    touched = 0

    def counted(really: Any) -> Any:
        def touch(*args: Any, **kwargs: Any) -> Any:
            nonlocal touched
            touched += 1
            if touched == at:
                raise OSError(code, os.strerror(code))
            return really(*args, **kwargs)

        return touch

    with pytest.MonkeyPatch.context() as patched:
        for owner, name in touches:
            patched.setattr(owner, name, counted(getattr(owner, name)))
        yield lambda: touched >= at

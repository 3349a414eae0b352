"""What time it is, for tests in which days pass: every service and the postman look at the same clock."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from unittest.mock import patch

MONDAY = "2026-11-30T09:00"  # with five working days, what is sent then is due on Monday 7 December


def moment(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@contextmanager
def at(text: str) -> Iterator[datetime]:
    """It is this moment, as far as the services and the postman know."""
    now, patches = moment(text), []
    for name, module in list(sys.modules.items()):
        if name.startswith(("knowledge.services.", "knowledge.mail.")) and hasattr(module, "now"):
            patches.append(patch.object(module, "now", lambda: now))
    for each in patches:
        each.start()
    try:
        yield now
    finally:
        for each in patches:
            each.stop()

"""Who acts. Services take the actor as an argument and look up what she may do inside their transaction."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """Somebody who acts; `person_id` is None for a reader who is not signed in."""

    person_id: int | None = None
    name: str = ""

    @property
    def signed_in(self) -> bool:
        """Whether this is somebody with an account."""
        return self.person_id is not None


ANYONE = Actor()

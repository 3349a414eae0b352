"""What was found when the addresses that records link to were called up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from knowledge.storage.models.base import Row


class LinkCheck(Row):
    """When the links of a record were last called up (`at`), and what was wrong then.

    `found`: address -> [status, trouble] of those that led nowhere (see `knowledge.outside.calling`); the others are
    not kept.
    """

    __tablename__ = "link_check"

    record_id: Mapped[str] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    found: Mapped[dict[str, Any]]
    troubled: Mapped[bool]

"""Records, their revisions, who wrote them, what happened to them, and the facet values the desks filter by."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, event, false, text
from sqlalchemy.orm import Mapped, Mapper, mapped_column, object_session, relationship
from sqlalchemy.orm.attributes import get_history

from knowledge.storage.models.base import Row, now
from knowledge.storage.models.people import Person
from knowledge.storage.models.programmes import Programme

AUTHOR, CO_AUTHOR, CREDITED, FORMER = "author", "co_author", "credited", "former"
LIVE, LATEST = "live", "latest"


class Record(Row):
    """What people write. `state` speaks of the latest revision; the public reads the live one, if there is one.

    `version` is checked on every write: the second of two writers gets a StaleDataError. `start_key` makes a
    double press of "start" give one record. `source`: {"url", "licence", "attribution"} of what was taken from
    elsewhere. `credits`: the names on the live revision, as they were when a coach published it.
    `first_published` and `published`: when it first became public, and when the live revision did. `expires`: until
    when the live text may be relied on, if that is known; `confirmed`: when its authors last said that it still holds;
    `expiry_told`: they were asked. `plan`: a decision to publish that waits for its date.
    """

    __tablename__ = "record"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(20), index=True)
    programme_id: Mapped[str | None] = mapped_column(ForeignKey("programme.id"), index=True)
    coach_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    latest_id: Mapped[int | None] = mapped_column(ForeignKey("revision.id", use_alter=True))
    live_id: Mapped[int | None] = mapped_column(ForeignKey("revision.id", use_alter=True), index=True)
    version: Mapped[int] = mapped_column()
    start_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    source: Mapped[dict[str, Any] | None]
    credits: Mapped[list[str]] = mapped_column(JSON, default=list)
    created: Mapped[datetime] = mapped_column(default=now)
    changed: Mapped[datetime] = mapped_column(default=now)
    waiting_since: Mapped[datetime | None]
    first_published: Mapped[datetime | None]
    published: Mapped[datetime | None] = mapped_column(index=True)
    expires: Mapped[datetime | None] = mapped_column(index=True)
    expiry_told: Mapped[bool] = mapped_column(default=False, server_default=false())
    confirmed: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 (SQLAlchemy's own hook)

    latest: Mapped[Revision] = relationship(foreign_keys=[latest_id], lazy="raise", post_update=True)
    live: Mapped[Revision | None] = relationship(foreign_keys=[live_id], lazy="raise", post_update=True)
    authorships: Mapped[list[Authorship]] = relationship(
        lazy="raise", order_by="Authorship.position", cascade="all, delete-orphan"
    )
    programme: Mapped[Programme | None] = relationship(lazy="raise")
    coach: Mapped[Person | None] = relationship(foreign_keys=[coach_id], lazy="raise")
    plan: Mapped[Plan | None] = relationship(lazy="raise", cascade="all, delete-orphan", uselist=False)


class Revision(Row):
    """One saved version: every save makes one, and its text never changes afterwards.

    `values`: the answers by field id. `html`: rendered and sanitised prose by the path of its field, made under
    `policy`; `sealed`: it was submitted, so it can be cited as what a coach looked at. `lowered`: {"from", "to",
    "reason", "by"} when a coach published it with less evidence than it claims.
    """

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("record_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(400))
    language: Mapped[str] = mapped_column(String(20))
    values: Mapped[dict[str, Any]]
    html: Mapped[dict[str, Any]]
    policy: Mapped[int]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    sealed: Mapped[bool] = mapped_column(default=False)
    lowered: Mapped[dict[str, Any] | None]

    by: Mapped[Person | None] = relationship(lazy="raise")

    @property
    def answers(self) -> dict[str, Any]:
        """The answers as the public reads them: with the evidence that a coach confirmed."""
        return {**self.values, "evidence": self.lowered["to"]} if self.lowered else self.values


class Authorship(Row):
    """Who wrote a record: people with an account, and names that are credited without one.

    A person who leaves stays as `former`, so that nobody can publish what she helped to write.
    """

    __tablename__ = "authorship"
    __table_args__ = (UniqueConstraint("record_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    email: Mapped[str] = mapped_column(String(254), default="")
    role: Mapped[str] = mapped_column(String(20))
    position: Mapped[int] = mapped_column(default=0)


class Publication(Row):
    """A revision that became public: what its permanent address /practices/<record>/v/<number> stands for.

    `credits`: the names approved with it, none when it was published without names. `by`: the coach who published it.
    `ended`: when it was withdrawn; what was withdrawn does not come back with a later version.
    """

    __tablename__ = "publication"

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("revision.id"))
    number: Mapped[int]
    credits: Mapped[list[str]] = mapped_column(JSON, default=list)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    at: Mapped[datetime]
    ended: Mapped[datetime | None]

    by: Mapped[Person | None] = relationship(lazy="raise")
    revision: Mapped[Revision] = relationship(lazy="raise")


class Plan(Row):
    """A coach's decision to publish a revision, by its number, when the moment `due` has come.

    It is carried out as her own step then, or not at all: whatever happens to the record in between ends it.
    """

    __tablename__ = "plan"

    record_id: Mapped[str] = mapped_column(ForeignKey("record.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    words: Mapped[str] = mapped_column(Text, default="")
    due: Mapped[datetime] = mapped_column(index=True)
    made: Mapped[datetime] = mapped_column(default=now)

    person: Mapped[Person] = relationship(lazy="raise")


class Step(Row):
    """One line of a record's history: who, when, from, to, and the words said.

    `public_words`: what everybody may read of a withdrawal, on the page that remains.
    """

    __tablename__ = "step"

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"), index=True)
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("revision.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    transition: Mapped[str] = mapped_column(String(40))
    source: Mapped[str] = mapped_column(String(20))
    target: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(Text, default="")
    public_words: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    at: Mapped[datetime] = mapped_column(default=now)

    person: Mapped[Person | None] = relationship(lazy="raise")
    revision: Mapped[Revision | None] = relationship(lazy="raise")


class FacetValue(Row):
    """A facet value of a record's live or latest revision, for filtering in SQL."""

    __tablename__ = "facet_value"
    __table_args__ = (Index("ix_facet_value_lookup", "facet", "value", "layer"),)

    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"), primary_key=True)
    layer: Mapped[str] = mapped_column(String(10), primary_key=True)
    facet: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(64), primary_key=True)


class SealedRevision(Exception):
    """Raised by an attempt to change the text of a revision that was saved."""


@event.listens_for(Revision, "before_update")
def _revisions_keep_their_text(mapper: Mapper[Revision], connection: object, revision: Revision) -> None:
    if object_session(revision) is None:
        return
    if any(get_history(revision, name).has_changes() for name in ("values", "title", "language", "number", "by_id")):
        raise SealedRevision(f"revision {revision.number} of {revision.record_id} is already saved")

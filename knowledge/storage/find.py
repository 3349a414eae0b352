"""Queries, each named for what it finds. Relationships that a caller needs are loaded here, explicitly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, case, delete, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from knowledge.storage.models.people import Person, SignIn
from knowledge.storage.models.programmes import Membership, Programme
from knowledge.storage.models.records import (
    AUTHOR,
    CO_AUTHOR,
    LATEST,
    LIVE,
    Authorship,
    FacetValue,
    Plan,
    Record,
    Revision,
    Step,
)
from knowledge.storage.models.site import Outbox, SearchAsked, SynonymGroup, VocabularyTerm

WHOLE = (
    joinedload(Record.latest),
    joinedload(Record.live),
    selectinload(Record.authorships),
    joinedload(Record.programme),
    joinedload(Record.coach),
    joinedload(Record.plan).joinedload(Plan.person),
)
# every request asks for these two, some of them several times: built once, and of tables rather than of rows
_terms, _groups = VocabularyTerm.__table__.c, SynonymGroup.__table__.c
_TERMS_STAMP = select(func.count(), func.max(_terms.changed)).select_from(VocabularyTerm.__table__)
_SYNONYMS_STAMP = select(func.count(), func.sum(case((_groups.removed, 1), else_=0)))


def record(session: Session, record_id: str, lock: bool = False) -> Record | None:
    """A record with its revisions and authors; `lock` keeps other writers away until the transaction ends."""
    if lock:
        session.execute(select(Record.id).where(Record.id == record_id).with_for_update())
    return session.scalar(
        select(Record).where(Record.id == record_id).options(*WHOLE).execution_options(populate_existing=True)
    )


def records(session: Session, ids: Iterable[str]) -> dict[str, Record]:
    """Whole records by id, for a page of results or a batch to index."""
    wanted = list(ids)
    if not wanted:
        return {}
    found = session.scalars(select(Record).where(Record.id.in_(wanted)).options(*WHOLE))
    return {r.id: r for r in found}


def live(session: Session, ids: Iterable[str]) -> dict[str, Record]:
    """Records by id with what is public of them, and nothing else, for a page of results: no rendered prose either."""
    public = joinedload(Record.live).defer(Revision.html, raiseload=True)
    found = session.scalars(select(Record).where(Record.id.in_(list(ids))).options(public))
    return {r.id: r for r in found}


def record_started_with(session: Session, start_key: str) -> Record | None:
    """The record that this press of "start" already made."""
    return session.scalar(select(Record).where(Record.start_key == start_key).options(*WHOLE))


def written_by(session: Session, person_id: int) -> Sequence[Record]:
    """The records a person writes or co-writes, the last changed first."""
    mine = exists().where(
        Authorship.record_id == Record.id,
        Authorship.person_id == person_id,
        Authorship.role.in_((AUTHOR, CO_AUTHOR)),
    )
    return session.scalars(select(Record).where(mine).options(*WHOLE).order_by(Record.changed.desc())).all()


def waiting(
    session: Session,
    states: frozenset[str],
    programmes: Iterable[str] | None,
    coach_id: int | None,
    facets: Iterable[tuple[str, str]] = (),
) -> Sequence[Record]:
    """Records in these states, oldest wait first: of these programmes or assigned to this coach; all when both None."""
    query = select(Record).where(Record.state.in_(states)).options(*WHOLE)
    if programmes is not None:
        query = query.where(or_(Record.programme_id.in_(list(programmes)), Record.coach_id == coach_id))
    for facet, value in facets:
        query = query.where(has_facet(facet, value, LATEST))
    return session.scalars(query.order_by(Record.waiting_since, Record.id)).all()


def has_facet(facet: str, value: str, layer: str) -> ColumnElement[bool]:
    """True for records whose live or latest revision has this facet value."""
    return exists().where(
        FacetValue.record_id == Record.id,
        FacetValue.layer == layer,
        FacetValue.facet == facet,
        FacetValue.value == value,
    )


def in_state(session: Session, state: str, limit: int = 200) -> Sequence[Record]:
    """Records in a state, the last changed first."""
    query = select(Record).where(Record.state == state).options(*WHOLE).order_by(Record.changed.desc())
    return session.scalars(query.limit(limit)).all()


def newest_public(session: Session, limit: int) -> Sequence[Record]:
    """The records that were published last."""
    query = select(Record).where(Record.live_id.is_not(None)).order_by(Record.published.desc(), Record.id)
    return session.scalars(query.options(joinedload(Record.live)).limit(limit)).all()


def public_by_title(
    session: Session, words: Iterable[str], facets: Mapping[str, Iterable[str]], start: int, limit: int
) -> tuple[int, Sequence[Record]]:
    """Public records whose live title has all these words and which have one of the values of each facet.

    How many there are, and those from `start` on, the last published first. For when there is no index to ask.
    """
    query = select(Record).join(Revision, Record.live_id == Revision.id)
    for word in words:
        query = query.where(Revision.title.ilike(_like(word), escape="\\"))
    for facet, values in facets.items():
        query = query.where(or_(*(has_facet(facet, value, LIVE) for value in values)))
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = query.order_by(Record.published.desc(), Record.id).offset(start).limit(limit)
    return total, session.scalars(page.options(joinedload(Record.live))).all()


def public_count(session: Session) -> int:
    """How many records the public can read."""
    return session.scalar(select(func.count()).select_from(Record).where(Record.live_id.is_not(None))) or 0


def record_ids_after(session: Session, after: str, limit: int) -> Sequence[str]:
    """The next record ids in order, for walking through all of them."""
    return session.scalars(select(Record.id).where(Record.id > after).order_by(Record.id).limit(limit)).all()


def changed_since(session: Session, moment: datetime) -> Sequence[str]:
    """Ids of the records that changed at or after a moment."""
    return session.scalars(select(Record.id).where(Record.changed >= moment)).all()


def records_with_term(session: Session, value: str) -> Sequence[str]:
    """Ids of the records that carry this facet value in any layer."""
    return session.scalars(select(FacetValue.record_id).where(FacetValue.value == value).distinct()).all()


def record_count(session: Session) -> int:
    """How many records there are in all."""
    return session.scalar(select(func.count()).select_from(Record)) or 0


def revision(session: Session, record_id: str, number: int) -> Revision | None:
    """One saved version of a record."""
    return session.scalar(
        select(Revision)
        .where(Revision.record_id == record_id, Revision.number == number)
        .options(joinedload(Revision.by))
    )


def revisions(session: Session, record_id: str) -> Sequence[Revision]:
    """All saved versions, the newest first."""
    return session.scalars(
        select(Revision)
        .where(Revision.record_id == record_id)
        .options(joinedload(Revision.by))
        .order_by(Revision.number.desc())
    ).all()


def next_number(session: Session, record_id: str) -> int:
    """The number of the next revision of a record."""
    return (session.scalar(select(func.max(Revision.number)).where(Revision.record_id == record_id)) or 0) + 1


def wrote_a_revision(session: Session, record_id: str, person_id: int) -> bool:
    """Whether a person ever saved a version of this record."""
    query = select(exists().where(Revision.record_id == record_id, Revision.by_id == person_id))
    return bool(session.scalar(query))


def steps(session: Session, record_id: str) -> Sequence[Step]:
    """The history of a record, the newest first."""
    return session.scalars(
        select(Step)
        .where(Step.record_id == record_id)
        .options(joinedload(Step.person), joinedload(Step.revision))
        .order_by(Step.id.desc())
    ).all()


def last_step(session: Session, record_id: str, *transitions: str) -> Step | None:
    """The newest step of one of these transitions."""
    return session.scalar(
        select(Step)
        .where(Step.record_id == record_id, Step.transition.in_(transitions))
        .options(joinedload(Step.person), joinedload(Step.revision))
        .order_by(Step.id.desc())
        .limit(1)
    )


def person(session: Session, person_id: int) -> Person | None:
    """A person by id."""
    return session.get(Person, person_id)


def person_by_email(session: Session, email: str) -> Person | None:
    """A person by (normalised) e-mail."""
    return session.scalar(select(Person).where(Person.email == email))


def _like(words: str) -> str:
    """A pattern for LIKE that these words are somewhere in, escaped with a backslash."""
    return "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


def people(session: Session, words: str = "", limit: int = 200) -> Sequence[Person]:
    """People whose name, e-mail or organisation contains these words, by name."""
    query = select(Person).order_by(Person.name, Person.id).limit(limit)
    if words:
        like = _like(words)
        columns = (Person.name, Person.email, Person.organisation)
        query = query.where(or_(*(c.ilike(like, escape="\\") for c in columns)))
    return session.scalars(query).all()


def active_managers(session: Session, lock: bool = False) -> int:
    """How many managers can sign in; `lock` keeps others from changing that until the transaction ends."""
    if lock:
        session.execute(select(Person.id).where(Person.manager, Person.active).order_by(Person.id).with_for_update())
    return session.scalar(select(func.count()).select_from(Person).where(Person.manager, Person.active)) or 0


def sign_in(session: Session, token_hash: str, moment: datetime) -> SignIn | None:
    """A sign-in that has not expired, of a person who may sign in."""
    return session.scalar(
        select(SignIn)
        .join(Person, Person.id == SignIn.person_id)
        .where(SignIn.token_hash == token_hash, SignIn.expires > moment, Person.active)
        .options(joinedload(SignIn.person))
    )


def programmes(session: Session) -> Sequence[Programme]:
    """All programmes, the newest first."""
    return session.scalars(select(Programme).order_by(Programme.created.desc(), Programme.id)).all()


def members(session: Session, programme_id: str) -> Sequence[Membership]:
    """The members of a programme, coaches first, by name."""
    return session.scalars(
        select(Membership)
        .where(Membership.programme_id == programme_id)
        .join(Person, Person.id == Membership.person_id)
        .options(joinedload(Membership.person), joinedload(Membership.coach))
        .order_by(Membership.role.desc(), Person.name)
    ).all()


def memberships(session: Session, person_id: int) -> Sequence[Membership]:
    """The programmes a person belongs to."""
    return session.scalars(
        select(Membership)
        .where(Membership.person_id == person_id)
        .options(joinedload(Membership.programme), joinedload(Membership.coach))
    ).all()


def changed_terms(session: Session, since: datetime | None = None) -> Sequence[VocabularyTerm]:
    """The terms a manager added, renamed or retired (since a moment), by vocabulary and id."""
    query = select(VocabularyTerm).order_by(VocabularyTerm.vocabulary, VocabularyTerm.id)
    return session.scalars(query.where(VocabularyTerm.changed >= since) if since else query).all()


def terms_stamp(session: Session) -> tuple[int, datetime | None]:
    """Changes whenever a vocabulary term was changed."""
    count, last = session.execute(_TERMS_STAMP).one()
    return count, last


def synonym_groups(session: Session) -> Sequence[SynonymGroup]:
    """What a manager added, the newest first."""
    query = select(SynonymGroup).where(SynonymGroup.removed.is_(False)).order_by(SynonymGroup.id.desc())
    return session.scalars(query).all()


def synonyms_stamp(session: Session) -> tuple[int, int]:
    """Changes whenever a group of synonyms was added or removed."""
    count, removed = session.execute(_SYNONYMS_STAMP).one()
    return count, removed or 0


def outbox(session: Session, limit: int) -> Sequence[Outbox]:
    """The oldest changes the index has not heard of."""
    return session.scalars(select(Outbox).order_by(Outbox.id).limit(limit)).all()


def searches(session: Session, words: Iterable[str]) -> dict[str, SearchAsked]:
    """These searches as they were counted so far."""
    return {row.words: row for row in session.scalars(select(SearchAsked).where(SearchAsked.words.in_(list(words))))}


def searches_of_days(session: Session, days: int, begun: str) -> Sequence[SearchAsked]:
    """Searches of at least so many days in which a word begins so, the most frequent first."""
    begins = SearchAsked.words.startswith(begun, autoescape=True)
    query = select(SearchAsked).where(
        SearchAsked.days >= days, begins | SearchAsked.words.contains(f" {begun}", autoescape=True)
    )
    return session.scalars(query.order_by(SearchAsked.days.desc(), SearchAsked.words).limit(50)).all()


def forget_searches(session: Session, before: date) -> None:
    """Those nobody asked for since then."""
    session.execute(delete(SearchAsked).where(SearchAsked.last < before))


def outbox_size(session: Session) -> int:
    """How many changes wait for the index."""
    return session.scalar(select(func.count()).select_from(Outbox)) or 0

"""Finding and reading what is public. The index proposes, the database decides: every hit is checked again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from knowledge.content import openness
from knowledge.content.media import Attachment
from knowledge.content.registry import RecordType
from knowledge.derive import prose
from knowledge.services import access, editorial, files, vocabulary, wording
from knowledge.services.access import PUBLIC
from knowledge.services.actor import Actor
from knowledge.services.errors import Gone, NotFound, SearchDown
from knowledge.services.indexing import DESK, dated
from knowledge.storage import find, publications
from knowledge.storage.models.base import now
from knowledge.storage.models.records import Publication as Publication
from knowledge.storage.models.records import Record as Record
from knowledge.storage.models.records import Revision as Revision
from search import highlight, language
from search.engine import SearchEngine
from search.errors import SearchUnavailable
from search.parse import MAX_TERMS
from search.query import MAX_DEPTH, MAX_LENGTH, Hit, Query, Results, Snippet
from search.schema import moment
from workflows.editorial import PUBLISHED, WITHDRAWN


@dataclass(frozen=True)
class Found:
    """One line of a result list: the hit, the record, and the revision the reader may see."""

    hit: Hit
    record: Record
    revision: Revision
    record_type: RecordType


@dataclass(frozen=True)
class Findings:
    """A page of results with the engine's counts."""

    results: Results
    found: tuple[Found, ...]


@dataclass(frozen=True)
class Article:
    """A record as its page shows it.

    `publication`: the version that became public, None for what is not public; `versions`: all that can be read, the
    newest first. `nameless`: nobody may learn from it who wrote it.
    """

    record: Record
    revision: Revision
    record_type: RecordType
    authors: tuple[str, ...]
    reviewed_by: str
    related: tuple[Record, ...] = ()
    reader_is_member: bool = False
    files: Mapping[str, Attachment] = field(default_factory=dict)
    publication: Publication | None = None
    versions: tuple[Publication, ...] = ()
    nameless: bool = False

    @property
    def values(self) -> Mapping[str, Any]:
        """The answers that everybody may read, with the evidence that a coach confirmed."""
        return openness.public(self.record_type, self.revision.answers, nameless=self.nameless)

    @property
    def published(self) -> datetime | None:
        """When this version became public."""
        return self.publication.at if self.publication else None

    @property
    def is_live(self) -> bool:
        """Whether this is what the public reads now."""
        return self.revision.id == self.record.live_id

    @property
    def expired(self) -> bool:
        """Whether it may be out of date, by what its authors or its type say."""
        return is_expired(self.record)


def find_practices(session: Session, engine: SearchEngine, query: Query) -> Findings:
    """Search what is public. Raises SearchDown without an index, search.BadQuery for what cannot be asked."""
    return _search(session, engine, replace(query, audience=frozenset({PUBLIC})))


def how_many(session: Session, engine: SearchEngine, texts: Sequence[str]) -> list[int]:
    """How many public records have all the words of each of these. Raises SearchDown, search.BadQuery."""
    engine.synonyms = wording.synonyms(session)
    with _down():
        return engine.totals([Query(text, frozenset({PUBLIC})) for text in texts])


def find_meanwhile(session: Session, query: Query) -> Findings:
    """What can be found without an index: words of titles, and facets; newest first, nothing counted.

    Years are not looked at.
    """
    words = [query.text[t.start : t.end] for t in language.tokens(query.text[:MAX_LENGTH])][:MAX_TERMS]
    facets = {facet: values for facet, values in query.filters.items() if values}
    start = (min(query.page, MAX_DEPTH // query.per_page) - 1) * query.per_page
    told = [w for w in words if language.fold(w) not in language.STOP] or words
    total, rows = find.public_by_title(session, told, facets, start, query.per_page)
    registry = vocabulary.registry(session)
    found = tuple(Found(Hit(r.id), r, r.live, registry[r.kind]) for r in rows if r.live is not None)
    return Findings(Results(total, tuple(f.hit for f in found), query.page, query.per_page), found)


def find_at_desk(session: Session, engine: SearchEngine, actor: Actor, text: str) -> Findings:
    """Search the unpublished work that this actor takes part in."""
    me = access.require_person(session, actor)
    findings = _search(session, engine, Query(text, audience=me.audience, per_page=50))
    kept = tuple(f for f in findings.found if _may_view(session, actor, f.record))
    return Findings(findings.results, kept)


def all_practices(session: Session, engine: SearchEngine, query: Query, limit: int) -> list[Found]:
    """The found records from the first on, page by page, for a download. At most `limit`."""
    found: list[Found] = []
    page = 1
    query = replace(query, per_page=100, facets=(), for_people=False)
    while len(found) < limit:
        findings = find_practices(session, engine, replace(query, page=page))
        if findings.results.page != page:
            break
        found += findings.found
        if page * 100 >= findings.results.total:
            break
        page += 1
    return found[:limit]


def read(session: Session, actor: Actor, record_id: str) -> Article:
    """A record's public page. Raises Gone when it was withdrawn, NotFound when it never was public."""
    record = find.record(session, record_id)
    if record is None:
        raise NotFound(record_id)
    if record.live is None:
        raise tombstone(session, record) or NotFound(record_id)
    return article(session, actor, record, record.live)


def tombstone(session: Session, record: Record) -> Gone | None:
    """What everybody is told of what was withdrawn, as long as nothing takes its place."""
    step = find.last_step(session, record.id, "withdraw", "import")
    if step is None or step.target != WITHDRAWN:
        return None
    return Gone(record.id, step.public_words, step.at.date().isoformat())


def preview(session: Session, actor: Actor, record_id: str) -> Article:
    """The latest revision as the public would see it, for those who work on it."""
    record, _ = access.desk_record(session, actor, record_id)
    return article(session, actor, record, record.latest)


def article(session: Session, actor: Actor, record: Record, revision: Revision) -> Article:
    """A revision of a record with everything its page says about it."""
    registry, versions = vocabulary.registry(session), tuple(publications.of_record(session, record.id))
    version = next((v for v in versions if v.number == revision.number), None)
    # names that were taken off since are off the older versions too
    nameless = any(openness.is_nameless(r.values) for r in (revision, record.live) if r is not None)
    return Article(
        record,
        revision,
        registry[record.kind],
        () if nameless else tuple(version.credits) if version else names(record),
        version.by.name if version and version.by and not nameless else "",
        related(session, revision),
        access.standing(session, actor).person_id is not None,
        files.of(session, record, revision.values),
        version,
        versions,
        nameless,
    )


def related(session: Session, revision: Revision, limit: int = 6) -> tuple[Record, ...]:
    """Public records that this one names."""
    rows = revision.values.get("related", ()) if isinstance(revision.values.get("related"), list) else ()
    ids = [row["record"] for row in rows if isinstance(row, dict) and row.get("record")][:limit]
    known = find.records(session, ids)
    return tuple(known[i] for i in ids if i in known and known[i].live is not None)


def similar(session: Session, engine: SearchEngine, article: Article, limit: int = 4) -> tuple[Found, ...]:
    """Public records that are most like this one, by the words of its title and the names of its topics.

    Rare words count most, as in any search. None while the index is away: the page is about the record.
    """
    topics = vocabulary.registry(session).vocabularies["topics"]
    chosen = article.values.get("topics", ())
    names = [topics[t].names["en"] for t in chosen if t in topics]
    tokens = language.tokens(" ".join([article.revision.title, *names]))
    words = dict.fromkeys(t.word for t in tokens if t.word not in language.STOP)
    if not words:
        return ()
    asked = Query(" OR ".join(list(words)[:MAX_TERMS]), per_page=limit + 1, for_people=False, synonyms=False)
    try:
        found = find_practices(session, engine, asked).found
    except SearchDown:
        return ()
    return tuple(f for f in found if f.record.id != article.record.id)[:limit]


def is_expired(record: Record) -> bool:
    """Whether what is public of it has gone past its date."""
    return record.live_id is not None and record.expires is not None and record.expires <= now()


def titles(session: Session, ids: list[str]) -> dict[str, str]:
    """Titles of those of these records that are public, for links to them."""
    return {i: r.live.title for i, r in find.records(session, ids).items() if r.live is not None}


def names(record: Record) -> tuple[str, ...]:
    """The names of all who write a record now."""
    return tuple(editorial.names(record))


def newest(session: Session, limit: int) -> Sequence[Record]:
    """What was published last."""
    return find.newest_public(session, limit)


def today() -> date:
    """The day, for "read on" in a citation."""
    return date.today()


@contextmanager
def _down() -> Iterator[None]:
    try:
        yield
    except SearchUnavailable as error:
        raise SearchDown(str(error)) from error


def _search(session: Session, engine: SearchEngine, query: Query) -> Findings:
    engine.synonyms = wording.synonyms(session)  # a manager may have added one, in another process
    with _down():
        results = engine.search(query)
    registry = vocabulary.registry(session)
    at_desk = PUBLIC not in query.audience
    hits = [h for h in results.hits if h.id.endswith(DESK) is at_desk]  # whatever a damaged index says of its readers
    read = find.records if at_desk else find.live  # a page of public results needs no drafts, and no people
    rows = read(session, [h.id.removesuffix(DESK) for h in hits])
    found = []
    for hit in hits:
        record = rows.get(hit.id.removesuffix(DESK))
        revision = record and (record.latest if at_desk else record.live)
        if record and revision:
            true = hit.date == moment(dated(record, at_desk))
            found.append(Found(hit if true else _as_it_is(hit, revision), record, revision, registry[record.kind]))
    return Findings(results, tuple(found))


def _as_it_is(hit: Hit, revision: Revision) -> Hit:
    """A hit of an index that has not heard of this revision yet: its own texts may say what was taken out since."""
    summary = prose.plain(str(revision.values.get("summary", "")))
    title = Snippet(((revision.title, False),))
    return replace(hit, title=title, snippet=highlight.beginning(summary))


def _may_view(session: Session, actor: Actor, record: Record) -> bool:
    try:
        access.desk_record(session, actor, record.id)
    except NotFound:
        return False
    return record.state != PUBLISHED

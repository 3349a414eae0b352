"""The engine for those who outgrow one machine: an index on an OpenSearch cluster, behind an alias.

Documents and queries are analysed here and mean what they mean in every engine; the cluster evaluates, counts and
sorts. What is acknowledged is on the disks of all copies, and visible. Results are the oracle's; scores are as far as
Lucene keeps the length of a text (`opensearch_query`).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

from search import highlight, spelling
from search.engine import Progress, Swapping
from search.engines import opensearch_mapping as mapping
from search.engines import opensearch_query as asking
from search.engines.answering import answered
from search.engines.deadline import PATIENCE, TOO_SLOW, Deadline
from search.engines.opensearch_bulk import Bulk
from search.engines.opensearch_client import LONG, QUICK, SAVING, Client, Clock, Pause, Refused, address, cause
from search.engines.opensearch_rebuild import Rebuild, served
from search.engines.opensearch_recall import Recent
from search.errors import BadQuery, SearchAway, SearchBusy, SearchError, SearchSuperseded, SearchUnavailable
from search.parse import NO_SYNONYMS, parse
from search.query import MAX_DEPTH, MAX_PER_PAGE, Hit, Query, Results, Sort
from search.schema import Body, Document, IndexSchema
from search.synonyms import Synonyms
from search.tree import Node, Word

FEW = 100  # documents that are sent while somebody waits
VALUES = 10_000  # values of one facet that are counted at first,
ALL_VALUES = 65_000  # and when there are more
DEEP = 100  # hits beyond which the next page begins after the last hit of this one, not by counting from the first
GRACE = QUICK - PATIENCE  # seconds in which a cluster that is too slow can still say so
LIKE = 300  # words that are looked at when one is misspelt
HELD = 10_000  # ids in one answer, when all are read
KEEP = "2m"  # how long the cluster keeps a state for whoever reads all ids, from one request to the next
ORDERS: Mapping[Sort, list[dict[str, str]]] = {
    Sort.RELEVANCE: [{"_score": "desc"}, {"date": "desc"}, {"id": "asc"}],
    Sort.NEWEST: [{"date": "desc"}, {"id": "asc"}],
    Sort.TITLE: [{"sort_title": "asc"}, {"id": "asc"}],
}
SLOW = frozenset({"query_phase_execution_exception", "time_exceeded_exception"})  # a shard has no whole answer in time
GONE = frozenset({"index_not_found_exception", "alias_not_found_exception"})


class OpenSearchEngine:
    """An index on a cluster, shared by all threads, processes and machines that are given its address."""

    def __init__(
        self, url: str, schema: IndexSchema, synonyms: Synonyms = NO_SYNONYMS,
        clock: Clock = time.monotonic, pause: Pause = time.sleep,
    ) -> None:  # fmt: skip
        self.schema, self.synonyms = schema, synonyms
        self._address, self._clock = address(url), clock
        self._client = Client(self._address, clock, pause)
        self._bulk = Bulk(self._client, schema, clock, pause)
        self._places: Recent[tuple[Node, Query, int], list[Any]] = Recent(clock)  # the last hits of pages
        self._having: Recent[asking.Leaf | None, int] = Recent(clock)  # in how many documents a word stands
        self._fits = False

    def search(self, query: Query) -> Results:
        """Answer a query. Raises BadQuery, or SearchUnavailable when the cluster or the index is away."""
        return answered(query, self.schema, self.synonyms, self._answer, self._vocabulary)

    def totals(self, queries: Sequence[Query]) -> list[int]:
        """How many documents each of these finds as it is typed, by one request."""
        deadline = Deadline()
        if not self._fits:
            self._check(deadline.left() + GRACE)
        return self._totals([self._filter(query) for query in queries], deadline)

    def apply(self, puts: Iterable[Document], drops: Iterable[str] = (), hurried: bool = False) -> None:
        """Put and drop documents; on return all copies have them and every search finds them."""
        latest = {d.id: d for d in puts}
        gone = [d for d in drops if d not in latest]
        if hurried and len(latest) > FEW:
            raise SearchBusy("these are too many documents for somebody who waits")
        until = self._clock() + (SAVING if hurried else LONG)
        if not self._fits:
            self._check(min(QUICK, until - self._clock()))
        try:
            self._bulk.send(self._address.index, list(latest.values()), gone, until - self._clock())
            self._client.ask("POST", f"/{self._address.index}/_refresh", patience=until - self._clock())
        except Refused as error:
            raise self._translated(error) from error

    def rebuild(
        self, documents: Iterable[Document], progress: Progress | None = None, swapping: Swapping = nullcontext
    ) -> int:
        """Fill a new index, and let the alias point to it. Several at once each fill one; the last to end serves."""
        count = Rebuild(self._client, self._bulk, self._address, self.schema).run(documents, progress, swapping)
        self._having.clear()
        return count

    def held(self) -> Mapping[str, int]:
        """The ids of all documents with their dates, of one moment."""
        self._check()
        opened = self._ask("POST", f"/{self._address.index}/_search/point_in_time", keep_alive=KEEP)
        point, found = {"id": opened["pit_id"], "keep_alive": KEEP}, dict[str, int]()
        body: dict[str, Any] = {
            "size": HELD, "pit": point, "_source": False, "track_total_hits": False,
            "sort": [{"id": "asc"}, {"date": "asc"}],
        }  # fmt: skip
        try:
            while hits := self._ask("POST", "/_search", body)["hits"]["hits"]:
                found |= {hit["sort"][0]: hit["sort"][1] for hit in hits}
                body["search_after"] = hits[-1]["sort"]
        finally:
            self._forget(opened["pit_id"])
        return found

    def ready(self) -> bool:
        """Whether the cluster answers and the index fits the schema."""
        try:
            self._check()
        except SearchError:
            return False
        return True

    def lost(self) -> bool:
        """Whether the cluster answers, and has no index. One for another version of the program is not taken away."""
        try:
            self._check(SAVING)
        except (SearchAway, SearchSuperseded):
            return False
        except SearchError:
            return True
        return False

    def prune(self) -> None:
        """Remove indexes that builders have left who were silent for long."""
        Rebuild(self._client, self._bulk, self._address, self.schema).prune()

    def size(self) -> int:
        """Bytes of one copy of the index, for benchmarks and sizing."""
        told = self._ask("GET", f"/{self._address.index}/_stats/store")["_all"]["primaries"]["store"]
        return int(told["size_in_bytes"])

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    # ------------------------------------------------------------------ the state of the index

    def _check(self, patience: float = QUICK) -> None:
        """Raises SearchUnavailable when there is no index that fits, SearchAway when nobody can tell."""
        self._fits = False
        found = served(self._client, self._address.index, patience)
        if len(found) != 1:
            raise SearchUnavailable("there is no index yet")
        if found.popitem()[1].get("praxis") != mapping.fingerprint(self.schema):
            raise SearchSuperseded("the index was built for another schema")
        self._fits = True

    def _ask(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        try:
            return self._client.ask(method, path, body, **options)
        except Refused as error:
            raise self._translated(error) from error

    def _translated(self, error: Refused) -> SearchError:
        """An index that is gone; or was exchanged by another process for one that this schema does not fit."""
        self._fits = False
        return SearchUnavailable("there is no index yet") if error.kind in GONE else error

    def _forget(self, point: str) -> None:
        try:
            self._client.ask("DELETE", "/_search/point_in_time", {"pit_id": [point]}, tries=1)
        except SearchUnavailable:
            return  # the cluster forgets it by itself

    # ------------------------------------------------------------------ answering

    def _answer(self, node: Node, query: Query, deadline: Deadline) -> Results:
        if not self._fits:
            self._check(deadline.left() + GRACE)
        per_page = max(1, min(query.per_page, MAX_PER_PAGE))
        page = max(1, min(query.page, -(-MAX_DEPTH // per_page)))
        body = self._body(node, query, deadline)
        found = self._page(body, node, query, page, per_page, deadline)
        total = found["hits"]["total"]["value"]
        last = max(1, -(-min(total, MAX_DEPTH) // per_page))
        if page > last:
            page, found = last, self._page(body, node, query, last, per_page, deadline)
        marker = highlight.Highlighter(node, self.schema) if query.for_people else None
        hits = tuple(_hit(each, marker) for each in found["hits"]["hits"])
        return Results(total, hits, page, per_page, self._counts(found, body, deadline))

    def _body(self, node: Node, query: Query, deadline: Deadline) -> dict[str, Any]:
        chosen = asking.choices(query, self.schema)
        wanted = self._translator(node, deadline).query(node)
        facets = tuple(f for f in query.facets if f in self.schema.facets)
        return {
            "query": {"bool": {"must": [wanted], "filter": [asking.readable(query.audience)]}},
            "post_filter": {"bool": {"filter": [each for given in chosen.values() for each in given]}},
            "aggs": asking.counting(facets, chosen, VALUES),
            "sort": ORDERS[query.sort],
            "track_scores": False,
            "track_total_hits": True,
            "_source": ["date", *Body._fields] if query.for_people else ["date"],
        }

    def _page(
        self, body: dict[str, Any], node: Node, query: Query, page: int, per_page: int, deadline: Deadline
    ) -> Any:
        """One page. A deep one begins after the last hit of the page before, if that was asked for a moment ago.

        One question is asked by several trees, all words first and then some of them: each has pages of its own.
        """
        asked = replace(query, page=0, per_page=per_page, filters=_frozen(query.filters))
        before = self._places.get((node, asked, page - 1)) if (page - 1) * per_page >= DEEP else None
        where = {"search_after": before, "from": 0} if before else {"from": (page - 1) * per_page}
        found = self._found(body | where | {"size": per_page}, asked, deadline)
        if len(hits := found["hits"]["hits"]) == per_page:
            self._places.put((node, asked, page), hits[-1]["sort"])
        return found

    def _found(self, body: dict[str, Any], asked: Query, deadline: Deadline) -> Any:
        """An answer of all shards. Copies of a shard may count deleted documents differently: one query, one copy."""
        options: dict[str, Any] = {"preference": _digest(asked)}
        if asked.sort is Sort.RELEVANCE:
            options["search_type"] = "dfs_query_then_fetch"  # words are as telling as in all shards together
        try:
            return self._searched(body, deadline, **options)
        except Refused as error:
            if error.kind not in GONE and error.status != 404:
                raise self._translated(error) from error
        self._check(deadline.left() + GRACE)  # exchanged while it was asked, or gone
        return self._searched(body, deadline, **options)

    def _searched(self, body: dict[str, Any], deadline: Deadline, **options: Any) -> Any:
        """What all shards say in the time that is left. Raises BadQuery when it is too little for them."""
        left, path = deadline.left(), f"/{self._address.index}/_search"
        asked = body | {"timeout": _milliseconds(left)}
        try:
            found = self._client.ask("POST", path, asked, left + GRACE, allow_partial_search_results=False, **options)
        except Refused as error:
            if error.cause in SLOW:
                raise BadQuery(TOO_SLOW) from error
            raise
        if found["timed_out"]:
            raise BadQuery(TOO_SLOW)
        return found

    def _counts(self, found: Any, body: dict[str, Any], deadline: Deadline) -> dict[str, dict[str, int]]:
        counted = {facet: each["values"] for facet, each in found.get("aggregations", {}).items()}
        short = {f: body["aggs"][f] for f, each in counted.items() if each["sum_other_doc_count"]}
        for each in short.values():
            each["aggs"]["values"]["terms"] |= {"size": ALL_VALUES, "shard_size": ALL_VALUES}
        if short:
            more = self._told({"query": body["query"], "aggs": short, "size": 0}, deadline)
            counted |= {facet: each["values"] for facet, each in more["aggregations"].items()}
        return {f: {b["key"]: b["doc_count"] for b in each["buckets"]} for f, each in counted.items()}

    def _told(self, body: dict[str, Any], deadline: Deadline) -> Any:
        """Whatever else is asked on the way to an answer."""
        try:
            return self._searched(body, deadline)
        except Refused as error:
            raise self._translated(error) from error

    # ------------------------------------------------------------------ how telling words are, and how they are spelt

    def _translator(self, node: Node, deadline: Deadline) -> asking.Translator:
        """How telling added terms are is asked for, all at once; what was told a moment ago will do."""
        wanted = dict.fromkeys(asking.weighed(node))
        if not wanted:
            return asking.Translator(self.schema)
        plain = asking.Translator(self.schema)
        asked = [leaf for leaf in (None, *wanted) if self._having.get(leaf) is None]
        counts = self._totals([plain.query(leaf) if leaf else {"match_all": {}} for leaf in asked], deadline)
        known = dict(zip(asked, counts, strict=True))
        for leaf, count in known.items():
            self._having.put(leaf, count)

        def having(leaf: asking.Leaf | None) -> int:
            found = known.get(leaf)
            return found if found is not None else self._having.get(leaf) or 0

        return asking.Translator(self.schema, having(None), having)

    def _totals(self, queries: list[dict[str, Any]], deadline: Deadline) -> list[int]:
        """How many documents fit each of these, by one request."""
        if not queries:
            return []
        left = deadline.left()
        one = {"size": 0, "track_total_hits": True, "timeout": _milliseconds(left)}
        asked = [line for q in queries for line in ({"allow_partial_search_results": False}, one | {"query": q})]
        path = f"/{self._address.index}/_msearch"
        answers = self._ask("POST", path, asking.lines(asked), patience=left + GRACE)["responses"]
        if any(cause(answer) in SLOW or answer.get("timed_out") for answer in answers):
            raise BadQuery(TOO_SLOW)
        if any("error" in answer for answer in answers):
            raise SearchAway("the search cluster cannot answer now")
        return [answer["hits"]["total"]["value"] for answer in answers]

    def _filter(self, query: Query) -> dict[str, Any]:
        """What fits a query as it is typed, without scores."""
        wanted = parse(query.text, self.schema, self.synonyms if query.synonyms else NO_SYNONYMS)
        chosen = [each for given in asking.choices(query, self.schema).values() for each in given]
        fits = [asking.Translator(self.schema).query(wanted), asking.readable(query.audience), *chosen]
        return {"bool": {"filter": fits}}

    def _vocabulary(self, query: Query, deadline: Deadline) -> spelling.Vocabulary:
        """Words like one that is misspelt come from the whole index; which of them this reader may see is asked."""
        plain, mine = asking.Translator(self.schema), asking.readable(query.audience)

        def readable(words: Sequence[str]) -> list[int]:
            fits = [{"bool": {"filter": [plain.query(Word(word, ())), mine]}} for word in words]
            return self._totals(fits, deadline)

        return spelling.Vocabulary(_Suggested(lambda word: self._similar(word, deadline)), readable)

    def _similar(self, word: str, deadline: Deadline) -> list[str]:
        term = {
            "field": "words", "suggest_mode": "always", "size": LIKE, "shard_size": LIKE, "max_edits": 2,
            "prefix_length": 0, "min_word_length": 3, "max_term_freq": 2**31 - 1, "max_inspections": 100,
            "string_distance": "damerau_levenshtein",
        }  # fmt: skip
        found = self._told({"size": 0, "suggest": {"like": {"text": word, "term": term}}}, deadline)
        return [option["text"] for entry in found["suggest"]["like"] for option in entry["options"]]


class _Suggested(spelling.Lexicon):
    """The words of an index that are like a word, looked up when they are needed."""

    def __init__(self, similar: Any) -> None:
        super().__init__()
        self._similar = similar

    def like(self, word: str, limit: int) -> list[tuple[int, bool, str]]:
        near = spelling.Lexicon()
        near.add(self._similar(word))
        return near.like(word, limit)


def _hit(found: Any, marker: highlight.Highlighter | None) -> Hit:
    score, document_id, source = found["_score"] or 0.0, found["sort"][-1], found["_source"]
    if marker is None:
        return Hit(document_id, score, source["date"])
    body = Body(source["language"], source.get("text", {}), source.get("foreign", {}))
    return Hit(document_id, score, source["date"], marker.title(body), marker.passage(body))


def _milliseconds(seconds: float) -> str:
    return f"{max(1, int(1000 * seconds))}ms"


def _frozen(filters: Mapping[str, tuple[str, ...]]) -> Any:
    return tuple(sorted((facet, tuple(values)) for facet, values in filters.items()))


def _digest(asked: Query) -> str:
    parts = (asked.text, sorted(asked.audience), asked.filters, asked.year_from, asked.year_to)
    return hashlib.sha256(repr(parts).encode("utf-8", "replace")).hexdigest()[:16]

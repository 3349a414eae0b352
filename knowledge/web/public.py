"""For everyone: the home page, finding, reading, and the same in JSON, CSV and Atom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

from flask import Blueprint, abort, make_response, redirect, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from knowledge.content.registry import Registry
from knowledge.derive import api as derive_api
from knowledge.derive import show
from knowledge.services import catalogue, rendering, suggesting
from knowledge.services.catalogue import Article, Findings, Found
from knowledge.services.errors import SearchDown, StorageUnavailable
from knowledge.web import cards, downloads, files, narrowing, params
from knowledge.web import facets as facet_pages
from knowledge.web.actor import actor
from knowledge.web.cards import Card, practice_url, version_url
from knowledge.web.histogram import histogram
from knowledge.web.language import reader_language
from knowledge.web.params import Asked
from knowledge.web.site import site
from search.errors import BadQuery
from search.query import Sort

bp = Blueprint("public", __name__)
DOWNLOAD_LIMIT, FEED_LIMIT = 2000, 30


@bp.get("/")
def home() -> str:
    """The front door: the search box, where to begin, what is new."""
    registry = site().registry()
    asked = Asked(per_page=1)
    try:
        results = site().ask(catalogue.find_practices, site().engine, asked.query(tuple(registry.facets))).results
        facets = {f.id: f for f in facet_pages.facet_views(asked, results, registry, reader_language())}
        total = results.total
    except SearchDown:
        site().keeper.heal()
        facets, total = {}, None
    return render_template("public/home.html", facets=facets, total=total, newest=_newest(registry, 6))


@bp.get("/practices")
def practices() -> Response | str | tuple[str, int]:
    """The results of a search with its facets."""
    registry = site().registry()
    asked = params.read(request.args, registry)
    try:
        findings = _find(asked, registry)
    except BadQuery as error:
        return render_template("public/practices.html", asked=asked, findings=None, facets=[], bad=error), 400
    except SearchDown:
        site().keeper.heal()
        findings = site().ask(catalogue.find_meanwhile, asked.query())
        newest = [] if findings.found else _newest(registry, 20)
        shown = _cards(findings.found, registry)
        page = render_template("public/rebuilding.html", asked=asked, findings=findings, cards=shown, newest=newest)
        return make_response(page, 503, {"Retry-After": "30"})
    site().heard.note(asked.text, findings.results)
    typed = asked.text
    if findings.results.corrected:  # every link of the page goes on with the words that found something
        asked = replace(asked, text=findings.results.spelling)
    facets = facet_pages.facet_views(asked, findings.results, registry, reader_language())
    return render_template(
        "public/practices.html",
        asked=asked,
        typed=typed,
        findings=findings,
        cards=_cards(findings.found, registry),
        facets=facets,
        bars=histogram(asked, findings.results.facets.get("year", {})),
        like_mine=narrowing.countries_like_mine(asked, registry, reader_language()),
        bad=None,
    )


@bp.get("/practices/suggest")
def suggest() -> Response:
    """What somebody may mean who has typed so far, for the search box: text, kind, count and address of each."""
    registry = site().registry()
    typed = request.args.get("q", "")
    try:
        found = site().ask(suggesting.suggest, site().engine, typed, reader_language())
    except (BadQuery, SearchDown):
        found = []  # the box works without; the page of results says what is the matter
    return make_response({"suggestions": [_suggested(each, registry) for each in found]})


@bp.get("/practices.json")
def practices_json() -> Response:
    """The same for programs."""
    registry = site().registry()
    asked = params.read(request.args, registry)
    return make_response(downloads.as_json(asked, _find(asked, registry), registry, reader_language()))


@bp.get("/practices.csv")
def practices_csv() -> Response:
    """The found records as a table."""
    return downloads.as_csv(_all(DOWNLOAD_LIMIT), site().registry(), reader_language(), site().settings.address)


@bp.get("/practices.atom")
def practices_atom() -> Response:
    """A feed of a search: the newest first, whatever order the page has."""
    asked = params.read(request.args, site().registry())
    return downloads.as_atom(asked, _all(FEED_LIMIT, newest=True), site().settings.address)


@bp.get("/practices/<record_id>")
@bp.get("/practices/<record_id>/")
@bp.get("/practices/<record_id>/<slug>")
def practice(record_id: str, slug: str = "") -> Response | str:
    """The public page of a record; any other title in the address leads to the present one."""
    if record_id.endswith(".json"):
        return _practice_json(record_id.removesuffix(".json"))
    article = site().ask(catalogue.read, actor(), record_id)
    here = practice_url(article.record.id, article.revision.title)
    if request.path != unquote(here):  # the path of a request is decoded, an address is not
        return redirect(here, 301)
    similar = _cards(site().ask(catalogue.similar, site().engine, article), site().registry())
    return render_template("public/practice.html", similar=similar, **shown(article))


@bp.get("/schema/<kind>.json")
def schema(kind: str) -> Response:
    """The JSON Schema of a kind of record."""
    registry = site().registry()
    if kind not in registry:
        abort(404)
    return make_response(derive_api.json_schema(registry[kind], registry))


@bp.get("/help/search")
def help_search() -> str:
    """What the search box understands."""
    return render_template("public/help_search.html", registry=site().registry())


@bp.get("/about")
def about() -> str:
    """What Praxis is, what each kind of record is for, and what the levels of evidence mean."""
    return render_template("public/about.html", registry=site().registry())


@bp.get("/healthz")
def healthz() -> tuple[dict[str, Any], int]:
    """200 when database and index answer."""
    try:
        site().registry()
        database = True
    except StorageUnavailable:
        database = False
    index = site().engine.ready()
    return {"database": database, "index": index}, 200 if database and index else 503


@bp.get("/robots.txt")
def robots() -> Response:
    """What crawlers should leave alone: every combination of facets."""
    response = make_response(
        "User-agent: *\nDisallow: /practices?\nDisallow: /work\nDisallow: /review\nDisallow: /shared\n"
    )
    response.mimetype = "text/plain"
    return response


def shown(article: Article, private: bool = False) -> dict[str, Any]:
    """What the template of a record's page needs."""
    registry, values = site().registry(), article.revision.answers if private else article.values
    named = show.references(article.record_type.fields, values)
    sections = show.sections(
        article.record_type,
        values,
        registry,
        titles=site().ask(catalogue.titles, list(named)),
        language=reader_language(),
        render=rendering.renderer(article.revision),
        reader_is_member=article.reader_is_member,
        private=private,
        files=article.files,
    )
    files.note_players(sections)
    return {"article": article, "sections": sections, "registry": registry, "today": catalogue.today()}


def _cards(found: Iterable[Found], registry: Registry) -> list[Card]:
    return [cards.found_card(each, registry, reader_language()) for each in found]


def _newest(registry: Registry, limit: int) -> list[Card]:
    newest = site().ask(catalogue.newest, limit)
    return [cards.card(record, record.live, registry, reader_language()) for record in newest if record.live]


def _suggested(found: suggesting.Suggestion, registry: Registry) -> dict[str, Any]:
    if found.record_id:
        return {"text": found.text, "language": found.language, "url": practice_url(found.record_id, found.text)}
    if not found.facet:
        return {
            "text": found.text,
            "kind": gettext("Search"),
            "count": found.count,
            "url": Asked(text=found.text).url(),
        }
    kind = gettext(registry.facets[found.facet].label)
    url = Asked(filters={found.facet: (found.value,)}).url()
    return {"text": found.text, "kind": kind, "count": found.count, "url": url}


def _practice_json(record_id: str) -> Response:
    article = site().ask(catalogue.read, actor(), record_id)
    registry = site().registry()
    item = downloads.item(article.record, article.revision, registry, reader_language())
    item["values"] = derive_api.item(article.record_type, article.values)
    item["authors"] = list(article.authors)
    item["version"] = article.revision.number
    item["cite"] = site().settings.address + version_url(article.record.id, article.revision.number)
    return make_response(item)


def _find(asked: Asked, registry: Registry) -> Findings:
    return site().ask(catalogue.find_practices, site().engine, asked.query(tuple(registry.facets), reader_language()))


def _all(limit: int, newest: bool = False) -> list[catalogue.Found]:
    asked = params.read(request.args, site().registry())
    query = replace(asked, sort=Sort.NEWEST if newest else asked.sort).query(language=reader_language())
    return site().ask(catalogue.all_practices, site().engine, query, limit)

"""Narrowing a search beyond a click in the margin: all values of a facet, and the countries that are like one's own."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from knowledge.content.facets import Take
from knowledge.content.registry import Registry
from knowledge.services import accounts, catalogue
from knowledge.services.errors import SearchDown
from knowledge.web import facets, params
from knowledge.web.actor import actor
from knowledge.web.facets import FacetChoice
from knowledge.web.language import reader_language
from knowledge.web.params import Asked
from knowledge.web.site import site
from search.errors import BadQuery
from search.language import fold

bp = Blueprint("narrowing", __name__)
COOKIE = "country"
A_YEAR = 365 * 86400


@bp.get("/practices/by/<facet_id>")
def values(facet_id: str) -> Response | str:
    """All values of a facet, by count or by name, those only whose name has some letters in it."""
    registry = site().registry()
    facet = registry.facets.get(facet_id)
    if facet is None or facet.take is Take.YEARS:
        abort(404)
    asked = params.read(request.args, registry)
    try:
        query = asked.query((facet.id,), reader_language())
        results = site().ask(catalogue.find_practices, site().engine, query).results
    except (BadQuery, SearchDown):  # the page of results says what is the matter, and what to do
        return redirect(asked.url(), 303)
    by_name = request.args.get("order") == "name"
    view = facets.facet_view(asked, facet, results.facets.get(facet.id, {}), registry, reader_language(), by_name)
    letters = request.args.get("letters", "").strip()[:80]
    kept = facets.having(view, fold(letters)) if letters else view
    return render_template("public/facet.html", asked=asked, view=kept, letters=letters, by_name=by_name)


@bp.get("/practices/like")
def like() -> Response | str:
    """The search narrowed to countries like one's own: same region, same income group, as fragile. First asks which."""
    registry = site().registry()
    asked = params.read(request.args, registry)
    countries = registry.vocabularies["countries"]
    own = request.args.get("own", "")
    if not facets.shared(registry, own):
        return render_template("public/like.html", asked=asked, countries=countries, own=mine(registry))
    response = make_response(redirect(asked.url(filters={**asked.filters, **facets.shared(registry, own)}), 303))
    response.set_cookie(COOKIE, own, A_YEAR, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


def mine(registry: Registry) -> str:
    """The reader's country: the one chosen last, else that of the profile; "" when nobody said."""
    chosen = request.cookies.get(COOKIE, "")
    if not chosen and actor().signed_in:
        chosen = site().ask(accounts.profile, actor()).country
    return chosen if chosen in registry.vocabularies["countries"] else ""


def countries_like_mine(asked: Asked, registry: Registry, language: str) -> FacetChoice:
    """A filter of one click, called after the reader's country; when nobody said, its address asks for that."""
    own = mine(registry)
    wanted = facets.shared(registry, own)
    if not wanted:
        return FacetChoice("", "", 0, False, lambda: asked.url("narrowing.like"))
    on = all(asked.filters.get(facet) == values for facet, values in wanted.items())
    others = {facet: values for facet, values in asked.filters.items() if facet not in wanted}
    filters = others if on else {**asked.filters, **wanted}
    name = registry.vocabularies["countries"].name(own, language)
    return FacetChoice(own, name, 0, on, lambda: asked.url(filters=filters))

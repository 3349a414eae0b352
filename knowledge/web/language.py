"""The reader's language: the one she chose, else the best that her browser asks for, of those there are."""

from __future__ import annotations

from babel import Locale
from flask import Blueprint, Flask, abort, current_app, has_request_context, redirect, request
from flask_babel import Babel, get_locale, gettext
from werkzeug.wrappers import Response

from knowledge.content.vocabularies import LANGUAGES
from knowledge.web import kept

COOKIE, YEAR = "praxis-language", 365 * 24 * 3600
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "dv", "ku", "sd", "yi"})

bp = Blueprint("language", __name__)


def init(app: Flask) -> None:
    """Choose a language for every request, and show what is translated to it in it."""
    babel = Babel()
    babel.init_app(app, default_locale="en", locale_selector=_chosen)
    with app.app_context():
        translated = {str(locale) for locale in babel.list_translations()} | {"en"}
    app.config["PRAXIS_LANGUAGES"] = tuple(code for code in LANGUAGES if code in translated)
    app.jinja_env.globals["interface_languages"] = {code: _own_name(code) for code in app.config["PRAXIS_LANGUAGES"]}


@bp.get("/language/<code>")
def choose(code: str) -> Response:
    """Read on in this language, on this device."""
    if code not in known():
        abort(404)
    response = redirect(kept.safe_next(request.args.get("next", "/")), 303)
    response.set_cookie(COOKIE, code, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


def known() -> tuple[str, ...]:
    """The languages of the interface."""
    found: tuple[str, ...] = current_app.config["PRAXIS_LANGUAGES"]
    return found


def words(text: str) -> str:
    """A text that was marked for translation, in the reader's language; nothing stays nothing."""
    return str(gettext(text)) if text else ""  # of "" gettext tells about its catalogue


def reader_language() -> str:
    """The language of this page: of its interface, of vocabulary names and of dates."""
    locale = get_locale()
    return locale.language if locale and locale.language in LANGUAGES else "en"


def direction(language: str) -> str:
    """ "rtl" for languages written from right to left."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"


def _chosen() -> str | None:
    if not has_request_context():
        return None
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in known() else request.accept_languages.best_match(known(), default="en")


def _own_name(code: str) -> str:
    """A language as those who speak it call it: Français."""
    name = Locale.parse(code).get_language_name(code) or code
    return name[:1].upper() + name[1:]

"""The reader's language: of the interface, as far as it is translated, and of the vocabularies' names."""

from __future__ import annotations

from flask import Flask, has_request_context, request
from flask_babel import Babel, get_locale

from knowledge.content.vocabularies import LANGUAGES

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "ps", "dv", "ku", "sd", "yi"})


def init(app: Flask) -> Babel:
    """Choose the best language the interface has for this browser."""
    babel = Babel()

    def select() -> str | None:
        if not has_request_context():
            return None
        known = {str(locale) for locale in babel.list_translations()} | {"en"}
        return request.accept_languages.best_match(sorted(known), default="en")

    babel.init_app(app, default_locale="en", locale_selector=select)
    return babel


def reader_language() -> str:
    """The language of vocabulary names on this page."""
    locale = get_locale()
    return locale.language if locale and locale.language in LANGUAGES else "en"


def direction(language: str) -> str:
    """ "rtl" for languages written from right to left."""
    return "rtl" if language in RIGHT_TO_LEFT else "ltr"

"""The only place where the parts are joined: settings, database, engine, types, and the web in front of them."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import sys
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, TextIO, cast

import structlog
from flask import Flask
from flask_babel import format_date
from flask_compress import Compress
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from knowledge.content.registry import Registry
from knowledge.content.site import registry as declared
from knowledge.content.site import synonyms
from knowledge.derive import index as derive_index
from knowledge.derive.forms import kind_of
from knowledge.files.store import open_store
from knowledge.services import scheduling
from knowledge.services.keeping import Keeper
from knowledge.services.reminders import Watch
from knowledge.services.searches import Heard
from knowledge.services.sessions import Seen
from knowledge.services.site import Site
from knowledge.services.uploads import Uploads
from knowledge.settings import Settings, templates
from knowledge.storage.session import Database
from knowledge.web import (
    absence,
    account,
    actor,
    advice,
    ahead,
    authoring,
    claims,
    coaching,
    confirming,
    discussion,
    errors,
    files,
    invitations,
    kept,
    language,
    limits,
    mail,
    manage,
    narrowing,
    offline,
    overview,
    public,
    publication,
    resetting,
    review,
    second_factor,
    security,
    sessions,
    sharing,
    steps,
    working,
)
from knowledge.web.compressed import compressed
from knowledge.web.filters import FILTERS, GLOBALS
from search.opening import open_engine

HERE = Path(__file__).parent
STATIC = HERE / "static"
COMPRESSED = [f"text/{kind}" for kind in ("html", "css", "csv", "javascript")]
COMPRESSED += [f"application/{kind}" for kind in ("json", "atom+xml")] + ["image/svg+xml"]
FORM_BYTES = 2_000_000  # a form of any kind, with room for a very long record


def create_app(settings: Settings, registry: Registry | None = None) -> Flask:
    """A site over an initialised data folder. `registry`: other types than the declared ones, for tests."""
    configure_logs(settings)
    app = Flask("praxis", root_path=str(HERE), template_folder=str(templates()), static_folder=None)
    app.request_class = files.Received
    secure = settings.address.startswith("https://")
    app.config.update(
        SECRET_KEY=settings.key(),
        MAX_CONTENT_LENGTH=FORM_BYTES,
        MAX_FORM_MEMORY_SIZE=FORM_BYTES,
        MAX_FORM_PARTS=5000,
        SESSION_COOKIE_NAME="praxis",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        PERMANENT_SESSION_LIFETIME=14 * 24 * 3600,
        WTF_CSRF_TIME_LIMIT=None,
        COMPRESS_MIMETYPES=COMPRESSED,
        COMPRESS_ALGORITHM=["br", "zstd", "gzip"],
        COMPRESS_BR_LEVEL=6,  # a tenth less than zstd makes of the longest form in the same time, some 4 ms
        RATELIMIT_HEADERS_ENABLED=False,
    )  # fmt: skip
    app.extensions["praxis"] = join(settings, registry or declared())
    app.before_request(files.make_room)  # before anything looks into what was sent
    protection = CSRFProtect(app)
    protection.exempt("knowledge.web.mail.stop")  # mail programs post there; the address itself is the proof
    protection.exempt("knowledge.web.sharing.comment")  # the same: who does not have the link cannot forge a post to it
    Compress(app)
    for part in (actor, language, limits, errors, security):
        part.init(app)
    modules = (public, narrowing, overview, account, authoring, review, steps, manage, mail, discussion, advice, files)
    accounts = (resetting, confirming, second_factor, sessions, invitations)
    for module in (*modules, *accounts, language, claims, coaching, absence, publication, sharing, working, offline):
        app.register_blueprint(module.bp)
    _templates(app)
    static_files = WhiteNoise(
        app.wsgi_app,
        root=str(compressed(STATIC).folder),
        prefix="static/",
        max_age=31_536_000,
        add_headers_function=security.on_files,
    )
    app.wsgi_app = static_files  # type: ignore[method-assign]  # Flask's own way to wrap an application
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies)  # type: ignore[method-assign]
    return app


def join(settings: Settings, registry: Registry) -> Site:
    """Database, engine and keeper of a site."""
    info: dict[str, Any] = {"registry": registry, "registries": {}, "synonyms": synonyms(), "worded": {}}
    db = Database(settings.database, timeout=settings.database_timeout, info=info)
    engine = open_engine(settings.search, derive_index.schema(registry), synonyms())
    heard, watch, seen = Heard(), Watch(), Seen()
    uploads = Uploads(db, open_store(settings.files_url, settings.files), settings.files_per_person * 1_000_000)
    also = (scheduling.sweep, heard.keep, watch.keep, seen.keep)
    keeper = Keeper(db, engine, settings.data / "compared", also, daily=(uploads.tidy,))
    return Site(settings, db, engine, keeper, heard, seen, uploads)


def configure_logs(settings: Settings) -> None:
    """Structured lines on standard error; what people wrote is never among the fields."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _where_it_failed,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[settings.log_level]),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _SafeStderr())),
        cache_logger_on_first_use=False,
    )


def _where_it_failed(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """An exception as its type and places; never its message or variables, which may hold what people wrote."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        event["error"] = type(error).__name__
        event["at"] = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames[-8:]]
    return event


class _SafeStderr:
    """Standard error that never fails: a full disk behind the log must not stop the site."""

    def write(self, text: str) -> int:
        try:
            return sys.stderr.write(text)
        except (OSError, ValueError):  # a full disk behind it, or a stream that was closed
            return 0

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.flush()


def _templates(app: Flask) -> None:
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    # letters as they are: in Arabic an escape takes six bytes for two
    app.jinja_env.policies["json.dumps_kwargs"] = {"sort_keys": True, "ensure_ascii": False}
    app.jinja_env.filters.update(FILTERS, kind_of=kind_of, say=kept.say)
    # `tr` is for texts that come from declarations: unlike `_` it never takes a % in them for a place to fill
    app.jinja_env.globals.update(GLOBALS, static=static_address, format_date=format_date, tr=language.words)
    app.context_processor(actor.in_templates)
    ahead.init(app)


def static_address(name: str) -> str:
    """A static file's address with its content in it, so that it can be kept for ever."""
    digest = _digests.get(name)
    if digest is None:
        digest = _digests[name] = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={digest}"


_digests: dict[str, str] = {}

"""What tests stand on: a real database, a real index, the real application; only the password hash is made cheap."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, text

from knowledge.app import create_app
from knowledge.content.site import registry as declared
from knowledge.services import accounts, authoring, editorial, indexing, programmes
from knowledge.services.actor import Actor
from knowledge.settings import Settings
from knowledge.storage import find, schema
from knowledge.storage.models.programmes import Programme
from knowledge.web.limits import limiter
from knowledge.web.site import Site, extension

PASSWORD = "correct horse battery"
KEY = "k" * 16 + "0123456789abcdef"  # signs the links of tests that ask no application
SHARED = Path(__file__).resolve().parents[1].parent / "shared"

settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")  # how long an example takes says nothing on a machine that is busy


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share the tests out one by one, but keep those on the cluster, whose nodes they kill, in one process."""
    from xdist.scheduler import LoadScopeScheduling

    class OneCluster(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "cluster" if nodeid.startswith("tests/opensearch/") else nodeid

    return OneCluster(config, log)


def service_or_skip(what: str, present: bool) -> None:
    """Skip a test whose server is not there, or fail where CI says that it must be."""
    if present:
        return
    if os.environ.get("PRAXIS_REQUIRE_SERVICES") == "1":
        pytest.fail(f"{what} is required here and was not found")
    pytest.skip(f"{what} is not here; set PRAXIS_REQUIRE_SERVICES=1 to insist on it")


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(accounts, "_hasher", lambda: cheap)
    monkeypatch.setattr(accounts, "_decoy", lambda: cheap.hash("nobody knows this one"))


@pytest.fixture
def payloads() -> Path:
    """The folder of hostile inputs, which lies beside the project."""
    folder = SHARED / "payloads"
    if not folder.is_dir():
        pytest.skip("the hostile inputs are not beside this checkout (../shared/payloads)")
    return folder


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'praxis.db'}"
        return
    server = os.environ.get("PRAXIS_TEST_POSTGRES", "")
    service_or_skip("PostgreSQL (PRAXIS_TEST_POSTGRES)", bool(server))
    name = f"praxis_{secrets.token_hex(6)}"
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield str(admin.url.set(database=name).render_as_string(hide_password=False))
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@dataclass
class Stage:
    """A site with people on it, and short words for what tests do again and again."""

    app: Flask
    site: Site

    def person(self, name: str, manager: bool = False) -> Actor:
        """An account called `name`, with the e-mail name@example.org."""
        made = self.site.act(
            accounts.add_person, name=name.title(), email=f"{name}@example.org", password=PASSWORD, manager=manager
        )
        return Actor(made.id, made.name)

    def programme(self, programme_id: str, coaches: tuple[str, ...] = (), apprentices: tuple[str, ...] = ()) -> None:
        """A programme with members who have accounts."""
        with self.site.db.transaction() as session:
            if session.get(Programme, programme_id) is None:
                session.add(Programme(id=programme_id, title=programme_id.title()))
        for role, names in (("coach", coaches), ("apprentice", apprentices)):
            for name in names:
                self.site.act(programmes.put_member, self.manager(), programme_id, f"{name}@example.org", role)

    def manager(self) -> Actor:
        """The first manager, made when there is none."""
        with self.site.db.reading() as session:
            found = find.person_by_email(session, "manager@example.org")
        return Actor(found.id, found.name) if found else self.person("manager", manager=True)

    def record(self, author: Actor, state: str = "draft", **changes: Any) -> str:
        """A complete experience by `author`, taken to a state by those who may; needs a coach called coach."""
        record_id = self.site.act(
            authoring.start, author, "experience", complete_experience(**changes), secrets.token_hex(8)
        ).id
        steps = {
            "draft": [],
            "in_review": ["submit"],
            "changes_requested": ["submit", "request-changes"],
            "published": ["submit", "publish"],
            "withdrawn": ["submit", "publish", "withdraw"],
        }[state]
        for step in steps:
            self.step(author if step == "submit" else self.actor("coach"), record_id, step)
        return record_id

    def step(self, actor: Actor, record_id: str, transition: str, words: str = "Because.") -> None:
        """One step, having seen the latest revision."""
        with self.site.db.reading() as session:
            record = find.record(session, record_id)
            assert record is not None
            seen = record.latest.number
        self.site.act(editorial.advance, actor, record_id, transition, words=words, public_words=words, seen=seen)

    def revise(self, actor: Actor, record_id: str, **changes: Any) -> None:
        """Change some answers of a draft."""
        with self.site.db.reading() as session:
            record = find.record(session, record_id)
            assert record is not None
            values, base = dict(record.latest.values), record.latest.number
        self.site.act(authoring.save, actor, record_id, values | changes, base)

    def actor(self, name: str) -> Actor:
        """The account called `name`."""
        with self.site.db.reading() as session:
            found = find.person_by_email(session, f"{name}@example.org")
        assert found is not None, name
        return Actor(found.id, found.name)

    def client(self, name: str = "") -> FlaskClient:
        """A browser, signed in as `name` if one is given."""
        client = self.app.test_client()
        client.set_cookie("praxis-browser", "the-browser-of-the-tests")  # a new one is told of by mail
        if name:
            answer = post(client, "/sign-in", email=f"{name}@example.org", password=PASSWORD)
            assert answer.status_code == 303, answer.text
        return client


def post(client: FlaskClient, path: str, form_page: str = "/sign-in", **fields: Any) -> Any:
    """Post a form as a browser does: with the CSRF token of a page it has open."""
    return client.post(path, data={**fields, "csrf_token": token(client, form_page)})


def token(client: FlaskClient, page: str = "/sign-in") -> str:
    """The CSRF token of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert found, page
    return found[1]


def complete_experience(**changes: Any) -> dict[str, Any]:
    """Answers that satisfy everything submission needs."""
    long = "The board met once a month and clinics waited for gloves while their files lay in a queue. "
    return {
        "title": "Phone quotations cut waiting for small purchases",
        "summary": long + long,
        "language": "en",
        "countries": ["KEN"],
        "level": ["local"],
        "stage": "pilot",
        "reform_status": "completed",
        "topics": ["framework-agreements"],
        "start": "2019",
        "organisations": [{"name": "County health office", "role": "lead"}],
        "context": long * 4,
        "objective": "Deliver within two weeks.",
        "what_we_did": long * 5,
        "results": long * 3,
        "enabling": "A director who asked the auditor first.",
        "hindering": "The first form needed a stamp that nobody owned.",
        "lessons": ["Ask the auditor first.", "Start with four clinics."],
        "sustain": "The county pays one clerk.",
        "replicate": "Three shops within reach are needed.",
        "evidence": "account",
        "evidence_note": "The purchase register of the county health office, open on request.",
        "contact": {"name": "The office", "reach": "office@example.org", "show": "everyone"},
        "licence": "cc-by-4.0",
        "consent": {"yes": True},
        **changes,
    }


def make_stage(folder: Path, database_url: str = "", search: str = "memory:", **settings: Any) -> Stage:
    """A fresh site in a folder."""
    given = Settings(
        data_dir=str(folder), database_url=database_url, search_url=search, base_url="http://localhost",
        log_level="ERROR",
        **settings,
    )  # fmt: skip
    app = create_app(given, declared())
    app.config["TESTING"] = False
    site = extension(app)
    schema.upgrade(site.db)
    indexing.rebuild(site.db, site.engine)
    limiter.reset()
    return Stage(app, site)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A site on SQLite and the in-memory engine: manager, coach, author, co-author `colleague`, `reader`."""
    made = make_stage(tmp_path)
    yield with_people(made)
    made.site.db.close()


@pytest.fixture
def whoosh_stage(tmp_path: Path) -> Iterator[Stage]:
    """The same on the Whoosh engine."""
    made = make_stage(tmp_path, search=f"whoosh:{tmp_path / 'index'}")
    yield with_people(made)
    made.site.engine.close()
    made.site.db.close()


@pytest.fixture
def stage_on(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """The same on every database."""
    made = make_stage(tmp_path, database_url)
    yield with_people(made)
    made.site.db.close()


def with_people(stage: Stage) -> Stage:
    """A programme with its coach and its apprentices, and two who are in none."""
    stage.manager()
    for name in ("coach", "author", "colleague", "reader", "stranger"):
        stage.person(name)
    stage.programme("reforms", coaches=("coach",), apprentices=("author", "colleague"))
    return stage

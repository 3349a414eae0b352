"""L: a canary of its own in every text that is not public, and everything the public can ask for, without meeting one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from sqlalchemy import text

from knowledge.services import accounts, authoring, exporting, working
from tests.conftest import PASSWORD, Stage, complete_experience, make_stage, post

# far from each other and from every other word, so that a suggestion of one is seen
CANARIES = {
    "draft title": "quoxzibbel", "draft prose": "vlurpnadge", "draft row": "snibbotwaf", "in review": "grebulosk",
    "changes requested": "flimzarqua", "words of the coach": "hobbindrix", "words with publish": "jelquavost",
    "contact for nobody": "murklefenz", "sensitivity": "pozzlewick", "newer draft": "tramboquil",
    "co-author of the newer draft": "wexlumarid", "withdrawn": "yaddlefrump", "account e-mail": "zorblattix",
    "draft that a public record names": "krendivolt", "working copy": "plimsegard", "begun record": "dwozzenfel",
}  # fmt: skip
MEMBERS = "uffelgranz"  # a contact for people who are signed in
READERS = ("", "reader", "rival", "elsewhere")


class Ground:
    """One site with the canaries in it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        c, author = CANARIES, stage.actor("author")
        long = f"{complete_experience()['context']} "
        hidden: dict[str, Any] = {"countries": ["ISL"], "topics": ["complaints"], "stage": "rollout"}
        self.draft = stage.record(
            author, title=f"A {c['draft title']} draft", context=f"{long} {c['draft prose']}",
            organisations=[{"name": f"The {c['draft row']} office", "role": "lead"}], **hidden,
        )  # fmt: skip
        self.in_review = stage.record(author, "in_review", title=f"In {c['in review']} review", **hidden)
        self.changes = stage.record(author, "in_review", title=f"Some {c['changes requested']} here", **hidden)
        stage.step(stage.actor("coach"), self.changes, "request-changes", words=f"Why {c['words of the coach']}?")
        named = stage.record(author, title=f"Not {c['draft that a public record names']} yet", **hidden)
        private = {
            "contact": {"name": f"{c['contact for nobody']} P", "reach": f"{c['contact for nobody']}@x.org", "show": "nobody"},
            "sensitivity": {"yes": True, "note": f"The {c['sensitivity']} tender is open"},
            "related": [{"record": named, "relation": "same-reform"}],
        }  # fmt: skip
        self.plain = stage.record(author, "in_review", title="A plain public record", **private)
        stage.step(stage.actor("coach"), self.plain, "publish", words=f"Good {c['words with publish']}")
        members = {"name": f"{MEMBERS} M", "reach": f"{MEMBERS}@x.org", "show": "members"}
        self.revised = stage.record(author, "published", title="A public record with a draft above", contact=members)
        self.withdrawn = stage.record(author, "withdrawn", title=f"Once {c['withdrawn']} public", **hidden)
        self.pages = (f"/practices/{self.revised}", f"/practices/{self.revised}.json", f"/practices/{self.revised}/v/1", "/", "/practices", "/practices.json",
                      "/practices.csv", "/practices.atom", "/practices?q=draft",
                      "/practices/by/country", "/practices/suggest?q=pub", "/practices/map", "/practices/gaps", "/practices/like?own=ISL", "/practices.json?q=above&sort=title")  # fmt: skip
        self.before = self.read()
        stage.step(author, self.revised, "revise")
        stage.revise(
            author,
            self.revised,
            title=f"Newer {c['newer draft']} text",
            summary=f"{long[:300]} {c['newer draft']}",
            **hidden,
        )
        stage.site.act(authoring.add_author, author, self.revised, f"Dr {c['co-author of the newer draft']}", "")
        for n, place in enumerate((working.Place(self.draft), working.Place(self.revised),
                                   working.Place(kind="experience", start_key="begun"))):  # fmt: skip
            typed = [
                ("title", f"{c['begun record' if n == 2 else 'working copy']} typed"),
                ("context", c["working copy"]),
            ]
            stage.site.act(working.keep, author, place, typed, 1, "k", "")
        self.public = {self.plain, self.revised}
        stage.site.keeper.after_commit()

    def read(self) -> dict[str, str]:
        """What anybody reads about the record that is revised."""
        browser = self.stage.client()
        return {p: browser.get(p, follow_redirects=True).text for p in self.pages}


@pytest.fixture(scope="module", params=["memory", "whoosh"])
def ground(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    patch = pytest.MonkeyPatch()
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    patch.setattr(accounts, "_hasher", lambda: cheap)
    patch.setattr(accounts, "_decoy", lambda: cheap.hash("nobody knows this one"))
    folder: Path = tmp_path_factory.mktemp("ground")
    stage = make_stage(folder, search="memory:" if request.param == "memory" else f"whoosh:{folder / 'index'}")
    stage.manager()
    for name in ("coach", "author", "reader", "rival", "elsewhere"):
        stage.person(name)
    with stage.site.db.transaction() as session:
        session.execute(
            text(f"UPDATE person SET email = '{CANARIES['account e-mail']}@example.org' WHERE name = 'Author'")
        )
    stage.actor = _by_name(stage)  # type: ignore[method-assign]
    stage.programme("reforms", coaches=("coach",))
    stage.programme("other", coaches=("elsewhere",), apprentices=("rival",))
    with stage.site.db.transaction() as session:
        session.execute(
            text("INSERT INTO membership (programme_id, person_id, role) VALUES ('reforms', 3, 'apprentice')")
        )
    yield Ground(stage)
    stage.site.engine.close()
    stage.site.db.close()
    patch.undo()


def _by_name(stage: Stage) -> Any:
    found = type(stage).actor

    def actor(name: str) -> Any:
        from knowledge.services.actor import Actor

        return Actor(3, "Author") if name == "author" else found(stage, name)

    return actor


def starts() -> list[str]:
    """Where a crawl begins: the front door, every format, and questions that are after what is hidden."""
    asked = ["status:draft", "state:in_review", "audience:manager", "audience:person", "~desk", "id:~desk", "*", "*:*", "-plain",
             "NOT plain", "title:qu*", "text_5:vl*", "[a TO zz]", "qu?xz*", "/quox.*/", "coach", "example.org", "office", "draft"]  # fmt: skip
    for word in (*CANARIES.values(), MEMBERS):
        typo = word[:4] + word[5] + word[4] + word[6:]
        asked += [word[:5] + "*", typo, word[:-1], f"title:{typo}"]
    found = ["/", "/robots.txt", "/healthz", "/help/search", "/about", "/schema/experience.json"]
    found += [f"/practices{kind}" for kind in ("", ".json", ".csv", ".atom")]
    found += [
        f"/practices{kind}?q={q}" for n, q in enumerate(asked) for kind in ("", (".json", ".csv", ".atom")[n % 3])
    ]
    found += [
        "/practices?country=ISL",
        "/practices.json?topic=complaints",
        "/practices.csv?stage=rollout",
        "/practices.atom?country=ISL",
    ]
    return found


def crawl(browser: FlaskClient, most: int = 260) -> dict[str, str]:
    """Everything that can be reached by links."""
    waiting, seen = starts(), dict[str, str]()
    while waiting and len(seen) < most:
        path = waiting.pop(0)
        if path in seen:
            continue
        answer = browser.get(path, follow_redirects=True)
        assert answer.status_code < 500, path
        seen[path] = answer.text + str(answer.headers)
        links = re.findall(r'(?:href|action|src)="(/[^"#]*)', answer.text)
        waiting += [u for link in links if not link.startswith("/static") and (u := unescape(link)) not in seen]
    return seen


def met(pages: dict[str, str], words: dict[str, str] = CANARIES) -> list[tuple[str, str]]:
    """Where a canary sings."""
    return [(what, path) for path, page in pages.items() for what, word in words.items() if word in page.casefold()]


def browser_of(ground: Ground, reader: str) -> FlaskClient:
    if reader != "author":
        return ground.stage.client(reader)
    browser = ground.stage.app.test_client()
    data = {"email": f"{CANARIES['account e-mail']}@example.org", "password": PASSWORD}
    assert post(browser, "/sign-in", **data).status_code == 303
    return browser


@pytest.mark.case("L1", "L2", "L4", "L5", "L10", "L15", control="test_the_control_the_desks_do_meet_them")
@pytest.mark.parametrize("reader", READERS)
def test_L1_L2_L4_L5_L7_L8_L10_L15_nobody_else_meets_a_canary_anywhere(ground: Ground, reader: str) -> None:
    pages = crawl(browser_of(ground, reader))
    assert len(pages) > 120
    assert met(pages) == []
    shown = {path for _, path in met(pages, {"members": MEMBERS})}
    assert bool(shown) == bool(reader)  # the control: who is signed in does meet the contact for members
    for page in shown:
        assert page.startswith(f"/practices/{ground.revised}"), page


def test_the_control_the_desks_do_meet_them(ground: Ground) -> None:
    own, desk = (
        browser_of(ground, "author"),
        (ground.draft, ground.in_review, ground.changes, ground.revised, ground.withdrawn),
    )
    mine = {
        p: own.get(p).text
        for p in (
            "/work",
            "/work/new/experience?begun=begun",
            *(f"/work/{r}{p}" for r in desk for p in ("", "/edit", "/preview", "/people")),
        )
    }
    mine |= {
        p: browser_of(ground, "coach").get(p).text
        for p in ("/review", f"/review/{ground.in_review}", f"/work/{ground.changes}")
    }
    assert {what for what, _ in met(mine)} >= set(CANARIES) - {
        "account e-mail",
        "contact for nobody",
        "sensitivity",
        "words with publish",
    }
    private = {p: own.get(p).text for p in (f"/work/{ground.plain}", f"/work/{ground.plain}/preview", "/account")}
    assert {"words with publish", "account e-mail"} <= {what for what, _ in met(private)}


@pytest.mark.case("L3", "L11")
def test_L3_L8_L11_a_working_copy_is_met_by_its_writer_and_by_nobody_else_not_even_at_the_desk(ground: Ground) -> None:
    stage, secrets = ground.stage, {w: CANARIES[w] for w in ("working copy", "begun record")}
    shared = stage.record(stage.actor("author"), title="A draft of two")
    stage.site.act(authoring.add_author, stage.actor("author"), shared, "", "rival@example.org")
    typed = [("title", "T"), ("context", secrets["working copy"])]
    stage.site.act(working.keep, stage.actor("author"), working.Place(shared), typed, 1, "k", "")
    pages = {}
    for reader in ("coach", "rival", "manager"):
        browser = browser_of(ground, reader)
        for path in ("/work", "/review", f"/work?q={CANARIES['working copy']}", "/work/new/experience?begun=begun",
                     "/work/new/experience/begun/working.json", "/manage",
                     *(f"/work/{r}{p}" for r in (shared, ground.draft, ground.revised) for p in ("", "/edit", "/preview", "/working.json"))):  # fmt: skip
            answer = browser.get(path, follow_redirects=True)
            pages[f"{reader} {path}"] = answer.text.replace(path.partition("=")[2] or "\0", "")
    with stage.site.db.reading() as session:
        pages["export"] = "".join(exporting.export_lines(session, [shared, ground.draft, ground.revised]))
    assert met(pages, secrets) == []
    assert "is editing this too" in pages[f"rival /work/{shared}/edit"]  # that she writes is said
    mine = {p: browser_of(ground, "author").get(p).text for p in ("/work", f"/work/{ground.draft}/edit")}
    assert {what for what, _ in met(mine, secrets)} == set(secrets)  # the control


@pytest.mark.case("L1", "L2", "L3")
@pytest.mark.parametrize("reader", ["", "rival"])
def test_L1_L2_L3_asking_for_a_canary_is_answered_like_asking_for_nonsense(ground: Ground, reader: str) -> None:
    browser, nonsense = browser_of(ground, reader), "bxqwjvkzpt"

    def asked(word: str, kind: str) -> str:
        page = browser.get(f"/practices{kind}?q={word}")
        return re.sub(r"<updated>[^<]*</updated>", "", re.sub(word, "W", page.text)) + str(page.status_code)

    for kind in ("", ".json", ".csv", ".atom", "/suggest"):
        plain = asked(nonsense, kind)
        for what, word in CANARIES.items():
            assert asked(word, kind) == plain, (what, kind)
            assert kind != "/suggest" or asked(word[:4], kind) == plain, (what, "begun")
        assert asked("plain", kind) != plain  # the control: a word that is public makes a difference


@pytest.mark.case("L2", "L15")
def test_L2_L15_counts_and_totals_are_those_of_the_public_records_whatever_is_asked(ground: Ground) -> None:
    browser, totals = browser_of(ground, "rival"), set[int]()
    for path in starts():
        if not path.startswith("/practices.json"):
            continue
        body = browser.get(path).json
        if "items" not in body:
            continue
        assert {item["id"] for item in body["items"]} <= ground.public and body["total"] <= 2, path
        for name, choices in body["facets"].items():
            assert all(choice["count"] <= 2 for choice in choices), (path, name)
            hidden = [c for c in choices if c["value"] in ("ISL", "complaints", "rollout") and c["count"]]
            assert hidden == [], (path, name)
        totals.add(body["total"])
    assert {0, 2} <= totals, "the control: what is public is counted, of what is asked for"


def test_L18_nothing_public_changed_a_byte_while_a_newer_version_is_written(ground: Ground) -> None:
    stage, after = ground.stage, ground.read()

    def still(page: str) -> str:
        return re.sub(r"<updated>[^<]*</updated>", "", page)

    for path, page in ground.before.items():
        assert still(after[path]) == still(page), path
    desk = browser_of(ground, "author").get(f"/work/{ground.revised}/preview").text
    assert CANARIES["newer draft"] in desk  # the control: it is written
    assert stage.site.ask(authoring.open_desk, stage.actor("author"), ground.revised).record.live_id


@pytest.mark.case("A2")
@pytest.mark.parametrize("reader", ["", "reader", "rival", "elsewhere"])
def test_L17_A2_an_invisible_record_answers_like_one_that_does_not_exist(ground: Ground, reader: str) -> None:
    browser = browser_of(ground, reader)
    from tests.conftest import token

    csrf = token(browser, "/account" if reader else "/sign-in")

    def told(record_id: str, method: str, path: str) -> tuple[Any, ...]:
        where = path.format(record_id)
        data = {"csrf_token": csrf, "title": "T", "seen": "1", "words": "w", "name": "n"} if method == "POST" else None
        answer = browser.open(where, method=method, data=data)
        headers = [h for h in answer.headers if h[0] not in ("Date", "ETag", "Set-Cookie")]
        page = re.sub(r'(name="csrf_token" value=")[^"]*', r"\1", answer.text)  # it carries the second it was made in
        return answer.status_code, page.replace(record_id, "ID"), str(headers).replace(record_id, "ID")

    surfaces = [("GET", p) for p in ("/practices/{}", "/practices/{}.json", "/practices/{}/any", "/work/{}", "/work/{}/edit",
                "/work/{}/preview", "/work/{}/people", "/work/{}/compare?from=1&to=1", "/review/{}", "/work/{}/versions", "/work/{}/versions/1", "/work/{}/readers",
                "/work/{}/valid", "/review/{}/day", "/practices/{}/v/1", "/practices/{}/v/compare?from=1&to=1")]  # fmt: skip
    surfaces += [("HEAD", p) for _, p in surfaces[:5]]
    surfaces += [
        ("POST", f"/records/{{}}/{t}") for t in ("submit", "publish", "withdraw", "recall", "restore", "discard")
    ]
    surfaces += [
        ("POST", p)
        for p in (
            "/work/{}/edit",
            "/work/{}/people",
            "/work/{}/readers",
            "/work/{}/versions/1",
            "/work/{}/valid",
            "/review/{}/day",
        )
    ]
    for method, path in surfaces:
        nothing = told("zzzzzzzzzz", method, path)
        for record_id in (ground.draft, ground.in_review, ground.changes):
            assert told(record_id, method, path) == nothing, (method, path)
    assert told(ground.plain, "GET", "/practices/{}.json")[0] == 200  # the control


def test_L19_what_is_for_one_reader_is_marked_so_on_every_route(ground: Ground) -> None:
    given = {"kind": "experience", "name": "topics", "programme_id": "reforms", "slug": "a-plain-public-record"}
    for rule in ground.stage.app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        path = re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda m: {"record_id": ground.plain, **given}.get(m[1], "1"), rule.rule)
        for reader in ("reader", "manager"):
            answer = browser_of(ground, reader).get(path)
            stored = answer.headers["Cache-Control"]
            assert "no-store" in stored and "public" not in stored and "ETag" not in answer.headers, path
            assert "Cookie" in answer.headers["Vary"], path
        anonymous = ground.stage.app.test_client().get(path)
        stored = anonymous.headers["Cache-Control"]
        assert ("no-cache" in stored or "no-store" in stored) and "Cookie" in anonymous.headers["Vary"], path
    # the control: what is the same for everybody may be kept
    assert "public" in ground.stage.client().get("/static/praxis.css").headers["Cache-Control"]


def test_L16_a_withdrawal_shows_at_once_on_every_surface_and_to_every_cache(ground: Ground) -> None:
    stage = ground.stage
    record_id = stage.record(
        stage.actor("author"), "published", title="Soon to be gone record", summary="gonewords " * 20
    )
    paths = ("/", "/practices", "/practices?q=gonewords", "/practices.json?q=gonewords", "/practices.csv", "/practices.atom",
             "/practices?country=KEN&topic=framework-agreements", f"/practices/{record_id}/soon-to-be-gone-record", f"/practices/{record_id}.json")  # fmt: skip
    browser = stage.client()
    tags = {}
    for path in paths:
        answer = browser.get(path)
        assert answer.status_code == 200 and "gone record" in answer.text, path
        tags[path] = answer.headers.get("ETag", "")
        if tags[path] and "atom" not in path:
            assert browser.get(path, headers={"If-None-Match": tags[path]}).status_code == 304, path  # the control
    stage.step(stage.actor("coach"), record_id, "withdraw", words="By request.")
    for path in paths:
        answer = browser.get(
            path, headers={"If-None-Match": tags[path], "If-Modified-Since": "Mon, 01 Jan 2035 00:00:00 GMT"}
        )
        assert answer.status_code == (410 if record_id in path else 200), path
        assert "gone record" not in answer.text, path
    for path in (f"/practices/{record_id}", f"/practices/{record_id}.json"):
        assert "gonewords" not in browser.get(path).text and browser.head(path).status_code == 410

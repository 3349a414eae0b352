"""L: a canary word in every unpublished text, and a crawl of all public surfaces that must never meet it."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from knowledge.services import authoring, indexing
from tests.conftest import Stage, complete_experience, post

CANARY = "zanzicanary"
HIDDEN = ("draft", "in_review", "changes_requested")
READERS = ("", "reader", "stranger")


@pytest.fixture
def sown(whoosh_stage: Stage) -> Stage:
    """Records in every state with the canary in whatever is not public, and a plain one that is."""
    author = whoosh_stage.actor("author")
    secret = f"{CANARY} text. " * 40
    unpublished = {
        "title": f"{CANARY} in the title of a draft",
        "summary": secret[:400],
        "context": secret,
        "lessons": [f"{CANARY} one", f"{CANARY} two"],
        "organisations": [{"name": f"{CANARY} office"}],
        "countries": ["ISL"],
        "topics": ["complaints"],
    }
    for state in HIDDEN:
        whoosh_stage.record(author, state, **unpublished)
    plain = {
        "sensitivity": {"yes": True, "note": f"{CANARY} tender is open"},
        "contact": {"name": f"{CANARY} person", "reach": f"{CANARY}@example.org", "show": "nobody"},
    }
    published = whoosh_stage.record(author, "published", title="Plain published record", **plain)
    revised = whoosh_stage.record(author, "published", title="Published, with a newer draft", **plain)
    whoosh_stage.step(author, revised, "revise")
    whoosh_stage.revise(author, revised, **unpublished)
    whoosh_stage.site.act(authoring.add_author, author, revised, "", "colleague@example.org")
    withdrawn = whoosh_stage.record(author, "withdrawn", **unpublished)
    whoosh_stage.site.keeper.after_commit()
    whoosh_stage.ids = {"published": published, "revised": revised, "withdrawn": withdrawn}  # type: ignore[attr-defined]
    return whoosh_stage


def crawl(stage: Stage, reader: str) -> dict[str, str]:
    """Every page this reader can reach from the front door, with some searches to begin with."""
    browser = stage.client(reader)
    waiting = ["/", "/practices", "/practices.json", "/practices.csv", "/practices.atom", "/robots.txt", "/healthz"]
    waiting += [
        f"/practices{ext}?q={q}"
        for ext in ("", ".json", ".csv", ".atom")
        for q in (CANARY, f"{CANARY[:6]}*", "zanzicanray", "title:" + CANARY, "status:draft", "-plain")
    ]
    waiting += [
        "/practices?country=ISL",
        "/practices?topic=complaints",
        "/practices.json?country=ISL&topic=complaints",
        "/practices?q=country:ISL",
    ]
    seen: dict[str, str] = {}
    while waiting and len(seen) < 250:
        path = waiting.pop(0)
        if path in seen or path.startswith(("/sign-out", "/language/")):  # she stays, and goes on reading English
            continue
        answer = browser.get(path)
        seen[path] = answer.text + str(dict(answer.headers))
        links = re.findall(r'href="(/[^"#]*)', answer.text)
        waiting += [u for link in links if not link.startswith("/static") and (u := unescape(link)) not in seen]
    return seen


def meets(pages: dict[str, str]) -> list[str]:
    """Pages that show the canary where it was not typed by the reader herself."""
    found = []
    for path, text in pages.items():
        shown = (
            text
            if CANARY not in path
            else re.sub(
                r"(?is)<title>.*?</title>|<form.*?</form>|<head>.*?</head>|href=\"[^\"]*\"|<strong>.*?</strong>|“[^”]*”",
                "",
                text,
            )
        )
        if path.endswith((".json", ".csv")) or ".json?" in path or ".csv?" in path:
            shown = text
        if ".atom?" in path and CANARY in path:  # its own title repeats what was typed; its entries may not
            shown = "".join(text.split("<entry>")[1:])
        if CANARY in shown:
            found.append(path)
    return found


@pytest.mark.case("L1", "L2", "L5", "L15", control="test_the_control_the_author_and_the_coach_do_meet_it")
@pytest.mark.parametrize("reader", READERS)
def test_L1_L2_L5_L7_L8_L15_no_public_surface_ever_shows_unpublished_text(sown: Stage, reader: str) -> None:
    pages = crawl(sown, reader)
    assert len(pages) > 60
    assert meets(pages) == []
    for surface in ("/practices", "/practices.json", "/practices.csv", "/practices.atom"):
        assert "Plain published record" in pages[surface], "the control: what is public stands there"
    body = sown.client(reader).get("/practices.json").json
    assert body["total"] == 2
    assert "ISL" not in {v["value"] for v in body["facets"]["country"]}
    assert "complaints" not in {v["value"] for v in body["facets"]["topic"]}


def test_the_control_the_author_and_the_coach_do_meet_it(sown: Stage) -> None:
    for reader in ("author", "coach", "manager"):
        assert CANARY in sown.client(reader).get("/work?q=" + CANARY[:5] + "*").text, reader
    assert meets(crawl(sown, "author")) != []


@pytest.mark.case("L10", "A2", control="test_the_control_the_author_and_the_coach_do_meet_it")
def test_L10_A2_secondary_views_of_a_published_record_hide_its_newer_draft(sown: Stage) -> None:
    record_id = sown.ids["revised"]  # type: ignore[attr-defined]
    for reader in READERS:
        browser = sown.client(reader)
        for path in (f"/practices/{record_id}", f"/practices/{record_id}.json"):
            assert CANARY not in browser.get(path, follow_redirects=True).text
        for path in ("", "/edit", "/preview", "/people", "/compare?from=1&to=2"):
            assert browser.get(f"/work/{record_id}{path}").status_code in (303, 404), path
        assert browser.get(f"/review/{record_id}").status_code in (303, 404)


def test_L16_a_withdrawn_record_is_gone_at_once_even_from_a_cache(whoosh_stage: Stage) -> None:
    record_id = whoosh_stage.record(whoosh_stage.actor("author"), "published")
    reader = whoosh_stage.client()
    page = reader.get(f"/practices/{record_id}", follow_redirects=True)
    assert page.headers["Cache-Control"] == "no-cache" and page.headers["ETag"]
    again = reader.get(page.request.path, headers={"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 304  # the control: unchanged, a cached copy may be used
    whoosh_stage.step(whoosh_stage.actor("coach"), record_id, "withdraw", "By request.")
    assert reader.get(page.request.path, headers={"If-None-Match": page.headers["ETag"]}).status_code == 410
    assert reader.get("/practices.json?q=quotations").json["total"] == 0
    assert (
        record_id not in reader.get("/practices.atom").text + reader.get("/practices.csv").text + reader.get("/").text
    )


def test_L18_the_public_reads_the_approved_version_only(whoosh_stage: Stage) -> None:
    author = whoosh_stage.actor("author")
    record_id = whoosh_stage.record(author, "published")
    whoosh_stage.step(author, record_id, "revise")
    whoosh_stage.revise(author, record_id, title="A title that nobody approved")
    reader = whoosh_stage.client()
    assert "nobody approved" not in reader.get(f"/practices/{record_id}", follow_redirects=True).text
    assert reader.get("/practices.json?q=approved").json["total"] == 0


def test_L19_what_a_signed_in_reader_gets_is_never_for_a_shared_cache(stage: Stage) -> None:
    for path in ("/", "/practices", "/about"):
        mine = stage.client("reader").get(path)
        assert mine.headers["Cache-Control"] == "private, no-store" and "Cookie" in mine.headers["Vary"]
        assert "Reader" in mine.text and "Reader" not in stage.client().get(path).text


def test_an_index_that_still_holds_a_withdrawn_record_never_shows_it(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"), "published")
    held = set(stage.site.engine.held())
    assert record_id in held
    stage.site.keeper.after_commit = lambda: None  # type: ignore[method-assign]  # the fault: the index is not told
    stage.step(stage.actor("coach"), record_id, "withdraw", "By request.")
    assert record_id in set(stage.site.engine.held())
    found = stage.client().get("/practices.json?q=quotations").json
    assert found["items"] == []


@pytest.mark.case("L1", "F4")
def test_L1_F4_an_index_that_is_wrong_about_who_may_read_a_draft_shows_it_to_nobody(stage: Stage) -> None:
    """A flipped bit in the audiences, say: the database decides what is shown, not the index."""
    draft = stage.record(stage.actor("author"), title=f"A {CANARY} draft")
    stage.record(stage.actor("author"), "published", title="A plain record")
    with stage.site.db.reading() as session:
        documents = indexing.changes(session, [draft])[0]
    stage.site.engine.apply([replace(d, audience=frozenset({"public"})) for d in documents])
    for address in ("", ".json", ".csv", ".atom", "/suggest"):
        assert f"A {CANARY}" not in stage.client().get(f"/practices{address}?q={CANARY}").text, address
        assert "A plain record" in stage.client().get(f"/practices{address}?q=plain").text.replace(
            "<mark>", ""
        ).replace("</mark>", ""), "the control"


def test_names_and_e_mails_of_accounts_are_not_public(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"), "published")
    pages = [
        stage.client("reader").get(p, follow_redirects=True).text
        for p in (f"/practices/{record_id}", f"/practices/{record_id}.json")
    ]
    assert all("author@example.org" not in page for page in pages)
    assert complete_experience()["contact"]["reach"] in pages[0]  # the control: the contact who agreed is shown
    assert post(stage.client("reader"), "/manage/people/1", "/account", action="deactivate").status_code == 403

"""A review in Chromium, with script and without: what changed, comments at their field, phrases, the rubric."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from waitress.server import create_server

from knowledge.services import discussion, opinions, phrases, review, scoring
from knowledge.services.scoring import Given
from knowledge.storage.models.reviewing import Look
from tests.conftest import PASSWORD, Stage, complete_experience, make_stage, with_people

pytestmark = pytest.mark.browser
PHRASE = "Please give the figure before the change, and the one after it."
STRONG = {
    "evidence": "observed",
    "sources": [{"title": "The register"}],
    "indicators": [{"indicator": "Days to delivery", "before": "31", "after": "9"}],
}


@pytest.fixture
def site(tmp_path: Path, _cheap_passwords: None) -> Iterator[tuple[Stage, str]]:
    """A site with a resubmission, behind the server that `praxis run` uses, and its address."""
    stage = with_people(make_stage(tmp_path))
    stage.person("far")
    stage.programme("elsewhere", coaches=("far",))
    server = create_server(stage.app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield stage, f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(5)
    stage.site.db.close()


def resubmitted(stage: Stage) -> str:
    """Returned with four points, two of them addressed, and sent again with two changes."""
    author, coach = stage.actor("author"), stage.actor("coach")
    stage.site.act(phrases.put, coach, "reforms", PHRASE)
    record = stage.record(author, "in_review", title="Three offers by phone", **STRONG)
    for field, text in (("results", "How many days?"), ("lessons", "Which matters more?"), ("", "Shorter, please.")):
        stage.site.act(discussion.begin, coach, record, about=field, text=text)
    stage.site.act(discussion.begin, coach, record, about="context", text="He may need help.", private=True)
    given = Given({0: ("met", ""), 1: ("not", "No figure after")}, "account", "No series.")
    stage.site.act(review.decide, coach, record, "request-changes", words="Figures, please.", seen=1, given=given)
    results = complete_experience()["results"]
    stage.revise(author, record, results=f"{results} It took 31 days before and 9 after.", lessons=["One.", "Two."])
    for point in stage.site.ask(discussion.of, author, record).points[:2]:
        stage.site.act(discussion.act, author, record, point.thread.id, "address")
    stage.site.act(scoring.score, author, record, Given({0: ("met", ""), 1: ("met", "Added")}), 2)
    stage.step(author, record, "submit")
    return record


def opened(chromium: Any, address: str, who: str, width: int = 1440, script: bool = True) -> Any:
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=script, bypass_csp=script
    )
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.fill("#email", f"{who}@example.org")
    page.fill("#password", PASSWORD)
    page.click("main form button")
    return page


def test_a_coach_deals_with_a_resubmission_in_three_presses_from_what_she_sees_first(
    chromium: Any, site: tuple[Stage, str]
) -> None:
    stage, address = site
    record = resubmitted(stage)
    page = opened(chromium, address, "coach", script=False)
    page.goto(f"{address}/review")
    page.click("text=Three offers by phone")
    first = page.locator("#points")
    assert "Changed since it was returned: 2 fields" in first.inner_text()
    assert page.locator("#changed-results ins").inner_text().strip() == "It took 31 days before and 9 after."
    assert "How many days?" in page.locator("#changed-results").inner_text(), "the point stands beside its change"
    for seen in ("#changed-results ins", "#changed-results summary", "#decision .actions button"):
        box = page.locator(seen).first.bounding_box()
        assert box and box["y"] + box["height"] <= 900, f"{seen} is on the first screen"
    page.click("text=Resolve all 2 now")
    assert "2 resolved" in page.locator("#points").inner_text()
    assert page.locator("#check-1").is_checked() is False
    page.check("input[name=check-1][value=met]")
    page.click("#decision .actions button")
    assert "Published" in page.inner_text("main")
    page.goto(f"{address}/practices/{record}")
    assert "the author claimed Observed change; lowered by the coach: No series." in page.inner_text("main")
    page.context.close()


def test_selected_words_become_the_quote_of_a_comment_at_their_field(chromium: Any, site: tuple[Stage, str]) -> None:
    stage, address = site
    record = resubmitted(stage)
    page = opened(chromium, address, "coach")
    page.goto(f"{address}/review/{record}")
    page.evaluate(
        """() => { const words = document.querySelector('#what_we_did .prose p').firstChild;
        const range = document.createRange(); range.setStart(words, 4); range.setEnd(words, 13);
        const selection = getSelection(); selection.removeAllRanges(); selection.addRange(range); }"""
    )
    comment = page.locator(".commented:has(#what_we_did) > details.comment")
    comment.locator("summary").first.click()
    page.wait_for_function("document.querySelector('#quote-what_we_did').value === 'board met'")
    page.fill("#text-what_we_did", "Which board?")
    page.fill("#words", "Nearly there.")
    assert "version 1: 1 met, 1 not yet" in page.inner_text("#rubric > details > summary")
    page.click("#rubric > details > summary")
    page.check("input[name=check-2][value=partly]")
    comment.locator("button").last.click()
    page.wait_for_url("**#point-*")
    assert page.input_value("#words") == "Nearly there.", "what was filled in for the decision comes back"
    assert page.is_checked("input[name=check-2][value=partly]")
    here = page.locator(".commented:has(#what_we_did) .point")
    assert "board met" in here.inner_text() and "Which board?" in here.inner_text()
    assert stage.site.ask(discussion.of, stage.actor("coach"), record).points[-1].thread.quote == "board met"
    page.context.close()


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_phrase_is_put_in_and_nothing_that_was_filled_in_is_lost(
    chromium: Any, site: tuple[Stage, str], script: bool
) -> None:
    stage, address = site
    record = resubmitted(stage)
    page = opened(chromium, address, "coach", 360, script)
    page.goto(f"{address}/review/{record}")
    page.fill("#words", "Nearly there.")
    if script:
        page.reload()
        assert page.input_value("#words") == "Nearly there.", "not even by a reload"
    assert "version 1: 1 met, 1 not yet" in page.inner_text("#rubric > details > summary")
    page.click("#rubric > details > summary")
    page.check("input[name=check-2][value=partly]")
    page.click("#decision summary:has-text('Phrases')")
    page.click("#decision .phrases button")
    assert page.input_value("#words") == f"Nearly there.\n\n{PHRASE}"
    assert page.is_checked("input[name=check-2][value=partly]") and page.input_value("#reason") == "No series."
    page.click("button:has-text('Ask for changes')")
    page.goto(f"{address}/work/{record}")
    author = opened(chromium, address, "author", 360, script)
    author.goto(f"{address}/work/{record}")
    assert PHRASE in author.inner_text("main") and "partly met" in author.inner_text("main")
    author.context.close()
    page.context.close()


def test_the_page_remembers_what_she_had_before_her_eyes(chromium: Any, site: tuple[Stage, str]) -> None:
    stage, address = site
    record = resubmitted(stage)
    with stage.site.db.reading() as session:
        assert session.scalar(select(Look)) is None
    page = opened(chromium, address, "coach")
    with page.expect_response("**/look") as answer:
        page.goto(f"{address}/review/{record}")
    assert answer.value.status == 204
    page.reload()
    assert "Changed since it was returned" in page.inner_text("#points"), "again, until a new one is there"
    author = stage.actor("author")
    stage.step(author, record, "recall")
    stage.revise(author, record, title="Four offers by phone")
    stage.step(author, record, "submit")
    page.reload()
    assert "Changed since you last looked: 1 field" in page.inner_text("#points")
    page.context.close()


@pytest.mark.parametrize("width", [360, 1440])
def test_the_pages_of_a_review_fit_and_axe_finds_nothing(chromium: Any, site: tuple[Stage, str], width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    stage, address = site
    record, author = resubmitted(stage), stage.actor("author")
    stage.site.act(opinions.ask, stage.actor("coach"), record, stage.actor("far").person_id, "Credible?")
    draft = stage.record(author, title="A draft to score")
    pages = {
        "coach": [f"/review/{record}", "/review/programmes/reforms/phrases", f"/review/people/{author.person_id}/progress"],
        "far": [f"/review/{record}", "/work"],
        "author": ["/work", f"/work/{draft}", f"/work/{record}"],
        "manager": ["/manage/programmes/reforms"],
    }  # fmt: skip
    for who, paths in pages.items():
        page = opened(chromium, address, who, width)
        wrong: list[str] = []
        page.on("pageerror", lambda error, wrong=wrong: wrong.append(str(error)))
        for path in paths:
            page.goto(address + path)
            page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert page.locator("h1").count() == 1, path
            found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
            assert found.violations_count == 0, (path, width, found.generate_report())
            ids = page.evaluate("[...document.querySelectorAll('[id]')].map(e => e.id)")
            assert len(ids) == len(set(ids)), (path, sorted(i for i in ids if ids.count(i) > 1))
        assert not wrong, (who, wrong)
        page.context.close()

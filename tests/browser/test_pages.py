"""Pages in Chromium: the main path by hand, width, and weight; axe looks at all of them in `test_axe_everywhere`."""

from __future__ import annotations

import pytest

from bench import weight

pytestmark = pytest.mark.browser
PUBLIC = [
    "/",
    "/practices",
    "/practices?q=framework&country=KEN",
    "/practices?q=zzzz",
    "/practices/map?q=contract",
    "/practices/gaps",
    "/practices/by/country?letters=a&order=name",
    "/practices/like",
    "/help/search",
    "/about",
    "/sign-in",
    "/register",
    "/forgotten",
    "/reset/too-old",
    "/nope",
]
PUBLIC += [
    "/practices/demo-framework-hospital-consumables/",
    "/practices/demo-receiving-goods-outer-island/",
    "/practices/demo-water-board-supplier-warnings",
]
APPRENTICE = [
    "/work",
    "/work/new",
    "/work/new/experience",
    "/work/new/training",
    "/work/new/from-file",
    "/account",
    "/account/password",
    "/account/mail",
    "/account/away",
    "/account/email",
    "/account/second-factor",
    "/account/sessions",
]
COACH = ["/review", "/review/demo-boats-by-performance", "/work/demo-boats-by-performance"]
MANAGER = [
    "/manage",
    "/manage/people",
    "/manage/people/1/away",
    "/manage/programmes",
    "/manage/programmes/innovative-procurement-reforms",
    "/manage/vocabularies",
    "/manage/vocabularies/topics",
    "/manage/withdrawn",
    "/manage/synonyms",
    "/manage/mail",
]
ROLES = {"": PUBLIC, "apprentice1": APPRENTICE, "coach1": COACH, "coach2": COACH, "manager": MANAGER}


def signed_in(context, server: str, who: str):  # type: ignore[no-untyped-def]
    page = context.new_page()
    if who:
        page.goto(f"{server}/sign-in")
        page.fill("#email", f"{who}@example.org")
        page.fill("#password", "procurement-demo")
        page.click("main form button")
    return page


def test_a_record_is_written_reviewed_published_and_found_without_script(chromium, server: str) -> None:  # type: ignore[no-untyped-def]
    contexts = [chromium.new_context(java_script_enabled=False) for _ in range(2)]
    writer, coach = signed_in(contexts[0], server, "apprentice1"), signed_in(contexts[1], server, "coach1")
    text = "The ward bought small works by one tender a year and small firms never heard of it. " * 5
    writer.goto(f"{server}/work")
    writer.click("text=Start a record")
    writer.click("main >> text=Experience")
    writer.fill("#title", "Small lots announced by radio in two wards")
    writer.fill("#summary", text[:400])
    writer.click("text=Add another organisation")
    writer.fill("#organisations-0-name", "Ward office")
    for field in (
        "context",
        "objective",
        "what_we_did",
        "results",
        "enabling",
        "hindering",
        "sustain",
        "replicate",
        "evidence_note",
    ):
        writer.fill(f"#{field}", text)
    for name, value in (
        ("countries", "KEN"),
        ("level", "local"),
        ("evidence", "account"),
        ("licence", "cc-by-4.0"),
        ("reform_status", "ongoing"),
    ):
        writer.check(f"input[name={name}][value='{value}']")
    writer.select_option("select[name=stage]", "pilot")
    writer.select_option("#topics-0", "sme")
    writer.fill("#start", "2019")
    writer.fill("#lessons-0", "Ask first.")
    writer.fill("#lessons-1", "Start small.")
    writer.fill("#contact-name", "Ward office")
    writer.check("#consent-yes")
    writer.click(".actions button[value=submit]")
    assert "Your coach reads it next" in writer.inner_text("main")
    coach.goto(f"{server}/review")
    coach.click("text=Small lots announced")
    coach.click("#decision .actions button")
    writer.goto(f"{server}/practices?q=radio&country=KEN&stage=pilot")
    writer.click(".hit a")
    assert "Small lots announced by radio" in writer.inner_text("h1")
    for context in contexts:
        context.close()


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("width", [360, 1440])
def test_pages_fit_their_screen_and_run_without_errors(chromium, server: str, who: str, width: int) -> None:  # type: ignore[no-untyped-def]
    context = chromium.new_context(viewport={"width": width, "height": 800})
    page = signed_in(context, server, who)
    wrong: list[str] = []
    page.on("console", lambda m: wrong.append(m.text) if m.type == "error" and "status of 4" not in m.text else None)
    page.on("pageerror", lambda e: wrong.append(str(e)))
    for path in ROLES[who]:
        page.goto(server + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} is wider than {width}"
        assert page.locator("h1").count() == 1, path
        assert not wrong, (path, wrong)
    context.close()


def test_suggestions_are_chosen_by_keyboard_and_heard(chromium, server: str) -> None:  # type: ignore[no-untyped-def]
    page = chromium.new_context().new_page()
    page.goto(server)
    page.locator("#q").press_sequentially("kenya")
    page.wait_for_selector(".suggestions:not([hidden]) li")
    assert page.get_attribute("#q", "aria-expanded") == "true"
    assert page.locator("form.search [role=status]").inner_text().endswith("suggestions")
    page.keyboard.press("ArrowDown")
    active = page.get_attribute("#q", "aria-activedescendant")
    assert page.locator(f"#{active}").get_attribute("aria-selected") == "true"
    page.keyboard.press("Escape")
    assert page.locator(".suggestions").is_hidden() and page.input_value("#q") == "kenya"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/practices?country=KEN")
    page.locator("#q").press_sequentially("kenya")
    page.wait_for_selector(".suggestions:not([hidden]) li")
    page.keyboard.press("Enter")  # nothing chosen: what was typed is looked for
    page.wait_for_url("**/practices?q=kenya&country=KEN")


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("name", weight.PUBLIC)
def test_a_public_page_keeps_its_limits_on_the_first_visit_and_later(server: str, name: str, language: str) -> None:
    path, most_later, most_first = weight.PUBLIC[name]
    later, first = weight.page(server, path, f"praxis-language={language}")
    assert 1_000 < later < most_later and later + 5_000 < first < most_first, f"{later} bytes, {first} on a first visit"


def test_the_form_that_is_one_file_keeps_its_limit(server: str) -> None:
    cookie = weight.signed_in(server, "apprentice1@example.org", "procurement-demo")
    for kind in weight.KINDS:
        assert 20_000 < weight.offline(server, kind, cookie) < weight.SIZE, kind

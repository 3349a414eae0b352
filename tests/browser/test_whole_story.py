"""One journey in a real browser, from the invitation of an apprentice to the reader who finds what she wrote.

With script and without, on a phone and on a desk, from left to right and from right to left, each of them with each of the
others (the fourth, on a phone with script in Arabic, is in test_bad_line). What is pressed is found by what it does, and
what is read is compared with the catalogue of the reader's language.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from knowledge.storage.models.discussion import RESOLVED, Thread
from tests.browser.live import Live, Reader, pattern
from tests.conftest import PASSWORD

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Texts:
    """What the apprentice writes, in her language."""

    name: str
    title: str
    found_by: str
    long: str
    short: str
    figure: str
    comment: str
    answer: str


TEXTS = {
    "en": Texts(
        "Amina Okafor", "Small lots announced by radio in two wards", "radio wards",
        "The ward bought small works by one tender a year and small firms never heard of it. ",
        "Ask the auditor first.", "It took 31 days before and 9 after.", "How many days did it take?", "I have added the days.",
    ),
    "ar": Texts(
        "أمينة منصور", "حصص صغيرة تُعلن في الإذاعة في حيّين", "الإذاعة",
        "كان الحي يشتري الأشغال الصغيرة بمناقصة واحدة في السنة ولم تكن الشركات الصغيرة تسمع بها أبدا. ",
        "اسأل المدقق أولا.", "كانت المدة 31 يوما قبل ذلك وصارت 9 أيام.", "كم يوما استغرق ذلك؟", "أضفت عدد الأيام.",
    ),
}  # fmt: skip
AMINA, COACH = "amina@example.org", "coach@example.org"


@pytest.mark.parametrize(
    ("script", "width", "language"),
    [(True, 1440, "en"), (False, 1440, "ar"), (False, 360, "en")],
    ids=["script-1440-en", "plain-1440-ar", "plain-360-en"],
)
def test_from_the_invitation_to_the_reader(chromium: Any, live: Live, script: bool, width: int, language: str) -> None:
    texts = TEXTS[language]

    def somebody() -> Reader:
        return Reader(chromium, live.address, language, width, script)

    manager, amina, coach, public = somebody(), somebody(), somebody(), somebody()
    invited(live, manager, amina, texts)
    letters_in(amina, language)
    record = written(amina, texts, language)
    if script:
        kept_without_a_line(amina, texts)
    chosen_field_by_field(amina, texts, record)
    sent(amina, record)
    coach.sign_in("coach")
    letters_in(coach, language)
    returned(live, coach, texts, record, language)
    sent_again(live, amina, texts, record, language)
    published(live, coach, texts, language)
    read(live, amina, public, texts, record, language)
    for each in (manager, amina, coach, public):
        each.context.close()


def invited(live: Live, manager: Reader, amina: Reader, texts: Texts) -> None:
    """A manager invites by mail; whoever has the mail follows its link and joins."""
    manager.sign_in("manager")
    manager.go("/manage/programmes/reforms")
    manager.page.fill("#invited", AMINA)
    manager.page.select_option("#invited_role", "apprentice")
    manager.press("form[action$='/invitations'] button")
    assert AMINA in manager.page.inner_text("main")
    amina.go(live.letter(AMINA, "invited"))
    amina.page.fill("#name", texts.name)
    amina.page.fill("#password", PASSWORD)
    amina.press("form:has([name=action][value=join]) button")
    assert amina.page.url == f"{live.address}/work"


def letters_in(reader: Reader, language: str) -> None:
    """Somebody asks for her mails in her language."""
    reader.go("/account/mail")
    reader.page.select_option("#language", language)
    reader.press("main form button")


def written(amina: Reader, texts: Texts, language: str) -> str:
    """A new record: its first words typed, kept while one writes, and saved; the rest filled in. Returns its address."""
    page = amina.page
    amina.go("/work/new")
    amina.press("main a[href$='/work/new/experience']")
    amina.ready()
    with amina.kept():
        page.locator("#title").press_sequentially(texts.title)
        page.locator("#lessons-0").press_sequentially(texts.short)
    page.select_option("#language", language)
    page.fill("#summary", texts.long * 3)
    for field in ("context", "what_we_did", "results", "evidence_note"):
        page.fill(f"#{field}", texts.long * 5)
    for field in ("objective", "enabling", "hindering", "sustain", "replicate", "lessons-1"):
        page.fill(f"#{field}", texts.short)
    for name, value in (
        ("countries", "KEN"), ("level", "local"), ("evidence", "account"), ("licence", "cc-by-4.0"), ("reform_status", "ongoing"),
    ):  # fmt: skip
        page.check(f"input[name={name}][value='{value}']")
    page.select_option("[name=stage]", "pilot")
    page.select_option("#topics-0", "sme")
    for field, value in (("start", "2019"), ("organisations-0-name", "Ward office"), ("contact-name", "Ward office")):
        page.fill(f"#{field}", value)
    page.check("#consent-yes")
    amina.press(".sticky-actions button[value=save]")
    amina.ready()
    assert page.url.endswith("/edit")
    return str(page.url).removesuffix("/edit")


def kept_without_a_line(amina: Reader, texts: Texts) -> None:
    """The line is cut while she writes, and comes back: what she typed is first on the device, then at the site."""
    amina.context.set_offline(True)
    amina.page.fill("#objective", texts.short + " " + texts.answer)
    amina.told("Kept on this device, will be sent")
    amina.context.set_offline(False)
    amina.told("Saved {0}")
    amina.press(".sticky-actions button[value=save]")
    amina.ready()
    assert amina.page.input_value("#objective") == texts.short + " " + texts.answer


def chosen_field_by_field(amina: Reader, texts: Texts, record: str) -> None:
    """Two tabs of hers meet; she takes one field from the first and one from the second."""
    first, other = amina.page, amina.context.new_page()
    other.goto(f"{record}/edit")
    if amina.script:
        other.wait_for_selector("form#write[data-kept=ready]")
    with amina.kept():
        first.fill("#enabling", f"1 {texts.short}")
        first.fill("#hindering", f"1 {texts.answer}")
    if not amina.script:
        amina.press(".sticky-actions button[value=save]")
    other.fill("#enabling", f"2 {texts.short}")
    other.fill("#sustain", f"2 {texts.answer}")
    if amina.script:
        other.locator("[data-state] button").click()
    else:
        other.click(".sticky-actions button[value=save]")
    other.wait_for_selector("#met-enabling")
    assert other.input_value("#sustain") == f"2 {texts.answer}"
    other.check("[name=choose-enabling][value=theirs]")
    if other.locator("[name=choose-sustain]").count():
        other.check("[name=choose-sustain][value=mine]")
    if other.locator("[name=choose-hindering]").count():
        other.check("[name=choose-hindering][value=theirs]")
    with other.expect_navigation():
        other.click(".note.bad button[name=action][value=save]")
    values = [other.input_value(f"#{name}") for name in ("enabling", "hindering", "sustain")]
    assert values == [f"1 {texts.short}", f"1 {texts.answer}", f"2 {texts.answer}"]
    first.close(run_before_unload=False)
    amina.page = other
    amina.ready()


def sent(amina: Reader, record: str) -> None:
    """She scores herself at her desk, and sends it with her scores."""
    amina.go(record)
    assert amina.page.locator("form[action$='/submit']").count() == 1, amina.page.inner_text("main")
    amina.open("#rubric")
    amina.page.check("#rubric [name=check-0][value=met]")
    amina.page.check("#rubric [name=check-1][value=partly]")
    amina.press("form[action$='/submit'] > button")
    amina.sees("In review")
    assert amina.page.locator("[aria-labelledby=own-title] li").count() == 2, "her scores stay in her sight"


def returned(live: Live, coach: Reader, texts: Texts, record: str, language: str) -> None:
    """The coach gets a mail, goes where it leads, takes the record up, comments on a field, asks for changes."""
    coach.go(live.letter(COACH, "submitted", language))
    assert coach.page.url.rsplit("/", 1)[1] == record.rsplit("/", 1)[1]
    coach.press("form[action$='/claim'] button")
    results = ".commented:has(#results) > details.comment"
    coach.open(results)
    coach.page.fill("#text-results", texts.comment)
    coach.press(f"{results} button[formaction*='/points']")
    assert texts.comment in coach.page.inner_text(".commented:has(#results) .point")
    coach.page.fill("#words", texts.comment)
    coach.press("#decision button[formaction$='/request-changes']")
    assert coach.page.url.endswith("/review")


def sent_again(live: Live, amina: Reader, texts: Texts, record: str, language: str) -> None:
    """Her mail leads to the form, the point beside its field: she answers, ticks it off, changes the field, sends it."""
    amina.go(live.letter(AMINA, "returned", language))
    assert amina.page.url == f"{record}/edit"
    amina.ready()
    point = amina.page.locator("form#write .point")
    assert texts.comment in point.inner_text()
    point.locator("[name=addressed]").check()
    amina.open("form#write .point details")
    point.locator("textarea").fill(texts.answer)
    amina.page.fill("#results", texts.long * 5 + texts.figure)
    amina.press(".sticky-actions button[value=submit]")
    assert amina.page.url == record
    amina.sees("In review")


def published(live: Live, coach: Reader, texts: Texts, language: str) -> None:
    """From the mail to the published record in two presses: what changed is what she sees first."""
    coach.go(live.letter(COACH, "submitted", language))
    steps = []
    heading = coach.page.locator("main :is(h1, h2, h3)").first
    assert heading.get_attribute("id") == "changed", heading.inner_text()
    assert coach.page.locator("#points .change").count() == 1
    assert texts.figure in coach.page.inner_text("#changed-results ins")
    assert texts.answer in coach.page.inner_text("#changed-results .point")
    seen = coach.page.locator("#changed-results ins" if coach.width > 1000 else "#changed-results > h3").bounding_box()
    assert seen and seen["y"] + seen["height"] <= 900, "on the first screen"
    for what in (
        "[name=check-0][value=met]",
        "#decision button[formaction$='/publish']",
    ):
        steps.append(what)
        if "check-" in what:
            coach.page.check(f"#decision {what}")
        else:
            coach.press(what)
    assert len(steps) == 2
    assert coach.page.url.endswith("/review")
    with live.stage.site.db.reading() as session:
        assert set(session.scalars(select(Thread.standing))) == {RESOLVED}, "by publishing what addresses it"


def read(live: Live, amina: Reader, public: Reader, texts: Texts, record: str, language: str) -> None:
    """The author's last mail leads to the public page; who knows nothing of it finds it by its words."""
    amina.go(live.letter(AMINA, "published", language))
    assert texts.title in amina.page.inner_text("h1")
    public.go("/")
    public.page.fill("#q", texts.found_by)
    public.press("main form.search button")
    public.press(".hit h2 a, .hit h3 a")
    assert public.page.inner_text("h1") == texts.title
    main = public.page.inner_text("main")
    assert texts.figure in main and texts.name in main
    assert public.page.get_attribute("h1", "dir") == ("rtl" if language == "ar" else "ltr")
    assert texts.comment not in main, "what they said to each other is theirs"
    assert record.rsplit("/", 1)[1] in public.page.url
    assert pattern(public.say("In review")) not in main

"""In Chromium: advice and what is missing lead to their fields, rows included; figures are drawn as long as they are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.test_pages import signed_in

pytestmark = pytest.mark.browser
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CHARTS = ["/practices/demo-framework-hospital-consumables/", "/practices/demo-contract-register-districts/"]


def violations(page: Any) -> list[Any]:
    from axe_playwright_python.sync_playwright import Axe

    results = Axe().run(page, options={"runOnly": RULES})
    return [(v["id"], [n["html"][:120] for n in v["nodes"][:3]]) for v in results.response["violations"]]


@pytest.mark.parametrize(
    ("width", "scheme", "script"), [(360, "dark", True), (1440, "light", True), (360, "light", False)]
)
def test_advice_leads_to_the_field_and_saying_it_is_fine_loses_nothing(
    chromium: Any, server: str, width: int, scheme: Any, script: bool
) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=script, bypass_csp=True
    )
    page = signed_in(context, server, "apprentice1")
    page.goto(f"{server}/work/new/experience")
    page.fill("#title", "Phone quotations cut waiting in two counties")
    page.fill("#results", "We sent an RFQ to Mr. Kamau.")
    page.click("text=Add another figure")
    page.fill("#indicators-0-indicator", "Days to delivery")
    page.fill("#indicators-0-before", "45")
    page.click(".sticky-actions button[value=save]")
    for link, field in (("of which year or month", "indicators-0-date"), ("“RFQ” is not explained", "results")):
        page.click(f"#advice a:has-text('{link}')")
        assert page.url.endswith(f"#{field}")
        if script:
            assert page.evaluate("document.activeElement.id") == field
    page.fill("#summary", "Typed, and not saved yet.")
    page.click("#advice button:has-text('It is fine'):near(#advice a:has-text('Mr. Kamau'))")
    assert page.input_value("#summary") == "Typed, and not saved yet."
    assert page.locator("#advice >> text=1 more is fine").count() == 1
    if script:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []
        page.click(".sticky-actions button[value=save]")
        page.click(".crumbs a >> nth=1")
        assert page.locator("#advice h2").inner_text().startswith("Worth a look")
        assert violations(page) == []
    context.close()


@pytest.mark.parametrize("path", CHARTS)
@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1440, "dark")])
def test_bars_are_as_long_as_their_numbers_and_stay_on_the_page(
    chromium: Any, server: str, path: str, width: int, scheme: Any
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(server + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    script = """each => [...each.querySelectorAll('svg')].map(svg => [
        parseFloat(svg.querySelector('text').textContent), svg.querySelector('.length').getBoundingClientRect().width,
        svg.querySelector('text').getBoundingClientRect().right])"""
    comparisons = [each.evaluate(script) for each in page.query_selector_all(".comparison")]
    assert comparisons
    for bars in comparisons:
        most = max(number for number, *_ in bars)
        longest = max(length for _, length, _ in bars)
        for number, length, right in bars:
            assert abs(length / longest - number / most) < 0.02 and right <= width
    assert violations(page) == []
    context.close()

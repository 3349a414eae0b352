"""Narrowing a search: values under their groups, one click, years as a picture, and a page for a long facet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from knowledge.web.histogram import histogram
from knowledge.web.params import Asked
from tests.conftest import Stage, post

NOTE = "Boats come once a month, and nobody knows when. " * 5
PLACES = (["KEN"], ["KEN", "UGA"], ["TLS"], ["DEU"], ["KEN", "DEU"])


@pytest.fixture
def told(stage: Stage) -> Stage:
    author = stage.actor("author")
    for number, countries in enumerate(PLACES):
        stage.record(
            author, "published", title=f"Practice that has the number {number}", countries=countries, fragile_note=NOTE
        )
    stage.record(author, "in_review", title="Practice that is not public", countries=["UGA"])
    return stage


def counts(stage: Stage, facet: str, address: str = "/practices.json") -> dict[str, int]:
    answer: Mapping[str, Any] = stage.client().get(address).json or {}
    return {c["value"]: c["count"] for c in answer["facets"][facet] if c["count"]}


def total(stage: Stage, address: str) -> int:
    return int((stage.client().get(address).json or {})["total"])


def test_a_region_counts_the_records_of_its_countries_once(told: Stage) -> None:
    assert counts(told, "country") == {
        "KEN": 3,
        "UGA": 1,
        "TLS": 1,
        "DEU": 2,
        "SSF": 3,
        "EAS": 1,
        "ECS": 2,
    }
    for value, count in counts(told, "country").items():
        assert total(told, f"/practices.json?country={value}") == count
    for value, count in counts(told, "topic").items():
        assert total(told, f"/practices.json?topic={value}") == count


def test_old_names_of_a_facet_still_work(told: Stage) -> None:
    assert total(told, "/practices.json?region=SSF") == total(told, "/practices.json?q=region:ssf") == 3
    assert "/practices?country=EAS" in told.client().get("/practices?region=EAS&year_to=abc").text


def links(page: str) -> dict[str, str]:
    """The choices in the margin: label -> address."""
    found = re.findall(
        r'<a href="([^"]+)" rel="nofollow"><span class="box"[^>]*></span><span class="name">([^<]+)', page
    )
    return {label: address.replace("&amp;", "&") for address, label in found}


def test_a_country_takes_the_place_of_its_region_and_the_other_way_round(told: Stage) -> None:
    page = told.client().get("/practices?country=SSF&country=DEU").text
    assert links(page)["Kenya"] == "/practices?country=DEU&country=KEN"
    assert links(page)["Sub-Saharan Africa"] == "/practices?country=DEU"  # chosen, so the link takes it out
    page = told.client().get("/practices?country=KEN&country=UGA&country=DEU").text
    assert links(page)["Sub-Saharan Africa"] == "/practices?country=DEU&country=SSF"


def test_a_long_facet_has_a_page_with_search_and_both_orders(told: Stage) -> None:
    browser = told.client()
    page = browser.get("/practices/by/country?year_from=2000&order=name").text
    assert list(links(page)) == [
        "East Asia &amp; Pacific", "Timor-Leste", "Europe &amp; Central Asia", "Germany",
        "Sub-Saharan Africa", "Kenya", "Uganda",
    ]  # fmt: skip
    assert next(iter(links(browser.get("/practices/by/country").text))) == "Sub-Saharan Africa"
    found = links(browser.get("/practices/by/country?letters=KÉNY").text)
    assert list(found) == ["Sub-Saharan Africa", "Kenya"]
    assert "No name here has “zz” in it." in browser.get("/practices/by/country?letters=zz").text
    assert "Uganda" not in browser.get("/practices/by/country?country=TLS&stage=pilot&q=nothing+fits").text
    assert browser.get("/practices/by/nothing").status_code == browser.get("/practices/by/year").status_code == 404
    assert browser.get("/practices/by/country?q=" + "a" * 3000).headers["Location"].startswith("/practices?q=")


def test_the_page_of_results_shows_a_long_facet_in_part(told: Stage) -> None:
    author = told.actor("author")
    many = [c.id for c in told.site.registry().vocabularies["countries"].choosable()][:40]
    for number in range(0, 40, 8):
        told.record(
            author,
            "published",
            title=f"Practice of many places, number {number}",
            countries=many[number : number + 8],
            fragile_note=NOTE,
        )
    page = told.client().get(f"/practices?country={many[3]}").text
    assert re.search(r'href="/practices/by/country\?country=\w+"[^>]*>All \d\d, searchable', page)
    names = told.site.registry().vocabularies["countries"]
    assert names.name(many[3]) in links(page), "what is chosen is always there"
    assert len(links(page)) < 60


def test_countries_like_mine_asks_once_and_then_is_one_click(told: Stage) -> None:
    browser = told.client()
    assert 'href="/practices/like?q=practice"' in browser.get("/practices?q=practice").text
    form = browser.get("/practices/like?q=practice").text
    assert '<input type="hidden" name="q" value="practice">' in form and "Timor-Leste" in form
    answer = browser.get("/practices/like?q=practice&own=TLS")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/practices?q=practice&country=EAS&fragile=fcs-fy25&income=LMC"
    assert "1 practice" in browser.get(answer.headers["Location"]).text
    later = browser.get("/practices?stage=pilot").text
    assert "Countries like Timor-Leste" in later
    assert 'href="/practices?stage=pilot&amp;country=EAS&amp;fragile=fcs-fy25&amp;income=LMC"' in later
    assert browser.get("/practices/like?own=XXX").status_code == 200  # no such country: asked again


def test_a_profile_says_which_country_is_mine(told: Stage) -> None:
    browser = told.client("author")
    post(browser, "/account", "/account", name="Author", country="KEN", organisation="")
    assert "Countries like Kenya" in browser.get("/practices").text


def test_years_are_bars_that_lead_to_their_records(stage: Stage) -> None:
    author = stage.actor("author")
    for start, end in (("2001", "2003"), ("2003", "2003"), ("2010", "2011")):
        stage.record(author, "published", title=f"Practice that ran from {start} to {end}", start=start, end=end)
    page = stage.client().get("/practices?year_from=2002&year_to=2003").text
    bars = dict(re.findall(r"<title>(\d+): (\d+)</title>", page))
    assert bars == {str(y): str(n) for y, n in zip(range(2001, 2012), (1, 1, 2, 0, 0, 0, 0, 0, 0, 1, 1), strict=True)}
    for year, count in bars.items():
        assert total(stage, f"/practices.json?year_from={year}&year_to={year}") == int(count)
    assert page.count('<rect class="in"') == 2


def test_many_years_share_bars(stage: Stage) -> None:
    with stage.app.test_request_context():
        drawn = histogram(Asked(), {"1850": 3, "1851": 2, "2024": 9, "x": 4})
        assert drawn is not None and len(drawn.bars) <= 40
        assert (drawn.bars[0].name, drawn.bars[0].count) == ("1850–1854", 3)
        assert drawn.highest.last >= 2024 and drawn.bars[1].height == 0
        assert histogram(Asked(), {"2001": 4}) is None and histogram(Asked(), {}) is None

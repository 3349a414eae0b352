"""A search as pictures: the map and the table of gaps show what the list shows, and lead to it."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator

import pytest

from knowledge.maps.world import world
from knowledge.web.overview import bounds, shade
from tests.conftest import Stage

NOTE = "Boats come once a month, and nobody knows when. " * 5
RECORDS = (
    (["KEN"], "pilot", ["framework-agreements"]),
    (["KEN", "TUV"], "pilot", ["e-gp", "complaints"]),
    (["DEU"], "rollout", ["e-gp"]),
    (["GLOBAL"], "diagnose", ["complaints"]),
)


@pytest.fixture
def told(stage: Stage) -> Iterator[Stage]:
    author = stage.actor("author")
    for number, (countries, step, topics) in enumerate(RECORDS):
        facts = {"countries": countries, "stage": step, "topics": topics, "fragile_note": NOTE}
        stage.record(author, "published", title=f"Phone quotations, number {number}", **facts)
    stage.record(author, "in_review", title="Phone quotations not public", countries=["UGA"], fragile_note=NOTE)
    yield stage


def found(stage: Stage, address: str) -> int:
    json = address.replace("/practices?", "/practices.json?").replace("&amp;", "&")
    return int((stage.client().get(json).json or {})["total"])


def rows(page: str) -> dict[str, tuple[str, int]]:
    """The table beside the map: country -> address, count."""
    cells = re.findall(r'<th scope="row"><a href="([^"]+)"[^>]*>([^<]+)</a>.*?<td>(\d+)</td>', page)
    return {name: (address, int(count)) for address, name, count in cells}


def test_every_country_of_the_vocabulary_is_on_the_map(stage: Stage) -> None:
    terms = stage.site.registry().vocabularies["countries"]
    places = {t.id for t in terms if t.id not in ("GLOBAL", "MULTI") and not t.id.startswith("REG:")}
    assert len(places) > 240
    assert places == world().shapes.keys() | world().points.keys()
    assert not world().shapes.keys() & world().points.keys()
    assert all(0 <= x <= world().width and 0 <= y <= world().height for x, y in world().points.values())


def test_the_map_counts_what_the_list_shows_and_leads_there(told: Stage) -> None:
    page = told.client().get("/practices/map?q=quotations").text
    counts = {name: count for name, (_, count) in rows(page).items()}
    assert counts == {"Kenya": 2, "Germany": 1, "Global": 1, "Tuvalu": 1}
    for address, count in rows(page).values():
        assert "q=quotations" in address and found(told, address) == count
    drawn = re.findall(r"<title>([^<]+): (\d+)</title>", page)
    assert {(name, int(n)) for name, n in drawn} == {("Kenya", 2), ("Germany", 1), ("Tuvalu", 1)}, "Global has no shape"
    assert page.count("<circle") == 1 and "Uganda" not in page


def test_a_country_that_is_chosen_is_marked_and_taken_out_again(told: Stage) -> None:
    page = told.client().get("/practices/map?country=KEN&country=SSF").text
    assert rows(page)["Kenya"][0] == "/practices?country=SSF" and "(chosen; choose again to remove)" in page
    assert re.search(r'class="s\d on"><title>Kenya', page)
    assert "/practices/gaps?country=KEN&amp;country=SSF" in page, "the other views go on with this search"
    assert "Nothing that is found has a country." in told.client().get("/practices/map?q=nosuchword&words=all").text


def test_the_gaps_count_what_the_list_shows_and_invite_where_nothing_is(told: Stage) -> None:
    page = told.client().get("/practices/gaps").text
    cells = re.findall(r'<td[^>]*><a (?:class="s\d" )?href="(/practices[^"]*)" rel="nofollow">(\d+)</a>', page)
    assert len(cells) > 10
    for address, count in cells:
        assert found(told, address) == int(count), address
    registry = told.site.registry()
    stages = [t for t in registry.vocabularies["stages"] if not t.retired]
    groups = registry.vocabularies["topics"].groups
    filled = len(re.findall(r'<a class="s\d"', page))
    empty = page.count('<a class="none" href="/work/new"') or page.count('<a class="none"')
    assert filled + empty == len(stages) * len(groups)
    one = told.client().get("/practices/gaps?stage=pilot&q=quotations").text
    assert one.count('<th scope="row">') == 2, "the stage that was chosen, and all"


def test_pictures_follow_the_search_into_trouble(told: Stage) -> None:
    for view in ("map", "gaps"):
        assert told.client().get(f"/practices/{view}?q={'a' * 3000}").status_code == 400
        assert "for “quotations”" in told.client().get(f"/practices/{view}?q=quotatoins").text
    told.site.engine.lose()  # type: ignore[attr-defined]
    told.site.keeper.heal = lambda: None  # type: ignore[method-assign]  # it would be there again at once
    for view in ("map", "gaps"):
        answer = told.client().get(f"/practices/{view}")
        assert answer.status_code == 503 and answer.headers["Retry-After"] == "30"


def test_a_map_of_the_whole_world_stays_under_30_kilobytes(stage: Stage) -> None:
    places = sorted(world().shapes.keys() | world().points.keys())
    for start in range(0, len(places), 25):
        facts = {"countries": places[start : start + 25], "fragile_note": NOTE}
        stage.record(stage.actor("author"), "published", title=f"Phone quotations from {start} on", **facts)
    page = stage.client().get("/practices/map?q=quotations&stage=pilot").data
    assert page.count(b"<title>") == len(places) + 1
    assert len(gzip.compress(page, 6)) < 30_000
    assert len(gzip.compress(stage.client().get("/practices/gaps?q=quotations").data, 6)) < 30_000


def test_shades_grow_by_a_factor() -> None:
    assert bounds([]) == [] and bounds([0]) == []
    assert bounds([5, 1]) == [1, 2, 3, 4]
    assert bounds([100_000]) == [1, 10, 100, 1000, 10_000]
    assert [shade(n, [1, 10, 100]) for n in (0, 1, 9, 10, 5000)] == [0, 1, 1, 2, 3]

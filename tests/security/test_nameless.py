"""L: published without names. The names of its authors, their organisation, place and contact are on no public surface."""

from __future__ import annotations

from typing import Any

import pytest

from knowledge.services import authoring
from knowledge.services.actor import Actor
from tests.conftest import Stage, complete_experience, post
from tests.security.test_leaks import browser_of, crawl, met

NAMES = {
    "author": "quoxzibbel", "co-author": "vlurpnadge", "organisation": "snibbotwaf", "contact": "grebulosk",
    "reach": "flimzarqua", "place": "hobbindrix", "credit": "jelquavost", "payer": "murklefenz", "note": "pozzlewick",
    "why": "tramboquil", "source": "wexlumarid",
}  # fmt: skip


def answers(**more: Any) -> dict[str, Any]:
    n = NAMES
    return complete_experience(
        title="A record without names",
        organisations=[{"name": f"Office of {n['organisation']}", "role": "lead"}],
        contact={"name": n["contact"], "reach": f"{n['reach']}@example.org", "show": "everyone"},
        place=f"Town of {n['place']}",
        media=[{"type": "video", "url": "https://example.org/v", "caption": "What we did", "credit": n["credit"]}],
        resources=[{"what": "Two clerks", "paid_by": n["payer"]}],
        coach_note=f"Please mind {n['note']}.",
        anonymous={"yes": True, "note": f"Because of {n['why']}."},
        **more,
    )


class Site:
    """A site with one nameless record on it."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.author = stage.person(NAMES["author"])
        stage.programme("reforms", apprentices=(NAMES["author"],))


@pytest.fixture(params=["memory", "whoosh"])
def ground(request: pytest.FixtureRequest) -> Site:
    return Site(request.getfixturevalue("stage" if request.param == "memory" else "whoosh_stage"))


def published(ground: Site, **changes: Any) -> str:
    stage = ground.stage
    record = stage.site.act(authoring.start, ground.author, "experience", {**answers(), **changes}, "key").id
    stage.site.act(authoring.add_author, ground.author, record, NAMES["co-author"].title(), "")
    stage.site.act(_source, record)
    _publish(stage, ground.author, record)
    return record


def _source(session: Any, record: str) -> None:
    from knowledge.storage.models.records import Record

    session.get_one(Record, record).source = {"attribution": f"By {NAMES['source']}"}


def _publish(stage: Stage, author: Actor, record: str) -> None:
    stage.step(author, record, "submit")
    stage.step(stage.actor("coach"), record, "publish")
    stage.site.keeper.after_commit()


def surfaces(ground: Site, record: str, reader: str) -> dict[str, str]:
    """Everything that can be reached by links, and asked for by name."""
    browser = browser_of(ground, reader)  # type: ignore[arg-type]
    pages = crawl(browser, 220)
    asked = [f"/practices{kind}?q={word}" for word in NAMES.values() for kind in ("", ".json", ".csv", ".atom")]
    asked += [f"/practices/suggest?q={word[:4]}" for word in NAMES.values()]
    asked += [f"/practices/{record}{rest}" for rest in ("", ".json", "/v/1", "/v/2", "/v/compare?from=1&to=2")]
    for path in asked:
        answer = browser.get(path, follow_redirects=True)
        body = answer.text + str(answer.headers)
        word = next((w for w in NAMES.values() if path.endswith(f"q={w}")), None)
        pages[path] = body.replace(word, "") if word else body  # what was asked for stands in the box
    return pages


@pytest.mark.case("L1", "L3", "L4", "L5", "L10", control="test_the_control_with_names_every_one_of_them_is_met")
@pytest.mark.parametrize("reader", ["", "reader"])
def test_L1_L3_L4_L5_L7_L8_L10_L13_a_nameless_record_names_nobody_on_any_public_surface(
    ground: Site, reader: str
) -> None:
    record = published(ground)
    pages = surfaces(ground, record, reader)
    assert any("A record without names" in page for page in pages.values())  # the control: it is there
    assert met(pages, NAMES) == []
    for word in NAMES.values():  # nor can it be found by one
        assert ground.stage.client(reader).get(f"/practices.json?q={word}").json["total"] == 0, word
    page = ground.stage.client(reader).get(f"/practices/{record}", follow_redirects=True).text
    assert "Anonymous (" in page and "without names, at the wish of its authors" in page and "reviewed by" not in page


def test_the_control_with_names_every_one_of_them_is_met(ground: Site) -> None:
    record = published(ground, anonymous={"yes": False})
    pages = surfaces(ground, record, "")
    assert {what for what, _ in met(pages, NAMES)} == set(NAMES) - {"note", "why"}


def test_coach_and_managers_still_see_them(ground: Site) -> None:
    stage = ground.stage
    record = published(ground)
    stage.step(ground.author, record, "revise")
    stage.revise(ground.author, record, objective="Deliver within a week.")
    stage.step(ground.author, record, "submit")
    stage.site.keeper.after_commit()
    coach = stage.client("coach").get(f"/review/{record}").text.casefold()
    manager = stage.client("manager").get(f"/work/{record}").text.casefold()
    assert all(NAMES[what] in coach for what in ("author", "co-author", "organisation", "contact", "note", "why"))
    assert NAMES["author"] in manager
    found = stage.client("coach").get(f"/work?q={NAMES['co-author']}").text
    assert "A record without names" in found
    # and before she sends it, the author sees it as the public will
    preview = stage.client(NAMES["author"]).get(f"/work/{record}/preview").text.casefold()
    assert NAMES["organisation"] not in preview and NAMES["co-author"] not in preview


def test_L18_names_taken_off_are_off_every_older_version_and_out_of_the_index(ground: Site) -> None:
    stage = ground.stage
    record = published(ground, anonymous={"yes": False})
    assert stage.client().get(f"/practices.json?q={NAMES['author']}").json["total"] == 1  # the control
    stage.step(ground.author, record, "revise")
    stage.revise(ground.author, record, anonymous={"yes": True})
    assert NAMES["author"] in stage.client().get(f"/practices/{record}/v/1").text.casefold()  # not yet decided
    _publish(stage, ground.author, record)
    assert met(surfaces(ground, record, ""), NAMES) == []
    assert stage.client().get(f"/practices/{record}/v/1").status_code == 200


def test_who_reads_it_over_the_shoulder_of_a_link_learns_no_name(ground: Site) -> None:
    stage = ground.stage
    record = stage.site.act(authoring.start, ground.author, "experience", answers(), "key").id
    made = post(stage.client("coach"), f"/work/{record}/readers", f"/work/{record}/readers", name="Ann", days="3")
    token = made.text.split("/shared/")[1].split("<")[0]
    page = stage.client().get(f"/shared/{token}").text
    assert "A record without names" in page and met({"link": page}, NAMES) == []

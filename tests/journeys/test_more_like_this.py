"""Whoever reads one record is shown the ones most like it, and never one that is not public."""

from __future__ import annotations

import pytest

from search.errors import SearchUnavailable
from tests.conftest import Stage


@pytest.mark.case("L4")
def test_records_like_this_one_stand_below_it(stage: Stage, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    author = stage.actor("author")
    here = stage.record(author, "published", title="Radio notices for small works", topics=["sme"])
    stage.record(author, "published", title="Small works by radio in two wards", topics=["sme"])
    stage.record(author, "published", title="Hospital gloves", topics=["framework-agreements"])
    stage.record(author, title="Radio notices nobody approved", topics=["sme"])
    stage.record(author, "withdrawn", title="Radio notices of old", topics=["sme"])

    def below() -> str:
        page = stage.client().get(f"/practices/{here}", follow_redirects=True).text
        return page.partition("More like this")[2]

    assert "Small works by radio in two wards" in below(), "the control: what is public and like it"
    assert (
        "nobody approved" not in below() and "of old" not in below() and "Radio notices for small works" not in below()
    )

    def away(*_: object) -> None:
        raise SearchUnavailable("gone")

    monkeypatch.setattr(stage.site.engine, "search", away)
    answer = stage.client().get(f"/practices/{here}", follow_redirects=True)
    assert answer.status_code == 200 and "More like this" not in answer.text

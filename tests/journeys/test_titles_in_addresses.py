"""A record opens at its address whatever letters its title has, and is moved there once from any other."""

from __future__ import annotations

import pytest

from tests.conftest import Stage

TITLES = {
    "accents": "Un registre public ramène le délai à neuf jours",
    "Arabic": "حصص صغيرة تُعلن في الإذاعة في حيّين",
    "signs": "50 % less paper: “one form”, 3/4 of the clerks & no stamp?",
    "no letters": "!!! ??? !!! ???",
}


@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES)
def test_a_record_opens_at_its_address_whatever_letters_its_title_has(stage: Stage, title: str) -> None:
    record, public = stage.record(stage.actor("author"), "published", title=title), stage.client()
    moved = public.get(f"/practices/{record}")
    assert moved.status_code == 301
    assert public.get(moved.location).status_code == 200
    assert public.get(f"/practices/{record}/an-old-title").location == moved.location

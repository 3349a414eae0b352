"""The main job, told as one story over HTTP: register, write, return, fix, publish, find, revise, withdraw."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from tests.conftest import PASSWORD, Stage, complete_experience, post, token


def as_form(values: dict, prefix: str = "") -> dict:
    """Stored values as a browser posts them."""
    fields: dict = {}
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for n, row in enumerate(value):
                fields |= as_form(row, f"{name}-{n}-")
        elif key in ("lessons", "topics"):
            fields |= {f"{name}-{n}": each for n, each in enumerate(value)}
        elif isinstance(value, dict):
            fields |= {f"{name}-{k}": ("y" if v is True else v) for k, v in value.items() if v is not False}
        else:
            fields[name] = value
    return fields


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def write(client: FlaskClient, path: str, action: str, values: dict) -> object:
    page = client.get(path).text
    return client.post(
        path,
        data={
            **as_form(values),
            "csrf_token": hidden(page, "csrf_token"),
            "base": hidden(page, "base"),
            "start_key": hidden(page, "start_key"),
            "action": action,
        },
    )


def test_register_write_return_fix_publish_find_revise_publish_again_withdraw(whoosh_stage: Stage) -> None:
    visitor, coach, public = whoosh_stage.client(), whoosh_stage.client("coach"), whoosh_stage.client()

    # somebody registers, and a manager makes her an apprentice
    answer = post(visitor, "/register", "/register", name="Ada", email="ada@example.org", password=PASSWORD)
    assert answer.status_code == 303
    assert post(visitor, "/sign-in", email="ada@example.org", password=PASSWORD).status_code == 303
    manager = whoosh_stage.client("manager")
    post(
        manager,
        "/manage/programmes/reforms",
        "/manage/programmes/reforms",
        action="member",
        email="ada@example.org",
        role="apprentice",
    )

    # a first save needs a title only; sending it says everything that is missing, each with its place
    answer = write(visitor, "/work/new/experience", "save", {"title": "Phone offers in two counties", "language": "en"})
    assert answer.status_code == 303
    edit = answer.location
    record_id = edit.split("/")[-2]
    answer = write(visitor, edit, "submit", {"title": "Phone offers in two counties", "language": "en"})
    page = visitor.get(answer.location).text
    assert "not sent yet" in page and 'href="#what_we_did"' in page and 'href="#consent"' in page
    assert public.get(f"/practices/{record_id}").status_code == 404

    # complete, it goes to the coach, who returns it with a reason
    values = complete_experience(title="Phone offers in two counties")
    assert write(visitor, edit, "submit", values).location == f"/work/{record_id}"
    assert "Phone offers" in coach.get("/review").text
    seen = hidden(coach.get(f"/review/{record_id}").text, "seen")
    refused = post(coach, f"/records/{record_id}/request-changes", f"/review/{record_id}", words=" ", seen=seen)
    assert refused.status_code == 422
    post(
        coach,
        f"/records/{record_id}/request-changes",
        f"/review/{record_id}",
        words="How many shops answered?",
        seen=seen,
    )
    assert "How many shops answered?" in visitor.get(edit).text

    # fixed and sent again, the coach sees first what changed, and publishes
    values["results"] += " Twelve shops answered."
    assert write(visitor, edit, "submit", values).location == f"/work/{record_id}"
    page = coach.get(f"/review/{record_id}").text
    assert "Changed since it was returned" in page and "<ins>" in page and "Twelve" in page
    post(coach, f"/records/{record_id}/publish", f"/review/{record_id}", seen=hidden(page, "seen"))

    # everybody finds it by text, and by country, stage and topic
    for search in ("q=phone+offers", "q=shop+answered", "country=KEN&stage=pilot&topic=framework-agreements"):
        items = public.get(f"/practices.json?{search}").json["items"]
        assert [i["id"] for i in items] == [record_id], search
    article = public.get(items[0]["url"])
    assert (
        article.status_code == 200 and "Twelve shops answered" in article.text and "reviewed by Coach" in article.text
    )

    # a new version is written while the live one stays
    post(visitor, f"/records/{record_id}/revise", f"/work/{record_id}")
    values["title"] = "Phone offers in nine counties"
    assert write(visitor, edit, "submit", values).location == f"/work/{record_id}"
    assert "two counties" in public.get(items[0]["url"]).text
    assert public.get("/practices.json?q=nine").json["total"] == 0
    page = coach.get(f"/review/{record_id}").text
    assert "Changed since the published version" in page
    post(coach, f"/records/{record_id}/publish", f"/review/{record_id}", seen=hidden(page, "seen"))
    moved = public.get(items[0]["url"])
    assert moved.status_code == 301 and moved.location.endswith("/phone-offers-in-nine-counties")

    # and at last it is withdrawn: a page remains that says so and what may be told, and it is gone everywhere else
    said = {"words": "Two shops were threatened.", "public_words": "The shops asked us to."}
    post(coach, f"/records/{record_id}/withdraw", f"/work/{record_id}", **said)
    gone = public.get(f"/practices/{record_id}")
    assert gone.status_code == 410 and "The shops asked us to." in gone.text and "counties" not in gone.text
    assert "threatened" not in gone.text and "threatened" in coach.get(f"/work/{record_id}").text
    assert public.get("/practices.json").json["total"] == 0


def test_rows_are_added_moved_and_removed_without_script(stage: Stage) -> None:
    client = stage.client("author")
    fields = {"title": "A draft", "language": "en", "lessons-0": "first", "lessons-1": "second"}
    csrf = token(client)
    page = client.post("/work/new/experience", data={**fields, "action": "down:lessons:0", "csrf_token": csrf}).text
    assert page.index(">\nsecond</textarea>") < page.index(">\nfirst</textarea>")
    page = client.post("/work/new/experience", data={**fields, "action": "add:lessons", "csrf_token": csrf}).text
    assert 'name="lessons-2"' in page and "first" in page
    page = client.post("/work/new/experience", data={**fields, "action": "remove:lessons:0", "csrf_token": csrf}).text
    assert "first</textarea>" not in page and "second</textarea>" in page


def test_the_contract_for_programs(whoosh_stage: Stage) -> None:
    record_id = whoosh_stage.record(whoosh_stage.actor("author"), "published")
    answer = whoosh_stage.client().get("/practices.json?country=KEN&country=GHA&year_from=2018&per_page=5")
    body = answer.json
    assert (body["total"], body["page"], body["per_page"]) == (1, 1, 5)
    item = body["items"][0]
    assert (item["id"], item["kind"], item["countries"], item["stage"]) == (record_id, "experience", ["KEN"], "pilot")
    kenya = next(v for v in body["facets"]["country"] if v["value"] == "KEN")
    assert kenya == {"value": "KEN", "label": "Kenya", "count": 1, "selected": True}
    assert whoosh_stage.client().get("/healthz").json == {"database": True, "index": True}

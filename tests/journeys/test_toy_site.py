"""A declaration is all a type needs: the toy type through the real application, with no other edit."""

from __future__ import annotations

from pathlib import Path

from knowledge.app import create_app
from knowledge.services import accounts, indexing
from knowledge.settings import Settings
from knowledge.storage import schema
from knowledge.web.site import extension
from tests.conftest import PASSWORD, Stage, post
from tests.toy import toy_registry


def test_a_declared_type_has_form_page_search_and_schema(tmp_path: Path) -> None:
    app = create_app(Settings(data_dir=str(tmp_path), search_url="memory:", log_level="ERROR"), toy_registry())
    stage = Stage(app, extension(app))
    schema.upgrade(stage.site.db)
    indexing.rebuild(stage.site.db, stage.site.engine)
    stage.person("manager", manager=True)
    for name in ("author", "coach"):
        stage.person(name)
    stage.programme("reforms", coaches=("coach",), apprentices=("author",))
    writer = stage.client("author")
    assert "Sharp edges" in writer.get("/work/new/toy").text
    fields = {
        "title": "A lemon that never rots",
        "language": "en",
        "colour": "red",
        "steps-0-name": "Peel it",
        "action": "save",
    }
    answer = post(writer, "/work/new/toy", **fields)
    assert answer.status_code == 303
    page = writer.get(answer.location).text
    assert "A lemon that never rots" in page and "Peel it" in page
    record_id = answer.location.split("/")[-2]
    assert writer.get(f"/work/{record_id}/preview").status_code == 200
    assert writer.get("/work?q=lemon").text.count("A lemon that never rots") >= 2
    assert "colour" in writer.get("/practices.json").json["facets"]
    assert writer.get("/schema/toy.json").json["properties"]["price"]["maximum"] == 1000
    stage.site.db.close()


def test_a_manager_adds_a_topic_that_writers_can_choose_and_readers_find(whoosh_stage: Stage) -> None:
    manager = whoosh_stage.client("manager")
    given = {
        "action": "add",
        "id": "drone-delivery",
        "name-en": "Delivery by drone",
        "name-fr": "Livraison par drone",
        "name-ar": "التوصيل بالطائرات المسيّرة",
        "parent": "operations",
    }
    assert post(manager, "/manage/vocabularies/topics", "/manage/vocabularies/topics", **given).status_code == 303
    again = post(manager, "/manage/vocabularies/topics", "/manage/vocabularies/topics", **given)
    assert again.status_code == 422 and "never used again" in again.text
    assert "Delivery by drone" in whoosh_stage.client("author").get("/work/new/experience").text
    record_id = whoosh_stage.record(whoosh_stage.actor("author"), "published", topics=["drone-delivery"])
    for name in ("livraison drone", "الطائرات المسيرة"):
        found = whoosh_stage.client().get("/practices.json", query_string={"q": name}).json["items"]
        assert found[0]["id"] == record_id, name
    given |= {"action": "change", "name-en": "Unmanned delivery"}
    post(manager, "/manage/vocabularies/topics", "/manage/vocabularies/topics", **given, retired="1")
    assert whoosh_stage.client().get("/practices.json?q=unmanned").json["total"] == 1
    assert "Unmanned delivery" not in whoosh_stage.client("author").get("/work/new/experience").text
    assert "Unmanned delivery" in whoosh_stage.client().get(f"/practices/{record_id}", follow_redirects=True).text


def test_a_manager_writes_the_name_in_each_language_in_its_direction(stage: Stage) -> None:
    page = stage.client("manager").get("/manage/vocabularies/methods").text
    assert 'id="name-ar" name="name-ar" type="text" value="" lang="ar" dir="rtl">' in page, "of a new term"
    assert 'name="name-ar" lang="ar" dir="rtl" value="مفتوح">' in page, "of a term there is"
    assert 'name="name-fr" lang="fr" dir="ltr" value="Ouvert">' in page


def test_the_queue_is_narrowed_in_the_database(stage: Stage) -> None:
    author = stage.actor("author")
    stage.record(author, "in_review", title="One about a pilot of offers", stage="pilot")
    stage.record(author, "in_review", title="One about a law for offers", stage="legislate")
    page = stage.client("coach").get("/review?stage=pilot").text
    assert "One about a pilot" in page and "One about a law" not in page
    assert accounts.PASSWORD_MIN <= len(PASSWORD)

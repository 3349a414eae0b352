"""The shortest story: a record is written, published and found."""

from tests.conftest import Stage


def test_a_published_record_is_found_and_read(whoosh_stage: Stage) -> None:
    author = whoosh_stage.actor("author")
    record_id = whoosh_stage.record(author, "published")
    client = whoosh_stage.client()
    found = client.get("/practices.json?q=quotations&country=KEN&stage=pilot").json
    assert [item["id"] for item in found["items"]] == [record_id]
    assert client.get(found["items"][0]["url"]).status_code == 200

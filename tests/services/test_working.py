"""Working copies: kept without a version, once for each key, seen by nobody else, and never overwritten unseen."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import func, select

from knowledge.services import authoring, exchange, resetting, taking, working
from knowledge.services.errors import Forbidden, Invalid, NotFound
from knowledge.services.working import Place, Seen
from knowledge.storage import find
from knowledge.storage.models.working import WorkingCopy
from tests.conftest import Stage, complete_experience, post, token

TYPED = [("title", "Typed and not saved"), ("context", "Some words"), ("topics-0", "sme")]


def keep(
    stage: Stage, who: str, place: Place, key: str = "k1", seen: str = "", base: int = 1, **typed: str
) -> WorkingCopy:
    fields = [*TYPED, *typed.items()]
    return stage.site.act(working.keep, stage.actor(who), place, fields, base, key, seen)


def count(stage: Stage) -> int:
    with stage.site.db.reading() as session:
        return session.scalar(select(func.count()).select_from(WorkingCopy)) or 0


def shared(stage: Stage) -> str:
    record_id = stage.record(stage.actor("author"))
    stage.site.act(authoring.add_author, stage.actor("author"), record_id, "", "colleague@example.org")
    return record_id


def test_keeping_makes_no_version_and_a_save_removes_the_copy(stage_on: Stage) -> None:
    stage, record_id = stage_on, shared(stage_on)
    first = keep(stage, "author", Place(record_id))
    again = keep(stage, "author", Place(record_id), "k2", first.tag, context2="more")
    assert again.tag != first.tag and count(stage) == 1
    with stage.site.db.reading() as session:
        assert len(find.revisions(session, record_id)) == 1
    values = complete_experience(title="Saved now and for good")
    stage.site.act(authoring.save, stage.actor("author"), record_id, values, 1, seen=Seen(again.tag))
    assert count(stage) == 0


@pytest.mark.case("C4")
def test_C4_a_key_that_was_kept_already_changes_nothing(stage_on: Stage) -> None:
    place = Place(shared(stage_on))
    first = keep(stage_on, "author", place, "same")
    again = keep(stage_on, "author", place, "same", "", context2="not looked at")
    assert first.tag == again.tag and "context2" not in dict(map(tuple, again.fields))


@pytest.mark.case("C3")
def test_C3_another_tab_is_never_overwritten_unseen_not_even_by_a_save(stage_on: Stage) -> None:
    stage, place = stage_on, Place(shared(stage_on))
    first = keep(stage, "author", place)
    second = keep(stage, "author", place, "k2", first.tag, context2="more")
    for seen in ("", first.tag, "9.9"):
        with pytest.raises(working.Clash):
            keep(stage, "author", place, "k3", seen, context2="another text")
    assert keep(stage, "author", place, "k4", "", context2="more").tag == second.tag  # the same text is no other text
    values = complete_experience(title="Saved by the tab that saw the first")
    stage.site.act(authoring.save, stage.actor("author"), place.record_id, values, 1, seen=Seen(first.tag))
    kept = stage.site.ask(working.of, stage.actor("author"), place).copy
    assert kept is not None and kept.tag == second.tag


def test_a_form_that_was_begun_becomes_the_record_it_makes(stage_on: Stage) -> None:
    stage, place = stage_on, Place(kind="experience", start_key="begun")
    kept = keep(stage, "author", place, base=0)
    assert [c.start_key for c in stage.site.ask(working.begun, stage.actor("author"))] == ["begun"]
    assert not stage.site.ask(working.begun, stage.actor("colleague"))
    start = (authoring.start, stage.actor("author"), "experience", complete_experience(), "begun", "")
    record = stage.site.act(*start, Seen(kept.tag))
    assert count(stage) == 0
    assert stage.site.ask(working.record_begun_with, stage.actor("author"), "begun") == record.id
    assert stage.site.ask(working.record_begun_with, stage.actor("reader"), "begun") is None


def test_others_learn_who_writes_and_since_when_and_no_word_of_it(stage: Stage) -> None:
    place = Place(shared(stage))
    keep(stage, "colleague", place)
    seen = stage.site.ask(working.of, stage.actor("author"), place)
    assert seen.copy is None and [name for name, _ in seen.others] == ["Colleague"]
    assert stage.site.ask(working.of, stage.actor("colleague"), place).others == ()


@pytest.mark.parametrize(("state", "who", "error"), [
    ("draft", "stranger", NotFound), ("draft", "coach", Forbidden), ("draft", "manager", Forbidden),
    ("in_review", "author", Forbidden), ("published", "author", Forbidden),
])  # fmt: skip
def test_only_who_may_edit_keeps_and_reads(stage: Stage, state: str, who: str, error: type[Exception]) -> None:
    place = Place(stage.record(stage.actor("author"), state))
    for use in (lambda: keep(stage, who, place), lambda: stage.site.ask(working.of, stage.actor(who), place),
                lambda: stage.site.act(working.drop, stage.actor(who), place)):  # fmt: skip
        with pytest.raises(error):
            use()
    assert count(stage) == 0


def test_there_are_limits(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working, "MOST_BEGUN", 2)
    for n in range(2):
        keep(stage, "author", Place(kind="experience", start_key=f"s{n}"))
    with pytest.raises(Invalid):
        keep(stage, "author", Place(kind="experience", start_key="s3"))
    keep(stage, "colleague", Place(kind="experience", start_key="s3"))  # the control
    for fields in ([("title", "x" * 1_600_000)], [("t" * 300, "x")], [("t", "x")] * 5001):
        with pytest.raises(Invalid):
            stage.site.act(
                working.keep, stage.actor("author"), Place(kind="experience", start_key="s0"), fields, 0, "", ""
            )


# ---------------------------------------------------------------------------- over HTTP


def put(browser: Any, path: str, csrf: str, body: Any, **headers: str) -> Any:
    headers = {name.replace("_", "-"): value for name, value in headers.items()} | {"X-CSRFToken": csrf}
    data = body if isinstance(body, bytes) else json.dumps(body)
    return browser.put(path, data=data, headers=headers, content_type="application/json")


def test_the_script_is_answered_in_json_whatever_happens(stage: Stage) -> None:
    record_id = shared(stage)
    path, browser = f"/work/{record_id}/working.json", stage.client("author")
    csrf, body = token(browser, f"/work/{record_id}/edit"), {"fields": [["title", "T"]], "base": 1, "key": "a"}
    kept = put(browser, path, csrf, body, If_None_Match="*")
    assert kept.status_code == 200 and kept.headers["ETag"] == f'"{kept.json["tag"]}"'
    assert put(browser, path, csrf, {**body, "key": "b"}).status_code == 428
    met = put(browser, path, csrf, {**body, "fields": [["title", "U"]], "key": "b"}, If_Match='"7.7"')
    assert met.status_code == 409 and met.json["theirs"]["fields"] == [["title", "T"]]
    assert met.json["mine"] == {"fields": [["title", "U"]], "base": 1}
    for bad in (
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        {"fields": 1},
        {"fields": [["a"]]},
        {"fields": [], "base": -1},
        {"fields": [], "base": True},
    ):
        answer = put(browser, path, csrf, bad, If_None_Match="*")
        assert answer.status_code in (400, 422) and answer.is_json, bad
    forged = put(browser, path, "guess", body, If_None_Match="*")  # S1
    assert forged.status_code == 400 and forged.is_json
    nobody = put(stage.client(), path, csrf, body, If_None_Match="*")
    assert nobody.status_code == 401 and nobody.json["error"] == "Please sign in."
    shown = browser.get(path)
    assert shown.json["copy"]["fields"] == [["title", "T"]] and shown.json["csrf"]
    assert "no-store" in shown.headers["Cache-Control"]
    prose = browser.post(
        "/work/prose.json", data=json.dumps({"text": "**b** <script>x</script>"}), headers={"X-CSRFToken": csrf}
    )
    assert prose.json["html"] == "<p><strong>b</strong> &lt;script&gt;x&lt;/script&gt;</p>\n"


def test_a_form_is_of_the_person_who_opened_it_whoever_is_signed_in_by_now(stage: Stage) -> None:
    path, body = "/work/new/experience/begun/working.json", {"fields": [["title", "T"]], "base": 0, "key": "a"}
    browser, author, other = (
        stage.client("colleague"),
        *(str(stage.actor(who).person_id) for who in ("author", "colleague")),
    )
    csrf = token(browser, "/work/new/experience")
    refused = put(browser, path, csrf, body, If_None_Match="*", X_Writer=author)
    assert refused.status_code == 403 and "as its writer" in refused.json["error"] and count(stage) == 0
    assert browser.get(path, headers={"X-Writer": author}).status_code == 403, "not even a token for it"
    assert put(browser, path, csrf, body, If_None_Match="*", X_Writer=other).status_code == 200  # the control
    fields = {"title": "What the author wrote", "language": "en", "action": "save"}
    record_id = shared(stage)
    for address in ("/work/new/experience", f"/work/{record_id}/edit"):
        page = post(browser, address, **fields, who=author)
        assert page.status_code == 403 and 'value="What the author wrote"' in page.text, "nothing of it is lost"
        assert f'name="who" value="{other}"' in browser.get(address).text
    assert len(stage.site.ask(authoring.my_records, stage.actor("colleague"))) == 1
    assert post(browser, f"/work/{record_id}/edit", **fields, base="1", who=other).status_code == 303


def test_without_script_the_copy_opens_in_the_form_and_can_be_dropped(stage: Stage) -> None:
    record_id = shared(stage)
    keep(stage, "author", Place(record_id), context3="x", **{"organisations-1-name": "Second office"})
    browser = stage.client("author")
    page = browser.get(f"/work/{record_id}/edit").text
    assert "Typed and not saved" in page and "it becomes a version" in page and "Second office" in page
    answer = post(browser, f"/work/{record_id}/working", f"/work/{record_id}/edit")
    assert answer.status_code == 303 and count(stage) == 0
    assert "Typed and not saved" not in browser.get(f"/work/{record_id}/edit").text


def test_signing_out_clears_the_device_and_forms_say_whose_they_are(stage: Stage) -> None:
    browser = stage.client("author")
    page = browser.get("/work/new/experience")
    assert page.headers["X-Keep-On-Device"] == str(stage.actor("author").person_id)
    assert "X-Keep-On-Device" not in stage.client("reader").get("/practices").headers
    assert "Clear-Site-Data" not in browser.get("/work").headers
    assert post(browser, "/sign-out", "/account").headers["Clear-Site-Data"] == '"storage"'
    everywhere = post(stage.client("author"), "/account/sessions", "/account", action="everywhere")
    assert everywhere.headers["Clear-Site-Data"] == '"storage"'


def test_a_new_password_clears_the_device_that_was_signed_in_and_no_other(stage: Stage) -> None:
    for browser, cleared in ((stage.client("author"), '"storage"'), (stage.client(), None)):
        person = stage.site.ask(find.person_by_email, "author@example.org")
        path = f"/reset/{resetting.link(stage.site.settings.key(), person)}"
        answer = post(browser, path, path, password=f"a fresh and long password {cleared}")
        assert answer.status_code == 303 and answer.headers.get("Clear-Site-Data") == cleared


# ---------------------------------------------------------------------------- from a file


def line(**changes: Any) -> bytes:
    return json.dumps({"id": "offline-abc", "kind": "experience", **complete_experience(**changes)}).encode()


def test_a_file_becomes_a_draft_once_and_another_text_of_it_overwrites_nothing(stage: Stage) -> None:
    author = stage.actor("author")
    first = stage.site.act(taking.take, author, line())
    assert first.what == "new" and stage.site.act(taking.take, author, line()) == taking.Taken(first.record_id, "same")
    other = stage.site.act(taking.take, stage.actor("reader"), line())  # the same id says nothing of another's record
    assert other.what == "new" and other.record_id != first.record_id
    stage.revise(author, first.record_id, context="Changed meanwhile. " * 20)
    again = stage.site.act(taking.take, author, line(results="Other results. " * 30))
    assert again == taking.Taken(first.record_id, "other")
    kept = stage.site.ask(working.of, author, Place(first.record_id)).copy
    assert kept is not None and kept.base == 1
    desk = stage.site.ask(authoring.open_desk, author, first.record_id)
    assert desk.values["context"].startswith("Changed meanwhile") and desk.roles >= {"author"}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"kind": "poem"}', line(title=""), line(countries=["XXX"]), b"[" * 9999],
)
def test_a_file_that_cannot_be_taken_says_what_to_do(stage: Stage, content: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        stage.site.act(taking.take, stage.actor("author"), content)
    assert str(caught.value)


def test_an_import_in_somebody_s_name_makes_her_the_author_of_what_names_none(stage: Stage) -> None:
    tally = exchange.Tally()
    batch = [(1, line().decode())]
    stage.site.act(exchange.import_batch, stage.actor("author"), batch, tally, False, own=True)
    assert tally.imported == 1
    assert stage.site.ask(authoring.open_desk, stage.actor("author"), "offline-abc").roles >= {"author"}

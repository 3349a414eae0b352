"""Files over HTTP: the rights of their record on every request, ranges, headers that let nothing run, uploads in forms."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from tests.conftest import Stage, post, token
from tests.files import made
from tests.knowledge.derive.answers import Browser

PICTURE = made.picture(size=(600, 400))


def attach(stage: Stage, record_id: str, *files: tuple[bytes, str], action: str = "attach:media", **more: Any) -> Any:
    """Send the form of a record with files, as a browser without script does."""
    browser = stage.client("author")
    form = Browser(browser.get(f"/work/{record_id}/edit").text).post()
    data: dict[str, Any] = {name: form.getlist(name) for name in form}
    data |= {"action": action, "files": [(io.BytesIO(content), name) for content, name in files], **more}
    return browser.post(f"/work/{record_id}/edit", data=data, content_type="multipart/form-data")


def saved(stage: Stage, page: str, record_id: str, **more: Any) -> None:
    """Save the form of a page as it is."""
    form, browser = Browser(page).post(), stage.client("author")
    data = {name: form.getlist(name) for name in form} | {"action": "save", "csrf_token": token(browser)} | more
    assert browser.post(f"/work/{record_id}/edit", data=data).status_code == 303


def with_files(stage: Stage, *files: tuple[bytes, str]) -> tuple[str, list[str]]:
    """A draft that shows these files, and their ids."""
    record_id = stage.record(stage.actor("author"))
    page = attach(stage, record_id, *files).text
    ids = re.findall(r'name="media-\d+-file" value="(\w+)"', page)
    said = {}
    for number in range(len(ids)):
        said |= {f"media-{number}-caption": "The stall", f"media-{number}-alt": "A stall with gloves"}
        said |= {f"media-{number}-people": "people", f"media-{number}-consent": "Asked by consentcanary in May"}
    saved(stage, page, record_id, **said)
    return record_id, ids


def test_files_sent_with_a_form_become_rows_and_everything_typed_stays(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"))
    answer = attach(
        stage, record_id, (PICTURE, "stall.jpg"), (made.pdf(), "offers.pdf"), title="Typed and not saved yet"
    )
    assert answer.status_code == 200
    assert "Typed and not saved yet" in answer.text and "stall.jpg" in answer.text and "offers.pdf" in answer.text
    assert len(re.findall(r'name="media-\d+-file" value="\w{20}"', answer.text)) == 2
    saved(stage, answer.text, record_id)
    page = stage.client("author").get(f"/work/{record_id}/edit").text
    assert "Typed and not saved yet" in page and "stall.jpg" in page


def test_files_that_were_chosen_are_taken_by_any_button(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"))
    assert attach(stage, record_id, (PICTURE, "stall.jpg"), action="save").status_code == 303
    assert "stall.jpg" in stage.client("author").get(f"/work/{record_id}/edit").text


@pytest.mark.case("U7")
def test_U7_what_cannot_be_taken_is_said_in_a_sentence_and_the_rest_is_there(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"))
    answer = attach(
        stage, record_id, (PICTURE[:300], "cut.jpg"), (b"<svg/>", "x.svg"), (made.pdf(), "offers.pdf"), title="Typed all the same"
    )  # fmt: skip
    assert answer.status_code == 422
    for words in ("“cut.jpg” is damaged", "“x.svg” is none of the kinds", "offers.pdf", "Typed all the same"):
        assert words in answer.text, words


def test_a_file_that_was_not_saved_waits_in_the_form_to_be_used_or_removed(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"))
    attach(stage, record_id, (PICTURE, "stall.jpg"))
    page = stage.client("author").get(f"/work/{record_id}/edit").text
    used = re.search(r'value="(use:media:\w+)"', page)
    assert used and "Here, but not in the record" in page
    assert 'name="media-0-file"' in attach(stage, record_id, action=used[1]).text
    assert attach(stage, record_id, action=used[1].replace("use", "drop")).status_code == 200
    assert "Here, but not in the record" not in stage.client("author").get(f"/work/{record_id}/edit").text


@pytest.mark.case("U6")
def test_U6_a_form_that_is_too_large_is_refused_and_so_is_a_chunk(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"))
    assert attach(stage, record_id, (bytes(67_000_000), "large.wav")).status_code == 413
    author = stage.client("author")
    head = {"X-CSRFToken": token(author)}
    begun = author.post(f"/work/{record_id}/uploads.json", data={"name": "a.txt", "size": "3000000"}, headers=head).json
    address = f"/work/{record_id}/uploads/{begun['id']}.json?offset=0"
    assert author.put(address, data=bytes(1_100_000), headers=head).status_code == 413
    assert post(author, "/sign-in", email="x" * 2_100_000).status_code == 413  # other forms stay small
    answer = author.put(address, data=bytes(1_000_000), headers=head)
    assert (answer.status_code, answer.json["received"]) == (200, 1_000_000)  # the control


def test_chunks_over_http_with_the_site_s_own_sentences(stage: Stage) -> None:
    record_id = stage.record(stage.actor("author"))
    author, content = stage.client("author"), b"Offers by phone. " * 2000
    head, base = {"X-CSRFToken": token(author)}, f"/work/{record_id}/uploads"
    assert author.post(f"{base}.json", data={"name": "a.txt", "size": "1"}).status_code == 400  # without its token
    begun = author.post(f"{base}.json", data={"name": "a.txt", "size": len(content), "key": "k"}, headers=head).json
    here = f"{base}/{begun['id']}"
    assert author.put(f"{here}.json?offset=0", data=content[:20_000], headers=head).json["received"] == 20_000
    for offset in ("0", "x", "-5", "9" * 30):
        answer = author.put(f"{here}.json?offset={offset}", data=content[:20_000], headers=head)
        assert (answer.status_code, answer.json) == (409, {"received": 20_000})
    assert author.get(f"{here}.json").json["received"] == 20_000
    assert author.post(f"{here}/finish.json", headers=head).status_code == 409
    author.put(f"{here}.json?offset=20000", data=content[20_000:], headers=head)
    made_of_it = author.post(f"{here}/finish.json", headers=head).json
    assert made_of_it["name"] == "a.txt"
    assert author.get(f"/files/{made_of_it['file']}/a.txt").data == content
    bad = author.post(f"{base}.json", data={"name": "a.txt", "size": "99999999999", "key": "l"}, headers=head)
    assert bad.status_code == 422 and "at most 60 MB" in bad.json["error"]
    assert stage.client().put(f"{here}.json?offset=0", data=b"x").status_code in (400, 401)


@pytest.mark.case("L9", "A2")
def test_L9_A2_a_file_is_seen_by_whoever_sees_its_record_as_it_refers_to_it(stage: Stage) -> None:
    record_id, (file_id,) = with_files(stage, (PICTURE, "stall.jpg"))
    address, author, coach = f"/files/{file_id}/480", stage.actor("author"), stage.actor("coach")

    def seen() -> dict[str, int]:
        return {
            who: stage.client(who).get(address).status_code for who in ("", "stranger", "author", "coach", "manager")
        }

    nobody, everybody = {"": 404, "stranger": 404}, dict.fromkeys(("", "stranger", "author", "coach", "manager"), 200)
    desk = {"author": 200, "coach": 200, "manager": 200}  # the control: it is there for who works on it
    assert seen() == nobody | desk
    stage.step(author, record_id, "submit")
    assert seen() == nobody | desk
    stage.step(coach, record_id, "publish")
    assert seen() == everybody
    stage.step(author, record_id, "revise")
    stage.revise(author, record_id, media=[])
    assert seen() == everybody  # the public reads the version that shows it
    stage.step(author, record_id, "submit")
    stage.step(coach, record_id, "publish")
    assert seen() == everybody  # the version before keeps its address, and what it shows
    etag = stage.client().get(address).headers["ETag"]
    assert stage.client().get(address, headers={"If-None-Match": etag}).status_code == 304
    stage.step(coach, record_id, "withdraw", "By request.")
    assert stage.client().get(address, headers={"If-None-Match": etag}).status_code == 404
    assert seen() == nobody | desk


@pytest.mark.case("A2")
def test_A2_addresses_of_files_that_nobody_made_are_not_found(stage: Stage) -> None:
    record_id, (picture, text) = with_files(stage, (PICTURE, "stall.jpg"), (b"Offers.", "offers.txt"))
    author = stage.client("author")
    for address in (
        f"/files/{picture}/whole", f"/files/{picture}/481", f"/files/{picture}/..%2f{text}%2fwhole", f"/files/{picture}/",
        "/files/..%2f..%2fpraxis.db/480", f"/files/{record_id}/480", f"/files/{picture.upper()}/480", "/files/x%00/480",
    ):  # fmt: skip
        assert author.get(address).status_code == 404, address
    assert author.get(f"/files/{picture}/480").status_code == author.get(f"/files/{text}/any-name").status_code == 200


@pytest.mark.case("U2")
def test_U2_headers_let_nothing_in_a_file_run(stage: Stage) -> None:
    files = (
        (PICTURE, "a.jpg"),
        (made.pdf(more="/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"), "b.pdf"),
        (made.mp3(), "c.mp3"),
        (b"Say <b>hello</b> to <img src=x onerror=alert(1)>", 'x";\r\nSet-Cookie: a=b.txt'),
    )
    record_id, ids = with_files(stage, *files)
    stage.step(stage.actor("author"), record_id, "submit")
    stage.step(stage.actor("coach"), record_id, "publish")
    kinds = {}
    for file_id, part in zip(ids, ("480", "b.pdf", "c.mp3", "x"), strict=True):
        answer = stage.client().get(f"/files/{file_id}/{part}")
        head = answer.headers
        assert answer.status_code == 200 and head["X-Content-Type-Options"] == "nosniff"
        assert head["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
        assert head["Cross-Origin-Resource-Policy"] == "same-origin" and head["Cache-Control"] == "no-cache"
        assert "Set-Cookie" not in head
        kinds[head["Content-Type"]] = head.get("Content-Disposition", "")
        acts = {"b.pdf": b"/JavaScript", "x": b"onerror=alert(1)"}.get(part, b"")
        assert acts in answer.data  # the control: what could run is still in it
    assert kinds == {
        "image/webp": "",
        "application/pdf": "attachment; filename=b.pdf",
        "audio/mpeg": "",
        "text/plain; charset=utf-8": "attachment; filename=x.txt",
    }
    assert stage.client("author").get(f"/files/{ids[0]}/480").headers["Cache-Control"] == "no-cache"


def test_what_is_not_public_stays_in_its_reader_s_browser(stage: Stage) -> None:
    _, (file_id,) = with_files(stage, (PICTURE, "a.jpg"))
    assert stage.client("author").get(f"/files/{file_id}/480").headers["Cache-Control"] == "private, no-cache"


def test_ranges_are_answered_exactly(stage: Stage) -> None:
    content = bytes(range(256)) * 40
    _, (file_id,) = with_files(stage, (made.wav() + content, "a.wav"))
    author, address = stage.client("author"), f"/files/{file_id}/a.wav"
    whole = author.get(address)
    size, etag = len(whole.data), whole.headers["ETag"]
    assert (whole.status_code, whole.headers["Accept-Ranges"], whole.content_length) == (200, "bytes", size)

    def ranged(what: str, **more: str) -> Any:
        return author.get(address, headers={"Range": what, **more})

    for what, start, stop in (
        ("bytes=0-0", 0, 1), ("bytes=10-19", 10, 20), ("bytes=100-", 100, size), ("bytes=-7", size - 7, size),
        (f"bytes=5-{size * 2}", 5, size),
    ):  # fmt: skip
        answer = ranged(what)
        assert (answer.status_code, answer.data) == (206, whole.data[start:stop]), what
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{size}"
        assert answer.content_length == stop - start
    assert ranged(f"bytes={size}-").status_code == 416
    assert ranged(f"bytes={size}-").headers["Content-Range"] == f"bytes */{size}"
    for odd in ("bytes=0-1,5-6", "items=0-1", "bytes=x", "bytes=5-1", ""):
        assert ranged(odd).status_code in (200, 416), odd
    assert author.get(address, headers={"Range": "bytes=0-4", "If-Range": etag}).status_code == 206
    assert author.get(address, headers={"Range": "bytes=0-4", "If-Range": '"another"'}).status_code == 200
    head = author.head(address, headers={"Range": "bytes=0-4"})
    assert (head.status_code, head.data, head.content_length) == (206, b"", 5)
    assert author.head(address).content_length == size


def test_bytes_that_are_lost_are_not_found_and_the_page_goes_on(stage: Stage) -> None:
    record_id, (file_id,) = with_files(stage, (PICTURE, "a.jpg"))
    stage.site.uploads.store.drop(f"{file_id}/480")
    assert stage.client("author").get(f"/files/{file_id}/480").status_code == 404
    assert stage.client("author").get(f"/work/{record_id}/edit").status_code == 200


def test_the_public_page_shows_pictures_recordings_and_documents_and_keeps_consent_to_itself(stage: Stage) -> None:
    record_id, ids = with_files(stage, (PICTURE, "stall.jpg"), (made.mp3(), "talk.mp3"), (made.pdf(), "offers.pdf"))
    stage.step(stage.actor("author"), record_id, "submit")
    stage.step(stage.actor("coach"), record_id, "publish")
    page = stage.client().get(f"/practices/{record_id}", follow_redirects=True)
    picture = re.search(r"<img[^>]+>", page.text)
    assert picture and f'srcset="/files/{ids[0]}/480 480w, /files/{ids[0]}/600 600w"' in picture[0]
    assert 'loading="lazy"' in picture[0] and 'width="600"' in picture[0] and 'alt="A stall with gloves"' in picture[0]
    assert f'<audio controls preload="none" src="/files/{ids[1]}/talk.mp3"' in page.text
    assert f'href="/files/{ids[2]}/offers.pdf"' in page.text and "PDF, 0.1 MB" in page.text
    assert "media-src 'self'" in page.headers["Content-Security-Policy"]
    for where in (f"/practices/{record_id}", f"/practices/{record_id}.json", "/practices.json?q=consentcanary"):
        assert "consentcanary in May" not in stage.client().get(where, follow_redirects=True).text
    assert stage.client().get("/practices.json?q=consentcanary").json["total"] == 0
    assert "consentcanary" in stage.client("author").get(f"/work/{record_id}").text + attach_page(stage, record_id)


def attach_page(stage: Stage, record_id: str) -> str:
    """The control: those who work on the record do read it."""
    stage.step(stage.actor("author"), record_id, "revise")
    return stage.client("author").get(f"/work/{record_id}/edit").text


@pytest.mark.case("E1")
@pytest.mark.parametrize(
    ("url", "player"),
    [
        ("https://www.youtube.com/watch?v=abc_DEF-123&list=x", "https://www.youtube-nocookie.com/embed/abc_DEF-123?autoplay=1"),
        ("https://youtu.be/abc_DEF-123?t=3", "https://www.youtube-nocookie.com/embed/abc_DEF-123?autoplay=1"),
        ("https://vimeo.com/123456789", "https://player.vimeo.com/video/123456789?dnt=1&amp;autoplay=1"),
    ],
)  # fmt: skip
def test_E1_a_video_is_a_link_until_it_is_played_and_its_player_s_address_is_made_here(
    stage: Stage, url: str, player: str
) -> None:
    row = {"url": url, "type": "video", "caption": "How it <b>works</b>"}
    page = stage.client().get(f"/practices/{published(stage, row)}", follow_redirects=True)
    assert f'data-player="{player}"' in page.text and "How it &lt;b&gt;works" in page.text
    assert "<iframe" not in page.text and "ytimg" not in page.text
    policy = page.headers["Content-Security-Policy"]
    assert (
        "frame-src https://www.youtube-nocookie.com https://player.vimeo.com" in policy
        and "default-src 'none'" in policy
    )


@pytest.mark.case("E1", "E3")
def test_E1_E3_other_addresses_stay_links_and_no_other_page_may_show_a_frame(stage: Stage) -> None:
    for url in (
        "https://evil.example/watch?v=abc_DEF-123", "https://www.youtube.com.evil.example/watch?v=abc_DEF-123",
        "https://www.youtube.com/watch?v=abc_DEF-12%22onload", "https://www.youtube.com/redirect?q=https://evil.example",
        "https://youtube.com:8443/watch?v=abc_DEF-123", "https://player.vimeo.com/video/../../x",
        "https://www.youtube.com/oembed?url=x", "https://169.254.169.254/watch?v=abc_DEF-123",
    ):  # fmt: skip
        page = stage.client().get(
            f"/practices/{published(stage, {'url': url, 'type': 'video', 'caption': 'c'})}", follow_redirects=True
        )
        assert "data-player" not in page.text and "frame-src" not in page.headers["Content-Security-Policy"], url
    assert "frame-src" not in stage.client().get("/practices").headers["Content-Security-Policy"]


def published(stage: Stage, row: dict[str, str]) -> str:
    return stage.record(stage.actor("author"), "published", media=[row])

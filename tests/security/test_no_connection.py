"""E2, E3: nothing that anybody writes makes this program call anywhere: not a link, a video, a file, a mail or an import."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from knowledge import setup
from knowledge.derive.prose import render
from knowledge.files import apart
from knowledge.files.refusal import Refusal
from knowledge.mail.postman import Postman
from knowledge.services import exchange
from tests.conftest import Stage, complete_experience, token
from tests.files import made


class Wire(list[str]):
    """Every try to reach another place, by this process: none is let through."""


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    tried = Wire()

    def refused(how: str) -> Any:
        def call(*given: Any, **_: Any) -> Any:
            tried.append(f"{how} {[each for each in given if not isinstance(each, socket.socket)]}")
            raise OSError(f"no {how} in this test")

        return call

    monkeypatch.setattr(socket.socket, "connect", refused("connect"))
    monkeypatch.setattr(socket.socket, "connect_ex", refused("connect"))
    monkeypatch.setattr(socket.socket, "sendto", refused("sendto"))
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        monkeypatch.setattr(socket, name, refused("look-up"))
    return tried


@pytest.fixture
def addresses(payloads: Path) -> list[str]:
    """Where a program might be led to: published ones, and each way of writing what is inside."""
    text = (payloads / "ssrf_urls.txt").read_text(errors="replace")
    inside = (
        "169.254.169.254 127.0.0.1 [::1] 2130706433 0x7f000001 017700000001 127.1 [::ffff:127.0.0.1] localhost".split()
    )
    found = re.findall(r"\b[a-z][a-z0-9+.-]*://[^\s`\"'<>)]+", text, re.IGNORECASE)
    return list(dict.fromkeys([*found, *(f"http://{host}/latest" for host in inside)]))


@pytest.mark.case("E2")
def test_E2_the_control_a_call_by_name_or_number_is_seen(wire: Wire) -> None:
    from urllib.request import urlopen

    for address in ("http://localhost:1/x", "http://169.254.169.254/latest/meta-data"):
        with pytest.raises(OSError):
            urlopen(address, timeout=1)
    assert len(wire) == 2


@pytest.mark.case("E2", "E3")
def test_E2_E3_an_address_in_a_record_is_shown_advised_on_and_exported_but_never_called(
    stage: Stage, wire: Wire, addresses: list[str]
) -> None:
    assert len(addresses) > 40
    author, reader, writer = stage.actor("author"), stage.client(), stage.client("author")
    csrf, held = token(writer, "/account"), 0
    for start in range(0, len(addresses), 10):
        some = addresses[start : start + 10]
        text = "\n\n".join(f"[a]({each}) ![b]({each}) <{each}> {each}" for each in some)
        rows = [
            {"url": each, "type": "video", "caption": "c", "title": "S"} for each in some if each.startswith("http")
        ]
        given = complete_experience(context=(text + complete_experience()["context"])[:6000])
        given["sources"] = [{"title": row["title"], "url": row["url"]} for row in rows]
        given["media"] = [{k: v for k, v in row.items() if k != "title"} for row in rows[:3]]
        record = stage.record(author, "published", **given)
        held += len(rows)
        pages = (f"/practices/{record}", f"/practices/{record}.json", "/practices.atom", "/practices.csv")
        for path in pages:
            assert "<iframe" not in reader.get(path, follow_redirects=True).text
        stage.step(author, record, "revise")
        for path in (f"/work/{record}/edit", f"/work/{record}/preview", f"/work/{record}/compare?from=1&to=1"):
            assert writer.get(path).status_code == 200
        answer = writer.post("/work/prose.json", json={"text": text}, headers={"X-CSRFToken": csrf})
        assert answer.status_code == 200 and "iframe" not in answer.text
    assert held > 20 and wire == []


@pytest.mark.case("E2")
def test_E2_an_import_calls_no_address_of_its_lines(stage: Stage, wire: Wire, addresses: list[str]) -> None:
    lines = []
    for number, each in enumerate(addresses):
        line: dict[str, Any] = {"id": f"r{number}", "kind": "experience", "state": "published", **complete_experience()}
        line["sources"], line["source"] = [{"title": "S", "url": each}], {"url": each, "attribution": each}
        line["media"] = [{"url": each, "type": "video", "caption": "c"}]
        lines.append((number + 1, json.dumps(line)))
    tally = exchange.Tally()
    for start in range(0, len(lines), exchange.BATCH):
        stage.site.act(exchange.import_batch, stage.manager(), lines[start : start + exchange.BATCH], tally, True)
    assert tally.imported + len(tally.bad) == len(addresses) and tally.imported > 10
    assert wire == []


@pytest.mark.case("E2")
def test_E2_mail_goes_to_the_server_of_the_settings_and_to_none_that_people_name(
    stage: Stage, wire: Wire, addresses: list[str]
) -> None:
    for each in addresses[::9]:
        stage.record(stage.actor("author"), "in_review", title=f"Read {each}"[:110])
    postman: Postman = setup.postman(stage.site)  # without a server, into files
    assert postman.deliver() > 5 and wire == []


@pytest.fixture
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """A server on the loopback that keeps what it is asked: a process apart has sockets of its own."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        done = threading.Event()

        def listen() -> None:
            while not done.is_set():
                try:
                    line, _ = server.accept()
                except TimeoutError:
                    continue
                with line:
                    asked.append(line.recv(200))

        thread = threading.Thread(target=listen)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/canary", asked
        done.set()
        thread.join()


@pytest.mark.case("E2", "U8")
def test_E2_U8_no_file_makes_the_process_that_looks_at_it_call_anywhere(
    tmp_path: Path, listener: tuple[str, list[bytes]]
) -> None:
    address, asked = listener
    entity = f'<!DOCTYPE r [<!ENTITY x SYSTEM "{address}"><!ENTITY % y SYSTEM "{address}">%y;]>'
    parts = made.office_parts("docx")
    body = str(parts["word/document.xml"])
    link = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" Target="{address}" TargetMode="External"/></Relationships>'
    files = {
        "an entity": made.zipped({**parts, "word/document.xml": f"{entity}<r>&x;</r>"}),
        "a template elsewhere": made.zipped({**parts, "word/_rels/settings.xml.rels": link}),
        "a namespace": made.zipped({**parts, "word/document.xml": body.replace("http://", address + "?", 1)}),
        "a pdf": made.pdf(more=f"/OpenAction<</S/URI/URI({address})>>/AA<</O<</S/SubmitForm/F({address})>>>>"),
        "an svg": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{address}"/></svg>'.encode(),
    }
    for name, content in files.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / apart.IN).write_bytes(content)
        try:
            apart.make(tmp_path / name)
        except Refusal:
            continue
    assert asked == []
    from urllib.request import urlopen

    with pytest.raises(OSError):
        urlopen(address, timeout=5)
    assert asked[0].startswith(b"GET /canary")  # the control: it listens


@pytest.mark.case("E3")
def test_E3_what_a_host_would_offer_to_be_put_in_is_never_markup() -> None:
    offered = '<iframe src="https://evil.example/embed"></iframe><script src="https://evil.example/x.js"></script>'
    for text in (
        offered,
        f"[a](https://a.example/oembed?url={offered})",
        f"```\n{offered}\n```",
        f"| a |\n|---|\n| {offered} |",
    ):
        assert "<iframe" not in render(text) and "<script" not in render(text)
    assert "&lt;iframe" in render(offered)  # the control: it is there, as text

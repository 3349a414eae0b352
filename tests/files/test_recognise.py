"""A file is what its content says; whatever is not on the list is refused, whatever it is called."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from knowledge.content.media import FORMATS
from knowledge.files import recognise
from knowledge.files.refusal import Refusal
from tests.files import made

SAMPLES = made.samples()
NOT_TAKEN = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "svg with a mark before it": b'\xef\xbb\xbf\n<?xml version="1.0"?><svg/>',
    "html": b"<!doctype html><script>1</script>",
    "html in a text": b"Dear colleagues,\n<body onload=alert(1)>",
    "xml": b'<?xml version="1.0"?><note/>',
    "a program": b"\x7fELF\x02\x01\x01" + bytes(200),
    "a windows program": b"MZ\x90\0" + bytes(200),
    "zip": made.zipped({"a.txt": "a"}),
    "a video": made.m4a(b"soun", b"vide"),
    "a video without sound": made.m4a(b"vide"),
    "a moving ogg": made.ogg(b"\x80theora"),
    "avi": b"RIFF\0\0\0\0AVI LIST" + bytes(200),
    "bmp": made.picture("BMP", (10, 10)),
    "tiff": made.picture("TIFF", (10, 10)),
    "one frame that says MP3": b"\xff\xfb\x90\x00" + b"<script>alert(1)</script>" * 40,
    "a tag alone": b"ID3\x04\0\0\0\0\0\x05aaaaa<script>" + bytes(200),
    "text with a control": b"plain\x00text",
    "text that is not UTF-8": "ñandú".encode("latin-1"),
    "old Word": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "nothing but spaces": b"  \n ",
    "rtf": b"{\\rtf1 hello}\x00",
}


def given(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "in"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_that_is_taken_is_recognised(tmp_path: Path, format: str) -> None:
    assert recognise.format_of(given(tmp_path, SAMPLES[format])).id == format


@pytest.mark.case("U1", "U2")
@pytest.mark.parametrize("what", NOT_TAKEN)
def test_U1_U2_what_is_not_on_the_list_is_refused(tmp_path: Path, what: str) -> None:
    with pytest.raises(Refusal):
        recognise.format_of(given(tmp_path, NOT_TAKEN[what]))


@pytest.mark.case("U2")
def test_U2_files_that_act_are_refused_each_of_them(tmp_path: Path, payloads: Path) -> None:
    taken = {}
    for name, text in json.loads((payloads / "upload_active_files.b64.json").read_text()).items():
        try:
            taken[name] = recognise.format_of(given(tmp_path, base64.b64decode(text))).id
        except Refusal:
            continue
    assert recognise.format_of(given(tmp_path, b"Words, and nothing that acts.")).id == "txt"  # the control
    # PDF is on the list, and only ever handed out to be kept; a picture is made anew before it is shown
    assert set(taken.values()) <= {"pdf", "jpeg", "png", "gif", "webp"}, taken


@pytest.fixture(scope="session")
def bombs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that the generator beside the project makes, once for all processes of a run: it takes a while."""
    source = Path(__file__).resolve().parents[2].parent / "shared" / "payloads" / "make_upload_bombs.py"
    if not source.is_file():
        pytest.skip("the hostile inputs are not beside this checkout (../shared/payloads)")
    own = tmp_path_factory.getbasetemp()
    of_run = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder, made = of_run / "bombs", of_run / "bombs-made"
    with open(of_run / "bombs.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            folder.mkdir(exist_ok=True)
            subprocess.run([sys.executable, str(source), str(folder)], check=True, capture_output=True)
            made.touch()
    return folder


@pytest.mark.case("U4")
def test_U4_archives_that_are_no_documents_are_refused_before_they_are_read(bombs: Path) -> None:
    seen = 0
    for path in bombs.glob("*.zip"):
        with pytest.raises(Refusal):
            recognise.format_of(path)
        seen += 1
    assert seen >= 5


@pytest.mark.case("U4", "U8")
def test_U4_U8_documents_that_hide_something_are_refused(tmp_path: Path) -> None:
    parts = made.office_parts("docx")
    link = zipfile.ZipInfo("word/media/link")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    locked = bytearray(made.zipped(parts))
    for place in (locked.find(b"PK\x03\x04") + 6, locked.find(b"PK\x01\x02") + 8):
        locked[place] |= 1
    with_link = given(tmp_path, made.zipped(parts))
    with zipfile.ZipFile(with_link, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    entity = '<!DOCTYPE Types [<!ENTITY x SYSTEM "file:///etc/passwd">]><Types>&x;</Types>'
    hidden = {
        "a link": with_link.read_bytes(),
        "a way out": made.zipped({**parts, "../../etc/cron.d/x": "x"}),
        "a root": made.zipped({**parts, "/etc/x": "x"}),
        "a way out of Windows": made.zipped({**parts, "word\\..\\..\\x": "x"}),
        "a drive": made.zipped({**parts, "c:/x": "x"}),
        "macros": made.zipped({**parts, "word/vbaProject.bin": b"x"}),
        "a bomb": made.zipped({**parts, "word/media/image1.png": bytes(90_000_000)}),
        "many entries": made.zipped({**parts, **{f"word/{n}.xml": "" for n in range(5000)}}, packed=False),
        "a lock": bytes(locked),
        "an entity": made.zipped({**parts, "[Content_Types].xml": entity}),
        "a claim": made.zipped({k: v for k, v in parts.items() if k != "word/document.xml"}),
        "a macro type": made.zipped(
            {**parts, "[Content_Types].xml": str(parts["[Content_Types].xml"]).replace(
                "vnd.openxmlformats-officedocument.wordprocessingml.document.main", "vnd.ms-word.document.macroEnabled.main"
            )}
        ),
        "half of it": made.zipped(parts)[:400],
    }  # fmt: skip
    for what, content in hidden.items():
        with pytest.raises(Refusal):
            print(what, recognise.format_of(given(tmp_path, content)).id)
    assert recognise.format_of(given(tmp_path, made.zipped(parts))).id == "docx"  # the control


def test_a_file_larger_than_its_kind_may_be_is_refused_with_the_size(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refused:
        recognise.format_of(given(tmp_path, made.pdf() + bytes(21_000_000)))
    assert refused.value.facts == {"size": 22, "most": 20}
    with pytest.raises(Refusal):
        recognise.format_of(given(tmp_path, b""))

"""What is made of a file, in a process that may take little time and memory and whose end harms nobody."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from knowledge.files import apart, words
from knowledge.files.refusal import Refusal
from tests.files import made
from tests.files.test_recognise import bombs  # noqa: F401 (a fixture)

# the most memory it took, of this program alone: what getrusage tells begins with that of the process it came from
RESOLVED = (
    "import sys; from pathlib import Path; from knowledge.files import apart, pictures; apart._look(Path(sys.argv[1]));"
    "print(next(int(line.split()[1]) // 1024 for line in open('/proc/self/status') if line.startswith('VmHWM')))"
)


def make(folder: Path, content: bytes) -> apart.Made:
    folder.mkdir(exist_ok=True)
    (folder / apart.IN).write_bytes(content)
    return apart.make(folder)


@pytest.mark.case("U10")
def test_U10_a_picture_is_upright_and_says_nothing_of_place_device_or_owner(tmp_path: Path) -> None:
    source = made.from_a_phone()
    assert b"Canary phone" in source and b"canary comment" in source  # the control
    done = make(tmp_path, source)
    assert done.sizes == {"480": (480, 720), "960": (960, 1440), "1600": (1600, 2400)}
    for name, path in done.parts.items():
        content = path.read_bytes()
        assert content[8:12] == b"WEBP"
        assert not any(mark in content for mark in (b"anary", b"EXIF", b"XMP", b"ICCP", b"GPS")), name
        with Image.open(path) as opened:
            assert opened.size == done.sizes[name] and not opened.getexif()
            red, _, blue = opened.convert("RGB").getpixel(
                (opened.width - 10, 10)
            )  # turned: the red corner is right now
            assert red > 200 and blue < 60


def test_a_small_picture_is_not_blown_up_and_a_large_one_comes_in_three_sizes(tmp_path: Path) -> None:
    assert make(tmp_path / "a", made.picture("PNG", (300, 200))).sizes == {"300": (300, 200)}
    assert list(make(tmp_path / "b", made.picture(size=(4000, 3000))).sizes) == ["480", "960", "1920"]
    assert list(make(tmp_path / "c", made.picture("PNG", (2, 9000))).sizes) == ["1"]


@pytest.mark.parametrize("format", ["GIF", "WEBP"])
def test_of_a_moving_picture_the_first_frame_is_kept(tmp_path: Path, format: str) -> None:
    done = make(tmp_path, made.moving(format))
    with Image.open(done.parts["60"]) as opened:
        assert getattr(opened, "n_frames", 1) == 1
        red, _, blue = opened.convert("RGB").getpixel((30, 20))
        assert red > 200 and blue < 60


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "YCbCr"])
def test_every_kind_of_colours_becomes_one_that_screens_show(tmp_path: Path, mode: str) -> None:
    format = "JPEG" if mode in ("CMYK", "YCbCr") else "PNG"
    Image.new("RGB", (40, 30), "white").convert("L" if mode == "I;16" else mode).convert(mode).save(
        tmp_path / "x", format
    )
    done = make(tmp_path / "made", (tmp_path / "x").read_bytes())
    with Image.open(done.parts["40"]) as opened:
        assert opened.mode in ("RGB", "RGBA")
        if mode != "I;16":
            assert min(opened.convert("RGB").getpixel((20, 15))) > 240


def test_colours_of_another_profile_are_translated_and_the_profile_goes(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert b"ICCP" not in make(tmp_path, made.picture(size=(50, 50), icc_profile=profile)).parts["50"].read_bytes()


@pytest.mark.parametrize("format", ["pdf", "docx", "xlsx", "pptx", "odt", "ods", "odp", "txt"])
def test_the_words_of_a_document_are_read_once_for_search(tmp_path: Path, format: str) -> None:
    done = make(tmp_path, made.samples()[format])
    assert made.WORD in done.text and done.note == ""
    assert (done.format.id, list(done.parts), done.sizes) == (format, [apart.WHOLE], {})
    assert done.parts[apart.WHOLE].read_bytes() == made.samples()[format]


def test_a_document_without_words_that_can_be_read_is_kept_with_a_note(tmp_path: Path) -> None:
    assert make(tmp_path / "a", made.pdf("")).note == ""
    scan = made.pdf().replace(b"(zanzifile in a portable document) Tj", b" " * 38)
    assert make(tmp_path / "b", scan).note == words.NO_WORDS
    assert make(tmp_path / "c", b"%PDF-1.7\nnothing that anybody could read").note in (words.UNREAD, words.NO_WORDS)
    long = make(tmp_path / "d", ("word " * 60_000).encode())
    assert long.note == "" or len(long.text) <= words.MOST


@pytest.mark.case("U8")
def test_U8_a_document_with_entities_is_refused_and_nothing_is_fetched(tmp_path: Path) -> None:
    parts = made.office_parts("docx")
    entity = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><w:document xmlns:w="w"><w:t>&x;</w:t></w:document>'
    laughs = "<!DOCTYPE r [<!ENTITY a 'ha'>" + "".join(
        f"<!ENTITY {chr(98 + i)} '{('&' + chr(97 + i) + ';') * 10}'>" for i in range(9)
    ) + "]><r>&j;</r>"  # fmt: skip
    for number, body in enumerate((entity, laughs)):
        with pytest.raises(Refusal):
            make(tmp_path / str(number), made.zipped({**parts, "word/document.xml": body}))


@pytest.mark.case("U3")
def test_U3_bombs_are_refused_with_little_memory(bombs: Path, tmp_path: Path) -> None:  # noqa: F811
    for name in ("bomb_30000x30000.png", "liar_header_2e9.png", "itxt_bomb.png"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / apart.IN).write_bytes((bombs / name).read_bytes())
        done = subprocess.run(
            [sys.executable, "-c", RESOLVED, str(folder)], capture_output=True, text=True, timeout=60, check=True
        )
        megabytes = int(done.stdout)
        assert "refused" in json.loads((folder / apart.MADE).read_text()), name
        assert megabytes < 200, (name, megabytes)


@pytest.mark.case("U1", "U7")
def test_U1_U7_damaged_pictures_and_polyglots_are_refused_or_made_anew(bombs: Path, tmp_path: Path) -> None:  # noqa: F811
    for path in sorted(bombs.glob("*.[gjp]*")):
        if path.suffix not in (".gif", ".jpg", ".png"):
            continue
        try:
            done = make(tmp_path / str(len(path.name)), path.read_bytes())
        except Refusal:
            continue
        assert all(b"XSSCANARY" not in part.read_bytes() for part in done.parts.values()), path.name
    whole = made.picture()
    assert make(tmp_path / "whole", whole).sizes  # the control
    with pytest.raises(Refusal):
        make(tmp_path / "cut", whole[: len(whole) // 2])
    behind = make(tmp_path / "behind", whole + b"<script>XSSCANARY</script>")
    assert all(b"XSSCANARY" not in part.read_bytes() for part in behind.parts.values())


@pytest.mark.case("U3")
def test_U3_pictures_that_broke_a_decoder_once_break_nothing_here(payloads: Path, tmp_path: Path) -> None:
    """All in one process with the limits of one: it lives to the end, and says something of each."""
    hostile = json.loads((payloads / "pillow_hostile_images.b64.json").read_text())
    hostile["sound"] = base64.b64encode(made.picture(size=(60, 40))).decode()  # the control
    for number, text in enumerate(hostile.values()):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / apart.IN).write_bytes(base64.b64decode(text))
    script = (
        "import resource, sys; from pathlib import Path; from knowledge.files import apart;"
        "resource.setrlimit(resource.RLIMIT_AS, (apart.MEMORY, apart.MEMORY));"
        "[apart._look(folder) for folder in sorted(Path(sys.argv[1]).iterdir())]"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, timeout=300, capture_output=True)
    told = [json.loads((tmp_path / str(number) / apart.MADE).read_text()) for number in range(len(hostile))]
    assert "sizes" in told[-1]
    assert sum("refused" in each for each in told) > len(hostile) // 2


def test_a_process_that_dies_is_a_refusal_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Refusal) as refused:
        make(tmp_path, made.picture())
    assert refused.value.message == apart.UNREADABLE

"""A small sound file of every format that is taken, made here: nothing is copied into the project."""

from __future__ import annotations

import io
import struct
import wave
import zipfile
from collections.abc import Mapping
from typing import Any

from PIL import Image, ImageDraw

WORD = "zanzifile"  # in every document, to be looked for
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_MAIN = "application/vnd.openxmlformats-officedocument."


def picture(format: str = "JPEG", size: tuple[int, int] = (2400, 1600), **saved: Any) -> bytes:
    """A picture: red at its upper left corner, blue elsewhere."""
    made = Image.new("RGB", size, "blue")
    ImageDraw.Draw(made).rectangle((0, 0, size[0] // 3, size[1] // 3), fill="red")
    out = io.BytesIO()
    made.save(out, format, **saved)
    return out.getvalue()


def from_a_phone() -> bytes:
    """A JPEG held sideways by a telephone that noted where it was, and whose it is."""
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    exif[0x010F], exif[0x013B] = "Canary phone", "Canary owner"
    exif.get_ifd(0x8825).update({1: "S", 2: (1.0, 17.0, 31.0), 3: "E", 4: (36.0, 49.0, 19.0)})
    return picture(exif=exif, comment=b"canary comment", icc_profile=b"")


def moving(format: str) -> bytes:
    """A picture of two frames, the first red."""
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, format, save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def zipped(parts: Mapping[str, str | bytes], packed: bool = True) -> bytes:
    """A ZIP of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():  # of no moment, so that the same parts are the same bytes
            how = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=how)
    return out.getvalue()


def office_parts(format: str, text: str = WORD) -> dict[str, str | bytes]:
    """The parts of a Word, Excel or PowerPoint file."""
    main, kind, body = {
        "docx": (
            "word/document.xml",
            "wordprocessingml.document",
            f'<w:document xmlns:w="w"><w:body><w:p><w:r><w:t>The first </w:t></w:r><w:r><w:t>{text}</w:t></w:r></w:p>'
            "<w:p><w:r><w:t>Second paragraph</w:t></w:r></w:p></w:body></w:document>",
        ),
        "xlsx": (
            "xl/workbook.xml",
            "spreadsheetml.sheet",
            '<workbook xmlns="s"><sheets><sheet name="Offers"/></sheets></workbook>',
        ),
        "pptx": ("ppt/presentation.xml", "presentationml.presentation", '<p:presentation xmlns:p="p"/>'),
    }[format]
    types = f'<?xml version="1.0"?><Types xmlns="{_TYPES}"><Default Extension="xml" ContentType="application/xml"/>'
    types += f'<Override PartName="/{main}" ContentType="{_MAIN}{kind}.main+xml"/></Types>'
    parts: dict[str, str | bytes] = {"[Content_Types].xml": types, main: body}
    if format == "xlsx":
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="s"><si><t>{text}</t></si><si><t>Price</t></si></sst>'
    if format == "pptx":
        parts["ppt/slides/slide1.xml"] = (
            f'<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p:sld>'
        )
    return parts


def open_document(format: str, text: str = WORD) -> bytes:
    """An OpenDocument file."""
    kind = {"odt": "text", "ods": "spreadsheet", "odp": "presentation"}[format]
    content = f'<office:document-content xmlns:office="o" xmlns:text="t"><text:p>The {text} <text:span>inside</text:span> it</text:p></office:document-content>'
    return zipped({"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": content})


def pdf(text: str = WORD, more: str = "") -> bytes:
    """A PDF of one page with a line of text, and `more` in its catalogue."""
    stream = f"BT /F1 24 Tf 72 700 Td ({text} in a portable document) Tj ET".encode()
    objects = [
        f"<</Type/Catalog/Pages 2 0 R{more}>>".encode(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 6\n0000000000 65535 f \n%strailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        len(out),
    )


def mp3(seconds: int = 1, tag: bytes = b"") -> bytes:
    """Silence: frames of MPEG 1 layer III, 128 kbit/s, 44.1 kHz."""
    head = b"ID3\x04\0\0" + bytes((0, 0, len(tag) >> 7, len(tag) & 0x7F)) + tag if tag else b""
    return head + (b"\xff\xfb\x90\x00" + bytes(413)) * (38 * seconds)


def ogg(codec: bytes = b"OpusHead") -> bytes:
    """The first page of a recording."""
    body = codec + bytes(11)
    return b"OggS\0\x02" + bytes(20) + bytes((1, len(body))) + body + bytes(500)


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def m4a(*handlers: bytes) -> bytes:
    """A recording of a telephone, whose index stands at the end."""
    tracks = b"".join(
        _box(b"trak", _box(b"mdia", _box(b"hdlr", bytes(8) + h + bytes(12)))) for h in handlers or (b"soun",)
    )
    return _box(b"ftyp", b"M4A \0\0\0\0mp42isom") + _box(b"mdat", bytes(3000)) + _box(b"moov", tracks)


def wav(seconds: int = 1) -> bytes:
    """Silence of a second."""
    out = io.BytesIO()
    with wave.open(out, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(8000)
        made.writeframes(bytes(16000 * seconds))
    return out.getvalue()


def samples() -> dict[str, bytes]:
    """One of each format, by its id."""
    return {
        "jpeg": picture(size=(1200, 800)),
        "png": picture("PNG", (300, 200)),
        "webp": picture("WEBP", (300, 200)),
        "gif": moving("GIF"),
        "pdf": pdf(),
        **{f: zipped(office_parts(f)) for f in ("docx", "xlsx", "pptx")},
        **{f: open_document(f) for f in ("odt", "ods", "odp")},
        "txt": f"Offers by phone: {WORD}, ñandú, 市場".encode(),
        "mp3": mp3(tag=b"canary" * 20),
        "ogg": ogg(),
        "m4a": m4a(),
        "wav": wav(),
    }

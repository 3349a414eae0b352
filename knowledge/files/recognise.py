"""What a file is, told by its content and never by its name; everything that is not known is refused."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import BinaryIO

import filetype

from knowledge.content.fields import N_
from knowledge.content.media import FORMATS, LARGEST, MEGA, Format
from knowledge.files import office
from knowledge.files.refusal import Refusal

HEAD = 8192
UNKNOWN = N_(
    "“{name}” is none of the kinds of file that can be added: pictures (JPEG, PNG, WebP, GIF), documents (PDF, Word, "
    "Excel, PowerPoint, OpenDocument, plain text) and audio (MP3, Ogg, M4A, WAV)."
)
EMPTY = N_("“{name}” is empty.")
TOO_LARGE = N_("“{name}” has {size} MB; at most {most} MB are taken. Please make it smaller.")
MARKUP = re.compile(
    rb"\A[\s\xef\xbb\xbf]*<[a-z!?]|<\s*(?:[\w.-]+:)?(!doctype|!entity|\?xml|html|head|body|script|svg|iframe|xsl|rss|math|object)\b",
    re.I,
)
_PICTURES = {"jpg": "jpeg", "png": "png", "webp": "webp", "gif": "gif"}
_BITRATES = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # MPEG 1 layer III
_BITRATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def format_of(path: Path) -> Format:
    """The format of a file. Raises Refusal."""
    size = path.stat().st_size
    if not size:
        raise Refusal(EMPTY)
    with path.open("rb") as file:
        found = FORMATS.get(_format(file, path))
    if found is None:
        raise Refusal(UNKNOWN)
    if size > LARGEST[found.kind]:
        raise Refusal(TOO_LARGE, size=-(-size // MEGA), most=LARGEST[found.kind] // MEGA)
    return found


def _format(file: BinaryIO, path: Path) -> str:
    head = file.read(HEAD)
    guess = filetype.guess_extension(head) or ""
    if guess in _PICTURES:
        return _PICTURES[guess]
    if head.startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return office.format_of(path)
    if head.startswith(b"OggS"):
        return "ogg" if re.search(rb"OpusHead|\x01vorbis|\x7fFLAC|Speex   ", head[:128]) else ""
    if head.startswith(b"RIFF") and head[8:12] == b"WAVE":
        return "wav" if b"fmt " in head[:256] else ""
    if head[4:8] == b"ftyp":
        return "m4a" if _only_sound(file, path.stat().st_size) else ""
    if guess in ("", "mp3") and _frames(file):
        return "mp3"
    return "txt" if not guess and _plain(file) else ""


def _frames(file: BinaryIO) -> bool:
    """Two MPEG frames one after the other, after the tags that may stand before them."""
    file.seek(0)
    head = file.read(10)
    start = 0
    if head.startswith(b"ID3") and len(head) == 10:
        start = 10 + sum((byte & 0x7F) << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))
    file.seek(start)
    data = file.read(64 * 1024).lstrip(b"\0")
    first = _frame(data)
    return bool(first) and bool(_frame(data[first:]))


def _frame(data: bytes) -> int:
    """The length of the layer III frame that begins here, 0 if none does."""
    if len(data) < 4 or data[0] != 0xFF or data[1] & 0xE6 != 0xE2:
        return 0
    version, rate, pitch = data[1] >> 3 & 3, data[2] >> 4, data[2] >> 2 & 3
    if version not in _RATES or rate in (0, 15) or pitch == 3:
        return 0
    bits = (_BITRATES if version == 3 else _BITRATES_2)[rate] * 1000
    return (144 if version == 3 else 72) * bits // _RATES[version][pitch] + (data[2] >> 1 & 1)


def _only_sound(file: BinaryIO, size: int) -> bool:
    """Whether the index of an MPEG-4 file names a track of sound and none of pictures."""
    place = 0
    for _ in range(64):
        file.seek(place)
        head = file.read(16)
        if len(head) < 8:
            return False
        length, kind = struct.unpack(">I4s", head[:8])
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        if kind == b"moov":
            file.seek(place)
            index = file.read(min(length or size, 8 * MEGA))
            handlers = set(re.findall(rb"hdlr.{8}(.{4})", index, re.DOTALL))
            return b"soun" in handlers and b"vide" not in handlers
        if length < 8:
            return False
        place += length
    return False


def _plain(file: BinaryIO) -> bool:
    """Text for people: UTF-8, no control characters, no markup that a browser or another program would act on."""
    file.seek(0)
    data = file.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return False
    return not re.search(r"[\x00-\x08\x0e-\x1f\x7f]", text) and not MARKUP.search(data) and bool(text.strip())

"""Office files: a ZIP that really is the kind it claims to be, holds no surprises, and the words in it."""

from __future__ import annotations

import re
import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from knowledge.content.fields import N_
from knowledge.content.media import MEGA
from knowledge.files.refusal import Refusal

MOST_ENTRIES, MOST_BYTES, MOST_RATIO, MOST_PART = 4000, 300 * MEGA, 100, 12 * MEGA
DAMAGED = N_("“{name}” is damaged or is not what it says it is. Please save it again and add it then.")
UNSAFE = N_("“{name}” holds parts that a document of its kind never has. Please save it again and add it then.")
MACROS = N_("“{name}” holds macros. Please save it without macros, or as PDF.")
_MAIN = "application/vnd.openxmlformats-officedocument."
_OOXML = {
    _MAIN + "wordprocessingml.document.main+xml": "docx",
    _MAIN + "spreadsheetml.sheet.main+xml": "xlsx",
    _MAIN + "presentationml.presentation.main+xml": "pptx",
}
_ODF = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.presentation": "odp",
}
_PARTS = {
    "docx": re.compile(r"word/(document|footnotes|endnotes)\.xml"),
    "xlsx": re.compile(r"xl/(sharedStrings|worksheets/sheet\d+)\.xml"),
    "pptx": re.compile(r"ppt/(slides|notesSlides)/\w+\.xml"),
}
_NEW_LINE = {"p", "h", "si", "row", "table-row"}


def format_of(path: Path) -> str:
    """The id of the Office format, "" for any other ZIP. Raises Refusal for one that is damaged or unsafe."""
    try:
        _check_directory(path)
        with zipfile.ZipFile(path) as archive:
            _check_entries(archive)
            return _kind(archive)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error, KeyError) as error:
        raise Refusal(DAMAGED) from error
    except DefusedXmlException as error:
        raise Refusal(UNSAFE) from error


def words(path: Path, kind: str) -> Iterator[str]:
    """The words of an Office file, part by part. Raises Refusal for parts with entities, ValueError for broken ones."""
    pattern = _PARTS.get(kind, re.compile(r"content\.xml"))
    with zipfile.ZipFile(path) as archive:
        parts = [i for i in archive.infolist() if pattern.fullmatch(i.filename)]
        for part in sorted(parts, key=lambda i: [int(n) for n in re.findall(r"\d+", i.filename)]):
            try:
                yield _text(_parsed(archive, part.filename))
            except DefusedXmlException as error:
                raise Refusal(UNSAFE) from error


def _check_directory(path: Path) -> None:
    """Before anything is read into memory: the list of entries is as short as that of a document is."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 66_000))
        tail = file.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) < place + 22:
        raise Refusal(DAMAGED)
    entries, listed = struct.unpack("<HI", tail[place + 10 : place + 16])
    if entries > MOST_ENTRIES or listed > MOST_ENTRIES * 400:  # 65535 and more stand in a larger record elsewhere
        raise Refusal(UNSAFE)


def _check_entries(archive: zipfile.ZipFile) -> None:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    packed, whole = sum(e.compress_size for e in entries), sum(e.file_size for e in entries)
    if (
        len(names) != len(set(names))
        or whole > MOST_BYTES
        or whole > MOST_RATIO * packed + 10 * MEGA
        or any(_strange(entry) for entry in entries)
    ):
        raise Refusal(UNSAFE)
    if any(re.search(r"vbaproject\.bin$|^basic/.*xba|^scripts/.", name, re.I) for name in names):
        raise Refusal(MACROS)


def _strange(entry: zipfile.ZipInfo) -> bool:
    name = entry.orig_filename
    mode = entry.external_attr >> 16
    return (
        name.startswith("/")
        or "\\" in name
        or ":" in name
        or ".." in name.split("/")
        or "\0" in name
        or (mode != 0 and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR))
        or bool(entry.flag_bits & 1)
        or entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    )


def _kind(archive: zipfile.ZipFile) -> str:
    names = set(archive.namelist())
    if "mimetype" in names and archive.getinfo("mimetype").file_size < 100:
        return _ODF.get(archive.read("mimetype").strip(), "") if "content.xml" in names else ""
    if "[Content_Types].xml" not in names:
        return ""
    for override in _parsed(archive, "[Content_Types].xml").iter():
        kind = _OOXML.get(override.get("ContentType", ""), "")
        if kind and override.get("PartName", "").lstrip("/") in names:
            return kind
    return ""


def _parsed(archive: zipfile.ZipFile, name: str) -> Any:
    """A part as a tree: no document type, no entities, nothing fetched. Raises DefusedXmlException, ValueError."""
    if archive.getinfo(name).file_size > MOST_PART:
        raise ValueError("a part is too large to read")
    with archive.open(name) as part:
        data = part.read(MOST_PART + 1)
    try:
        return fromstring(data, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    except SyntaxError as error:  # what a parser says of broken XML
        raise ValueError(str(error)) from None


def _text(root: Any) -> str:
    found: list[str] = []
    for element in root.iter():
        name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
        if name in _NEW_LINE:
            found.append("\n")
        if name in ("t", "p", "h", "span", "a") and element.text:
            found.append(element.text)
        if name in ("tab", "br", "c", "tc", "table-cell"):
            found.append(" ")
        if element.tail and name in ("span", "a", "s", "tab", "line-break"):
            found.append(element.tail)
    return "".join(found)

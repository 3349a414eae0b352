"""What may be attached to a record: the formats, how large each may be, and what a page needs to know of a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from knowledge.content.fields import N_

PICTURE, DOCUMENT, AUDIO = "picture", "document", "audio"
MEGA = 1_000_000


@dataclass(frozen=True)
class Format:
    """A format that is taken. `type`: the term of the vocabulary of media types that such a file gets."""

    id: str
    kind: str
    label: str
    mime: str

    @property
    def type(self) -> str:
        """What a row that shows such a file is."""
        return {PICTURE: "photo", AUDIO: "audio"}.get(self.kind, "document")


_OFFICE = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."
FORMATS: Mapping[str, Format] = {
    f.id: f
    for f in (
        Format("jpeg", PICTURE, "JPEG", "image/webp"),  # every picture is kept as WebP, whatever it came as
        Format("png", PICTURE, "PNG", "image/webp"),
        Format("webp", PICTURE, "WebP", "image/webp"),
        Format("gif", PICTURE, "GIF", "image/webp"),
        Format("pdf", DOCUMENT, "PDF", "application/pdf"),
        Format("docx", DOCUMENT, "Word", _OFFICE + "wordprocessingml.document"),
        Format("xlsx", DOCUMENT, "Excel", _OFFICE + "spreadsheetml.sheet"),
        Format("pptx", DOCUMENT, "PowerPoint", _OFFICE + "presentationml.presentation"),
        Format("odt", DOCUMENT, "OpenDocument text", _ODF + "text"),
        Format("ods", DOCUMENT, "OpenDocument spreadsheet", _ODF + "spreadsheet"),
        Format("odp", DOCUMENT, "OpenDocument slides", _ODF + "presentation"),
        Format("txt", DOCUMENT, "Text", "text/plain; charset=utf-8"),
        Format("mp3", AUDIO, "MP3", "audio/mpeg"),
        Format("ogg", AUDIO, "Ogg", "audio/ogg"),
        Format("m4a", AUDIO, "M4A", "audio/mp4"),
        Format("wav", AUDIO, "WAV", "audio/wav"),
    )
}
KIND_LABELS = {PICTURE: N_("Pictures"), DOCUMENT: N_("Documents"), AUDIO: N_("Audio")}
LARGEST: Mapping[str, int] = {PICTURE: 15 * MEGA, DOCUMENT: 20 * MEGA, AUDIO: 60 * MEGA}
AT_ONCE = 64 * MEGA  # of everything sent with one press of a button
WIDTHS = (480, 960, 1920)  # of the three sizes in which a picture is kept
MOST_FILES = 40  # of one record, those of its earlier versions included
# what a file chooser offers; what is in the file decides
ENDINGS = ".jpg,.jpeg,.png,.webp,.gif,.pdf,.docx,.xlsx,.pptx,.odt,.ods,.odp,.txt,.mp3,.ogg,.oga,.opus,.m4a,.wav"


@dataclass(frozen=True)
class Attachment:
    """A file of a record, as its pages show it. `sizes`: of a picture, name -> width and height.

    `door`: the address below which this reader gets it.
    """

    id: str
    kind: str
    format: str
    name: str
    size: int
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}))
    note: str = ""
    door: str = "/files"

    @property
    def label(self) -> str:
        """What people call its format."""
        return FORMATS[self.format].label

    @property
    def type(self) -> str:
        """The media type of a row that shows it."""
        return FORMATS[self.format].type

    @property
    def megabytes(self) -> str:
        """Its size for people: 0.3 MB."""
        return f"{max(self.size / MEGA, 0.1):.1f} MB"

    @property
    def addresses(self) -> tuple[tuple[str, int, int], ...]:
        """Of a picture: address, width and height of every size, the smallest first."""
        found = sorted((tuple(size), name) for name, size in self.sizes.items())
        return tuple((f"{self.door}/{self.id}/{name}", width, height) for (width, height), name in found)

    @property
    def address(self) -> str:
        """Of anything else: where it is. The name in it is only for people who keep the file."""
        return f"{self.door}/{self.id}/{file_name(self.name, self.format)}"


def file_name(label: str, format: str) -> str:
    """A name to keep a file under: letters, digits and hyphens of its label, and the ending of what it is."""
    stem = "".join(c if c.isalnum() else "-" for c in label.rpartition(".")[0] or label)
    return "-".join(filter(None, stem.split("-")))[:80] + f".{format}" if stem.strip("-") else f"file.{format}"

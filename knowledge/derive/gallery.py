"""Things to see, hear or keep, as a page shows them: files of the record, videos elsewhere, links."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from knowledge.content.fields import Field, File, Media, Table, Values
from knowledge.content.media import Attachment
from knowledge.content.videos import Video, video

_PLACED = ("title", "caption", "alt", "credit", "url")  # columns that are set in a place of their own


@dataclass(frozen=True)
class ShownItem:
    """One thing: a `file`, a `video` elsewhere or an address (`url`). `facts`: whatever else was said of it."""

    file: Attachment | None
    video: Video | None
    url: str
    host: str
    title: str
    caption: str
    alt: str
    credit: str
    facts: tuple[Any, ...]

    @property
    def kind(self) -> str:
        """How it is set: "picture", "audio", "video", or "document" for all that is only linked to."""
        if self.file is not None:
            return self.file.kind
        return "video" if self.video else "document"


def items(
    f: Media, rows: Iterable[Values], files: Mapping[str, Attachment], fact: Callable[[Field, Any], Any]
) -> Iterator[ShownItem]:
    """The rows that have something to show. `files`: those this reader may see; `fact` makes words of a column."""
    for row in rows:
        file, url = files.get(row.get(f.file.id, "")), row.get("url", "")
        if file is None and not url:
            continue
        known = file is not None or video(url) is not None  # so its type need not be said
        unsaid = {*_PLACED, f.file.id} | ({"type"} if known else set())
        others = (fact(c, row.get(c.id)) for c in f.columns if c.id not in unsaid)
        yield ShownItem(
            file,
            video(url),
            url,
            urlsplit(url).hostname or "",
            row.get("title", ""),
            row.get("caption", ""),
            row.get("alt", ""),
            row.get("credit", ""),
            tuple(each for each in others if each is not None),
        )


def files_of(fields: tuple[Field, ...], values: Values, private: bool = False) -> tuple[str, ...]:
    """The ids of the files these answers refer to; `private`: also by answers that never become public."""
    found: list[str] = []
    for f in fields:
        if not (f.public or private) or f.id not in values:
            continue
        if isinstance(f, File):
            found.append(values[f.id])
        elif isinstance(f, Table):
            for row in values[f.id]:
                found += files_of(f.columns, row, private)
    return tuple(dict.fromkeys(found))

"""Looking at a file in a process of its own, with little memory and time: a file that lies harms nobody but itself.

    python -m knowledge.files.apart FOLDER

reads FOLDER/in and writes what it makes beside it: the sizes of a picture, and `made.json`, `words.json`.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from knowledge.content.fields import N_
from knowledge.content.media import DOCUMENT, FORMATS, PICTURE, Format
from knowledge.files.refusal import Refusal
from knowledge.files.store import NO_ROOM

MEMORY, CPU_SECONDS, SECONDS, LARGEST_FILE = 1_000_000_000, 40, 90, 200_000_000
IN, MADE, WORDS, WHOLE = "in", "made.json", "words.json", "whole"
UNREADABLE = N_("“{name}” could not be read. Please save it anew, or in another format, and add it then.")
OUT_OF_ROOM = 75  # how it ends when the disk fails it, which is no fault of the file
_turns = threading.BoundedSemaphore(2)  # each may take all of its memory


@dataclass(frozen=True)
class Made:
    """What came of a file. `parts`: name -> the file to keep under it; `sizes`: of a picture, width and height."""

    format: Format
    parts: dict[str, Path]
    sizes: dict[str, tuple[int, int]]
    text: str
    note: str


def make(folder: Path) -> Made:
    """Look at FOLDER/in in another process, and say what it made. Raises Refusal, or OSError when there is no room."""
    with _turns:
        environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "LANG": "C.UTF-8"}
        ended = 0
        with suppress(subprocess.TimeoutExpired):  # what it had made by then counts
            ended = subprocess.run(  # noqa: S603 (ourselves)
                [sys.executable, "-m", __name__, str(folder)],
                env=environment,
                cwd=folder,
                timeout=SECONDS,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                check=False,
            ).returncode
    if ended == OUT_OF_ROOM:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    made = _told(folder / MADE)
    if made is None:
        raise Refusal(UNREADABLE)
    if "refused" in made:
        raise Refusal(made["refused"], **made["facts"])
    said = _told(folder / WORDS)
    if said is not None and "refused" in said:
        raise Refusal(said["refused"], **said["facts"])
    found = FORMATS[made["format"]]
    sizes = {name: (size[0], size[1]) for name, size in made["sizes"].items()}
    parts = {name: folder / name for name in sizes} or {WHOLE: folder / IN}
    if found.kind == DOCUMENT and said is None:  # it went on too long, or took too much
        from knowledge.files.words import UNREAD

        said = {"text": "", "note": UNREAD}
    return Made(found, parts, sizes, **(said or {"text": "", "note": ""}))


def _told(path: Path) -> dict[str, Any] | None:
    try:
        told = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):  # it ended before it could say
        return None
    return told if isinstance(told, dict) else None


def _say(path: Path, **told: Any) -> None:
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(told), encoding="utf-8")
    aside.replace(path)


def _look(folder: Path) -> None:
    from knowledge.files import pictures, recognise

    try:
        found = recognise.format_of(folder / IN)
        sizes = pictures.make(folder / IN, folder) if found.kind == PICTURE else {}
    except Refusal as refusal:
        _say(folder / MADE, refused=refusal.message, facts=refusal.facts)
        return
    _say(folder / MADE, format=found.id, sizes=sizes)
    if found.kind == DOCUMENT:
        from knowledge.files import words

        try:
            text, note = words.words(folder / IN, found.id)
            _say(folder / WORDS, text=text, note=note)
        except Refusal as refusal:
            _say(folder / WORDS, refused=refusal.message, facts=refusal.facts)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        _look(Path(sys.argv[1]))
    except OSError as error:
        sys.exit(OUT_OF_ROOM if error.errno in NO_ROOM else 1)

"""The words of a document, for search: as many as can be had in the time, and a note for the writer where none can."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

from knowledge.content.fields import N_
from knowledge.files import office

MOST, SECONDS, PAGES = 200_000, 15.0, 500  # characters, seconds, pages
UNREAD = N_("Its words could not be read, so a search will not find them.")
NO_WORDS = N_("There are no words in it that a search could find. Is it a scan?")
LOCKED = N_("It is locked with a password, so a search will not find its words.")
PART = N_("It is long; a search finds the words of its first part.")


def words(path: Path, format: str) -> tuple[str, str]:
    """The words and a note ("" when there is nothing to say). Raises Refusal for what should not be kept at all."""
    found, length, until, note = list[str](), 0, time.monotonic() + SECONDS, ""
    try:
        for part in _parts(path, format):
            found.append(part)
            length += len(part)
            if length > MOST or time.monotonic() > until:
                note = PART
                break
    except PermissionError:
        return "", LOCKED
    except (ValueError, KeyError, OSError, RecursionError, MemoryError, ArithmeticError, TypeError, AttributeError):
        note = UNREAD  # whatever was read before stays
    except Exception as error:
        if type(error).__module__.startswith(("pypdf", "zipfile", "zlib")):
            note = UNREAD
        else:
            raise
    text = re.sub(r"[^\S\n]+", " ", "\n".join(found)).strip()[:MOST]
    text = text.encode("utf-8", "ignore").decode().replace("\0", "")
    return text, note or ("" if text else NO_WORDS)


def _parts(path: Path, format: str) -> Iterator[str]:
    if format == "pdf":
        yield from _pages(path)
    elif format == "txt":
        yield path.read_bytes()[: 4 * MOST].decode("utf-8-sig", "ignore")
    else:
        yield from office.words(path, format)


def _pages(path: Path) -> Iterator[str]:
    from pypdf import PasswordType, PdfReader

    reader = PdfReader(path, strict=False)
    if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
        raise PermissionError
    for number, page in enumerate(reader.pages):
        if number == PAGES:
            return
        yield page.extract_text() or ""

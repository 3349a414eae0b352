"""Addresses that will lead nobody anywhere, told by their shape alone; what was called up is told by `broken`."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import singledispatch
from typing import Any
from urllib.parse import urlsplit

from knowledge.content.fields import N_, Field, Link, Table
from knowledge.content.problems import Problem
from knowledge.derive.advice.passages import Advice, Draft, Path

MOST = 10  # named in one record
_WRITTEN = re.compile(r"\]\(\s?<?([^\s)>]{1,500})")
_BARE = re.compile(r"(?<![\w/@.:(<])(?:https?://|www\.)[^\s<>()\[\]\"”»]{1,500}")
_PICTURE = re.compile(r"!\[\s*\]\(")
_INSIDE = (".local", ".localhost", ".internal", ".lan", ".intranet", ".corp", ".home", ".test", ".invalid")
_EXAMPLE = ("example.com", "example.org", "example.net")


def look(draft: Draft) -> Iterator[Advice]:
    """Advice on addresses, and on pictures that say nothing to people who cannot see them."""
    found = [a for f in draft.record_type.fields for a in of_answer(f, draft.values.get(f.id), (f.id,))]
    for passage in draft.texts:
        for address in _in_text(passage.source):
            found += _advice(passage.path, address)
        if _PICTURE.search(passage.source):
            message = N_("A picture in the text has no description. Write one between the square brackets.")
            found.append(Advice("picture", Problem(passage.path, message), passage.source))
    yield from found[:MOST]


def addresses(draft: Draft) -> Iterator[tuple[Path, str]]:
    """The addresses of what everybody may read, each with its place: answers of their own, and those in texts."""
    for f in draft.record_type.fields:
        yield from _in_answer(f, draft.values.get(f.id), (f.id,))
    for passage in draft.texts:
        for address in _in_text(passage.source):
            yield passage.path, address


def _in_answer(f: Field, value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if not f.public or not value:
        return
    if isinstance(f, Link):
        yield path, value
    elif isinstance(f, Table):
        for number, row in enumerate(value):
            for column in f.columns:
                yield from _in_answer(column, row.get(column.id), (*path, number, column.id))


def _in_text(source: str) -> list[str]:
    return [found.rstrip(".,;:!?") for found in (*_WRITTEN.findall(source), *_BARE.findall(source))]


@singledispatch
def of_answer(f: Field, value: Any, path: Path) -> Iterator[Advice]:
    """Advice on an answer of a kind of its own, as an address or a picture; none for a kind without a rule."""
    return iter(())


@of_answer.register
def _(f: Link, value: Any, path: Path) -> Iterator[Advice]:
    return iter(_advice(path, value or ""))


@of_answer.register
def _(f: Table, value: Any, path: Path) -> Iterator[Advice]:
    for number, row in enumerate(value or ()):
        for column in f.columns:
            yield from of_answer(column, row.get(column.id), (*path, number, column.id))


def wrong_with(address: str) -> str:
    """What is wrong with an address as far as its shape tells, as a sentence; "" for nothing."""
    if address.startswith(("#", "/", "mailto:")):
        return ""
    if "://" not in address:
        return N_("“{address}” leads nowhere: write the whole address, with https:// before it.")
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").casefold()
    except ValueError:
        return N_("“{address}” is no web address.")
    if parts.scheme.casefold() not in ("http", "https"):
        return N_("“{address}” can be opened only by you: link to a page on the web.")
    if _private(host):
        return N_("“{address}” can be reached only from inside your office: link to a page that everybody can open.")
    if "." not in host.strip(".") or host.endswith(_EXAMPLE):
        return N_("“{address}” is no address of a real page.")
    return ""


def _advice(path: Path, address: str) -> list[Advice]:
    message = wrong_with(address) if address else ""
    return [Advice("link", Problem(path, message, {"address": address[:80]}), address)] if message else []


def _private(host: str) -> bool:
    if host == "localhost" or host.endswith(_INSIDE):
        return True
    try:
        return not ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:
        return False

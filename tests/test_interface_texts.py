"""Every text of the interface goes through gettext, so that translations can follow."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEMPLATES = sorted(Path("templates").rglob("*.html"))
NAMES = {"Praxis", "CSV", "JSON"}  # the same in every language
EXAMPLES = {"framework agreements", "“open contracting”"}  # what one may type, shown as it is typed


def bare_texts(source: str) -> list[str]:
    """What a template says without asking gettext."""
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "\x00", source, flags=re.S)
    text = re.sub(r'/practices/|aria-[a-z]+="(true|\x00)?"?', "", text)  # an address, and attributes made by a macro
    text = re.sub(r"<!--.*?-->|<[^>]*>", "\n", text, flags=re.S)
    pieces = [p.strip(" \x00\n.,·:()…–→“”×/?-") for p in re.split(r"[\n\x00]", text)]
    return [
        p
        for p in pieces
        if re.search(r"[^\W\d_]{2,}", p) and p not in NAMES | EXAMPLES and p.strip("“”") not in {"open contracting"}
    ]


def test_the_control_a_bare_text_is_seen() -> None:
    assert bare_texts("<p>{{ _('Good') }} Bad words</p>") == ["Bad words"]


@pytest.mark.parametrize("template", TEMPLATES, ids=str)
def test_templates_say_nothing_past_gettext(template: Path) -> None:
    assert bare_texts(template.read_text()) == []

"""Every text of the interface and of its mails is there in every language, with its blanks, and compiled."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from knowledge.content.vocabularies import LANGUAGES

FOLDER = Path("knowledge/translations")
TRANSLATED = [language for language in LANGUAGES if language != "en"]
BLANK = re.compile(r"%\([a-z_]+\)[sd]|\{[a-z_0-9]*\}")
TAG = re.compile(r"</?[a-z][^>]*>")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """What the code and the templates say now."""
    out = tmp_path_factory.mktemp("texts") / "messages.pot"
    marks = ["-k", "_", "-k", "N_", "-k", "ngettext:1,2"]
    babel = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "babel.cfg", *marks]
    subprocess.run([*babel, "-o", str(out), "."], check=True)
    with out.open("rb") as file:
        return read_po(file)


def catalogue(language: str) -> Catalog:
    with (FOLDER / language / "LC_MESSAGES/messages.po").open("rb") as file:
        return read_po(file, locale=language)


def problems(texts: Catalog, told: Catalog) -> list[str]:
    """What is missing or lost a blank or a tag on the way."""
    found = []
    for message in texts:
        if not message.id:
            continue
        source = [message.id] if isinstance(message.id, str) else list(message.id)
        said = told.get(message.id)
        forms = [said.string] if said and isinstance(said.string, str) else list(said.string) if said else []
        if not forms or not all(forms):
            found.append(f"not translated: {source[0]}")
            continue
        known = {blank for each in source for blank in BLANK.findall(each)}
        for form in forms:
            blanks = set(BLANK.findall(form))
            if not blanks <= known or known - blanks - {"%(num)d"}:
                found.append(f"other blanks: {form}")
            if sorted(TAG.findall(form)) != sorted(TAG.findall(source[-1])):
                found.append(f"other tags: {form}")
    return found


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_text_is_translated_with_its_blanks(language: str, texts: Catalog) -> None:
    assert len(list(texts)) > 1000
    assert problems(texts, catalogue(language)) == []


def test_the_control_a_missing_text_and_a_lost_blank_are_seen(texts: Catalog) -> None:
    told = catalogue("fr")
    told.delete("Search practices")
    broken = told.get("Countries like %(country)s")
    assert broken is not None
    broken.string = "Pays comme celui-ci"
    seen = set(problems(texts, told)) - set(problems(texts, catalogue("fr")))
    assert seen == {"not translated: Search practices", "other blanks: Pays comme celui-ci"}


def said(told: Catalog) -> dict[str, list[str]]:
    """What is said for every text, in all its forms."""
    plain = {str(m.id): m.string for m in told if isinstance(m.id, str) and m.id}
    several = {str(m.id[0]): m.string for m in told if not isinstance(m.id, str)}
    return {text: [form] if isinstance(form, str) else list(form) for text, form in {**plain, **several}.items()}


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_compiled_is_what_is_written(language: str) -> None:
    with (FOLDER / language / "LC_MESSAGES/messages.mo").open("rb") as file:
        assert said(read_mo(file)) == said(catalogue(language))


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_translated_that_is_said_no_more(language: str, texts: Catalog) -> None:
    assert [m.id for m in catalogue(language) if m.id and texts.get(m.id) is None] == []

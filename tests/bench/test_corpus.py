"""The corpus becomes import lines that the importer takes, and nothing is left out unsaid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.corpus import FILES, convert, cut, main, record, summary
from knowledge.content import checks
from knowledge.content.site import registry

LINE: dict[str, Any] = {
    "id": "18f_blog-0001",
    "source": "A blog",
    "repo": "somebody/blog",
    "commit": "abc",
    "path": "posts/l’obtention.md",
    "url": "",
    "licence": "CC0-1.0 / US public domain",
    "attribution": "Somebody",
    "language": "en",
    "title": "A title that goes on and on " * 8,
    "date": "2016-03-10",
    "authors": ["log-in", "Ann Example"],
    "tags": ["procurement"],
    "text": "A heading\n\nWe bought a bridge. It held. " + "Then more was said about it. " * 40,
}


def corpus(folder: Path, **changes: Any) -> None:
    for file in FILES:
        line = LINE | {"id": f"{file.name}-0001"} | changes
        (folder / f"{file.name}.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")


def test_a_line_keeps_its_whole_text_and_names_its_source() -> None:
    made = record(FILES[0], LINE)
    assert made["id"] == "18f-blog-0001"
    assert made["what_we_did"] == LINE["text"]
    assert made["source"]["url"] == "https://github.com/somebody/blog/blob/abc/posts/l%E2%80%99obtention.md"
    assert made["source"]["attribution"] == "Somebody"
    assert made["licence"] == "cc0-1.0"
    assert made["start"] == "2016-03"
    assert made["authors"] == [{"name": "Ann Example", "role": "author"}]


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.name)
def test_every_line_has_the_shape_of_its_type_and_no_key_unknown_to_it(file: Any) -> None:
    made = record(file, LINE)
    record_type = registry()[made["kind"]]
    assert checks.shape(record_type, made, registry().vocabularies)[1] == []
    assert checks.unknown_keys(record_type, made) == ["authors", "id", "kind", "source", "state"]


def test_a_text_about_best_practice_becomes_a_common_practice() -> None:
    made = record(FILES[0], LINE | {"tags": ["Best practices"]})
    assert made["kind"] == "common_practice" and made["how_it_works"] == LINE["text"]


def test_a_summary_is_whole_sentences_without_the_heading() -> None:
    found = summary(LINE["text"])
    assert found.startswith("We bought a bridge. It held.")
    assert found.endswith("said about it.") and len(found) <= 500


def test_a_text_without_sentences_still_has_a_summary() -> None:
    assert summary("word " * 300) == cut("word " * 300, 500)


def test_a_cut_text_ends_after_a_word_and_says_that_it_was_cut() -> None:
    assert cut("one two three", 9) == "one two…"
    assert cut("one  two", 20) == "one two"


def test_the_same_files_give_the_same_lines_counted_by_file(tmp_path: Path) -> None:
    corpus(tmp_path)
    counts = convert(tmp_path, tmp_path / "a.jsonl")
    convert(tmp_path, tmp_path / "b.jsonl")
    assert counts == {f.name: 1 for f in FILES}
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_a_line_that_cannot_be_imported_stops_the_run_and_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus(tmp_path, licence="all rights reserved")
    assert main([str(tmp_path), str(tmp_path / "out.jsonl")]) == 1
    assert "18f_blog.jsonl, line 1" in capsys.readouterr().err
    assert not (tmp_path / "out.jsonl").exists()


def test_a_missing_file_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), str(tmp_path / "out.jsonl")]) == 1
    assert "18f_blog.jsonl" in capsys.readouterr().err

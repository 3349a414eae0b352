"""Real texts for load and relevance: the corpus files as import lines. `python -m bench.corpus DIR OUT.jsonl`

Nobody here wrote these texts; they are read from DIR and never copied into the project. Every line of a file
becomes one line of OUT, in the same order; a line that cannot be turned stops the run and is named.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from knowledge.content import checks
from knowledge.content.site import registry

TITLE, SUMMARY = 120, 500  # the limits of the two fields, in characters
_SENTENCE_END = re.compile(r"(?<=[.!?])[”\"»)]*\s+(?=[\"“«¿¡(]?[^\W\d_a-z]|\d)")


@dataclass(frozen=True)
class File:
    """One corpus file: what its texts are good for, and the country of those who wrote them."""

    name: str
    kind: str
    country: str


FILES = (
    File("18f_blog", "experience", "USA"),
    File("18f_guides", "training", "USA"),
    File("digitalgov", "experience", "USA"),
    File("canada_cds", "experience", "CAN"),
    File("mexico_abierto", "experience", "MEX"),
    File("ocds_docs", "training", "GLOBAL"),
)
PRACTICE_TAGS = frozenset({"best practices", "best-practices", "how we work", "how-to"})


def record(file: File, raw: Mapping[str, Any]) -> dict[str, Any]:
    """One import line. What the corpus does not say (stage, topics, evidence) stays empty."""
    kind = file.kind
    if kind == "experience" and PRACTICE_TAGS & {str(t).lower() for t in raw.get("tags") or ()}:
        kind = "common_practice"
    address, credit = _address(raw), str(raw["attribution"])
    line: dict[str, Any] = {
        "id": str(raw["id"]).replace("_", "-"),
        "kind": kind,
        "state": "published",
        "authors": [{"name": name, "role": "author"} for name in _names(raw) or [credit[:120]]],
        "source": {"url": address, "licence": raw["licence"], "attribution": credit},
        "title": cut(str(raw["title"]), TITLE),
        "summary": summary(str(raw["text"])),
        "language": raw["language"],
        "countries": [file.country],
        "sources": [{"title": raw["source"], "url": address, "language": raw["language"]}],
        "licence": _licence(str(raw["licence"])),
    }
    if raw.get("date"):
        line["start"] = str(raw["date"])[:7]
    return line | _body(kind, line["title"], str(raw["text"]))


def summary(text: str) -> str:
    """The first whole sentences, headings left out, as many as the field holds."""
    paragraphs = [" ".join(p.split()) for p in re.split(r"\n\s*\n", text)]
    told = [p for p in paragraphs if re.search(r"[.!?…:][”\"»)]*$", p)] or paragraphs
    found = ""
    for sentence in _SENTENCE_END.split(" ".join(told)[: 10 * SUMMARY]):
        longer = f"{found} {sentence}".strip()
        if len(longer) > SUMMARY:
            break
        found = longer
    return found or cut(" ".join(told), SUMMARY)


def cut(text: str, limit: int) -> str:
    """The text, or as many of its words as fit with an ellipsis."""
    text = " ".join(text.split())
    return text if len(text) <= limit else text[:limit].rsplit(" ", 1)[0].rstrip(" ,;:–-") + "…"


def convert(folder: Path, out: Path) -> dict[str, int]:
    """Write all import lines; how many by file. Raises ValueError for a line that cannot be imported."""
    counts: dict[str, int] = {}
    lines: list[str] = []
    for file in FILES:
        made = list(_lines(file, folder / f"{file.name}.jsonl"))
        counts[file.name] = len(made)
        lines += made
    out.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return counts


def _lines(file: File, path: Path) -> Iterator[str]:
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            line = record(file, json.loads(text))
        except (KeyError, ValueError) as wrong:
            raise ValueError(f"{path.name}, line {number}: {wrong!r}") from wrong
        _, problems = checks.shape(registry()[line["kind"]], line, registry().vocabularies)
        if problems:
            raise ValueError(f"{path.name}, line {number}: {'; '.join(map(str, problems))}")
        yield json.dumps(line, ensure_ascii=False)


def _body(kind: str, title: str, text: str) -> dict[str, Any]:
    """The text in the prose of its kind, whole: limits of prose guide writers and stop nothing published."""
    if kind == "training":
        return {"process_name": cut(title, 150), "steps": [{"title": title, "instructions": text}]}
    return {"how_it_works" if kind == "common_practice" else "what_we_did": text}


def _address(raw: Mapping[str, Any]) -> str:
    if raw.get("url"):
        return str(raw["url"])
    return f"https://github.com/{raw['repo']}/blob/{raw['commit']}/{quote(str(raw['path']))}"


def _names(raw: Mapping[str, Any]) -> list[str]:
    """Names as people write them; the bare log-in names of some blogs are no names."""
    return [cut(str(name), 119) for name in raw.get("authors") or () if " " in str(name).strip()]


def _licence(words: str) -> str:
    for start, term in (("CC0", "cc0-1.0"), ("MIT", "mit"), ("Apache", "apache-2.0")):
        if words.startswith(start):
            return term
    raise ValueError(f"no term for the licence {words!r}")


def main(arguments: list[str]) -> int:
    """The command."""
    if len(arguments) != 2:
        print("usage: python -m bench.corpus DIR OUT.jsonl", file=sys.stderr)
        return 2
    try:
        counts = convert(Path(arguments[0]), Path(arguments[1]))
    except (OSError, ValueError) as wrong:
        print(wrong, file=sys.stderr)
        return 1
    for name, count in counts.items():
        print(f"{count:6} {name}")
    print(f"{sum(counts.values()):6} lines in {arguments[1]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

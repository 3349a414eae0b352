"""The house rules that a machine can check: imports, empty packages, mirrored tests, short files, one door."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("knowledge", "search", "workflows")


def modules(*packages: str) -> list[Path]:
    """All modules of these packages, relative to the checkout."""
    return sorted(p.relative_to(ROOT) for package in packages for p in (ROOT / package).rglob("*.py"))


def lines_with(pattern: str) -> list[str]:
    """`file:line` of every line of the program that matches."""
    return [
        f"{path.as_posix()}:{number}"
        for path in modules(*PACKAGES)
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1)
        if re.search(pattern, line)
    ]


def test_the_import_contracts_hold() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert re.search(r"Contracts: [5-9]\d* kept, 0 broken", done.stdout)


@pytest.mark.parametrize("path", [p for p in modules(*PACKAGES, "tests", "bench") if p.name == "__init__.py"], ids=str)
def test_a_package_is_a_docstring_and_no_more(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text())
    assert len(tree.body) == 1
    assert ast.get_docstring(tree)


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=str)
def test_a_module_opens_with_its_reason_to_exist_and_stays_short(path: Path) -> None:
    text = (ROOT / path).read_text()
    assert len(text.splitlines()) <= 400
    assert ast.get_docstring(ast.parse(text)) or "{" in path.name


def test_the_folders_of_the_tests_mirror_the_source() -> None:
    whole = {"bench", "browser", "faults", "journeys", "opensearch", "security"}  # whole stories, not units
    source = {p.parent.as_posix() for p in modules(*PACKAGES)}
    short = {s.removeprefix("knowledge/") for s in source}
    for folder in {p.relative_to("tests").parent.as_posix() for p in modules("tests")} - {"."}:
        assert folder.split("/")[0] in whole or folder in source | short, f"tests/{folder} mirrors nothing"


def test_every_test_is_named_as_a_sentence() -> None:
    names = [
        f"{path}: {node.name}"
        for path in modules("tests")
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and node.name.count("_") < 3
    ]
    assert names == []


def test_only_the_transaction_commits() -> None:
    assert {place.split(":")[0] for place in lines_with(r"\bsession\.commit\(")} == {"knowledge/storage/session.py"}


def test_only_the_one_door_changes_a_state() -> None:
    assert {place.split(":")[0] for place in lines_with(r"\.state\s*=(?!=)|\.state\s*=\s")} == {
        "knowledge/services/editorial.py"
    }


def test_no_service_knows_of_the_request() -> None:
    assert [p for p in lines_with(r"\bcurrent_user\b|\bflask\.g\b") if "/services/" in p] == []


def test_views_never_touch_tables_and_templates_never_ask() -> None:
    assert [p for p in lines_with(r"session\.(add|execute|scalars?|query|delete)\(") if "/web/" in p] == []
    asking = [t.name for t in (ROOT / "templates").rglob("*.html") if re.search(r"\.query\b|session\.", t.read_text())]
    assert asking == []


def test_nothing_is_called_manager_helper_or_utils() -> None:
    assert [p for p in modules(*PACKAGES) if re.search(r"(utils?|helpers?|common|misc|base_view)\.py$", p.name)] == []
    assert lines_with(r"^class \w*(Manager|Helper|Util)s?\b") == []


def test_these_checks_see_what_they_look_for() -> None:
    """The control: a search that found nothing anywhere would prove nothing."""
    assert lines_with(r"^from __future__")
    assert len(modules(*PACKAGES)) > 60

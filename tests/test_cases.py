"""Which test stands for which case: faults and attacks that must end well. `python -m tests.test_cases` prints the table.

A test says so by a marker: `@pytest.mark.case("X3", "X5")`. Each case has a control, a fault that is seeded and must be
caught, or that without which nothing would happen anyway: in a test whose name says so, at a line of it where a comment
says so (`# the control`), or in one that the marker names, `control="test_the_checker_sees_a_fault"` or
`control="security/test_x.py::test_y"`. The word in any other place, in a header or a page, says nothing.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from textwrap import dedent

CONTROL = re.compile(r"\bcontrol\b")
HERE = Path(__file__).parent
RANGES = """
X1-12 L1-5 L9-12 L15 L20 A2 A8 A10 A12 S5 S8 S9 S11 U1-11 E1-4 Q1-5 Q8 C1-8 F1-4 F7 F9-11 F15-16
""".split()


def ids(ranges: list[str]) -> list[str]:
    """`U1-3 Q5` as U1, U2, U3, Q5."""
    found = []
    for each in ranges:
        first, _, last = each[1:].partition("-")
        found += [f"{each[0]}{number}" for number in range(int(first), int(last or first) + 1)]
    return found


@dataclass(frozen=True)
class Marked:
    """A test that stands for cases."""

    file: str
    name: str
    cases: tuple[str, ...]
    control: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.file}::{self.name}"

    def shows_its_control(self, tests: set[str]) -> bool:
        """Whether a fault is seeded that it must catch: here, or in a test that exists."""
        if not self.control:
            return "control" in self.name.split("_") or any(CONTROL.search(each) for each in comments(self.text))
        return (self.control if "::" in self.control else f"{self.file}::{self.control}") in tests


def comments(text: str) -> Iterator[str]:
    """The comments in a piece of code: what stands in its strings is none."""
    for token in tokenize.generate_tokens(io.StringIO(dedent(text)).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def functions(folder: Path = HERE) -> Iterator[tuple[str, ast.FunctionDef, str]]:
    """Every test with the file it is in and its text."""
    for path in sorted(folder.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                lines = source.splitlines()[node.lineno - 1 : node.end_lineno]
                yield path.relative_to(folder).as_posix(), node, "\n".join(lines)


def marked(folder: Path = HERE) -> list[Marked]:
    """Every test that carries a case."""
    found = []
    for file, node, text in functions(folder):
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.case":
                cases = tuple(ast.literal_eval(each) for each in mark.args)
                named = {each.arg or "": ast.literal_eval(each.value) for each in mark.keywords}
                found.append(Marked(file, node.name, cases, named.get("control", ""), text))
    return found


def table(tests: list[Marked]) -> dict[str, list[str]]:
    """Case → the tests that stand for it."""
    found = defaultdict(list)
    for test in tests:
        for case in test.cases:
            found[case].append(test.place)
    return found


def test_every_case_has_a_test() -> None:
    found = table(marked())
    assert [case for case in ids(RANGES) if not found[case]] == []
    assert set(found) <= set(ids(RANGES)), "and no test stands for a case that there is not"


def test_every_case_has_a_control_and_every_control_that_is_named_exists() -> None:
    tests = {f"{file}::{node.name}" for file, node, _ in functions()}
    shown = [test for test in marked() if test.shows_its_control(tests)]
    assert [case for case in ids(RANGES) if not any(case in test.cases for test in shown)] == []
    assert [test.place for test in marked() if test.control and test not in shown] == []


def test_the_control_a_case_without_a_test_and_a_test_without_a_control_are_seen(tmp_path: Path) -> None:
    marker = "@pytest.mark.case"
    (tmp_path / "test_made.py").write_text(
        f'{marker}("X1")\ndef test_a():\n    assert not 1  # the control\n'
        f'{marker}("X1", "X2", control="test_a")\ndef test_b(): ...\n{marker}("Q5", control="test_z")\ndef test_c(): ...\n'
        f'{marker}("Q8")\ndef test_d(): ...\n'
        f'{marker}("Q8")\ndef test_e():\n    assert "# control" not in "Cache-Control, <audio controls>"  # box.controller\n'
        f'{marker}("Q8")\ndef test_the_control_of_f(): ...\n'
    )
    made = marked(tmp_path)
    tests = {test.place for test in made}
    assert table(made)["X1"] == ["test_made.py::test_a", "test_made.py::test_b"] and not table(made)["X3"]
    assert [test.name for test in made if not test.shows_its_control(tests)] == ["test_c", "test_d", "test_e"]
    assert ids(["X1-3", "Q5"]) == ["X1", "X2", "X3", "Q5"]


def test_a_name_that_begins_with_a_case_is_that_of_a_test_that_stands_for_it() -> None:
    """So that nobody takes the name for the marker."""
    carried, known = table(marked()), set(ids(RANGES))
    for file, node, _ in functions():
        parts = node.name.removeprefix("test_").upper().split("_")
        for case in takewhile(re.compile(r"[A-Z]\d+").fullmatch, parts):
            assert case not in known or f"{file}::{node.name}" in carried[case], f"{file}::{node.name}"


if __name__ == "__main__":
    found = table(marked())
    for case in ids(RANGES):
        print(case, *found[case], sep="\n    ")

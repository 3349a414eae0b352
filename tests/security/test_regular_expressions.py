"""Q4: no regular expression of ours can be made to take for ever."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CALLS = {"compile", "sub", "subn", "search", "match", "fullmatch", "split", "findall", "finditer"}


def ours() -> Iterator[tuple[str, str]]:
    """Every expression that is written down as one, and where."""
    for package in ("knowledge", "search", "workflows"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                    continue
                if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "re"):
                    continue
                if node.func.attr in CALLS and isinstance(first := node.args[0], ast.Constant):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", first.value


def repeats_in_repeats(parsed: Any, inside: bool = False) -> bool:
    """Whether something that repeats without end stands in something else that does: where backtracking explodes.

    Repeats that never give back what they took (possessive ones, atomic groups) do no harm.
    """
    for code, argument in parsed:
        endless = code in (c.MAX_REPEAT, c.MIN_REPEAT) and argument[1] is c.MAXREPEAT
        if endless and inside:
            return True
        if code is c.BRANCH:
            parts = argument[1]
        elif code in (c.MAX_REPEAT, c.MIN_REPEAT):
            parts = [argument[2]]
        elif code is c.SUBPATTERN:
            parts = [argument[3]]
        elif code in (c.ASSERT, c.ASSERT_NOT):
            parts = [argument[1]]
        else:
            continue
        if any(repeats_in_repeats(part, inside or endless) for part in parts):
            return True
    return False


@pytest.mark.case("Q4", control="test_Q4_the_control_expressions_that_explode_are_known")
@pytest.mark.parametrize(("where", "expression"), [pytest.param(*each, id=each[0]) for each in ours()])
def test_Q4_no_endless_repeat_stands_in_another(where: str, expression: str) -> None:
    assert not repeats_in_repeats(_parser.parse(expression)), f"{where} can be made to backtrack for ever"


@pytest.mark.case("Q4")
@pytest.mark.parametrize("bad", ["(a+)+$", "(?:a|b*)*c", "(x+x+)+y", "(\\s*,\\s*)*$"])
def test_Q4_the_control_expressions_that_explode_are_known(bad: str) -> None:
    assert repeats_in_repeats(_parser.parse(bad)) and re.compile(bad)

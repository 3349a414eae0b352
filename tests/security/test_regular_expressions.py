"""Q4: no regular expression of ours can be made to take for ever."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from re import _constants as c  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

from tests.security.expressions import PACKAGES, ROOT

CALLS = {"compile", "sub", "subn", "search", "match", "fullmatch", "split", "findall", "finditer"}


def calls(root: Path = ROOT) -> Iterator[tuple[str, ast.Call]]:
    """Every use of an expression, and where."""
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                    continue
                if isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.func.attr in CALLS:
                    yield f"{path.relative_to(root)}:{node.lineno}", node


def written() -> Iterator[tuple[str, str]]:
    """Every expression that is written down as one, and where."""
    for where, call in calls():
        if isinstance(first := call.args[0], ast.Constant):
            yield where, first.value


def repeats_in_repeats(parsed: Any, inside: bool = False) -> bool:
    """Whether something that repeats without end stands in something else that does: where backtracking explodes.

    Repeats that never give back what they took (possessive ones, atomic groups) do no harm to what they stand in; what
    stands in them is looked at by itself.
    """
    for code, argument in parsed:
        endless = code in (c.MAX_REPEAT, c.MIN_REPEAT) and argument[1] is c.MAXREPEAT
        if endless and inside:
            return True
        alone = code in (c.POSSESSIVE_REPEAT, c.ATOMIC_GROUP)
        if any(repeats_in_repeats(part, not alone and (inside or endless)) for part in _parts(code, argument)):
            return True
    return False


def _parts(code: Any, argument: Any) -> list[Any]:
    if code is c.BRANCH:
        return list(argument[1])
    if code in (c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT):
        return [argument[2]]
    if code is c.SUBPATTERN:
        return [argument[3]]
    if code is c.ATOMIC_GROUP:
        return [argument]
    if code in (c.ASSERT, c.ASSERT_NOT):
        return [argument[1]]
    return [part for part in argument[1:] if part] if code is c.GROUPREF_EXISTS else []


@pytest.mark.case("Q4", control="test_Q4_the_control_expressions_that_explode_are_known")
@pytest.mark.parametrize(("where", "expression"), [pytest.param(*each, id=each[0]) for each in written()])
def test_Q4_no_endless_repeat_stands_in_another(where: str, expression: str) -> None:
    assert not repeats_in_repeats(_parser.parse(expression)), f"{where} can be made to backtrack for ever"


@pytest.mark.case("Q4", control="test_Q4_the_control_expressions_that_explode_are_known")
def test_Q4_nor_in_an_expression_that_is_made_of_parts() -> None:
    run = subprocess.run([sys.executable, "-m", "tests.security.expressions"], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    made = json.loads(run.stdout)
    bad = [where for where, expression, flags in made if repeats_in_repeats(_parser.parse(expression, flags))]
    assert bad == [], "can be made to backtrack for ever"
    seen = {where for where, *_ in made}
    parts = [where for where, call in calls() if not isinstance(call.args[0], ast.Constant)]
    assert parts and [where for where in parts if where not in seen] == [], (
        "call these in tests/security/expressions.py"
    )
    assert any("search/language.py" in where for where in parts), "the control: that of words is one of them"


@pytest.mark.case("Q4")
@pytest.mark.parametrize("bad", ["(a+)+$", "(?:a|b*)*c", "(x+x+)+y", "(\\s*,\\s*)*$", "(?:(a+)+b)*+", "(?>(a*)*b)"])
def test_Q4_the_control_expressions_that_explode_are_known(bad: str) -> None:
    assert repeats_in_repeats(_parser.parse(bad)) and re.compile(bad)


@pytest.mark.case("Q4")
@pytest.mark.parametrize("good", ["a+(?:-a+)?", "(?:-a++)*", "(?:a*+b)*+c*", "(?>a*)*b"])
def test_Q4_the_control_expressions_that_never_give_back_are_let_be(good: str) -> None:
    assert not repeats_in_repeats(_parser.parse(good)) and re.compile(good)

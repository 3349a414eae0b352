"""The README never differs from the program: settings, workflow, targets, paths."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from knowledge.settings import described
from workflows.definition import Workflow
from workflows.diagram import mermaid, permission_table
from workflows.editorial import EDITORIAL
from workflows.known import WORKFLOWS

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def readme() -> str:
    return (ROOT / "README.md").read_text()


@pytest.mark.parametrize(("name", "default", "about"), described())
def test_every_setting_stands_there_with_its_default(readme: str, name: str, default: str, about: str) -> None:
    row = next((line for line in readme.splitlines() if f"`{name}`" in line and line.startswith("|")), "")
    assert row, f"{name} is not in the README"
    cell = row.split("|")[2].strip()
    assert cell == (f"`{default}`" if default else "empty")
    assert about in row


def test_no_setting_stands_there_that_does_not_exist(readme: str) -> None:
    known = {name for name, _, _ in described()} | {"PRAXIS_REQUIRE_SERVICES", "PRAXIS_TEST_POSTGRES"}
    assert set(re.findall(r"PRAXIS_[A-Z][A-Z_]+", readme)) <= known


@pytest.mark.parametrize("flow", WORKFLOWS.values(), ids=[*WORKFLOWS])
def test_the_picture_of_each_workflow_is_the_workflow(readme: str, flow: Workflow) -> None:
    assert f"```mermaid\n{mermaid(flow)}```" in readme


def test_the_table_of_permissions_is_the_workflow_s(readme: str) -> None:
    assert permission_table(EDITORIAL) in readme


def test_every_make_target_it_names_exists(readme: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"`make ([a-z-]+)", readme)) | set(re.findall(r"^\s*make ([a-z-]+)", readme, re.M))
    assert named
    assert named <= targets


def test_every_folder_and_module_it_names_exists(readme: str) -> None:
    paths = re.findall(r"`((?:knowledge|search|workflows|tests|bench|templates|docs)/[\w/.-]*)`", readme)
    assert paths
    assert [p for p in paths if not (ROOT / p).exists()] == []

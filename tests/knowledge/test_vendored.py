"""What others wrote for the browser is what was copied: version, licence and content as the manifest says."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

VENDOR = Path("knowledge/static/vendor")
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())


def test_every_file_is_the_one_that_was_copied_and_there_is_no_other() -> None:
    named = {VENDOR / "manifest.json"}
    for name, about in MANIFEST.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", about["version"]) and about["licence"] in ("MIT", "ISC")
        for file, digest in about["sha256"].items():
            path = VENDOR / f"{name}@{about['version']}" / file
            assert hashlib.sha256(path.read_bytes()).hexdigest() == digest, path
            named.add(path)
        assert "LICENSE" in about["sha256"]
    assert {p for p in VENDOR.rglob("*") if p.is_file()} == named


def test_modules_import_only_what_is_there_under_a_version() -> None:
    found = 0
    for module in Path("knowledge/static/writing").glob("*.js"):
        for target in re.findall(r'from "([^"]+)"', module.read_text()):
            assert (module.parent / target).is_file() and "@" in target, (module, target)
            found += 1
    assert found >= 3

"""Every regular expression that is made of parts, with the place it is made at: `python -m tests.security.expressions`.

Whoever only reads the sources sees those that stand there as one text. This one imports everything and notes what is
compiled, in a process of its own, because what was imported before is not compiled again. Prints a JSON list of
[place, expression, flags].
"""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PACKAGES = ("knowledge", "search", "workflows")


def made() -> list[tuple[str, str, int]]:
    """Import everything, call what makes an expression of its arguments, and note what is compiled."""
    found: dict[tuple[str, str, int], None] = {}
    compiled = re._compile  # type: ignore[attr-defined]

    def noting(pattern: Any, flags: Any) -> Any:
        frame = sys._getframe(1)
        while frame.f_code.co_filename == re.__file__ and frame.f_back:
            frame = frame.f_back
        path, result = Path(frame.f_code.co_filename), compiled(pattern, flags)
        if path.is_relative_to(ROOT) and path.relative_to(ROOT).parts[0] in PACKAGES:
            text = result.pattern if isinstance(result.pattern, str) else result.pattern.decode("latin-1")
            found[(f"{path.relative_to(ROOT)}:{frame.f_lineno}", text, result.flags)] = None
        return result

    re._compile = noting  # type: ignore[attr-defined]
    for name in PACKAGES:
        for module in pkgutil.walk_packages(importlib.import_module(name).__path__, f"{name}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)
    called()
    re._compile = compiled  # type: ignore[attr-defined]
    return list(found)


def called() -> None:
    """What makes an expression only when it is called."""
    from knowledge.content import videos
    from knowledge.derive import controls, posted
    from search import language

    language.finder(frozenset("aé"))
    posted._pattern("media")
    list(controls.Rows._extract_indices(None, "media", {"media-1": ""}))  # type: ignore[arg-type]
    for host in videos.HOSTS:
        videos.video(f"https://{min(host.domains)}/watch")


if __name__ == "__main__":
    print(json.dumps(made()))

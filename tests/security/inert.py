"""What could run in a page: an oracle that several attacks share."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

RUNS = {"script", "iframe", "frame", "object", "embed", "applet", "svg", "math", "style", "base", "template", "xmp"}
SCHEMES = ("javascript:", "vbscript:", "data:", "livescript:", "feed:", "view-source:", "file:")
OUR_PICTURES = {"bars", "world"}  # classes that pages give to drawings of their own; no writer can give any
ADDRESSES = {"href", "src", "action", "formaction", "poster", "background", "xlink:href", "cite", "data", "ping"}


class Alarms(HTMLParser):
    """Collects scripts, handlers, foreign frames, styles and script addresses of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        own = tag == "svg" and given.get("class") in OUR_PICTURES
        if tag in RUNS and not own and not (tag == "script" and (given.get("src") or "").startswith("/static/")):
            self.found.append(tag)
        if tag == "meta" and (given.get("http-equiv") or "").lower() not in ("", "content-type"):
            self.found.append(f"meta {given}")
        for name, value in attrs:
            bare = re.sub(r"[\x00-\x20\u00ad\u200b]", "", value or "").lower()
            if name.startswith("on") or name in ("style", "srcdoc"):
                self.found.append(f"{tag} {name}={value}")
            if name in ADDRESSES and bare.startswith(SCHEMES) and not bare.startswith("data:,"):
                self.found.append(f"{tag} {name}={value}")


def alarms(page: str) -> list[str]:
    """Everything in this page that could run."""
    return Alarms(page).found


def strings(payloads: Path, every: int, first: int = 0) -> list[str]:
    """Each n-th of all hostile texts: markup, templates, naughty strings."""
    found = [str(p["payload"]) for p in json.loads((payloads / "dompurify_expect.json").read_text())]
    found += [str(p["data"]) for p in json.loads((payloads / "html5sec.json").read_text())]
    found += json.loads((payloads / "blns.json").read_text())
    for name in ("ssti.txt", "sqli.txt", "unicode_naughty.txt", "csv_injection.txt", "crlf.txt"):
        found += (payloads / name).read_text(errors="replace").splitlines()
    return [s for s in found if s][first::every]

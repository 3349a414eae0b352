"""What pages weigh on the line: `python -m bench.weight [URL [LANGUAGE]]`.

Asks a running site with the demo content, as `make run` starts one, for its pages, in English unless told. Bytes of the
compressed answer, without headers: of the page alone, as on a later visit, and with everything it brings along on the
first one. Of the form to take along, which is one file, the bytes of the file; of a record's form, the bytes of the
page and of what is left without the record's own text, which may be as long as its writer likes. Prints a table beside
the limits, to which the tests hold the same pages.
"""

from __future__ import annotations

import http.cookiejar
import re
import sys
import urllib.parse
import urllib.request

import brotli
from rich.console import Console
from rich.table import Table

from knowledge.derive.offline import SIZE

ENCODINGS = "br, zstd, gzip"
PUBLIC = {  # page -> address, limits of a later and of a first visit
    "home": ("/", 15_000, 50_000),
    "results, every facet": ("/practices", 15_000, 50_000),
    "results of words": ("/practices?q=framework&country=KEN", 15_000, 50_000),
    "a record": ("/practices/demo-framework-hospital-consumables/", 15_000, 50_000),
    "map": ("/practices/map", 30_000, 65_000),
    "gap map": ("/practices/gaps", 30_000, 65_000),
}
LONG = "form of a long record: without, with its text"
WRITTEN = "demo-petits-lots-premiers-fournisseurs"  # a long record, in French, that apprentice1 may write on
KINDS = ("experience", "common_practice", "training", "follow_through")
FETCHED = (  # by the form's script, when it needs them
    "/static/vendor/idb@8.0.4/index.js",
    "/static/vendor/turndown@7.2.5/turndown.js",
    "/static/vendor/turndown-plugin-gfm@1.0.2/gfm.js",
    "/worker.js",
)


def weight(address: str, cookie: str = "", encodings: str = ENCODINGS) -> int:
    """Bytes of the body as it comes over the line."""
    asked = urllib.request.Request(address, headers={"Accept-Encoding": encodings, "Cookie": cookie})
    with urllib.request.urlopen(asked) as answer:
        return len(answer.read())


def brought(html: str) -> set[str]:
    """The addresses of style and script that a page brings along."""
    return set(re.findall(r'"(/static/[^"]+\.(?:css|js|svg|webp)[^"]*)"', html))


def page(site: str, path: str, cookie: str = "", more: tuple[str, ...] = ()) -> tuple[int, int]:
    """Bytes of a page on a later visit, and on the first one."""
    with urllib.request.urlopen(urllib.request.Request(site + path, headers={"Cookie": cookie})) as answer:
        address, html = answer.geturl(), answer.read().decode()
    later = weight(address, cookie)
    return later, later + sum(weight(site + each) for each in brought(html) | set(more))


def written(site: str, cookie: str) -> tuple[int, int]:
    """Bytes of the form of a long record on a later visit: without the record's own text, and as it is."""
    asked = urllib.request.Request(f"{site}/work/{WRITTEN}/edit", headers={"Cookie": cookie})
    with urllib.request.urlopen(asked) as answer:
        html = answer.read().decode()
    empty = re.sub(r"(<textarea[^>]*>)[^<]*", r"\1", html)
    empty = re.sub(r'(<input id="[^"]*" name="[^"]*") value="[^"]*"', r"\1", empty)
    own, whole = (len(brotli.compress(each.encode(), quality=6)) for each in (empty, html))  # as the site does it
    return own, whole


def offline(site: str, kind: str, cookie: str) -> int:
    """Bytes of the file that is the form of a kind, as it is saved."""
    return weight(f"{site}/work/new/{kind}/offline.html", cookie, "identity")


def signed_in(site: str, email: str, password: str) -> str:
    """The cookie of somebody who has signed in."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    form = browser.open(f"{site}/sign-in").read().decode()
    token = re.search(r'name="csrf_token" value="([^"]+)"', form)
    assert token is not None
    browser.open(
        f"{site}/sign-in",
        urllib.parse.urlencode({"email": email, "password": password, "csrf_token": token[1]}).encode(),
    )
    return "; ".join(f"{each.name}={each.value}" for each in jar)


def main(site: str = "http://127.0.0.1:8000", language: str = "en") -> None:
    """The command."""
    chosen = f"praxis-language={language}"
    table = Table(title=f"kilobytes on the line, compressed ({language})")
    for column in ("page", "later visit", "limit", "first visit", "limit "):
        table.add_column(column, justify="left" if column == "page" else "right")
    rows = [(name, page(site, path, chosen), later, first) for name, (path, later, first) in PUBLIC.items()]
    cookie = f"{chosen}; " + signed_in(site, "apprentice1@example.org", "procurement-demo")
    for kind in KINDS:
        rows.append((f"form: {kind}", page(site, f"/work/new/{kind}", cookie, FETCHED), 20_000, 120_000))
    rows.append((LONG, written(site, cookie), 20_000, 120_000))
    for kind in KINDS:
        size = offline(site, kind, cookie)
        rows.append((f"file: {kind}", (size, size), SIZE, SIZE))
    for name, (later, first), most, most_first in rows:
        told = (f"{later / 1000:.1f}", f"{most / 1000:.0f}", f"{first / 1000:.1f}", f"{most_first / 1000:.0f}")
        table.add_row(name, *told)
    Console(width=100).print(table)


if __name__ == "__main__":
    main(*sys.argv[1:3])

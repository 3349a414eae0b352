"""A page on which hostile HTML is tried out: each way of running something is told of, and each request is kept.

A document is a frame of that page. What runs in it is counted for the document; nothing leaves for a real host.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

ORIGIN = "http://praxis.test"
ENDLESS, WHOLE = 1500, 120_000  # milliseconds that a document has: one that may never end, one that must be there whole
TAGS = "P BR HR H3 H4 H5 H6 STRONG EM S CODE PRE BLOCKQUOTE UL OL LI A TABLE THEAD TBODY TR TH TD".split()
ATTRIBUTES = ["A href", "A title", "A rel", "OL start", "TH scope"]
WATCH = """
(() => {
  const here = () => { try { return window.frameElement?.dataset.n ?? "" } catch { return "" } };
  const ran = how => console.log(`RAN ${here()} ${how}`);
  for (const name of ["alert", "confirm", "prompt", "print", "open", "canary"])
    window[name] = () => { ran(name); return null };
  for (const name of ["cookie", "domain"])
    Object.defineProperty(document, name, {get: () => { ran(name); return "" }, set: () => ran(name)});
  const bad = node => node.localName && (["script", "iframe", "object", "embed", "frame"].includes(node.localName)
    || [...(node.attributes[Symbol.iterator] ? node.attributes : [])].some(a => a.name.startsWith("on")));
  if (window !== top) new MutationObserver(seen => seen.forEach(each =>
    [each.target, ...each.addedNodes].filter(bad).forEach(node => console.log(`SEEN ${here()} ${node.localName}`))
  )).observe(document, {childList: true, subtree: true, attributes: true});
})()
"""
LOAD = """
([documents, patience]) => Promise.all(documents.map(([number, html]) => new Promise(done => {
  const frame = document.createElement("iframe");
  frame.dataset.n = number;
  frame.onload = frame.onerror = done;
  setTimeout(done, patience);  // some never come to an end
  frame.sandbox = "allow-scripts allow-same-origin allow-forms allow-popups";  // it may not take the whole page away
  frame.srcdoc = html;
  document.body.append(frame);
})))
"""
# as a reader might: over it, into it, a press on it; links that lead to another page are not followed
TOUCH = """
() => {
  for (const frame of document.querySelectorAll("iframe[data-n]")) {
    const inside = frame.contentDocument;
    if (!inside) continue;
    inside.addEventListener("click", event => {
      const link = event.target.closest?.("a, area");
      if (link && ["http:", "https:", "mailto:", "file:", ":"].includes(link.protocol)) event.preventDefault();
    }, true);
    for (const element of [...inside.querySelectorAll("*")].slice(0, 20000))
      for (const kind of ["mouseover", "focus", "toggle", "click"])
        element.dispatchEvent(new MouseEvent(kind, {bubbles: true, cancelable: true}));
  }
}
"""
# every document has its pieces of HTML in <main>, each in a section of its own: is all of it where it was put?
LOOK = """
([tags, attributes]) => [...document.querySelectorAll("iframe[data-n]")].flatMap(frame => {
  const inside = frame.contentDocument, found = [];
  const main = inside.querySelector("main"), count = Number(main.dataset.pieces);
  const say = what => found.push(`${frame.dataset.n}: ${what}`);
  if (inside.body.children.length !== 1 || inside.head.children.length) say("something beside the pieces");
  if (main.children.length !== count) say(`${main.children.length} pieces of ${count}`);
  for (const piece of main.children) {
    if (piece.localName !== "section" || piece.attributes.length) say("no piece");
    for (const element of piece.querySelectorAll("*")) {
      if (!tags.includes(element.tagName)) say(element.outerHTML.slice(0, 200));
      for (const {name} of element.attributes)
        if (!attributes.includes(`${element.tagName} ${name}`)) say(element.outerHTML.slice(0, 200));
      // an address that the browser cannot read leads nowhere, and has ":" for its protocol
      if (element.hasAttribute("href") && !["http:", "https:", "mailto:", ":"].includes(element.protocol))
        say(element.outerHTML.slice(0, 200));
    }
    const walk = inside.createTreeWalker(piece, NodeFilter.SHOW_COMMENT | NodeFilter.SHOW_PROCESSING_INSTRUCTION);
    while (walk.nextNode()) say("a comment");
  }
  return found;
})
"""
AGAIN = "pieces => pieces.map(html => { const a = document.createElement('section'); a.innerHTML = html; return a.innerHTML })"


@dataclass
class Found:
    """What hostile HTML came to. `ran`: the numbers of the documents in which something ran, "" where it hid that."""

    ran: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    astray: list[str] = field(default_factory=list)


class Yard:
    """The page, with the policy of the site switched off: what is judged is what the sanitiser lets through."""

    def __init__(self, browser: Any) -> None:
        self.found = Found()
        self._context = browser.new_context(bypass_csp=True)
        self._context.add_init_script(WATCH)
        self._context.on("request", self._asked)
        # where it leads away, "nothing there" leaves the page as it is
        self._context.route("**/*", lambda r: r.fulfill(status=204) if r.request.is_navigation_request() else r.abort())
        self._context.route(f"{ORIGIN}/", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
        self._context.on("console", self._told)
        self.page = self._context.new_page()
        self._context.on("page", lambda page: page.close())
        self.page.goto(f"{ORIGIN}/")

    def documents(self, documents: Sequence[str], look: bool = False) -> None:
        """Each as a document of its own, touched and left alone for a moment; looked at when it is there whole."""
        self.page.goto(f"{ORIGIN}/")
        patience = WHOLE if look else ENDLESS
        self.page.evaluate(LOAD, [[[str(number), html] for number, html in enumerate(documents)], patience])
        if look:
            self.found.astray += self.page.evaluate(LOOK, [TAGS, ATTRIBUTES])
        self.page.evaluate(TOUCH)
        self.page.wait_for_timeout(200)  # for what waits for an error or a timer

    def pieces(self, pieces: Sequence[str], together: int = 100) -> None:
        """Many in each document, as they stand in the pages of the site, and whether each stayed where it was put."""
        batches = [pieces[start : start + together] for start in range(0, len(pieces), together)]
        self.documents([_document(batch) for batch in batches], look=True)

    def again(self, pieces: Sequence[str]) -> list[str]:
        """What the browser makes of each when a script puts it in and takes it out again."""
        return list(self.page.evaluate(AGAIN, list(pieces)))

    def close(self) -> None:
        self._context.close()

    def _told(self, message: Any) -> None:
        kind, _, rest = message.text.partition(" ")
        if kind == "RAN":
            self.found.ran.append(rest.split(" ")[0])
        elif kind == "SEEN":
            self.found.seen.append(rest)

    def _asked(self, request: Any) -> None:
        if request.url != f"{ORIGIN}/" and not request.url.startswith("about:"):
            self.found.asked.append(request.url)


def _document(pieces: Sequence[str]) -> str:
    inside = "".join(f"<section>{piece}</section>" for piece in pieces)
    return f'<!doctype html><main data-pieces="{len(pieces)}">{inside}</main>'

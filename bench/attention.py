"""What a resubmission asks of a coach: `python -m bench.attention`.

Makes a site with the demo content and on it records that came back with one, two and three points addressed, opens
what the coach opens, and counts: the words in sight from the top of the page of review down to the decision, presses,
and pages. Words are what people wrote, what the page says (headings, sentences, states), and its controls (labels,
buttons, links), which who works with them knows by their place. From these a time, with the controls and without:

- 238 words a minute, the average of silent reading of prose in English (Brysbaert, How many words do we read per
  minute?, Journal of Memory and Language 109, 2019);
- 2.65 s for a press: making up one's mind 1.35, pointing 1.1, a click 0.2, the operators M, P and BB of the
  keystroke-level model (Card, Moran, Newell, Communications of the ACM 23(7), 1980);
- 2 s until a page has come.

A person is not a formula: it compares one state of a page with another, and with reading the whole record.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.site import silent
from knowledge import setup
from knowledge.app import create_app
from knowledge.services import authoring, discussion, review
from knowledge.services.editorial import advance
from knowledge.services.scoring import Given
from knowledge.services.site import Site
from knowledge.settings import Settings

READ, PRESS, LOAD = 238 / 60, 2.65, 2.0  # words a second; seconds
THEIRS = {"words", "diff", "lead"}  # classes of what people wrote
VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "wbr"}
CONTROLS = {"label", "legend", "button", "summary", "select", "a"}
UNSEEN = {"script", "style", "template", "textarea", "title"}
COACH, AUTHOR, MANAGER = "coach1@example.org", "apprentice1@example.org", "manager@example.org"
PASSWORD, PROGRAMME = "procurement-demo", "innovative-procurement-reforms"
WRITTEN = "demo-framework-hospital-consumables"  # the record of the demo that the made-up ones are copies of
SAYS = "Figures and dates are in now; the letter of the ministry is in the sources."
ROUND = (  # field, the coach's point, the author's answer, what she put in
    ("results", "How many days did it take before, and how many after?", "Both are from the register.",
     " An order took 31 days in the year before and 9 in the year after."),
    ("context", "Who had asked for this, and when?", "The ministry did; I name its letter.",
     " The ministry of health had asked for it by letter in March 2019."),
    ("lessons", "Say what you would do in another order.", "I would begin with the suppliers.",
     " Talk to the suppliers before the specification is written: two of seven could not deliver in such lots."),
)  # fmt: skip


@dataclass(frozen=True)
class Sight:
    """Words in sight: what people wrote, what the page says, and its controls."""

    theirs: int
    said: int
    controls: int

    def __add__(self, other: Sight) -> Sight:
        """Both, one after the other."""
        return Sight(self.theirs + other.theirs, self.said + other.said, self.controls + other.controls)

    @property
    def read(self) -> int:
        """Those that are read."""
        return self.theirs + self.said

    @property
    def all(self) -> int:
        """All of them."""
        return self.read + self.controls


def seconds(words: int, pages: int, presses: int) -> float:
    """How long so many words, pages and presses take."""
    return words / READ + pages * LOAD + presses * PRESS


class _Eye(HTMLParser):
    """Reads a page as an eye does: what is hidden, folded away or not chosen is not there."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.seen: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Go into an element."""
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        """Leave it, and what was left open in it."""
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Count the words, if they can be seen."""
        if self._hidden():
            return
        if any(THEIRS & set((more.get("class") or "").split()) for _, more in self.open):
            kind = "theirs"
        else:
            kind = "controls" if CONTROLS & {tag for tag, _ in self.open} else "said"
        self.seen[kind] += sum(1 for word in data.split() if re.search(r"\w", word))

    def _hidden(self) -> bool:
        inside = [tag for tag, _ in self.open]
        for place, (tag, more) in enumerate(self.open):
            if tag in UNSEEN or "hidden" in more or "hide" in (more.get("class") or "").split():
                return True
            if tag == "option" and "selected" not in more:
                return True
            if tag == "details" and "open" not in more and "summary" not in inside[place + 1 : place + 2]:
                return True
        return False


def sight(html: str) -> Sight:
    """The words of a piece of a page."""
    eye = _Eye()
    eye.feed(html)
    return Sight(eye.seen["theirs"], eye.seen["said"], eye.seen["controls"])


def to_decide(html: str) -> str:
    """Of the page of a review what stands before the whole record: what changed, the points, the decision."""
    main = html[html.index("<main") : html.index("</main>")]
    return main[: main.index("<hr>")]


def whole(html: str) -> str:
    """All of its page."""
    return html[html.index("<main") : html.index("</main>")]


def line_of(html: str, record_id: str) -> str:
    """Of the coach's list the line of a record."""
    at = html.index(f'/review/{record_id}"')
    return html[html.rindex("<li", 0, at) : html.index("</li>", at)]


def resubmitted(site: Site, points: int) -> str:
    """A record that was returned with so many points, and came back with each of them addressed; its id."""
    author, coach = setup.actor_of(site, AUTHOR), setup.actor_of(site, COACH)
    values = dict(site.ask(authoring.open_desk, setup.actor_of(site, MANAGER), WRITTEN).values)
    values["title"] = "One framework for gloves and syringes in eleven hospitals"
    record_id = str(site.act(authoring.start, author, "experience", values, f"attention-{points}", PROGRAMME).id)
    site.act(advance, author, record_id, "submit", words="Please read it.", seen=1)
    threads = [
        site.act(discussion.begin, coach, record_id, about=field, text=point).id
        for field, point, _, _ in ROUND[:points]
    ]
    given = Given({0: ("met", ""), 1: ("partly", "")}, str(values["evidence"]), "")
    site.act(review.decide, coach, record_id, "request-changes", words="Nearly there.", seen=1, given=given)
    for field, _, _, put_in in ROUND[:points]:
        values[field] = _longer(values[field], put_in)
    replies = {thread: reply for thread, (_, _, reply, _) in zip(threads, ROUND, strict=False)}
    site.act(authoring.save, author, record_id, values, 1, discussion.Answers(replies, tuple(threads)))
    site.act(advance, author, record_id, "submit", words=SAYS, seen=2)
    return record_id


def _longer(value: Any, more: str) -> Any:
    """An answer with some words more: prose at its end, of a list its last row."""
    return [*value[:-1], value[-1] + more] if isinstance(value, list) else str(value) + more


def measured(folder: Path) -> Iterator[tuple[int, Sight, Sight, Sight]]:
    """For one, two and three points: the line in the list, what is read to decide, and the whole page."""
    app = create_app(Settings(data_dir=str(folder), log_level="ERROR"))
    site = app.extensions["praxis"]
    setup.prepare(site, silent)  # type: ignore[arg-type]
    setup.load_demo(site, silent)  # type: ignore[arg-type]
    browser = app.test_client()
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/sign-in").text)
    assert token is not None
    browser.post("/sign-in", data={"email": COACH, "password": PASSWORD, "csrf_token": token[1]})
    for points in range(1, len(ROUND) + 1):
        record_id = resubmitted(site, points)
        waiting, page = browser.get("/review").text, browser.get(f"/review/{record_id}").text
        yield points, sight(line_of(waiting, record_id)), sight(to_decide(page)), sight(whole(page))
    site.engine.close()
    site.db.close()


def main() -> None:
    """The command."""
    table = Table(
        title="what a resubmission asks of a coach: words, and seconds by the formula (every control read as well)"
    )
    for column in (
        "points",
        "theirs",
        "the page says",
        "controls",
        "from the mail",
        "from the list",
        "the whole record",
    ):
        table.add_column(column, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        for points, line, page, record in measured(Path(folder)):
            ways = ((page, 1), (line + page, 2), (line + record, 2))
            times = (f"{seconds(s.read, n, 2):.0f} ({seconds(s.all, n, 2):.0f})" for s, n in ways)
            table.add_row(str(points), str(page.theirs), str(page.said), str(page.controls), *times)
    Console(width=120).print(table)


if __name__ == "__main__":
    main()

"""A browser without script, as far as forms go: it fills in what a page offers and presses one of its buttons.

Only what belongs to the form of the button is sent, as browsers do: what a page would lose, it loses here as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict

Attributes = dict[str, str]


@dataclass
class Control:
    """A field or a button; `form` is the number of the form it belongs to, -1 for none."""

    tag: str
    attributes: Attributes
    form: int
    value: str = ""
    words: str = ""

    @property
    def name(self) -> str:
        return self.attributes.get("name", "")

    @property
    def sent(self) -> bool:
        """Whether it is part of what its form sends."""
        kind = self.attributes.get("type", "")
        if not self.name or "disabled" in self.attributes or self.tag == "button" or kind in ("submit", "file"):
            return False
        return kind not in ("radio", "checkbox") or "checked" in self.attributes


@dataclass(repr=False)
class Page(HTMLParser):
    """The forms of a page, ready to be filled in."""

    html: str
    path: str
    forms: list[Attributes] = field(default_factory=list)
    controls: list[Control] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._inside = -1
        self._open: Control | None = None
        self.feed(self.html)
        ids = {form.get("id", ""): number for number, form in enumerate(self.forms)}
        for each in self.controls:
            each.form = ids.get(each.attributes["form"], -1) if "form" in each.attributes else each.form

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(given)
            self._inside = len(self.forms) - 1
        elif tag in ("input", "textarea", "select", "button"):
            usual = "on" if given.get("type") in ("radio", "checkbox") else ""
            found = Control(tag, given, self._inside, given.get("value", usual))
            self.controls.append(found)
            self._open = None if tag == "input" else found
        elif tag == "option" and self._open is not None:
            first = not self._open.words
            self._open.words += "."
            if first or "selected" in given:
                self._open.value = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = -1
        elif self._open is not None and tag == self._open.tag:
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._open.tag == "textarea":
            self._open.value += data
        elif self._open is not None and self._open.tag == "button":
            self._open.words += data

    def fill(self, name: str, value: str, form: str = "") -> None:
        """Write into the first field of this name, or choose among its buttons. `form`: part of the form's address."""
        mine = [c for c in self.controls if c.name == name and c.form >= 0 and form in self.forms[c.form]["action"]]
        assert mine, name
        if mine[0].attributes.get("type") in ("radio", "checkbox"):
            for each in mine:
                each.attributes.pop("checked", None)
                if each.value == value:
                    each.attributes["checked"] = ""
        else:
            mine[0].value = value

    def value(self, name: str) -> str | None:
        """What stands in the first field of this name, or is chosen; None for nothing."""
        return next((c.value.removeprefix("\n") for c in self.controls if c.name == name and c.sent), None)

    def press(self, browser: FlaskClient, words: str, form: str = "", **name_and_value: str) -> Any:
        """Press the first button with these words, and perhaps of this name and value. `form`: as above."""
        for each in self.controls:
            if each.tag != "button" or each.form < 0 or "disabled" in each.attributes or words not in each.words:
                continue
            address = each.attributes.get("formaction") or self.forms[each.form].get("action") or self.path
            if form in address and name_and_value.items() <= each.attributes.items():
                return browser.post(address.partition("#")[0], data=self._of(each))
        raise AssertionError(f"no button {words!r}")

    def _of(self, button: Control) -> MultiDict[str, str]:
        data: MultiDict[str, str] = MultiDict()
        for each in self.controls:
            if each.form == button.form and (each.sent or (each is button and each.name)):
                data.add(each.name, each.value.removeprefix("\n") if each.tag == "textarea" else each.value)
        return data


def opened(browser: FlaskClient, path: str) -> Page:
    """A page, called up."""
    answer = browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return Page(answer.text, path)

"""A record type that only exists here, with every kind of field, to show that a declaration is all a type needs."""

from __future__ import annotations

from typing import Any

from knowledge.content.facets import PARENT, Facet, Take
from knowledge.content.fields import (
    Choice,
    Choices,
    Contact,
    Country,
    File,
    Flag,
    Line,
    Lines,
    Link,
    Media,
    Need,
    Number,
    PartialDate,
    Period,
    Person,
    Prose,
    RecordRef,
    Table,
    Values,
    When,
)
from knowledge.content.registry import RecordType, Registry, Section
from knowledge.content.vocabularies import Term, Vocabularies, Vocabulary


def toy_vocabularies() -> Vocabularies:
    """Small lists: two levels of fruit, countries with traits, a retired colour."""
    return Vocabularies(
        (
            Vocabulary(
                "fruit",
                "Fruit",
                (
                    Term("citrus", {"en": "Citrus fruit", "fr": "Agrumes"}),
                    Term(
                        "lemon", {"en": "Lemon", "fr": "Citron"}, "citrus", {"en": "Yellow and sour."}, ("sour ball",)
                    ),
                    Term("orange", {"en": "Orange", "fr": "Orange"}, "citrus"),
                    Term("stone", {"en": "Stone fruit", "fr": "Fruits à noyau"}),
                    Term("plum", {"en": "Plum", "fr": "Prune"}, "stone", synonyms=("zwetschge",)),
                ),
            ),
            Vocabulary(
                "colours",
                "Colours",
                (
                    Term(
                        "red",
                        {"en": "Red", "fr": "Rouge"},
                        definitions={"en": "Like a poppy.", "fr": "Comme un coquelicot."},
                    ),
                    Term("blue", {"en": "Blue", "fr": "Bleu"}),
                    Term("mauve", {"en": "Mauve", "fr": "Mauve"}, retired=True),
                ),
            ),
            Vocabulary(
                "countries",
                "Countries",
                (
                    Term("GLOBAL", {"en": "Global", "fr": "Monde"}),
                    Term("KEN", {"en": "Kenya", "fr": "Kenya"}, traits={"region": "SSF", "income": "LMC"}),
                    Term("DEU", {"en": "Germany", "fr": "Allemagne"}, traits={"region": "ECS", "income": "HIC"}),
                    Term("ZAF", {"en": "South Africa", "fr": "Afrique du Sud"}, traits={"region": "SSF"}),
                ),
            ),
            Vocabulary(
                "regions",
                "Regions",
                (
                    Term("ECS", {"en": "Europe and Central Asia", "fr": "Europe et Asie centrale"}),
                    Term("SSF", {"en": "Sub-Saharan Africa", "fr": "Afrique subsaharienne"}),
                ),
            ),
            Vocabulary("kinds", "Kinds", (Term("toy", {"en": "Toy"}),)),
            Vocabulary("languages", "Languages", (Term("en", {"en": "English"}), Term("fr", {"en": "French"}))),
        )
    )


TOY_FACETS = (
    Facet("kind", "Kind", "kinds", Take.KIND),
    Facet("country", "Country", "countries", under="region", groups="regions", aliases=("region",)),
    Facet("fruit", "Fruit", "fruit", under=PARENT, groups="fruit"),
    Facet("colour", "Colour", "colours"),
    Facet("language", "Language", "languages"),
    Facet("year", "Year", "", Take.YEARS),
)


def _is_red(values: Values, vocabularies: Vocabularies) -> bool:
    return values.get("colour") == "red"


TOY = RecordType(
    id="toy",
    names={"en": "Toy", "fr": "Jouet"},
    sentence="Something to play with.",
    sections=(
        Section(
            "what",
            "What it is",
            (
                Line(id="title", label="Title", help="What is it?", need=Need.SAVE, weight=5, min=5, max=80),
                Prose(id="summary", label="Summary", need=Need.SUBMIT, weight=3, min=20, max=200),
                Choice(id="language", label="Language", vocabulary="languages", need=Need.SAVE, facets=("language",)),
                Choice(id="colour", label="Colour", vocabulary="colours", facets=("colour",), weight=1),
                Country(id="home", label="Made in", facets=("country",), weight=2),
                Choices(
                    id="fruit",
                    label="Fruit",
                    vocabulary="fruit",
                    ordered=True,
                    max_items=3,
                    min_items=1,
                    need=Need.SUBMIT,
                    facets=("fruit",),
                    weight=2,
                ),
                Choices(id="sold_in", label="Sold in", vocabulary="countries", facets=("country",)),
            ),
        ),
        Section(
            "when",
            "When and how much",
            (
                PartialDate(id="start", label="Started", day=True, facets=("year",)),
                PartialDate(id="end", label="Ended", after="start", ongoing=True, facets=("year",)),
                Period(id="golden", label="Golden years"),
                Number(id="price", label="Price", min=1, max=1000, unit="dollars"),
                Link(id="page", label="Page"),
                Person(id="maker", label="Maker", weight=1.5),
                RecordRef(id="like", label="Much like"),
                Prose(
                    id="warning",
                    label="Warning",
                    help="How can it break?",
                    example="Its **arm** comes off.",
                    need=When(_is_red, "because red toys break"),
                    weight=1,
                ),
            ),
        ),
        Section(
            "parts",
            "Parts",
            (
                Lines(id="rules", label="Rules", min_items=2, max_items=4, item_max=60, weight=1),
                Table(
                    id="steps",
                    label="Steps",
                    row="step",
                    weight=1,
                    max_items=5,
                    either=("who", "note"),
                    columns=(
                        Line(id="name", label="Name", max=40, need=Need.SUBMIT, weight=2),
                        Person(id="who", label="Who"),
                        Prose(id="note", label="Note"),
                        Choice(id="colour", label="Colour", vocabulary="colours", facets=("colour",)),
                        Choices(id="fruit", label="Fruit", vocabulary="fruit"),
                        PartialDate(id="begun", label="Begun", facets=("year",)),
                        PartialDate(id="done", label="Done", after="begun", ongoing=True, facets=("year",)),
                        Number(id="cost", label="Cost", unit="dollars"),
                        Link(id="proof", label="Proof"),
                        Line(id="secret", label="Secret", public=False),
                    ),
                ),
                Media(
                    id="shelf",
                    label="To see and hear",
                    row="thing",
                    weight=1,
                    max_items=4,
                    either=("file", "url"),
                    columns=(
                        File(id="file", label="File", weight=0.5),
                        Choice(id="type", label="Colour of the frame", vocabulary="colours"),
                        Link(id="url", label="Address"),
                        Line(id="alt", label="Description"),
                        Line(id="caption", label="Caption", need=Need.SUBMIT),
                        Line(id="consent", label="Consent", public=False),
                        Line(id="credit", label="Credit"),
                        PartialDate(id="date", label="Date", facets=("year",)),
                    ),
                ),
                Contact(id="contact", label="Contact", weight=1),
                Flag(id="sharp", label="Sharp edges", weight=1),
                Flag(id="sensitive", label="Anything sensitive?", public=False),
                Line(id="data", label="A name WTForms uses itself", weight=1),
                Line(id="process", label="Another one"),
                Line(id="whisper", label="Not for everyone", public=False, weight=4),
            ),
        ),
    ),
    checks=("Is it a toy?",),
)

FULL: dict[str, Any] = {
    "title": "A wooden horse",
    "summary": "It **rolls** on four wheels, and a child can ride it.",
    "language": "en",
    "colour": "red",
    "home": "KEN",
    "fruit": ["lemon", "plum"],
    "sold_in": ["GLOBAL", "DEU"],
    "start": "2005-03-07",
    "end": "2012",
    "golden": "2006/2009-05",
    "price": 40,
    "page": "https://toys.example/horse?a=1&b=2",
    "maker": "Wanjiru Kamau",
    "like": "fact-001",
    "warning": "Keep it away from *fire*.",
    "rules": ["Ride slowly.", "Not on stairs."],
    "steps": [
        {
            "name": "Saw the body",
            "who": "Grandmother",
            "note": "From one piece.\n\nOak is best.",
            "colour": "blue",
            "fruit": ["orange"],
            "begun": "2004-01",
            "done": "ongoing",
            "cost": 0,
            "proof": "http://toys.example/saw",
            "secret": "hidden-in-a-row",
        },
        {"name": "Paint it", "note": "Twice."},
    ],
    "shelf": [
        {
            "file": "abcdefghij2345678923",
            "alt": "A horse of wood",
            "caption": "Ready to roll",
            "consent": "hidden-in-a-shelf",
            "credit": "Grandmother",
            "date": "2012",
        },
        {"url": "https://www.youtube.com/watch?v=abcdefghijk", "caption": "It rolls"},
    ],
    "contact": {"name": "Ann Asked", "reach": "ann@example.org", "show": "members"},
    "sharp": {"yes": True, "note": "The saw."},
    "sensitive": {"yes": True, "note": "hidden-in-a-flag"},
    "data": "Data",
    "process": "Process",
    "whisper": "hidden-in-a-line",
}


def toy_registry() -> Registry:
    """A site whose only type is the toy."""
    return Registry((TOY,), TOY_FACETS, toy_vocabularies())

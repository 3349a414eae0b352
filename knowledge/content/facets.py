"""The facets people filter by: declared once, fed by the fields that name them.

A field says which facets it feeds; a facet says what it takes from the field's value. To add one, add a line here
and its id to `facets=` of a field.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from knowledge.content.fields import N_


class Take(StrEnum):
    """What a facet takes from a value: the id itself, its group (and the ids themselves), or a trait of the term."""

    ITSELF = "itself"
    PARENT = "parent"
    TRAIT = "trait"
    YEARS = "years"
    KIND = "kind"


@dataclass(frozen=True)
class Facet:
    """One filter. `vocabulary` gives the labels; `trait` names the attribute of a term for `Take.TRAIT`.

    `open`: shown unfolded on a wide screen.
    """

    id: str
    label: str
    vocabulary: str
    take: Take = Take.ITSELF
    trait: str = ""
    open: bool = False


FACETS: tuple[Facet, ...] = (
    Facet("kind", N_("Kind of record"), "kinds", Take.KIND, open=True),
    Facet("country", N_("Country"), "countries", open=True),
    Facet("region", N_("Region"), "regions", Take.TRAIT, "region"),
    Facet("fragile", N_("Fragile setting"), "fragile_setting", Take.TRAIT, "fragile", open=True),
    Facet("income", N_("Income group"), "income_groups", Take.TRAIT, "income"),
    Facet("stage", N_("Reform stage"), "stages", open=True),
    Facet("topic_group", N_("Topic group"), "topics", Take.PARENT),
    Facet("topic", N_("Topic"), "topics", open=True),
    Facet("phase", N_("Procurement phase"), "phases"),
    Facet("level", N_("Level of government"), "levels"),
    Facet("sector", N_("Sector"), "sectors"),
    Facet("evidence", N_("Strength of evidence"), "evidence"),
    Facet("status", N_("Status of the reform"), "reform_status"),
    Facet("theme", N_("Collection"), "themes"),
    Facet("language", N_("Language"), "languages"),
    Facet("year", N_("Year"), "", Take.YEARS),
)

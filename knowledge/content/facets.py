"""The facets people filter by: declared once, fed by the fields that name them.

A field says which facets it feeds; a facet says what it takes from the field's value. To add one, add a line here
and its id to `facets=` of a field.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from knowledge.content.fields import N_
from knowledge.content.vocabularies import Vocabularies


class Take(StrEnum):
    """What a facet takes from a value: the id itself (and the group it stands in), or a trait of the term."""

    ITSELF = "itself"
    TRAIT = "trait"
    YEARS = "years"
    KIND = "kind"


PARENT = "parent"


@dataclass(frozen=True)
class Facet:
    """One filter. `vocabulary` gives the labels; `trait` names the attribute of a term for `Take.TRAIT`.

    `under`: what of a term names its group, `PARENT` or a trait; `groups`: the vocabulary of the groups. A record
    counts for its values and for their groups, so a group is chosen like any value. `aliases`: other names that
    addresses and queries may use. `open`: shown unfolded on a wide screen.
    """

    id: str
    label: str
    vocabulary: str
    take: Take = Take.ITSELF
    trait: str = ""
    under: str = ""
    groups: str = ""
    aliases: tuple[str, ...] = ()
    open: bool = False

    def group(self, value: str, vocabularies: Vocabularies) -> str:
        """The group that a value stands in, "" for none."""
        if not self.under or value not in vocabularies[self.vocabulary]:
            return ""
        term = vocabularies[self.vocabulary][value]
        return term.parent if self.under == PARENT else term.traits.get(self.under, "")

    def name(self, value: str, vocabularies: Vocabularies, language: str = "en") -> str:
        """What a value, or a group, is called."""
        for vocabulary in (self.vocabulary, self.groups):
            if vocabulary and value in vocabularies[vocabulary]:
                return vocabularies[vocabulary].name(value, language)
        return value


FACETS: tuple[Facet, ...] = (
    Facet("kind", N_("Kind of record"), "kinds", Take.KIND, open=True),
    Facet("country", N_("Country"), "countries", under="region", groups="regions", aliases=("region",), open=True),
    Facet("fragile", N_("Fragile setting"), "fragile_setting", Take.TRAIT, "fragile"),
    Facet("income", N_("Income group"), "income_groups", Take.TRAIT, "income"),
    Facet("stage", N_("Reform stage"), "stages", open=True),
    Facet("topic", N_("Topic"), "topics", under=PARENT, groups="topics", aliases=("topic_group",), open=True),
    Facet("phase", N_("Procurement phase"), "phases"),
    Facet("level", N_("Level of government"), "levels"),
    Facet("sector", N_("Sector"), "sectors"),
    Facet("evidence", N_("Strength of evidence"), "evidence"),
    Facet("status", N_("Status of the reform"), "reform_status"),
    Facet("theme", N_("Collection"), "themes"),
    Facet("language", N_("Language"), "languages"),
    Facet("year", N_("Year"), "", Take.YEARS),
)

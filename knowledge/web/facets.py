"""Facets as people see them: values under their groups, the most frequent first, what is chosen on top."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from knowledge.content.facets import Facet, Take
from knowledge.content.registry import Registry
from knowledge.web.params import Asked
from search import language as words
from search.query import Results

FEW = 12  # a vocabulary this small keeps its own order; a longer one goes by count
SHOWN = 10  # values of a long facet that the page of results shows; the others have a page of their own
SHORT = 16  # values that are all there, the last ones folded


@dataclass(frozen=True)
class FacetChoice:
    """One value of a facet: its count, the address of the search with it taken in or out, what stands below it.

    `address` is asked only for a choice that is shown: of a long facet that is one in ten.
    """

    value: str
    label: str
    count: int
    selected: bool
    address: Callable[[], str]
    below: tuple[FacetChoice, ...] = ()

    @property
    def url(self) -> str:
        """The address of the search with this value taken in or out."""
        return self.address()

    @property
    def with_all_below(self) -> Iterator[FacetChoice]:
        """This one, and all below it."""
        yield self
        yield from self.below


@dataclass(frozen=True)
class FacetView:
    """A facet as it is shown: `choices` are those of the upper level, `values` all that are no groups, in order."""

    id: str
    label: str
    open: bool
    choices: tuple[FacetChoice, ...]
    values: tuple[FacetChoice, ...]

    @property
    def selected(self) -> tuple[FacetChoice, ...]:
        """The chosen values and groups."""
        return tuple(c for top in self.choices for c in top.with_all_below if c.selected)

    @property
    def long(self) -> bool:
        """Whether there are more values than the page of results shows."""
        return len(self.values) > SHORT

    @property
    def shown(self) -> tuple[FacetChoice, ...]:
        """What the page of results shows: all of a short facet; of a long one all groups, and the most frequent."""
        if not self.long:
            return self.choices
        kept = {c.value for c in self.values[:SHOWN]} | {c.value for c in self.values if c.selected}
        tops = [replace(t, below=tuple(c for c in t.below if c.value in kept)) for t in self.choices]
        return tuple(t for t, whole in zip(tops, self.choices, strict=True) if whole.below or t.value in kept)


def facet_views(asked: Asked, results: Results, registry: Registry, language: str) -> list[FacetView]:
    """Every counted facet with its values in reading order, each with its toggle address."""
    views = (
        facet_view(asked, facet, results.facets.get(facet.id, {}), registry, language)
        for facet in registry.facets.values()
        if facet.take is not Take.YEARS
    )
    return [view for view in views if view.choices]


def facet_view(
    asked: Asked, facet: Facet, counted: Mapping[str, int], registry: Registry, language: str, by_name: bool = False
) -> FacetView:
    """One facet. `by_name`: in the order of names; else the chosen first, then by count."""
    chosen = asked.filters.get(facet.id, ())
    counts = {**dict.fromkeys(chosen, 0), **counted}
    names = {value: facet.name(value, registry.vocabularies, language) for value in counts}
    ordered = sorted(counts, key=_by_name(names) if by_name else _by_count(registry, facet, counts, chosen, names))
    groups = {value: facet.group(value, registry.vocabularies) for value in ordered}
    below: dict[str, list[str]] = {}
    for value, group in groups.items():
        if group in counts:
            below.setdefault(group, []).append(value)

    def choice(value: str, instead: Collection[str], members: tuple[FacetChoice, ...] = ()) -> FacetChoice:
        def address() -> str:
            return asked.url(filters=asked.toggled(facet.id, value, instead))

        return FacetChoice(value, names[value], counts[value], value in chosen, address, members)

    single = {v: choice(v, (groups[v],)) for v in ordered if v not in below}
    inside = {value for members in below.values() for value in members}
    choices = tuple(
        choice(v, below[v], tuple(single[w] for w in below[v])) if v in below else single[v]
        for v in ordered
        if v not in inside
    )
    return FacetView(facet.id, facet.label, facet.open or bool(chosen), choices, tuple(single.values()))


def _by_name(names: Mapping[str, str]) -> Callable[[str], tuple[str, str]]:
    return lambda value: (words.fold(names[value]), value)


def _by_count(
    registry: Registry, facet: Facet, counts: Mapping[str, int], chosen: Collection[str], names: Mapping[str, str]
) -> Callable[[str], tuple[bool, int, str]]:
    """The chosen first; a small vocabulary in its own order, others by count."""
    places = {t.id: n for n, t in enumerate(registry.vocabularies[facet.vocabulary])}
    own = places if len(places) <= FEW else {}
    return lambda value: (value not in chosen, own.get(value, 10**6) if own else -counts[value], names[value])


def having(view: FacetView, letters: str) -> FacetView:
    """The values, and the groups of values, whose names have these letters, folded, in them."""

    def fits(choice: FacetChoice) -> bool:
        return letters in words.fold(choice.label)

    narrowed = (t if fits(t) else replace(t, below=tuple(filter(fits, t.below))) for t in view.choices)
    return replace(view, choices=tuple(t for t in narrowed if t.below or fits(t)))


def shared(registry: Registry, country: str) -> dict[str, tuple[str, ...]]:
    """What a country has in common with others, as filters: its region, its income group, its being fragile."""
    terms = registry.vocabularies["countries"]
    if country not in terms:
        return {}
    facets = [f for f in registry.facets.values() if f.take is Take.TRAIT or f.vocabulary == terms.id]
    values = {f.id: f.group(country, registry.vocabularies) or terms[country].traits.get(f.trait) for f in facets}
    return {facet: (value,) for facet, value in values.items() if value}

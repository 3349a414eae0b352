"""Saying that a record changed, in the transaction of the change; the index hears of it afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from knowledge.storage.models.records import FacetValue, Record
from knowledge.storage.models.site import Outbox

FacetValues = Mapping[str, tuple[str, ...]]


def changed(session: Session, record_id: str) -> None:
    """Put "this record changed" into the outbox."""
    session.add(Outbox(record_id=record_id))


def all_changed(session: Session, record_ids: Iterable[str]) -> None:
    """The same for many records at once."""
    rows = [{"record_id": r} for r in record_ids]
    if rows:
        session.execute(insert(Outbox), rows)


def put_facets(session: Session, record: Record, layer: str, facets: FacetValues | None) -> None:
    """Replace the facet values of a record's live or latest layer; None takes them away."""
    session.execute(delete(FacetValue).where(FacetValue.record_id == record.id, FacetValue.layer == layer))
    rows = facet_rows(record.id, layer, facets or {})
    if rows:
        session.execute(insert(FacetValue), rows)


def facet_rows(record_id: str, layer: str, facets: FacetValues) -> list[dict[str, str]]:
    """The rows of the facet table for one layer of a record."""
    return [
        {"record_id": record_id, "layer": layer, "facet": facet, "value": value}
        for facet, values in facets.items()
        for value in values
    ]

"""What people are told by mail, and when they want it. Who hears of it: `services.notices`; in what words: `mail`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from knowledge.content.fields import N_


class Frequency(StrEnum):
    """How often somebody wants to hear of a kind of event."""

    AT_ONCE = "at-once"
    DAILY = "daily"
    WEEKLY = "weekly"
    NEVER = "never"


FREQUENCIES: Mapping[Frequency, str] = {
    Frequency.AT_ONCE: N_("At once"),
    Frequency.DAILY: N_("Once a day"),
    Frequency.WEEKLY: N_("Once a week"),
    Frequency.NEVER: N_("Never"),
}


@dataclass(frozen=True)
class Event:
    """Something people may be told of. `usual`: how often, unless they say otherwise.

    `needed`: what one asked for, or must know to keep one's account: it is always sent at once.
    """

    id: str
    label: str
    usual: Frequency = Frequency.AT_ONCE
    needed: bool = False


EVENTS: Mapping[str, Event] = {
    event.id: event
    for event in (
        Event("submitted", N_("A record waits for my review")),
        Event("second", N_("A record waits for the second of two coaches")),
        Event("asked", N_("A coach asks for my opinion")),
        Event("advised", N_("A coach whom I asked answers")),
        Event("assigned", N_("A manager gives me a record to review")),
        Event("handed-back", N_("A record waits that any coach of my programme can take up")),
        Event("due-soon", N_("Half of the time for a review is over")),
        Event("overdue", N_("A review of mine is overdue")),
        Event("claimed", N_("A coach takes up my record")),
        Event("returned", N_("A coach asks me for changes")),
        Event("co-author", N_("Somebody makes me a co-author")),
        Event("commented", N_("Somebody comments on a record that I write or review")),
        Event("addressed", N_("An author has addressed a point of mine"), Frequency.DAILY),
        Event("published", N_("My record was published")),
        Event("withdrawn", N_("My record was withdrawn")),
        Event("escalated", N_("A review is overdue (for managers)"), Frequency.DAILY),
        Event("unattended", N_("A record waits and no coach is there (for managers)"), Frequency.DAILY),
        Event("new-sign-in", N_("My account is used in a browser that was not seen before")),
        Event("invited", N_("An invitation"), needed=True),
        Event("reset", N_("A link to a new password"), needed=True),
        Event("confirm", N_("A link to confirm an address"), needed=True),
        Event("moving", N_("My account is to get another address"), needed=True),
        Event("moved", N_("My account has another address"), needed=True),
        Event("planned", N_("A day is set on which my record is published")),
        Event("unplanned", N_("A record could not be published on its day")),
        Event("expired", N_("My record may have gone out of date")),
    )
}
CHOOSABLE: Mapping[str, Event] = {event.id: event for event in EVENTS.values() if not event.needed}
DIGEST_AT = time(7)  # of the reader's day; weekly ones on Mondays


@dataclass(frozen=True)
class Wishes:
    """When somebody wants mail: `often` by event, none in the quiet hours (from, until) of a time zone.

    `language`: of its words, "" for the site's.
    """

    often: Mapping[str, str]
    zone: str = "UTC"
    quiet: tuple[int, int] | None = None
    language: str = ""

    def frequency(self, event: str) -> Frequency:
        """How often this person wants to hear of an event."""
        if EVENTS[event].needed:
            return Frequency.AT_ONCE
        given = self.often.get(event, "")
        return Frequency(given) if given in set(Frequency) else EVENTS[event].usual

    def due(self, event: str, moment: datetime) -> datetime | None:
        """When a mail about an event of this moment is to be sent, in UTC; None for never."""
        frequency = self.frequency(event)
        if frequency is Frequency.NEVER:
            return None
        if EVENTS[event].needed:
            return moment
        here = moment.astimezone(zone_of(self.zone))
        if frequency is Frequency.AT_ONCE:
            return self._after_quiet(here).astimezone(UTC)
        day = here.date() + timedelta(days=here.time() >= DIGEST_AT)
        if frequency is Frequency.WEEKLY:
            day += timedelta(days=-day.weekday() % 7)
        return self._after_quiet(datetime.combine(day, DIGEST_AT, here.tzinfo)).astimezone(UTC)

    def again(self, event: str, moment: datetime) -> datetime:
        """When one that could not be sent is tried again, which is to be at this moment or as soon as she allows."""
        if EVENTS[event].needed:
            return moment
        return self._after_quiet(moment.astimezone(zone_of(self.zone))).astimezone(UTC)

    def _after_quiet(self, here: datetime) -> datetime:
        if self.quiet is None or self.quiet[0] == self.quiet[1]:
            return here
        begin, end = self.quiet
        quiet = begin <= here.hour < end if begin < end else here.hour >= begin or here.hour < end
        if not quiet:
            return here
        day = here.date() + timedelta(days=here.hour >= end)
        return datetime.combine(day, time(end), here.tzinfo)


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name, UTC for one that is not known here."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")

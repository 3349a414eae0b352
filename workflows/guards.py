"""Guards: small functions of the situation that object in a sentence, or return None."""

from __future__ import annotations

from workflows.definition import N_, Objection, Reason, Situation

REASON = N_("Please give a reason: it is what the reader will act on.")
OTHER_COACH = N_("You gave the first approval. Another coach has to give the second.")


def complete(s: Situation) -> Objection | None:
    """Nothing that submission needs is missing (licence and consent are among what it needs)."""
    return Objection(N_("Something is still missing. The list below leads to each place.")) if s.missing else None


def has_words(s: Situation) -> Objection | None:
    """The actor gives a reason; whoever reads it must be able to act on it."""
    return None if s.words.strip() else Objection(REASON)


def not_own_work(s: Situation) -> Objection | None:
    """Nobody publishes what she wrote or helped to write, now or earlier."""
    if s.own_work:
        return Objection(N_("You wrote or helped to write this. Another coach has to publish it."), Reason.ROLE)
    return None


def another_coach(s: Situation) -> Objection | None:
    """The second approval is not given by who gave the first."""
    if s.approved:
        return Objection(OTHER_COACH, Reason.ROLE)
    return None


def saw_the_latest(s: Situation) -> Objection | None:
    """A decision is about the revision that was looked at."""
    if s.seen != s.latest:
        return Objection(
            N_("There is a newer version than the one you looked at. Please read it, then decide."), Reason.STALE
        )
    return None


def not_too_early(s: Situation) -> Objection | None:
    """Its authors may say before which day it must not be public."""
    if s.early:
        return Objection(N_("Its authors ask that it does not become public yet. Publish it on a later date instead."))
    return None


def has_live(s: Situation) -> Objection | None:
    """There is a public revision."""
    return None if s.has_live else Objection(N_("Nothing of this record is public yet."))

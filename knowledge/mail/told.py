"""What each event says in a mail: its words, where its link leads, and what it is about when it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from knowledge.content.fields import N_
from knowledge.mail import matters, records
from knowledge.mail.matters import Reading
from knowledge.services import catalogue
from knowledge.storage.models.records import Record
from workflows.editorial import CHANGES, IN_REVIEW, WITHDRAWN
from workflows.known import UNDER_REVIEW
from workflows.two_coaches import SECOND_REVIEW

RECORDS = N_("You get this because of your part in these records.")
ACCOUNT = N_("You get this because there is an account with this address.")
INVITED = N_("You get this because somebody wrote this address there. Without an answer nothing happens.")


@dataclass(frozen=True)
class Told:
    """What an event says: a line for the subject, a sentence, a label for its link, and why one is told.

    `reading`: what it is about, found when the mail is sent; what is no longer so is not announced.
    """

    subject: str
    text: str
    label: str
    reading: Reading
    why: str = RECORDS


def _waits_for_a_decision(record: Record) -> bool:
    return record.plan is None and record.state in UNDER_REVIEW


EVENTS: Mapping[str, Told] = {
    "submitted": Told(
        N_("For your review: %(title)s"),
        N_("%(who)s sent you “%(title)s” for review. The answer is due on %(due)s."),
        N_("Read and review"),
        records.of(lambda record: f"/review/{record.id}", lambda record: record.state == IN_REVIEW),
    ),
    "second": Told(
        N_("For your review: %(title)s"),
        N_("%(who)s approved “%(title)s”. It needs the approval of another coach."),
        N_("Read and review"),
        records.of(lambda record: f"/review/{record.id}", lambda record: record.state == SECOND_REVIEW),
    ),
    "asked": Told(
        N_("Your opinion, please: %(title)s"),
        N_("%(who)s asks what you think of “%(title)s”. You can read it until it is decided."),
        N_("Read it and answer"),
        records.of(lambda record: f"/review/{record.id}", lambda record: record.state in UNDER_REVIEW),
    ),
    "advised": Told(
        N_("An opinion: %(title)s"),
        N_("%(who)s read “%(title)s” and answered you:"),
        N_("Read it and decide"),
        records.of(lambda record: f"/review/{record.id}", lambda record: record.state in UNDER_REVIEW),
    ),
    "assigned": Told(
        N_("For you to review: %(title)s"),
        N_("%(who)s gives you “%(title)s” to review. The answer is due on %(due)s."),
        N_("Read and review"),
        records.of(lambda record: f"/review/{record.id}", lambda record: record.state in UNDER_REVIEW),
    ),
    "handed-back": Told(
        N_("Free for review: %(title)s"),
        N_("“%(title)s” waits for a coach of the programme: any of you can take it up. The answer is due on %(due)s."),
        N_("Read and review"),
        records.of(lambda record: f"/review/{record.id}", lambda record: record.state in UNDER_REVIEW),
    ),
    "due-soon": Told(
        N_("Due on %(due)s: %(title)s"),
        N_("“%(title)s” has waited for review since %(since)s. The answer is due on %(due)s."),
        N_("Read and review"),
        records.of(lambda record: f"/review/{record.id}", lambda record: not records.late(record)),
    ),
    "overdue": Told(
        N_("Overdue: %(title)s"),
        N_("“%(title)s” has waited for review since %(since)s. The answer was due on %(due)s."),
        N_("Read and review"),
        records.of(lambda record: f"/review/{record.id}", records.late),
    ),
    "escalated": Told(
        N_("Review overdue: %(title)s"),
        N_("“%(title)s” has waited for review since %(since)s. The answer was due on %(due)s. With: %(coach)s."),
        N_("See who looks after it"),
        records.of(lambda record: f"/manage/records/{record.id}", records.late),
    ),
    "unattended": Told(
        N_("No coach is there: %(title)s"),
        N_("“%(title)s” waits for review, and no coach is there who may read it. It stays as it is until one is."),
        N_("Give it to a coach"),
        records.of(lambda record: f"/manage/records/{record.id}", lambda record: record.state in UNDER_REVIEW),
    ),
    "claimed": Told(
        N_("A coach reads it: %(title)s"),
        N_("%(who)s has taken up “%(title)s”. The answer is due on %(due)s."),
        N_("Go to the record"),
        records.of(lambda record: f"/work/{record.id}", lambda record: record.state in UNDER_REVIEW),
    ),
    "returned": Told(
        N_("Changes asked for: %(title)s"),
        N_("%(who)s read “%(title)s” and asks you for changes."),
        N_("See what to change"),
        records.of(lambda record: f"/work/{record.id}/edit", lambda record: record.state == CHANGES),
    ),
    "co-author": Told(
        N_("Invitation: %(title)s"),
        N_("%(who)s made you a co-author of “%(title)s”. You can read it and write in it from now on."),
        N_("Go to the record"),
        records.of(lambda record: f"/work/{record.id}", lambda record: record.state != WITHDRAWN),
    ),
    "commented": Told(
        N_("Comment: %(title)s"),
        N_("%(who)s wrote about “%(title)s”:"),
        N_("Read and answer"),
        records.of(lambda record: f"/work/{record.id}", reviewed=True),
    ),
    "addressed": Told(
        N_("Addressed: %(title)s"),
        N_("%(who)s has addressed your point in “%(title)s”:"),
        N_("See what was done"),
        records.of(lambda record: f"/review/{record.id}", lambda record: record.state in UNDER_REVIEW),
    ),
    "published": Told(
        N_("Published: %(title)s"),
        N_("%(who)s published “%(title)s”. Everybody can find it now."),
        N_("See it as others do"),
        records.of(lambda record: f"/practices/{record.id}", lambda record: record.live_id is not None),
    ),
    "withdrawn": Told(
        N_("Withdrawn: %(title)s"),
        N_("%(who)s withdrew “%(title)s”. It is gone everywhere at once; a page remains that says so."),
        N_("Go to the record"),
        records.of(lambda record: f"/work/{record.id}", lambda record: record.live_id is None),
    ),
    "planned": Told(
        N_("Will be published: %(title)s"),
        N_("%(who)s decided that “%(title)s” is published on this day:"),
        N_("Go to the record"),
        records.of(lambda record: f"/work/{record.id}", lambda record: record.plan is not None),
    ),
    "unplanned": Told(
        N_("Not published on its day: %(title)s"),
        N_("The decision to publish “%(title)s” on a day does not hold any more. It waits for a new one."),
        N_("Go to the record"),
        records.of(lambda record: f"/work/{record.id}", _waits_for_a_decision),
    ),
    "expired": Told(
        N_("Does it still hold? %(title)s"),
        N_(
            "“%(title)s” has reached the end of its validity. Until you answer, readers see that it may be out of date."
        ),
        N_("Say that it holds, or write a new version"),
        records.of(lambda record: f"/work/{record.id}/valid", catalogue.is_expired),
    ),
    "invited": Told(
        N_("Invitation: %(title)s"),
        N_("%(who)s invites you to “%(title)s” as %(role)s. The link is for you alone, until %(until)s."),
        N_("See the invitation"),
        matters.invited,
        INVITED,
    ),
    "reset": Told(
        N_("Your new password"),
        N_("Somebody, most likely you, asked for a new password. The link works once, and for an hour. If it was not "
           "you, do nothing: your password stays as it is."),
        N_("Choose a new password"),
        matters.reset,
        ACCOUNT,
    ),
    "confirm": Told(
        N_("Please confirm your address"),
        N_("Is %(address)s the address of your account? If you know of no account, do nothing."),
        N_("Yes, it is mine"),
        matters.confirm,
        ACCOUNT,
    ),
    "moving": Told(
        N_("Your account is to get another address"),
        N_("Somebody who knows your password asked to change the address of your account to %(address)s. It changes "
           "when that address is confirmed. If it was not you, choose a new password now: that stops it."),
        N_("See your address"),
        matters.moving,
        ACCOUNT,
    ),
    "moved": Told(
        N_("Your account has another address"),
        N_("Your account has the address %(address)s now; no more mails come here. If it was not you who changed it, "
           "write to who looks after the site."),
        N_("See your address"),
        matters.moved,
        ACCOUNT,
    ),
    "new-sign-in": Told(
        N_("A new sign-in to your account"),
        N_("Somebody signed in to your account with a browser that was not used for it before: %(browser)s, on "
           "%(when)s. If it was you, all is well. If not, sign it out and choose a new password."),
        N_("See where you are signed in"),
        matters.new_sign_in,
        ACCOUNT,
    ),
}  # fmt: skip

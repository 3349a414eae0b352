"""Addresses and who has them: confirming one by a link in a mail, and changing it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from knowledge.content.checks import Problem
from knowledge.content.fields import N_
from knowledge.services import accounts, links, notices
from knowledge.services.actor import Actor
from knowledge.services.errors import Invalid, LinkOver, NotFound
from knowledge.storage import find, invited, keyring
from knowledge.storage.models.base import now
from knowledge.storage.models.people import Person

LASTS = timedelta(days=7)


def change(session: Session, actor: Actor, password: str, email: str) -> None:
    """Ask for another address; it counts when it is confirmed, and the present one is told. Raises Invalid.

    Whether somebody else has the new address shows only to who reads its mails.
    """
    person = accounts.profile(session, actor)
    address = accounts.normal_email(email)
    if address == person.email:
        raise Invalid([Problem(("email",), N_("This is your address already."))])
    accounts.require_password(person, password)
    person.new_email = address
    notices.write_to(session, "moving", person.email, person=person)
    _write(session, person, address)


def keep(session: Session, actor: Actor) -> None:
    """Keep the present address after all."""
    accounts.profile(session, actor).new_email = ""


def again(session: Session, actor: Actor) -> str:
    """Send the link once more; returns the address it goes to. Raises Invalid, or NotFound for nothing to confirm."""
    person = accounts.profile(session, actor)
    address = person.new_email or ("" if person.confirmed else person.email)
    if not address:
        raise NotFound("address")
    _write(session, person, address)
    return address


def link(key: str, person: Person, address: str) -> str:
    """The signed part of a link that confirms an address of somebody."""
    return links.made(key, "confirm", person.id, links.fingerprint(address))


def opened(session: Session, key: str, token: str) -> tuple[Person, str]:
    """Whose address a link confirms, and which. Raises LinkOver."""
    number, print_ = links.read(key, "confirm", token, (int, str), LASTS)
    person = keyring.person(session, number)
    if person is None or not person.active:
        raise LinkOver
    if person.new_email and links.fingerprint(person.new_email) == print_:
        if find.person_by_email(session, person.new_email) is None:
            return person, person.new_email
    elif links.fingerprint(person.email) == print_ and person.confirmed is None:
        return person, person.email
    raise LinkOver


def finish(session: Session, key: str, token: str) -> str:
    """The address is hers: note it, or let it take effect and tell the old one. Raises LinkOver."""
    person, address = opened(session, key, token)
    old, person.confirmed = person.email, now()
    if address != old:
        _keep_credits(session, person)
        person.email, person.new_email = address, ""
        notices.write_to(session, "moved", old, person=person)
    return address


def _write(session: Session, person: Person, address: str) -> None:
    if not notices.write_to(session, "confirm", address, person=person):
        sentence = N_("We wrote to this address several times within the hour. Please look there, or try again later.")
        raise Invalid([Problem(("email",), sentence)])


def _keep_credits(session: Session, person: Person) -> None:
    """What she is credited for under the old address stays hers: nobody publishes what she helped to write."""
    for line in invited.credited_under(session, person.email):
        if not invited.is_listed(session, line.record_id, person.id):
            line.person_id = person.id

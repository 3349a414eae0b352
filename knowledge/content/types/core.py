"""The fields that every type has, and `adapted` for a type that asks one of them in other words.

Ids are stable. Where a label, help or need differs from the programme's first list, a comment says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from knowledge.content.fields import (
    N_,
    Choice,
    Choices,
    Contact,
    Country,
    Field,
    File,
    Flag,
    Line,
    Link,
    Media,
    Need,
    PartialDate,
    Prose,
    RecordRef,
    Table,
    When,
)
from knowledge.content.types.conditions import (
    claims_more_than_an_account,
    is_a_link,
    is_a_photo,
    shows_people,
)


def adapted(fields: tuple[Field, ...], **changes: Mapping[str, Any]) -> tuple[Field, ...]:
    """The fields with some of them asked differently: adapted(WHAT_AND_WHERE, start={"label": ...})."""
    if unknown := changes.keys() - {f.id for f in fields}:
        raise ValueError(f"no such field: {sorted(unknown)}")
    return tuple(replace(f, **changes.get(f.id, {})) for f in fields)


WHAT_AND_WHERE: tuple[Field, ...] = (
    Line(
        id="title",
        label=N_("Title"),
        help=N_(
            "Say what changed and where, in 10-15 words. A reader from another country should understand it "
            "without your acronyms."
        ),
        example=N_("Phone quotations for small purchases cut waiting from 45 to 12 days in two counties"),
        need=Need.SAVE,
        weight=5,
        min=10,
        max=120,
    ),
    Prose(
        id="summary",
        label=N_("Summary"),
        help=N_(
            "Two or three sentences: the problem, what you did, what happened. This is the lead text in search results."
        ),
        example=N_(
            "Clinics waited six weeks for supplies under the threshold. We let them ask three registered "
            "shops by phone and note the offers on one form. Waiting fell to twelve days, prices did not "
            "rise, and two shops complained that they were never called."
        ),
        need=Need.SUBMIT,
        weight=3,
        min=100,
        max=500,
    ),
    Choice(
        id="language",
        label=N_("Language of this record"),
        help=N_("The language you write in."),
        need=Need.SAVE,
        vocabulary="languages",
        facets=("language",),
    ),
    Choices(
        id="countries",
        label=N_("Countries"),
        help=N_("Where the practice took place. Choose Global or a regional body only if no country list is possible."),
        need=Need.SUBMIT,
        weight=2,
        vocabulary="countries",
        min_items=1,
        facets=("country", "fragile", "income"),
    ),
    Line(
        id="place",
        label=N_("Place within the country"),
        help=N_("State, city, agency, project site."),
        weight=1,
        max=120,
        names=True,
    ),
    Choices(
        id="level",
        label=N_("Level of government"),
        help=N_("At which level was it applied?"),
        need=Need.SUBMIT,
        vocabulary="levels",
        min_items=1,
        max_items=3,
        facets=("level",),
    ),
    PartialDate(
        id="start",
        label=N_("Started"),
        help=N_("A year is enough: 2019, or 2019-03 for March."),
        need=Need.SUBMIT,
        facets=("year",),
    ),
    # "ongoing" is an answer of this one field, not a tick box beside it: one question, one place to correct
    PartialDate(
        id="end",
        label=N_("Ended"),
        help=N_("A year, a month, or the word “ongoing”. Leave it empty if you do not know."),
        after="start",
        ongoing=True,
        facets=("year",),
    ),
)

WHICH_REFORM: tuple[Field, ...] = (
    Choice(
        id="stage",
        label=N_("Stage of reform"),
        help=N_("How far had the reform got when the events you describe took place? One main stage."),
        need=Need.SUBMIT,
        weight=1,
        vocabulary="stages",
        facets=("stage",),
    ),
    Choices(
        id="stages_also",
        label=N_("Other stages touched"),
        help=N_("At most two more."),
        vocabulary="stages",
        max_items=2,
        facets=("stage",),
    ),
    Choice(
        id="reform_status",
        label=N_("Status today"),
        help=N_("Under way, completed, stalled, reversed. Stalled and reversed are welcome: others learn from them."),
        need=Need.SUBMIT,
        vocabulary="reform_status",
        facets=("status",),
    ),
    Choices(
        id="topics",
        label=N_("Topics"),
        help=N_("One to five. The first is the main one."),
        need=Need.SUBMIT,
        weight=2,
        vocabulary="topics",
        min_items=1,
        max_items=5,
        ordered=True,
        facets=("topic",),
    ),
    Choices(
        id="phases",
        label=N_("Procurement-cycle phases"),
        help=N_("The part of the buying cycle it touches. Leave it empty if it is about the system, not the cycle."),
        vocabulary="phases",
        facets=("phase",),
    ),
    Choices(
        id="sector",
        label=N_("Sector"),
        help=N_("Up to three. Choose “whole of government” if it is not specific."),
        vocabulary="sectors",
        max_items=3,
        facets=("sector",),
    ),
    Choices(id="category", label=N_("What was bought"), help=N_("Only if specific."), vocabulary="categories"),
    Choices(id="method", label=N_("Procurement method"), help=N_("Only if specific."), vocabulary="methods"),
)

ORGANISATIONS = Table(
    id="organisations",
    label=N_("Organisations"),
    # the roles are offered as a list, so the help no longer recites them
    help=N_("Who took part, the lead agency first."),
    need=Need.SUBMIT,
    weight=1,
    row=N_("organisation"),
    min_items=1,
    max_items=20,
    names=True,
    columns=(
        Line(id="name", label=N_("Name"), need=Need.SUBMIT),
        Choice(id="role", label=N_("Role"), vocabulary="organisation_roles"),
        Country(id="country", label=N_("Country")),
        Choice(id="type", label=N_("Type"), vocabulary="organisation_types"),
    ),
)

EVIDENCE: tuple[Field, ...] = (
    Choice(
        id="evidence",
        label=N_("Strength of evidence"),
        help=N_(
            "Choose honestly; the coach can lower it. A practitioner account is a valid contribution. Whoever claims "
            "more names a source, and for observed change figures."
        ),
        need=Need.SUBMIT,
        vocabulary="evidence",
        facets=("evidence",),
    ),
    Prose(
        id="evidence_note",
        label=N_("How do you know?"),
        help=N_("Name the record, report, dataset or person that a reader could check."),
        example=N_(
            "Purchase register of the provincial health office, March 2018 to February 2019 (212 entries), "
            "compared with the 140 requests of the year before. The auditor holds both."
        ),
        need=Need.SUBMIT,
        weight=1,
        min=40,
        max=1000,
    ),
    Table(
        id="sources",
        label=N_("Sources and further reading"),
        help=N_("At least one checkable source when you claim more than an account."),
        need=When(claims_more_than_an_account, N_("because you claim more than an account")),
        weight=1,
        row=N_("source"),
        max_items=20,
        columns=(
            Line(id="title", label=N_("Title"), max=300, need=Need.SUBMIT),
            Link(id="url", label=N_("Web address")),
            PartialDate(id="year", label=N_("Year")),
            Choice(id="language", label=N_("Language"), vocabulary="languages"),
        ),
    ),
)

# A row shows an uploaded file or an address. What follows from which is asked only where it applies.
MEDIA = Media(
    id="media",
    label=N_("Pictures, documents, audio, video"),
    help=N_("Things to see, hear or keep, each with a caption of one sentence. Of a video give the web address."),
    weight=1,
    row=N_("item"),
    max_items=20,
    either=("file", "url"),
    columns=(
        File(id="file", label=N_("File"), weight=0.3),
        Choice(
            id="type",
            label=N_("Type"),
            vocabulary="media_types",
            need=When(is_a_link, N_("because this is a web address")),
        ),
        Link(id="url", label=N_("Web address"), help=N_("Videos of YouTube, Vimeo and some others play here.")),
        Line(
            id="alt",
            label=N_("Description for people who cannot see it"),
            help=N_("What the picture shows, in a sentence."),
            need=When(is_a_photo, N_("because this is a picture")),
            max=300,
        ),
        Line(
            id="caption",
            label=N_("Caption"),
            help=N_("What a reader should take from it."),
            max=300,
            need=Need.SUBMIT,
        ),
        Choice(
            id="people",
            label=N_("Are people shown?"),
            vocabulary="people_shown",
            need=When(is_a_photo, N_("because this is a picture")),
            public=False,
        ),
        # who agreed, and when, is for the coach: published, it would name those who only agreed to be seen
        Line(
            id="consent",
            label=N_("Consent of the people shown"),
            help=N_("Who asked them, and when. Only your co-authors and coaches see this."),
            need=When(shows_people, N_("because people can be recognised")),
            max=300,
            public=False,
            names=True,
        ),
        Line(id="credit", label=N_("Credit"), help=N_("Who made it."), max=150, names=True),
        Line(id="title", label=N_("Title"), max=200),
        PartialDate(id="date", label=N_("Date"), day=True),
        Line(id="place", label=N_("Place"), max=120),
        Choice(id="licence", label=N_("Licence"), vocabulary="licences"),
        Link(id="transcript", label=N_("Address of the transcript or subtitles")),
    ),
)

SEE_ALSO: tuple[Field, ...] = (
    Table(
        id="related",
        label=N_("Related records"),
        help=N_("Paste the address of the record’s page."),
        row=N_("related record"),
        max_items=12,
        columns=(
            Choice(id="relation", label=N_("Relation"), vocabulary="relations", need=Need.SUBMIT),
            RecordRef(id="record", label=N_("Address of the record"), need=Need.SUBMIT),
        ),
    ),
    Table(
        id="translations",
        label=N_("Translations"),
        help=N_("Paste the address of the same record in another language."),
        row=N_("translation"),
        max_items=8,
        columns=(
            RecordRef(id="record", label=N_("Address of the record"), need=Need.SUBMIT),
            Choice(id="language", label=N_("Language"), vocabulary="languages", need=Need.SUBMIT),
        ),
    ),
    Choices(
        id="themes",
        label=N_("Collections"),
        help=N_("Coaches put records together in collections. You may propose one."),
        vocabulary="themes",
        facets=("theme",),
    ),
)

CONSENT: tuple[Field, ...] = (
    # who may see it is a choice of three, not two: some desks can be asked only through the coach
    Contact(
        id="contact",
        label=N_("Contact for questions"),
        help=N_("A person or a desk that answers questions, how to reach it, and who may see that."),
        need=Need.SUBMIT,
        names=True,
    ),
    # unticked is an answer: nobody should have to tick "no" to be believed
    Flag(
        id="sensitivity",
        label=N_("Anything sensitive?"),
        help=N_(
            "Tick it for an ongoing tender, named officials, an open complaint or investigation, or a "
            "question of security, and say what. Your coach decides with care. Only "
            "your co-authors and coaches see this."
        ),
        need=Need.SUBMIT,
        public=False,
    ),
    Choice(
        id="licence",
        label=N_("Licence"),
        help=N_("CC BY 4.0 is the usual one: others may use your text if they name you."),
        need=Need.SUBMIT,
        vocabulary="licences",
    ),
    # apart from the licence: a licence chosen from a list is no promise. Public, so that readers see it
    Flag(
        id="consent",
        label=N_("I may share this, and my institution agrees"),
        help=N_("You wrote it or may pass it on, and it puts nobody at risk."),
        need=Need.SUBMIT,
    ),
)

# Facts about publication are answers too: so each version says how it may be public, and form, import, export and
# comparison need nothing of their own for them.

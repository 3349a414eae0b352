"""Common practice: what works in several settings."""

from __future__ import annotations

from knowledge.content.fields import N_, Choice, Country, Line, Lines, Need, Period, Prose, RecordRef, Table
from knowledge.content.registry import Example, RecordType, Section
from knowledge.content.types import core, publicity

COMMON_PRACTICE = RecordType(
    id="common_practice",
    names={
        "en": "Common practice",
        "fr": "Pratique commune",
        "es": "Práctica común",
        "pt": "Prática comum",
        "ar": "ممارسة شائعة",
    },
    sentence=N_(
        "Something that works in several countries or places: how it works, where, under which conditions, "
        "and when not."
    ),
    sections=(
        Section(
            "what",
            N_("What and where"),
            (
                *core.adapted(
                    core.WHAT_AND_WHERE,
                    countries={"help": N_("The countries or regions of the cases that you compare.")},
                    # several places began in several years: only the earliest can be asked for
                    start={"help": N_("The year of the earliest case.")},
                ),
                *core.adapted(
                    core.WHICH_REFORM,
                    # the reform may go on in one country and have stalled in the next
                    reform_status={
                        "help": N_("Leave it empty if it differs from case to case."),
                        "need": Need.OPTIONAL,
                    },
                ),
            ),
        ),
        Section(
            "practice",
            N_("The practice"),
            (
                Line(
                    id="practice_statement",
                    label=N_("The practice in one sentence"),
                    help=N_("“Do X, when Y, because Z.”"),
                    example=N_(
                        "Publish every contract amendment with its reason, when changes after award are "
                        "common, because prices that rise unseen cost more than a poor tender."
                    ),
                    need=Need.SUBMIT,
                    weight=3,
                    min=40,
                    max=300,
                ),
                Prose(
                    id="problem_pattern",
                    label=N_("The problem it answers"),
                    help=N_("The recurring problem, in whichever countries it shows."),
                    need=Need.SUBMIT,
                    weight=1,
                    min=200,
                    max=2000,
                ),
                Prose(
                    id="how_it_works",
                    label=N_("How it works"),
                    help=N_("The mechanism and the steps common to the cases."),
                    need=Need.SUBMIT,
                    weight=1,
                    min=300,
                    max=4000,
                ),
                Table(
                    id="building_blocks",
                    label=N_("Building blocks"),
                    help=N_("Parts that can be reused on their own."),
                    weight=1,
                    row=N_("building block"),
                    max_items=6,
                    columns=(
                        Line(id="name", label=N_("Name"), max=150, need=Need.SUBMIT),
                        Prose(id="description", label=N_("Description"), max=800, need=Need.SUBMIT),
                        Prose(id="enabling", label=N_("What it needs"), max=600),
                        Prose(id="lessons", label=N_("Lessons"), max=600),
                    ),
                ),
                core.MEDIA,
            ),
        ),
        Section(
            "cases",
            N_("The cases"),
            (
                Table(
                    id="cases",
                    label=N_("Cases compared"),
                    help=N_(
                        "At least two settings; three or more make a stronger record. Link records where "
                        "they exist here."
                    ),
                    need=Need.SUBMIT,
                    weight=1,
                    row=N_("case"),
                    min_items=2,
                    max_items=15,
                    either=("record", "source"),
                    columns=(
                        Country(id="country", label=N_("Country or region"), need=Need.SUBMIT),
                        Line(id="organisation", label=N_("Organisation"), max=200, names=True),
                        Period(id="years", label=N_("Years")),
                        Prose(id="same", label=N_("What was the same"), max=600),
                        Prose(id="differed", label=N_("What differed"), max=600),
                        Prose(id="result", label=N_("Result"), max=600, need=Need.SUBMIT),
                        Choice(id="evidence", label=N_("Evidence"), vocabulary="evidence"),
                        RecordRef(id="record", label=N_("Record here")),
                        Line(id="source", label=N_("Source"), max=300),
                    ),
                ),
                Prose(
                    id="selection_note",
                    label=N_("How the cases were chosen"),
                    help=N_("Say whether you looked for failures too."),
                    example=N_(
                        "We took all five countries of the region that publish amendments, the one that "
                        "stopped among them."
                    ),
                    need=Need.SUBMIT,
                    weight=1,
                    max=600,
                ),
                # every case names its own organisation already: this one is for those behind the comparison
                *core.adapted(
                    (core.ORGANISATIONS,),
                    organisations={
                        "help": N_("Those who spread the practice or made this comparison."),
                        "need": Need.OPTIONAL,
                    },
                ),
                *core.EVIDENCE,
            ),
        ),
        Section(
            "use",
            N_("Using it elsewhere"),
            (
                Lines(
                    id="conditions",
                    label=N_("Conditions for success"),
                    help=N_("What had to be true in every case."),
                    need=Need.SUBMIT,
                    weight=1,
                    min_items=1,
                    max_items=8,
                    item_max=400,
                ),
                Prose(
                    id="variations",
                    label=N_("Variations"),
                    help=N_("Which adaptations were made, by income level, legal tradition, size, fragility."),
                    weight=1,
                    max=2000,
                ),
                Prose(
                    id="when_not",
                    label=N_("When not to use it"),
                    help=N_("Where it failed, or would."),
                    example=N_(
                        "Where there are fewer than three suppliers within reach: the phone calls then only "
                        "record one price three times."
                    ),
                    need=Need.SUBMIT,
                    weight=1,
                    min=60,
                    max=1200,
                ),
                Lines(
                    id="lessons",
                    label=N_("Lessons"),
                    help=N_("Two to six."),
                    example=N_("Ask the auditor before you simplify a form, not afterwards."),
                    need=Need.SUBMIT,
                    weight=2,
                    min_items=2,
                    max_items=6,
                    item_max=400,
                ),
                Lines(
                    id="standards",
                    label=N_("Standards and references"),
                    help=N_("One to a box: MAPS 13(b), OECD principle 11, a law or a guide."),
                    weight=1,
                    max_items=12,
                    item_max=300,
                ),
                *core.SEE_ALSO,
            ),
        ),
        Section("consent", N_("Consent and contact"), core.CONSENT),
        Section("publication", N_("How it becomes public"), publicity.FIELDS),
    ),
    valid_for=3,
    checks=(
        N_("At least two independent settings"),
        N_("Differences are stated, not only similarities"),
        N_("“When not to use it” is honest"),
        N_("Each case has a source or a record"),
        N_("The countries are those of the cases"),
    ),
    example=Example(
        N_(
            "Bids are opened within an hour of the deadline, in the same room, in front of whoever wants to come. We "
            "found it in three districts that did not know of each other. What is common: a clock on the wall that "
            "everybody trusts, and prices read out and written on a board. What differs: one opens by telephone for "
            "firms from far away. Do not use it where bids come by post and the post is late: there it only punishes "
            "distance."
        ),
        record="demo-bid-opening-same-day",
    ),
)

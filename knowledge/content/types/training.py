"""Training material: a process taught step by step."""

from __future__ import annotations

from knowledge.content.fields import (
    N_,
    Choice,
    Choices,
    Line,
    Lines,
    Link,
    Need,
    Number,
    PartialDate,
    Prose,
    Table,
)
from knowledge.content.registry import Example, RecordType, Section
from knowledge.content.types import core, publicity

TRAINING = RecordType(
    id="training",
    names={
        "en": "Training material",
        "fr": "Support de formation",
        "es": "Material de formación",
        "pt": "Material de formação",
        "ar": "مادة تدريبية",
    },
    sentence=N_("A guide that teaches a process: its steps in order, who does them, the rules it follows, exercises."),
    sections=(
        Section(
            "what",
            N_("What and where"),
            (
                *core.adapted(
                    core.WHAT_AND_WHERE,
                    countries={"help": N_("The countries whose rules it follows. Global if it fits anywhere.")},
                    level={"help": N_("At which level do its readers work?")},
                    # material has no beginning and end as a reform has
                    start={"label": N_("In use since"), "help": N_("A year is enough.")},
                    end={"label": N_("In use until"), "help": N_("Leave it empty while it is in use.")},
                ),
                *core.adapted(
                    core.WHICH_REFORM,
                    stage={"help": N_("Which stage of a reform does it serve best?")},
                    # a guide may serve many reforms, or none
                    reform_status={
                        "help": N_("Of the reform it was made for, if there is one."),
                        "need": Need.OPTIONAL,
                    },
                ),
            ),
        ),
        Section(
            "learners",
            N_("For whom"),
            (
                Choices(
                    id="audience",
                    label=N_("Who it is for"),
                    help=N_("All who could use it without changing it."),
                    need=Need.SUBMIT,
                    vocabulary="audiences",
                    min_items=1,
                ),
                Choice(
                    id="level_of_learner",
                    label=N_("Level"),
                    help=N_("What learners should know before they start."),
                    need=Need.SUBMIT,
                    vocabulary="learner_levels",
                ),
                Lines(
                    id="outcomes",
                    label=N_("After this you can…"),
                    help=N_("Two to six, each starting with a verb that can be observed."),
                    example=N_("Check a bid for completeness against the bidding document, in the right order"),
                    need=Need.SUBMIT,
                    weight=2,
                    min_items=2,
                    max_items=6,
                    item_max=300,
                ),
                Number(
                    id="duration",
                    label=N_("Time needed"),
                    help=N_("Study time or length of the session, in minutes."),
                    need=Need.SUBMIT,
                    min=1,
                    max=100_000,
                    unit=N_("minutes"),
                ),
                Choices(
                    id="format",
                    label=N_("Format"),
                    help=N_("All that apply."),
                    need=Need.SUBMIT,
                    vocabulary="formats",
                    min_items=1,
                ),
            ),
        ),
        Section(
            "process",
            N_("The process, step by step"),
            (
                Line(
                    id="process_name",
                    label=N_("The process described"),
                    help=N_("Name it as a person who has to do it would."),
                    example=N_("Evaluating bids for small works under open tendering"),
                    need=Need.SUBMIT,
                    weight=3,
                    max=150,
                ),
                # the columns ask one by one what the first list of fields put into a paragraph of help
                Table(
                    id="steps",
                    label=N_("Stages of the process"),
                    help=N_(
                        "Three to twenty steps, in the order in which they are done. Each needs a title and "
                        "instructions; say who does it and what comes out."
                    ),
                    need=Need.SUBMIT,
                    weight=1,
                    row=N_("step"),
                    min_items=3,
                    max_items=20,
                    columns=(
                        Line(id="title", label=N_("Title"), max=150, need=Need.SUBMIT),
                        Line(id="who", label=N_("Who does it"), max=150),
                        Line(id="purpose", label=N_("Purpose"), max=300),
                        Prose(id="instructions", label=N_("Instructions"), max=2500, need=Need.SUBMIT),
                        Line(id="inputs", label=N_("Inputs and forms"), max=300),
                        Line(id="output", label=N_("Output"), max=300),
                        Line(id="time_limit", label=N_("Time limit"), max=120),
                        Line(id="legal_reference", label=N_("Legal reference"), max=200),
                        Prose(id="mistakes", label=N_("Common mistakes"), max=800),
                        Line(id="check", label=N_("Check-point question"), max=300),
                    ),
                ),
                Table(
                    id="legal_basis",
                    label=N_("Rules it follows"),
                    help=N_(
                        "Name the law or the bank’s rules and their date: readers elsewhere must know what to change."
                    ),
                    need=Need.SUBMIT,
                    weight=1,
                    row=N_("rule"),
                    min_items=1,
                    max_items=12,
                    columns=(
                        Line(id="body", label=N_("Country or body"), max=150, need=Need.SUBMIT),
                        Line(id="rule", label=N_("Law or rule"), max=250, need=Need.SUBMIT),
                        Line(id="article", label=N_("Article"), max=120),
                        PartialDate(id="date", label=N_("Date"), day=True, need=Need.SUBMIT),
                    ),
                ),
                Prose(
                    id="localise",
                    label=N_("What to change when you use it elsewhere"),
                    help=N_("Thresholds, forms, titles, currency."),
                    need=Need.SUBMIT,
                    weight=1,
                    max=1500,
                ),
            ),
        ),
        Section(
            "practice",
            N_("Exercises and try-outs"),
            (
                Table(
                    id="exercises",
                    label=N_("Exercises and checks"),
                    help=N_("At least one for each thing that learners can do afterwards."),
                    weight=1,
                    row=N_("exercise"),
                    max_items=20,
                    columns=(
                        Prose(id="question", label=N_("Question"), max=800, need=Need.SUBMIT),
                        Prose(id="answer", label=N_("Answer or marking note"), max=1200),
                    ),
                ),
                Table(
                    id="tested_with",
                    label=N_("Tried with"),
                    help=N_("Where and when it was used, and what you changed afterwards."),
                    weight=1,
                    row=N_("try-out"),
                    max_items=12,
                    columns=(
                        PartialDate(id="date", label=N_("Date"), day=True),
                        Line(id="place", label=N_("Place"), max=120),
                        Number(id="learners", label=N_("Number of learners"), max=100_000),
                        Prose(id="changed", label=N_("What changed afterwards"), max=600),
                    ),
                ),
                Table(
                    id="files",
                    label=N_("Files"),
                    # links for now: uploads come later and will add a column
                    help=N_("Web addresses. Editable formats as well as PDF."),
                    row=N_("file"),
                    max_items=20,
                    columns=(
                        Line(id="title", label=N_("Title"), max=200, need=Need.SUBMIT),
                        Link(id="url", label=N_("Web address"), need=Need.SUBMIT),
                        Line(id="type", label=N_("Type and size"), max=80),
                        Link(id="accessible", label=N_("Accessible version")),
                    ),
                ),
                PartialDate(
                    id="currency",
                    label=N_("Reviewed on"),
                    help=N_(
                        "The day on which the content was last checked against the rules: readers see how old it is."
                    ),
                    need=Need.SUBMIT,
                    day=True,
                ),
                core.MEDIA,
            ),
        ),
        Section(
            "evidence",
            N_("Who made it, and how you know"),
            (
                core.ORGANISATIONS,
                *core.adapted(
                    core.EVIDENCE,
                    evidence_note={
                        "help": N_("Who checked it against the rules, who learned with it, where that can be read."),
                        "example": N_(
                            "The legal unit of the regulator read the second version in March 2019. 64 "
                            "buyers of six districts took the course; the marks of the test before and after "
                            "are with the training institute."
                        ),
                    },
                ),
                *core.SEE_ALSO,
            ),
        ),
        Section("consent", N_("Consent and contact"), core.CONSENT),
        Section("publication", N_("How it becomes public"), publicity.FIELDS),
    ),
    valid_for=2,
    checks=(
        N_("Steps are in the order in which they are done"),
        N_("Every step says who does it and what comes out"),
        N_("The rules it follows are dated"),
        N_("Files open and can be used by everybody (descriptions of pictures, headings, captions)"),
        N_("The day of the last check is set"),
    ),
    example=Example(
        N_(
            "Step 2, the storekeeper, before the boat leaves: open one carton in ten and count. Write the number on "
            "the delivery note, also when it is right. If it is wrong, photograph the carton with its label and call "
            "the buyer. What comes out: a signed note with a number, or a call within the hour. Check: the learner "
            "finds the two short cartons among the twenty of the exercise."
        ),
        record="demo-receiving-goods-outer-island",
    ),
)

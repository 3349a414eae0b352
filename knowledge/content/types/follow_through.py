"""Follow-through: how one activity was implemented."""

from __future__ import annotations

from knowledge.content.fields import (
    N_,
    Choice,
    Figures,
    Line,
    Lines,
    Link,
    Need,
    PartialDate,
    Period,
    Person,
    Prose,
    RecordRef,
    Table,
    When,
)
from knowledge.content.registry import Example, RecordType, Section
from knowledge.content.types import core, publicity
from knowledge.content.types.conditions import has_not_ended

FOLLOW_THROUGH = RecordType(
    id="follow_through",
    names={
        "en": "Follow-through report",
        "fr": "Suivi de mise en œuvre",
        "es": "Seguimiento de la implementación",
        "pt": "Acompanhamento da execução",
        "ar": "تقرير متابعة التنفيذ",
    },
    sentence=N_(
        "How one activity was really carried out: milestones, figures, progress reports, what differed from the plan."
    ),
    sections=(
        Section(
            "what",
            N_("What and where"),
            (
                *core.adapted(
                    core.WHAT_AND_WHERE,
                    # beside "planned start" a bare "started" was read as the plan
                    start={
                        "label": N_("Really started"),
                        "help": N_("When work began; the plan comes below."),
                    },
                    end={"label": N_("Really ended")},
                ),
                *core.WHICH_REFORM,
            ),
        ),
        Section(
            "plan",
            N_("The plan"),
            (
                Line(
                    id="activity",
                    label=N_("The activity followed"),
                    help=N_("The specific activity, commitment or contract whose implementation you report on."),
                    example=N_(
                        "Commitment 7 of the open-government action plan: publish all contracts above 10,000 dollars"
                    ),
                    need=Need.SUBMIT,
                    weight=3,
                    max=200,
                ),
                Table(
                    id="origin",
                    label=N_("Where it comes from"),
                    help=N_("The record, action plan, law or loan condition it comes from."),
                    need=Need.SUBMIT,
                    row=N_("origin"),
                    min_items=1,
                    max_items=3,
                    either=("record", "source"),
                    columns=(
                        RecordRef(id="record", label=N_("Record here")),
                        Line(id="source", label=N_("Action plan, law, loan condition or other source"), max=300),
                        Link(id="url", label=N_("Web address")),
                    ),
                ),
                Table(
                    id="responsible",
                    label=N_("Who is responsible"),
                    help=N_("The organisations that answer for it, the first one leading."),
                    need=Need.SUBMIT,
                    row=N_("organisation"),
                    min_items=1,
                    max_items=8,
                    names=True,
                    columns=(
                        Line(id="organisation", label=N_("Organisation"), need=Need.SUBMIT),
                        Line(id="role", label=N_("Role"), max=150),
                    ),
                ),
                PartialDate(
                    id="planned_start",
                    label=N_("Planned start"),
                    help=N_("A year or a month."),
                    need=Need.SUBMIT,
                ),
                PartialDate(
                    id="planned_end",
                    label=N_("Planned end"),
                    help=N_("A year or a month."),
                    need=Need.SUBMIT,
                    after="planned_start",
                ),
                Prose(
                    id="theory",
                    label=N_("Why it should work"),
                    help=N_("If we do A, then B, because C."),
                    example=N_(
                        "If suppliers see when they will be paid, more of them bid, because the risk of late "
                        "payment is what keeps small firms away."
                    ),
                    need=Need.SUBMIT,
                    weight=1,
                    max=800,
                ),
                # who is responsible has just been asked: this is for everybody else, and may stay empty
                *core.adapted(
                    (core.ORGANISATIONS,),
                    organisations={
                        "label": N_("Other organisations"),
                        "help": N_("Partners, financiers, suppliers, civil society."),
                        "need": Need.OPTIONAL,
                    },
                ),
            ),
        ),
        Section(
            "progress",
            N_("Progress"),
            (
                Table(
                    id="milestones",
                    label=N_("Milestones"),
                    help=N_("At least two. For each, how far it has got and where one can see that."),
                    need=Need.SUBMIT,
                    weight=1,
                    row=N_("milestone"),
                    min_items=2,
                    max_items=20,
                    columns=(
                        Line(id="what", label=N_("What"), max=250, need=Need.SUBMIT),
                        PartialDate(id="due", label=N_("Due"), day=True),
                        Choice(id="status", label=N_("Status"), vocabulary="completion", need=Need.SUBMIT),
                        Link(id="evidence", label=N_("Link to the evidence")),
                        Prose(id="note", label=N_("Note"), max=600),
                    ),
                ),
                # one row holds the latest reading only: a list of readings inside a row is more than a phone
                # can show, and every earlier value stays in the record's revisions and progress reports
                Table(
                    id="indicators",
                    label=N_("Indicators"),
                    help=N_("At least one with a baseline. Numbers as you have them: 2.1, about 40%, 120 days."),
                    need=Need.SUBMIT,
                    row=N_("indicator"),
                    min_items=1,
                    max_items=10,
                    columns=(
                        Line(id="name", label=N_("What is counted"), need=Need.SUBMIT, weight=1, max=200),
                        Line(id="unit", label=N_("Unit"), max=60),
                        Line(id="baseline", label=N_("Baseline"), max=60),
                        PartialDate(id="baseline_date", label=N_("Baseline date"), day=True),
                        Line(id="target", label=N_("Target"), max=60),
                        PartialDate(id="target_date", label=N_("Target date"), day=True),
                        Line(id="value", label=N_("Latest value"), max=60),
                        PartialDate(id="value_date", label=N_("Latest date"), day=True),
                        Line(id="source", label=N_("Source"), max=300),
                    ),
                    figures=Figures(
                        name="name",
                        before="baseline",
                        after="value",
                        unit="unit",
                        target="target",
                        before_date="baseline_date",
                        after_date="value_date",
                        target_date="target_date",
                    ),
                ),
                Table(
                    id="updates",
                    label=N_("Progress reports"),
                    help=N_("At least one. Add a new report below the others; do not overwrite an old one."),
                    need=Need.SUBMIT,
                    weight=1,
                    row=N_("progress report"),
                    min_items=1,
                    max_items=40,
                    columns=(
                        PartialDate(id="date", label=N_("Date"), day=True, need=Need.SUBMIT),
                        Person(id="author", label=N_("By"), names=True),
                        Period(id="period", label=N_("Period covered")),
                        Prose(id="done", label=N_("What was done"), max=1500, need=Need.SUBMIT),
                        Prose(id="changed", label=N_("What changed"), max=1000),
                        Prose(id="problems", label=N_("Problems"), max=1000),
                        Prose(id="decisions", label=N_("Decisions"), max=1000),
                        Prose(id="next_steps", label=N_("Next steps: what, by whom, when"), max=1000),
                    ),
                ),
                core.MEDIA,
                Choice(
                    id="completion",
                    label=N_("Overall completion"),
                    help=N_("Taken over all milestones."),
                    need=Need.SUBMIT,
                    vocabulary="completion",
                ),
                Choice(
                    id="change_observed",
                    label=N_("Change observed"),
                    help=N_("Since the baseline, as far as you can tell."),
                    need=Need.SUBMIT,
                    vocabulary="change_observed",
                ),
            ),
        ),
        Section(
            "lessons",
            N_("What differed, what you learned"),
            (
                Prose(
                    id="deviations",
                    label=N_("What differed from the plan"),
                    help=N_("And why; who decided."),
                    example=N_(
                        "The portal opened four months late, because the ministry changed the host. The "
                        "regulator decided to go on with spreadsheets meanwhile."
                    ),
                    need=Need.SUBMIT,
                    weight=1,
                    max=2000,
                ),
                Lines(
                    id="lessons",
                    label=N_("Lessons so far"),
                    help=N_("One to six, each starting with a verb and each useful to someone elsewhere."),
                    need=Need.SUBMIT,
                    weight=2,
                    min_items=1,
                    max_items=6,
                    item_max=400,
                ),
                PartialDate(
                    id="next_report_due",
                    label=N_("Next report due"),
                    help=N_("A day or a month: readers see when to come back."),
                    # what is complete or withdrawn has no next report
                    need=When(has_not_ended, N_("because the activity has not ended")),
                    day=True,
                ),
                *core.SEE_ALSO,
            ),
        ),
        Section("evidence", N_("How you know"), core.EVIDENCE),
        Section("consent", N_("Consent and contact"), core.CONSENT),
        Section("publication", N_("How it becomes public"), publicity.FIELDS),
    ),
    checks=(
        N_("One specific activity, not a whole reform"),
        N_("Baselines are dated"),
        N_("The latest report covers the time since the one before"),
        N_("The status of each milestone has evidence"),
        N_("The date of the next report is set, unless it has ended"),
    ),
    example=Example(
        N_(
            "Planned: by June 2013 both offices publish 90 per cent of their contracts. In August 2013 the first "
            "publishes 96 %, the second 54 % (register against signed contracts in the file). The second lost its only "
            "clerk in March and nobody was told to take over. Next: a deputy in each office, named in writing, by "
            "October. The plan had said that software was the problem; it was leave."
        ),
        record="demo-contract-register-districts",
    ),
)

"""Experience: what somebody did, told first-hand."""

from __future__ import annotations

from knowledge.content.fields import N_, Figures, Line, Lines, Need, PartialDate, Prose, Table, When
from knowledge.content.registry import Example, RecordType, Section
from knowledge.content.types import core, publicity
from knowledge.content.types.conditions import claims_observed_change, in_a_fragile_setting

EXPERIENCE = RecordType(
    id="experience",
    names={"en": "Experience", "fr": "Expérience", "es": "Experiencia", "pt": "Experiência", "ar": "تجربة"},
    sentence=N_(
        "What you and your colleagues did yourselves: the problem, the steps, what changed, what got in the way."
    ),
    sections=(
        Section("what", N_("What and where"), (*core.WHAT_AND_WHERE, *core.WHICH_REFORM)),
        Section(
            "situation",
            N_("The situation"),
            (
                Prose(
                    id="context",
                    label=N_("Context and problem"),
                    help=N_(
                        "What was the situation before? Who was affected? Give one or two numbers (delays, "
                        "bidders, cost). What had been tried?"
                    ),
                    example=N_(
                        "Before 2018 every purchase above 500 dollars went to the provincial tender board, "
                        "which met once a month. 61 of 140 requests were for less than 3,000 dollars. "
                        "Clinics ran out of gloves while files waited. A circular of 2016 had asked for "
                        "faster handling; nobody had followed it, because auditors punished any missing "
                        "signature."
                    ),
                    need=Need.SUBMIT,
                    weight=1,
                    min=200,
                    max=3000,
                ),
                Prose(
                    id="objective",
                    label=N_("What we wanted to achieve"),
                    help=N_("One to three objectives, each one you could check."),
                    need=Need.SUBMIT,
                    weight=1,
                    max=800,
                ),
                core.ORGANISATIONS,
            ),
        ),
        Section(
            "did",
            N_("What you did"),
            (
                Prose(
                    id="what_we_did",
                    label=N_("What we did"),
                    help=N_(
                        "The steps in order: who decided, who did the work, which rules, documents or "
                        "software changed, how long it took."
                    ),
                    example=N_(
                        "The provincial director asked the internal auditor first what would satisfy her. "
                        "Together they wrote a one-page form with three offers by phone, the price, and the "
                        "reason for the choice. Two buyers were trained for a day. We started with four "
                        "clinics in March, met them every second Friday, changed the form twice, and went to "
                        "all clinics in September."
                    ),
                    need=Need.SUBMIT,
                    weight=1,
                    min=300,
                    max=5000,
                ),
                Table(
                    id="resources",
                    label=N_("What it took"),
                    help=N_("Staff and months, budget and who paid, software. A range is fine."),
                    row=N_("resource"),
                    max_items=8,
                    columns=(
                        Line(id="what", label=N_("What"), max=200, need=Need.SUBMIT),
                        Line(id="people", label=N_("People"), max=120),
                        Line(id="time", label=N_("Time"), max=120),
                        Line(id="money", label=N_("Money, with currency and year"), max=120),
                        Line(id="paid_by", label=N_("Who paid"), max=150, names=True),
                    ),
                ),
                core.MEDIA,
            ),
        ),
        Section(
            "results",
            N_("Results"),
            (
                Prose(
                    id="results",
                    label=N_("Results"),
                    help=N_(
                        "What changed? Separate what you counted from what people told you. Say if it is too early."
                    ),
                    example=N_(
                        "We counted 212 purchases in the first year. The time from request to delivery fell "
                        "from 45 to 12 days (median). Prices of ten common items stayed within 3 per cent of tender "
                        "prices. Clinic heads say that they trust the process; two suppliers say that they "
                        "are never called. It is too early to say whether the choice of shops has narrowed."
                    ),
                    need=Need.SUBMIT,
                    weight=1,
                    min=150,
                    max=3000,
                    dated=True,
                ),
                # cells are text, not numbers: "2.1", "about 40%" and "4 of 10" are all honest figures
                Table(
                    id="indicators",
                    label=N_("Figures"),
                    help=N_("As you have them: bidders per tender 2.1 → 4.3; days to award about 120 → 65."),
                    need=When(claims_observed_change, N_("because you say that change was observed")),
                    row=N_("figure"),
                    max_items=12,
                    columns=(
                        Line(
                            id="indicator",
                            label=N_("What was counted"),
                            need=Need.SUBMIT,
                            weight=1,
                            max=200,
                        ),
                        Line(id="before", label=N_("Before"), max=60),
                        Line(id="after", label=N_("After"), max=60),
                        Line(id="unit", label=N_("Unit"), max=60),
                        PartialDate(id="date", label=N_("Date"), day=True),
                        Line(id="source", label=N_("Source"), max=300),
                    ),
                    either=("before", "after"),
                    figures=Figures(name="indicator", before="before", after="after", unit="unit", after_date="date"),
                ),
                *core.EVIDENCE,
            ),
        ),
        Section(
            "lessons",
            N_("Lessons"),
            (
                Prose(
                    id="enabling",
                    label=N_("What helped"),
                    help=N_("Leadership, rules, money, people, timing, luck."),
                    need=Need.SUBMIT,
                    weight=1,
                    max=1500,
                ),
                Prose(
                    id="hindering",
                    label=N_("What got in the way and what we did about it"),
                    help=N_("Include mistakes. No names of individuals."),
                    example=N_(
                        "The first form asked for a stamp that clinics do not own, so nothing moved for "
                        "three weeks. An accountant went on asking for three written offers; the director "
                        "had to repeat the rule in writing."
                    ),
                    need=Need.SUBMIT,
                    weight=1,
                    max=1500,
                ),
                Lines(
                    id="lessons",
                    label=N_("Lessons"),
                    help=N_("Two to six, each starting with a verb and each useful to someone in another country."),
                    example=N_("Ask the auditor before you simplify a form, not afterwards."),
                    need=Need.SUBMIT,
                    weight=2,
                    min_items=2,
                    max_items=6,
                    item_max=400,
                ),
                Prose(
                    id="sustain",
                    label=N_("Will it last?"),
                    help=N_("Who pays and who is responsible next year?"),
                    need=Need.SUBMIT,
                    weight=1,
                    max=1000,
                ),
                Prose(
                    id="replicate",
                    label=N_("Could others do it?"),
                    help=N_("What must be in place first, what could be left out, has anyone copied it?"),
                    need=Need.SUBMIT,
                    weight=1,
                    max=1500,
                ),
                Prose(
                    id="fragile_note",
                    # asked only where it is needed, so the label can ask instead of saying "if"
                    label=N_("What the fragile setting changed"),
                    help=N_(
                        "What would not have worked in a stable country, or the other way round? (access, "
                        "security, thin market, capacity substitution, donor rules)"
                    ),
                    need=When(
                        in_a_fragile_setting,
                        N_("because a country you chose is on the list of fragile settings"),
                    ),
                    weight=1,
                    max=1500,
                ),
                *core.SEE_ALSO,
            ),
        ),
        Section("consent", N_("Consent and contact"), core.CONSENT),
        Section("publication", N_("How it becomes public"), publicity.FIELDS),
    ),
    checks=(
        N_("First-hand: the author says “we” and names the organisation"),
        N_("Before and after are both described"),
        N_("One difficulty is told"),
        N_("No ongoing tender or person is exposed"),
        N_("The strength of evidence matches what “How do you know?” says"),
    ),
    example=Example(
        N_(
            "Four hospitals ran 46 small tenders a year for gloves and dressings and still ran out. Two nurses counted "
            "what the wards really used; 38 items went into one two-year framework agreement with three suppliers, and "
            "the wards ordered by call-off. Waiting fell from 39 to 9 days (call-off register, June 2012). Prices fell "
            "less than we had promised, and one supplier gave up after five months: we had not asked how it would pay "
            "for stocks."
        ),
        record="demo-framework-hospital-consumables",
    ),
)

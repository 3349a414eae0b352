"""Advice finds what readers stumble over, keeps quiet about the rest, and never fails or blocks."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.content.checks import shape
from knowledge.content.site import registry, synonyms
from knowledge.derive.advice import acronyms, exposure, links, moments, reading, results
from knowledge.derive.advice.look import CHECKS, advice
from knowledge.derive.advice.passages import Advice, draft

TODAY = date(2026, 11, 25)
EXPERIENCE = registry()["experience"]
SOBER = "The county bought gloves by phone in 2019. Three shops were asked. The register holds each offer."


def found(check: Any = None, record_type: Any = EXPERIENCE, **values: Any) -> list[Advice]:
    given_ = {"language": "en", "title": "A title", **values}
    if check is None:
        return list(advice(record_type, given_, synonyms(), TODAY))
    return list(check.look(draft(record_type, given_, synonyms(), TODAY)))


def told(check: Any = None, **values: Any) -> list[tuple[str, str]]:
    return [(a.problem.anchor, str(a.problem)) for a in found(check, **values)]


# ---------------------------------------------------------------------------- acronyms


def test_a_short_form_that_is_never_spelled_out_is_named_where_it_first_stands() -> None:
    [(anchor, words)] = told(acronyms, context="The PPMU met.", results="The PPMU met again.")
    assert anchor == "context" and "“PPMU” is not explained" in words


def test_the_sites_own_list_says_how_to_write_it_out() -> None:
    [(_, words)] = told(acronyms, what_we_did="We sent an RFQ to three shops.")
    assert words == "“RFQ” is not explained. Write it out once: request for quotations (RFQ)."


@pytest.mark.parametrize(
    "text",
    [
        "The project management unit (PPMU) met. The PPMU decided.",
        "The PPMU (project management unit) met.",
        "The Public Procurement Monitoring Unit met. Later the PPMU decided.",
        "We sent requests for quotations. An RFQ costs little.",
        "The UN and the EU paid in USD; an NGO helped.",
        "It cost KES 500, or 40 UAH.",
        "Chapter XIV and Annex II say so.",
        "See https://www.example.gov/PPMU/AB and mail PPMU@office.gov.",
        "THE WHOLE ANSWER IS IN CAPITALS AND TELLS NOTHING",
        "e-GP, COVID-19, 2PL and U.N. are other kinds of words.",
    ],
)
def test_what_is_explained_or_known_to_everybody_is_not_asked_for(text: str) -> None:
    assert told(acronyms, context=text) == []
    assert told(acronyms, context=text, results="The QZX met.") != [], "the control"


def test_a_plural_is_the_same_short_form_and_a_row_is_named_by_its_place() -> None:
    rows = [{"what": "x"}, {"what": "Two SOPs and one SOP"}]
    assert told(acronyms, resources=rows) == [], "short answers that are not searched say what they say"
    assert [a.about for a in found(acronyms, lessons=["Yes.", "Write SOPs. One SOP is enough."])] == ["SOP"]
    assert found(acronyms, lessons=["Yes.", "Write SOPs."])[0].problem.anchor == "lessons-1"


# ---------------------------------------------------------------------------- reading


def test_a_long_sentence_is_named_by_its_beginning() -> None:
    long = "We asked " + "one shop and then another " * 10 + "for an offer."
    [(anchor, words)] = told(reading, results=SOBER + " " + long)
    assert anchor == "results" and words.startswith("A sentence of 55 words begins “We asked one shop")
    assert told(reading, results=SOBER * 5) == []


@pytest.mark.parametrize(
    ("language", "plain", "heavy"),
    [
        (
            "en",
            "We asked three shops. They gave us a price. We took the best one. ",
            "Institutional operationalisation of decentralised procurement methodologies necessitates "
            "interdepartmental harmonisation initiatives. ",
        ),
        (
            "fr",
            "On a posé la question à trois magasins. Le prix est bon. ",
            "L’opérationnalisation institutionnelle des méthodologies décentralisées nécessite une harmonisation "
            "interministérielle systématiquement documentée. ",
        ),
        (
            "es",
            "Fuimos a tres tiendas. Nos dieron un precio. Todo va bien. ",
            "La institucionalización metodológica descentralizada requiere procedimientos administrativos "
            "interinstitucionales sistemáticamente documentados. ",
        ),
        (
            "pt",
            "Fomos a três lojas. Elas deram um preço. Tudo vai bem. ",
            "A institucionalização metodológica descentralizada requer procedimentos administrativos "
            "interinstitucionais sistematicamente documentados. ",
        ),
        (
            "ar",
            "سألنا ثلاثة محلات. أعطونا الأسعار. اخترنا الأفضل. ",
            "تتطلب " + "الإجراءات المؤسسية اللامركزية " * 10 + "توثيقا منهجيا. ",
        ),
    ],
)
def test_a_hard_text_is_told_apart_from_a_plain_one_in_every_language(language: str, plain: str, heavy: str) -> None:
    assert told(reading, language=language, context=plain * 14) == []
    assert [anchor for anchor, _ in told(reading, language=language, context=heavy * 14)] == ["context"]


def test_the_measures_agree_with_what_their_authors_publish() -> None:
    # Flesch: a text of one-syllable words in sentences of ten is 206.835 - 84.6 - 10.15
    text = "The man who had the dog went to the shop. " * 10
    assert reading.ease(text, "en") == pytest.approx(206.835 - 84.6 - 10.15)
    assert reading.ease("Too short.", "en") is None and reading.ease(text, "ar") is None


def test_abbreviations_and_lists_make_no_sentences_of_their_own() -> None:
    assert reading.sentences("We met Dr. Smith, e.g. in May. Then no. 4 came.") == [
        "We met Dr. Smith, e.g. in May.",
        "Then no. 4 came.",
    ]
    assert reading.sentences("- one\n- two") == ["- one", "- two"]
    assert reading.sentences("هل نجح؟ نعم.") == ["هل نجح؟", "نعم."]


# ---------------------------------------------------------------------------- dates


def test_results_that_do_not_say_when_are_asked() -> None:
    row = {"indicator": "Days", "before": "45", "after": "12"}
    assert told(results, results="Waiting fell to twelve days.") == [
        ("results", "This does not say when: add a year or a month.")
    ]
    assert told(results, results="Waiting fell in 2019.") == []
    assert told(results, results="انخفض الانتظار في ٢٠١٩.") == []
    assert told(results, results="Waiting fell.", indicators=[row | {"date": "2019"}]) == []
    [(anchor, words)] = told(results, results="In 2019.", indicators=[row | {"date": "2019"}, row])
    assert anchor == "indicators-1-date" and words == "Row 2: of which year or month is this?"
    assert told(results, results="In 2019.", indicators=[row | {"indicator": "Days in 2018 and 2019"}]) == []
    assert told(results, context="No figures here.") == []


# ---------------------------------------------------------------------------- persons and tenders


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("We thank Mr. John Kamau for it.", "Mr. John Kamau"),
        ("Mme Diop a signé.", "Mme Diop"),
        ("Le dossier de M. Ndiaye est prêt.", "M. Ndiaye"),
        ("La Sra. María de la Cruz firmó.", "Sra. María"),
        ("O Eng. Paulo Sitoe visitou a obra.", "Eng. Paulo Sitoe"),
        ("Dr Njoroge refused.", "Dr Njoroge"),
        ("وقع السيد محمد علي العقد", "السيد محمد علي"),
    ],
)
def test_a_person_with_a_title_is_noticed(text: str, name: str) -> None:
    [(anchor, words)] = told(exposure, hindering=text)
    assert anchor == "hindering" and words.startswith(f"“{name}")


@pytest.mark.parametrize(
    "text",
    [
        "The director and the auditor agreed.",
        "Madame Ministre left.",
        "M is the median; Me too.",
        "The drive led to Dr. no one.",
        "La señora de la tienda dijo que sí.",
    ],
)
def test_roles_are_no_persons(text: str) -> None:
    assert told(exposure, hindering=text) == []


def test_a_tender_that_is_still_open_is_noticed_and_one_that_is_over_is_not() -> None:
    [(_, words)] = told(exposure, what_we_did="Tender no. MOH/2026/014 closes on 5 December 2026.")
    assert "still open" in words and "MOH/2026/014" in words
    for text in (
        "L’appel d'offres n° 12/2026, date limite : 05/12/2026.",
        "Fecha límite: 5 de diciembre de 2026.",
        "O prazo termina em dezembro de 2026.",
        "آخر موعد 2026-12-05",
    ):
        assert len(told(exposure, what_we_did=text)) == 1, text
    for text in (
        "Tender no. MOH/2019/014 closed on 5 December 2019.",
        "The law comes into force on 5 December 2026.",
        "Tender no. MOH/2026/014 was cancelled.",
    ):
        assert told(exposure, what_we_did=text) == [], text


def test_days_are_read_as_people_write_them() -> None:
    text = "2026-12-05, 5 décembre 2026, 06/12/2026, 7 de dezembro de 2026, December 8, 2026, dic 2026, 31/02/2026, mars 2027"
    assert sorted({*moments.days(text)}) == [
        date(2026, 12, 5),
        date(2026, 12, 6),
        date(2026, 12, 7),
        date(2026, 12, 8),
        date(2027, 3, 28),
    ]


# ---------------------------------------------------------------------------- links and pictures


@pytest.mark.parametrize(
    "address",
    [
        "www.health.gov/report.pdf",
        "http://localhost/x",
        "http://192.168.1.4/share",
        "http://[::1]/",
        "http://intranet.ministry.local/a",
        "file:///C:/report.doc",
        "ftp://files.gov/a",
        "https://server/a",
        "https://www.example.com/a",
        "http://[x/",
    ],
)
def test_an_address_that_leads_nowhere_is_named_by_its_shape_alone(address: str) -> None:
    [(anchor, words)] = told(links, context=f"See [the report]({address}).")
    assert anchor == "context" and address in words
    assert links.wrong_with("https://www.worldbank.org/a?b=c#d") == ""
    assert (
        told(links, context="See [it](/practices/x), [us](mailto:a@b.org), https://www.afdb.org/en, e.g. above.") == []
    )


def test_an_address_in_a_row_is_named_by_its_place() -> None:
    rows = [{"title": "A", "url": "https://ministry.gov/a"}, {"title": "B", "url": "http://10.0.0.7/b"}]
    assert [anchor for anchor, _ in told(links, sources=rows)] == ["sources-1-url"]


def test_a_picture_in_the_text_without_a_description_is_noticed() -> None:
    assert len(told(links, context="![](https://ministry.gov/a.png)")) == 1
    assert told(links, context="![The form](https://ministry.gov/a.png)") == []


def test_a_new_kind_of_field_brings_its_own_advice() -> None:
    from dataclasses import dataclass

    from knowledge.content.fields import Field, Need
    from knowledge.content.problems import Problem
    from knowledge.content.registry import RecordType, Section

    @dataclass(frozen=True, kw_only=True)
    class Smell(Field):
        """A kind that advice has never heard of."""

    made = RecordType("x", {"en": "X"}, "X", (Section("s", "S", (Smell(id="smell", label="Smell", need=Need.SAVE),)),))
    assert found(None, made, smell="rotten") == []

    @links.of_answer.register(Smell)
    def _(f: Smell, value: Any, path: Any) -> Any:
        yield Advice("smell", Problem(path, "It smells."), value)

    assert [str(a.problem) for a in found(None, made, smell="rotten")] == ["It smells."]


# ---------------------------------------------------------------------------- all of them


def test_the_same_words_are_the_same_advice_and_other_words_are_new() -> None:
    first, again = found(context="Ask the PPMU."), found(context="Then ask the PPMU.", hindering="x")
    assert [a.key for a in first] == [a.key for a in again]
    long = "We asked " + "one shop and then another " * 10
    assert found(context=long + "today.")[0].key != found(context=long + "yesterday.")[0].key


def test_a_plain_record_gets_no_advice_and_what_is_private_is_not_looked_at() -> None:
    assert found(context=SOBER, results=SOBER) == []
    assert found(sensitivity={"yes": True, "note": "Mr. Kamau of the PPMU"}) == []


@settings(max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(["title", "summary", "context", "results", "language", "start"]),
        st.text(max_size=300) | st.text(alphabet="ABC .()[]!/:@wM.Dr 0129-\n", max_size=300),
    ),
    st.lists(st.text(max_size=80), max_size=4),
)
def test_whatever_is_written_it_never_fails_and_every_advice_has_a_place(
    texts: dict[str, str], lines: list[str]
) -> None:
    raw = {**texts, "lessons": lines, "indicators": [{"indicator": t, "after": t, "date": t} for t in lines]}
    values, _ = shape(EXPERIENCE, raw, registry().vocabularies)
    made = advice(EXPERIENCE, values, synonyms(), TODAY)
    assert len({a.key for a in made}) == len(made)
    for each in made:
        assert EXPERIENCE.has(str(each.problem.path[0])) and str(each.problem) and len(each.key) == 24


@pytest.mark.parametrize(
    "piece",
    ["A", "AB ", "(AB) ", "a.", "a. ", "Dr. A", "www.", "](", "[", "1/", "tender 1/", "M. ", "\n", "é’", "x@", "- "],
)
def test_a_hundred_thousand_characters_of_anything_are_looked_at_once(piece: str) -> None:
    """Each of these made some expression or loop slow that went over the text again and again."""
    text = piece * (100_000 // len(piece))
    seen = draft(EXPERIENCE, {"context": text, "results": text}, synonyms(), TODAY)
    assert all(isinstance(list(check(seen)), list) for check in CHECKS)

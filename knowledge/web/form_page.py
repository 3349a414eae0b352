"""The page on which a record is written: its form, with what is missing, advised, kept and said beside the fields."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from werkzeug.datastructures import MultiDict

from knowledge.content.checks import Problem
from knowledge.content.registry import RecordType
from knowledge.derive import forms
from knowledge.services import advising, authoring, catalogue, discussion, working
from knowledge.web import choosing, files, standing
from knowledge.web.discussion import discussed
from knowledge.web.language import reader_language, words
from knowledge.web.numbers import whole, wholes
from knowledge.web.site import site
from knowledge.web.working import filled, seen


def page(
    record_type: RecordType,
    form: Any,
    *,
    desk: authoring.Desk | None = None,
    base: int = 0,
    start_key: str = "",
    problems: tuple[Problem, ...] = (),
    needed: bool = False,
    memberships: Any = (),
    other: choosing.Other | None = None,
    writing: working.Writing | None = None,
) -> str:
    """The form. `base`: of the text in it; `other`: the text it met; `writing`: what is kept, and who else writes."""
    forms.attach(form, problems, words)
    files.show(desk.record.id if desk else "", record_type, form)
    how_far = standing.of(record_type, form)
    copy = writing.copy if writing else None
    return render_template(
        "authoring/form.html",
        record_type=record_type,
        form=form,
        desk=desk,
        base=base,
        start_key=start_key,
        problems=problems,
        how_far=how_far,
        show_missing=needed,
        memberships=memberships,
        other=other,
        copy=copy,
        writing=writing,
        typed=filled(copy) if copy else request.form,
        seen=working.Seen(copy.tag, copy.key) if copy else seen(request.form, other.tag if other else ""),
        needed_ids={*how_far.wanted},
        advised=site().ask(advising.on, record_type, how_far.values, desk.record.id if desk else ""),
        example=_example(record_type),
        discussion=discussed(desk.record.id)["discussion"] if desk else None,
    )


def rearranged(record_type: RecordType, posted: MultiDict[str, str], **given: Any) -> str:
    """The form again with rows added, moved or removed; nothing is saved yet."""
    changed = forms.act(record_type, posted, posted.get("action", ""))
    form = forms.bind(record_type, site().registry().vocabularies, posted=changed, language=reader_language())
    return page(record_type, form, **given)


def answers(posted: MultiDict[str, str]) -> discussion.Answers:
    """What the writer says to points beside the fields: answers, and which she has addressed."""
    numbered = {whole(name.removeprefix("reply-")): text for name, text in posted.items() if name.startswith("reply-")}
    replies = {number: text for number, text in numbered.items() if number}
    return discussion.Answers(replies, tuple(filter(None, wholes(posted.getlist("addressed")))))


def is_row_button(posted: MultiDict[str, str]) -> bool:
    """Whether the button pressed adds, removes or moves a row."""
    return posted.get("action", "").split(":")[0] in ("add", "remove", "up", "down")


def is_file_button(posted: MultiDict[str, str]) -> bool:
    """Whether the button pressed attaches a file, uses one or lets it go."""
    return posted.get("action", "").split(":")[0] in ("attach", "use", "drop")


def _example(record_type: RecordType) -> dict[str, str] | None:
    """A good record of this kind: its words, and the address of the whole where it is on this site."""
    example = record_type.example
    if example is None:
        return None
    titles = site().ask(catalogue.titles, [example.record]) if example.record else {}
    return {"text": example.text, "record": example.record if titles else "", "title": titles.get(example.record, "")}

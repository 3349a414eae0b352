"""Files of records: served with the rights of their record, in ranges; and taken in, whole or in chunks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO, cast

from flask import Blueprint, Request, after_this_request, make_response, request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage, ImmutableMultiDict, MultiDict
from werkzeug.http import parse_range_header, unquote_etag
from werkzeug.wrappers import Response

from knowledge.content.checks import Problem
from knowledge.content.fields import Media
from knowledge.content.media import AT_ONCE, DOCUMENT, ENDINGS, KIND_LABELS, LARGEST, MEGA, Attachment, file_name
from knowledge.content.registry import RecordType
from knowledge.derive import forms
from knowledge.derive.show import ShownSection
from knowledge.services import files
from knowledge.services.errors import NO_ROOM, FilesUnavailable, Invalid
from knowledge.services.uploads import LARGEST_CHUNK, Astray, Coming
from knowledge.web.actor import actor, signed_in_actor
from knowledge.web.numbers import whole
from knowledge.web.security import allow_players
from knowledge.web.site import site

bp = Blueprint("files", __name__)
POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"
SENT = "files"  # the name of the control that files are chosen with
SIZE = 11  # digits of a size in bytes


class Received(Request):
    """A request that says so when a form does not fit where it is received, and then has none."""

    def _load_form_data(self) -> None:
        try:
            super()._load_form_data()
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise
            nothing: Any = ImmutableMultiDict()
            vars(self).update(form=nothing, files=nothing)
            raise FilesUnavailable(error.strerror) from error


def make_room() -> None:
    """A form may carry files; nothing else may be that large, and a chunk less than other forms."""
    if request.endpoint == "files.chunk":
        request.max_content_length = LARGEST_CHUNK
    if request.endpoint == "authoring.edit" and request.mimetype == "multipart/form-data":
        request.max_content_length = AT_ONCE + 2 * MEGA


# ---------------------------------------------------------------------------- out


@bp.get("/files/<file_id>/<part>")
def file(file_id: str, part: str) -> Response:
    """The bytes of a file, or of one size of a picture, for whoever may see its record as it refers to it."""
    return served(site().ask(files.opened, actor(), file_id, part))


def served(opened: files.Opened) -> Response:
    """The bytes of a file, whole or in a range, or word that the reader has them already."""
    store = site().uploads.store
    size = store.size(opened.name)
    if size is None:
        return _nothing(404)
    etag = f"{opened.attachment.id}-{opened.part}"
    if etag in request.if_none_match:
        return _headed(make_response(b"", 304), opened, etag)
    start, stop = _range(size, etag)
    if start is None or stop is None:
        response = _nothing(416)
        response.headers["Content-Range"] = f"bytes */{size}"
        return response
    blocks = () if request.method == "HEAD" else store.read(opened.name, start, stop - start)
    response = Response(blocks, content_type=opened.mime, direct_passthrough=True)
    response.headers["Content-Length"] = str(stop - start)
    if stop - start < size:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return _headed(response, opened, etag)


def _range(size: int, etag: str) -> tuple[int | None, int | None]:
    """The bytes that were asked for; all of them unless one range was, of this very file; None for none there is."""
    asked = parse_range_header(request.headers.get("Range"))
    condition = request.headers.get("If-Range")
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return 0, size
    if condition and unquote_etag(condition) != (etag, False):
        return 0, size
    found = asked.range_for_length(size)
    return found or (None, None)


def _headed(response: Response, opened: files.Opened, etag: str) -> Response:
    headers, attachment = response.headers, opened.attachment
    headers["Content-Security-Policy"] = POLICY
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Accept-Ranges"] = "bytes"
    # asked for again each time, because a record may be withdrawn; what is not public stays in this browser
    headers["Cache-Control"] = "no-cache" if opened.public else "private, no-cache"
    response.set_etag(etag)
    if attachment.kind == DOCUMENT:
        headers.set("Content-Disposition", "attachment", filename=file_name(attachment.name, attachment.format))
    return response


def _nothing(status: int) -> Response:
    response = make_response(b"", status)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    return response


def note_players(sections: Iterable[ShownSection]) -> None:
    """Allow the players of videos on a page that has one."""
    shown = [each for section in sections for each in section.fields if each.kind == "media"]
    if any(item.video for each in shown for item in each.value):
        after_this_request(allow_players)


# ---------------------------------------------------------------------------- in, with a form


def received(
    record_id: str, record_type: RecordType, posted: MultiDict[str, str]
) -> tuple[MultiDict[str, str], tuple[Problem, ...]]:
    """Take in the files that came with a form; the form with a row for each, and what was wrong with the others.

    `use:media:ID,ID` shows files that came in chunks, or that lay there unused; `drop:media:ID` removes one.
    """
    media = next((f for f in record_type.fields if isinstance(f, Media)), None)
    if media is None:
        return posted, ()
    action, problems = posted.get("action", ""), list[Problem]()
    verb, _name, ids = action.partition(f":{media.id}:")
    found: list[Attachment] = []
    for sent in request.files.getlist(SENT):
        if sent.filename:
            found += _kept(record_id, sent, media, problems)
    if verb == "drop" and ids:
        site().uploads.remove(signed_in_actor(), record_id, ids)
    if verb == "use" and ids:
        there = site().ask(files.of_record, signed_in_actor(), record_id)
        found += [there[i] for i in ids.split(",") if i in there]
    return (forms.with_files(media, posted, found) if found else posted), tuple(problems)


def has_files(posted: MultiDict[str, str]) -> bool:
    """Whether a form brought files, or asks something about one."""
    verb = posted.get("action", "").partition(":")[0]
    return verb in ("use", "drop", "attach") or any(sent.filename for sent in request.files.getlist(SENT))


def show(record_id: str, record_type: RecordType, form: Any) -> None:
    """Let the form show the files its rows name, those that lie unused, and what may be added."""
    there = site().ask(files.of_record, signed_in_actor(), record_id) if record_id else {}
    named = set(_ids(record_type, form))
    place = {
        "record_id": record_id,
        "unused": [each for each in there.values() if each.id not in named],
        "limits": [(KIND_LABELS[kind], most // MEGA) for kind, most in LARGEST.items()],
        "largest": max(LARGEST.values()),
        "at_once": AT_ONCE // MEGA,
        "endings": ENDINGS,
    }
    forms.show_files(record_type, form, there, place)


def _ids(record_type: RecordType, form: Any) -> Iterable[str]:
    for f in record_type.fields:
        if isinstance(f, Media):
            yield from (entry.form[f.file.id].data or "" for entry in form[f.id].entries)


def _kept(record_id: str, sent: FileStorage, media: Media, problems: list[Problem]) -> list[Attachment]:
    try:
        return [site().uploads.keep(signed_in_actor(), record_id, sent.filename or "", cast(BinaryIO, sent.stream))]
    except Invalid as error:
        problems += [Problem((media.id,), p.message, p.facts) for p in error.problems]
        return []


# ---------------------------------------------------------------------------- in, by chunks


@bp.post("/work/<record_id>/uploads.json")
def begin(record_id: str) -> Response:
    """Announce a file by name and size, or find out how much of it is here."""
    given = (request.form.get("name", ""), whole(request.form.get("size"), SIZE) or 0)
    coming = site().uploads.begin(signed_in_actor(), record_id, *given, request.form.get("key", "")[:500])
    return make_response(_told(coming))


@bp.route("/work/<record_id>/uploads/<upload_id>.json", methods=["GET", "PUT"])
def chunk(record_id: str, upload_id: str) -> Response:
    """How far an upload is; or its next chunk, at `offset`."""
    me, uploads = signed_in_actor(), site().uploads
    if request.method == "GET":
        return make_response(_told(uploads.state(me, record_id, upload_id)))
    place = whole(request.args.get("offset"), SIZE)
    try:
        chunk = request.get_data(cache=False)
        return make_response(_told(uploads.add(me, record_id, upload_id, -1 if place is None else place, chunk)))
    except Astray as error:
        return make_response({"received": error.received}, 409)


@bp.post("/work/<record_id>/uploads/<upload_id>/finish.json")
def finish(record_id: str, upload_id: str) -> Response:
    """Make a file of what came."""
    try:
        made = site().uploads.finish(signed_in_actor(), record_id, upload_id)
    except Astray as error:
        return make_response({"received": error.received}, 409)
    return make_response({"file": made.id, "name": made.name, "note": _(made.note) if made.note else ""})


def _told(coming: Coming) -> dict[str, Any]:
    return {"id": coming.id, "received": coming.received, "size": coming.size, "file": coming.file_id}

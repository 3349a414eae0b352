"""The table of all routes and of who may use them, and a world with a reader and a record of every kind."""

from __future__ import annotations

from flask import Response, request

from knowledge.services import opinions
from knowledge.web.actor import actor
from tests.conftest import Stage, token
from workflows import known
from workflows.definition import Workflow
from workflows.editorial import WRITERS

READERS = ("", "stranger", "author", "colleague", "coach", "other_coach", "adviser", "manager")
STATES = ("draft", "in_review", "second_review", "changes_requested", "published", "revised", "withdrawn")
# state of the latest revision, and whether there is a live one
FACTS = {s: (s, s == "published") for s in STATES} | {"revised": ("draft", True)}

PUBLIC = {
    "public.home", "public.practices", "public.practices_json", "public.practices_csv", "public.practices_atom",
    "public.schema", "public.help_search", "public.about", "public.healthz", "public.robots",
    "narrowing.values", "narrowing.like", "overview.countries", "overview.gaps", "public.suggest",
    "account.register", "account.sign_in", "account.sign_out", "mail.stop",
    "second_factor.code", "resetting.ask",
    "resetting.choose", "confirming.confirm", "invitations.answer",  # the signed address is the proof
    "working.worker",
}  # fmt: skip
SIGNED_IN = {
    "absence.mine",
    "mail.wishes",
    "account.profile",
    "account.password",
    "confirming.address",
    "second_factor.setting",
    "sessions.places",
    "authoring.my_work",
    "authoring.choose_kind",
    "authoring.start",
    "offline.form",
    "offline.from_file",
    "working.of_new",
    "working.keep_of_new",
    "working.drop_of_new",
    "working.rendered",
}
COACHES = {"review.queue"}
MANAGERS = {
    "manage.overview", "manage.people", "manage.change_person", "manage.all_programmes", "manage.programme",
    "manage.vocabularies", "manage.terms", "manage.withdrawn", "manage.synonyms",
    "mail.all_mails",
    "absence.of_person",
    "invitations.of_programme",
}  # fmt: skip
# endpoint -> the permission of the workflow's table that it asks for
DESK = {
    "authoring.desk": "view_history", "authoring.preview": "view", "authoring.compare_revisions": "view_history",
    "discussion.points": "view_history",
    "working.of_record": "edit", "working.keep_of_record": "edit", "working.drop_of_record": "edit",
    "authoring.edit": "edit", "authoring.people": "share", "review.read": "review", "manage.assign": "manage",
}  # fmt: skip
DESK |= {
    "publication.saved_versions": "view_history", "publication.saved_version": "view_history",
    "publication.plan": "claim", "publication.confirm": "revise", "sharing.readers": "invite",
}  # fmt: skip
# where these come when it is closed, they are led to the desk of the record, which says how it stands
CLOSED = {"authoring.edit": WRITERS, "review.read": frozenset({"coach"})}
# pages that a device may keep: the writer's own list and forms, for herself
KEPT = {"authoring.my_work", "authoring.start", "authoring.edit"}
CHOICES = {"language.choose"}  # kept on the device, for whoever reads there; tests/journeys/test_languages.py
VERSIONS = {"publication.version", "publication.compare_published"}  # of these, what became public
LINKS = {"sharing.shared", "sharing.comment", "sharing.file"}  # open to who has the link, whoever she is
ARTICLE, STEPS, POINTS = {"public.practice"}, {"steps.advance"}, {"discussion.act"}
ADVICE = {"advice.say"}
CLAIMS = {"claims.claim", "claims.hand_back"}
FILES, UPLOADS = {"files.file"}, {"files.begin", "files.chunk", "files.finish"}
# held to the table, or to who coaches whom, in test_review_rights
REVIEW = {
    "review.look", "review.insert", "review.resolve", "review.begin", "review.say", "coaching.score", "coaching.ask", "coaching.answer",
    "coaching.phrase_list", "coaching.person",
}  # fmt: skip


def roles(reader: str, state: str) -> frozenset[str]:
    """What a reader is to the record in this state. An adviser is one as long as it is decided on."""
    if not reader:
        return frozenset({"anyone"})
    own = {"author": "author", "colleague": "co_author", "coach": "coach", "manager": "manager"}
    if FACTS[state][0] in known.UNDER_REVIEW:
        own["adviser"] = "adviser"
    return frozenset({"anyone", "signed_in", *([own[reader]] if reader in own else [])})


def flow(state: str) -> Workflow:
    """The workflow that the record in this state follows."""
    return known.followed("", FACTS[state][0])


def may(permission: str, reader: str, state: str) -> bool:
    """What its table says."""
    return flow(state).may(permission, FACTS[state][0], roles(reader, state))


def ever(permission: str, reader: str, state: str) -> bool:
    """Whether it allows that in any state of the record."""
    return any(flow(state).may(permission, s.id, roles(reader, state)) for s in flow(state).states)


def knows(reader: str, state: str) -> bool:
    """Whether this reader may see the latest revision at its desk."""
    return flow(state).may("view", FACTS[state][0], roles(reader, state) - {"anyone", "signed_in"})


class World:
    """One site, one record in every state, one browser for every reader."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.kept: set[tuple[str, str, bool]] = set()  # endpoint, method, and whether the mark is the reader's own
        stage.app.after_request(self._look)
        self.records = {state: self.make(state) for state in STATES}
        self.browsers = {reader: stage.client(reader) for reader in READERS}
        self.tokens = {reader: token(browser) for reader, browser in self.browsers.items()}

    def make(self, state: str) -> str:
        """A new record in this state, with a co-author; while it is decided on, somebody was asked for an opinion."""
        stage, author = self.stage, self.stage.actor("author")
        begun = {"revised": "published", "second_review": "in_review"}.get(state, state)
        record_id = stage.record(author, begun)
        if state == "revised":
            stage.step(author, record_id, "revise")
        if state == "second_review":
            stage.site.act(_two_coaches, record_id)
            stage.step(stage.actor("second_coach"), record_id, "approve")
        stage.site.act(_add_colleague, record_id)
        if FACTS[state][0] in known.UNDER_REVIEW:
            stage.site.act(opinions.ask, stage.actor("coach"), record_id, stage.actor("adviser").person_id, "")
        return record_id

    def _look(self, response: Response) -> Response:
        if mark := response.headers.get("X-Keep-On-Device"):
            self.kept.add((request.endpoint or "", request.method, mark == str(actor().person_id)))
        return response

    def state_of(self, record_id: str) -> tuple[str, bool]:
        from knowledge.storage import find

        with self.stage.site.db.reading() as session:
            record = find.record(session, record_id)
            assert record is not None
            return record.state, record.live_id is not None


def _two_coaches(session, record_id: str) -> None:  # type: ignore[no-untyped-def]
    from knowledge.storage import find

    find.record(session, record_id).programme_id = "pairs"


def _add_colleague(session, record_id: str) -> None:  # type: ignore[no-untyped-def]
    from knowledge.storage import find
    from knowledge.storage.models.records import CO_AUTHOR, Authorship

    person = find.person_by_email(session, "colleague@example.org")
    session.add(
        Authorship(
            record_id=record_id, person_id=person.id, name=person.name, email=person.email, role=CO_AUTHOR, position=1
        )
    )


DECLARED = PUBLIC | SIGNED_IN | COACHES | MANAGERS | set(DESK) | ARTICLE | STEPS | POINTS | ADVICE | CLAIMS
DECLARED |= FILES | UPLOADS | VERSIONS | LINKS | REVIEW | CHOICES

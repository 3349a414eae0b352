"""Our workflow: draft, coach review, published; with changes requested as a state of its own.

State belongs to the latest revision, publicity to the live one: a published record that is being revised is in
state draft or in review while the public goes on reading its live revision.
"""

from __future__ import annotations

from workflows.definition import N_, Live, State, Transition, Workflow
from workflows.guards import complete, has_live, has_words, not_own_work, not_too_early, saw_the_latest

DRAFT, IN_REVIEW, CHANGES, PUBLISHED, WITHDRAWN = (
    "draft",
    "in_review",
    "changes_requested",
    "published",
    "withdrawn",
)
ANYONE, SIGNED_IN, AUTHOR, CO_AUTHOR, COACH, MANAGER, ADVISER = (
    "anyone",
    "signed_in",
    "author",
    "co_author",
    "coach",
    "manager",
    "adviser",  # a coach of any programme who was asked for a second opinion
)

WRITERS = frozenset({AUTHOR, CO_AUTHOR})
_desk = frozenset({AUTHOR, CO_AUTHOR, COACH, MANAGER})
_reviewers = frozenset({COACH, ADVISER})
_states = frozenset({DRAFT, IN_REVIEW, CHANGES, PUBLISHED, WITHDRAWN})

EDITORIAL = Workflow(
    name="editorial",
    initial=DRAFT,
    states=(
        State(DRAFT, N_("Draft"), N_("Only its authors work on it.")),
        State(IN_REVIEW, N_("In review"), N_("It is the coach's turn.")),
        State(CHANGES, N_("Changes requested"), N_("It is the author's turn: the coach said what to change.")),
        State(PUBLISHED, N_("Published"), N_("Everybody can find and read it.")),
        State(WITHDRAWN, N_("Withdrawn"), N_("A page remains that says so.")),
    ),
    roles=(ANYONE, SIGNED_IN, AUTHOR, CO_AUTHOR, COACH, MANAGER, ADVISER),
    transitions=(
        Transition(
            "submit",
            N_("Send to your coach"),
            frozenset({DRAFT, CHANGES}),
            IN_REVIEW,
            WRITERS,
            guards=(complete,),
            words="optional",
            next=N_("Sent. Your coach reads it next; you will see the answer here."),
        ),
        Transition(
            "recall",
            N_("Take back"),
            frozenset({IN_REVIEW}),
            DRAFT,
            frozenset({AUTHOR}),
            next=N_("Taken back. It is a draft again; send it when you are ready."),
        ),
        Transition(
            "request-changes",
            N_("Ask for changes"),
            frozenset({IN_REVIEW}),
            CHANGES,
            frozenset({COACH}),
            guards=(has_words, saw_the_latest),
            words="required",
            next=N_("Returned. The author sees your words at the top of the form."),
        ),
        Transition(
            "publish",
            N_("Publish"),
            frozenset({IN_REVIEW}),
            PUBLISHED,
            frozenset({COACH}),
            guards=(not_own_work, saw_the_latest, complete, not_too_early),
            live=Live.PUBLISH,
            words="optional",
            next=N_("Published. Everybody can find it now."),
        ),
        Transition(
            "revise",
            N_("Write a new version"),
            frozenset({PUBLISHED}),
            DRAFT,
            WRITERS,
            next=N_("This is a new draft. The published version stays public until the new one is published."),
        ),
        Transition(
            "discard",
            N_("Discard this version"),
            frozenset({DRAFT, CHANGES}),
            PUBLISHED,
            frozenset({AUTHOR}),
            guards=(has_live,),
            live=Live.RETURN,
            next=N_("Discarded. The published version is the latest again; the history keeps the text."),
        ),
        Transition(
            "withdraw",
            N_("Withdraw"),
            # the public text must be removable at once, whatever is being written above it
            frozenset({PUBLISHED, DRAFT, IN_REVIEW, CHANGES}),
            WITHDRAWN,
            frozenset({COACH, MANAGER}),
            guards=(has_live, has_words),
            live=Live.REMOVE,
            words="required",
            next=N_("Withdrawn. It is gone everywhere at once; a page remains that says so."),
        ),
        Transition(
            "restore",
            N_("Restore as a draft"),
            frozenset({WITHDRAWN}),
            DRAFT,
            frozenset({MANAGER}),
            words="optional",
            next=N_("Restored as a draft. It is not public until it has been reviewed again."),
        ),
    ),
    known_permissions=(
        "view",
        "view_history",
        "edit",
        "share",
        "review",
        "claim",
        "score",
        "ask",
        "advise",
        "comment",
        "address",
        "resolve",
        "note",
        "invite",
        "manage",
    ),
    permissions={
        # the desk's view of the latest revision; the live one is public by itself
        "view": {
            DRAFT: _desk,
            IN_REVIEW: _desk | {ADVISER},
            CHANGES: _desk,
            PUBLISHED: frozenset({ANYONE, SIGNED_IN}) | _desk,
            WITHDRAWN: _desk,
        },
        "view_history": {**dict.fromkeys(_states, _desk), IN_REVIEW: _desk | {ADVISER}},
        "edit": dict.fromkeys((DRAFT, CHANGES), WRITERS),
        "share": dict.fromkeys((DRAFT, CHANGES), frozenset({AUTHOR, MANAGER})),
        "review": {IN_REVIEW: _reviewers},
        # taking it up and handing it back; it changes whose it is, not its state
        "claim": {IN_REVIEW: frozenset({COACH})},
        # the checks of the kind: by its writers before they send it, by its coach before she decides
        "score": {DRAFT: WRITERS, CHANGES: WRITERS, IN_REVIEW: frozenset({COACH})},
        "ask": {IN_REVIEW: frozenset({COACH})},
        "advise": {IN_REVIEW: frozenset({ADVISER})},
        "comment": {DRAFT: _desk, IN_REVIEW: _desk | {ADVISER}, CHANGES: _desk},
        "address": dict.fromkeys((DRAFT, IN_REVIEW, CHANGES), WRITERS),
        "resolve": dict.fromkeys((IN_REVIEW, CHANGES), frozenset({COACH})),
        # between those who review, of what they did not write themselves
        "note": {**dict.fromkeys(_states, frozenset({COACH, MANAGER})), IN_REVIEW: _reviewers | {MANAGER}},
        # a reader from outside, who reads and comments
        "invite": dict.fromkeys((DRAFT, IN_REVIEW, CHANGES, PUBLISHED), _desk),
        "manage": dict.fromkeys(_states, frozenset({MANAGER})),
    },
)

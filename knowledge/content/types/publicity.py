"""How a record becomes public: what its authors ask for, the same for every type; private but for the last day."""

from __future__ import annotations

from knowledge.content.fields import N_, Field, Flag, PartialDate, Prose

FIELDS: tuple[Field, ...] = (
    Flag(
        id="anonymous",
        label=N_("Publish without names"),
        help=N_(
            "For places where a name can harm. Nobody but your co-authors, coaches and managers sees who wrote this: "
            "names of authors, organisations, the place within the country, contacts and credits are left out "
            "everywhere. What your own text names you have to take out yourself. You may say why."
        ),
        public=False,
    ),
    PartialDate(
        id="not_before",
        label=N_("Not public before"),
        help=N_(
            "If it has to wait: 2027-03-05, or 2027-03 for the first of March. It cannot become public earlier; your "
            "coach can decide now and have it published on that date."
        ),
        day=True,
        public=False,
    ),
    PartialDate(
        id="valid_until",
        label=N_("Valid until"),
        help=N_(
            "If you know when it goes out of date, such as when a law ends: 2027-12-31, or 2027. You are asked then "
            "whether it still holds; until you answer, readers see that it may be out of date."
        ),
        day=True,
    ),
    Prose(
        id="coach_note",
        label=N_("Note for your coach"),
        help=N_("What your coach should know and nobody else. Never public, not even later."),
        public=False,
        max=1500,
    ),
)

"""The picture and the table that the README and the screens show."""

from tests.workflows.test_definition import small
from workflows.diagram import mermaid, permission_table
from workflows.editorial import EDITORIAL


def test_the_picture_has_an_arrow_for_every_transition_and_source() -> None:
    assert mermaid(small()) == (
        "stateDiagram-v2\n    [*] --> open\n    open --> shut: shut\n    shut --> open: reopen\n"
    )
    lines = mermaid(EDITORIAL).splitlines()
    assert lines[1] == "    [*] --> draft"
    assert len(lines) == 2 + sum(len(t.sources) for t in EDITORIAL.transitions)


def test_the_table_has_a_row_for_every_permission_and_transition() -> None:
    assert permission_table(small()) == (
        "| permission | Open | Shut |\n| --- | --- | --- |\n"
        "| view | writer | writer |\n| shut | writer | – |\n| reopen | – | writer |\n"
    )
    rows = permission_table(EDITORIAL).splitlines()
    assert len(rows) == 2 + len(EDITORIAL.permissions) + len(EDITORIAL.transitions)
    assert "| publish | – | coach | – | – | – |" in rows

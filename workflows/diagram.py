"""A workflow as a Mermaid picture and as Markdown tables, for the README and the screens."""

from __future__ import annotations

from workflows.definition import Workflow


def mermaid(flow: Workflow) -> str:
    """The states and transitions as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", f"    [*] --> {flow.initial}"]
    for t in flow.transitions:
        lines += [
            f"    {source} --> {t.target}: {t.id}" for source in (s.id for s in flow.states) if source in t.sources
        ]
    return "\n".join(lines) + "\n"


def permission_table(flow: Workflow) -> str:
    """Who may do what in which state, as a Markdown table; transitions after the plain permissions."""
    header = ["permission", *(s.label for s in flow.states)]
    rows = [header, ["---"] * len(header)]
    for permission in (*flow.permissions, *(t.id for t in flow.transitions)):
        rows.append([permission, *(_who(flow, permission, s.id) for s in flow.states)])
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"


def _who(flow: Workflow, permission: str, state: str) -> str:
    allowed = [r for r in flow.roles if flow.may(permission, state, frozenset({r}))]
    return "anyone" if "anyone" in allowed else ", ".join(r.replace("_", "-") for r in allowed) or "–"

"""Rows of an evaluation's table, and how they are shown.

Knows nothing about what is measured.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict


class EvalRow(BaseModel):
    """One case under the memory and under its controls; None where a control does not apply. Shares are from 0 to 1."""

    model_config = ConfigDict(frozen=True)

    case: str
    metric: str
    memory: float
    none: float | None = None
    in_prompt: float | None = None
    random_adapter: float | None = None
    n: int


def as_table(rows: Sequence[EvalRow]) -> str:
    """A Markdown table, shares in per cent."""
    head = "| case | metric | memory | no memory | in the prompt | random adapter | n |"
    lines = [head, "|---|---|---|---|---|---|---|"]
    for row in rows:
        shares = [row.memory, row.none, row.in_prompt, row.random_adapter]
        cells = ["" if share is None else f"{100 * share:.0f} %" for share in shares]
        lines.append(f"| {row.case} | {row.metric} | {' | '.join(cells)} | {row.n} |")
    return "\n".join(lines)

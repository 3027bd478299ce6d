"""Rows of an evaluation's table, and how they are shown.

Knows nothing about what is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

CONTROLS = {
    "memory": "memory",
    "none": "no memory",
    "in_prompt": "in the prompt",
    "random_adapter": "random adapter",
    "rag": "RAG",
    "distilled": "distilled",
    "untrained": "untrained rows",
}


class EvalRow(BaseModel):
    """One case under the memory and under its controls; None where a control does not apply or was not run.

    Attributes:
        unit: what the figures are in; it is for tables and plots and stays out of JSON, where the metric names it.
        n: how many questions, documents or repetitions stand behind each figure.
    """

    model_config = ConfigDict(frozen=True)

    case: str
    metric: str
    memory: float
    none: float | None = None
    in_prompt: float | None = None
    random_adapter: float | None = None
    rag: float | None = None
    distilled: float | None = None
    untrained: float | None = None
    n: int
    unit: Literal["share", "number"] = Field("share", exclude=True)

    def figure(self, control: str) -> float | None:
        """What was measured under one of `CONTROLS`."""
        value: float | None = getattr(self, control)
        return value


def measured(rows: Sequence[EvalRow]) -> list[str]:
    """The controls that have a figure in any row, in the order of `CONTROLS`."""
    return [control for control in CONTROLS if any(row.figure(control) is not None for row in rows)]


def as_table(rows: Sequence[EvalRow]) -> str:
    """A Markdown table, shares in per cent, without the columns that nothing was measured for."""
    controls = measured(rows)
    head = ["case", "metric", *(CONTROLS[control] for control in controls), "n"]
    lines = [_line(head), "|---" * len(head) + "|"]
    for row in rows:
        lines.append(_line([row.case, row.metric, *(_cell(row, control) for control in controls), str(row.n)]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(row: EvalRow, control: str) -> str:
    figure = row.figure(control)
    if figure is None:
        return ""
    return (
        f"{100 * figure:.0f} %" if row.unit == "share" else f"{figure:,.3g}" if abs(figure) < 1000 else f"{figure:,.0f}"
    )

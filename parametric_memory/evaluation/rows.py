"""Rows of an evaluation's table, and how they are shown.

Knows nothing about what is measured.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from math import fsum, sqrt
from statistics import fmean
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

CONTROLS = {
    "memory": "memory",
    "hybrid": "hybrid",
    "none": "no memory",
    "in_prompt": "in the prompt",
    "random_adapter": "random adapter",
    "rag": "RAG",
    "distilled": "distilled",
    "untrained": "untrained rows",
    "distilled_as_published": "distilled as published",
}

_GAIN = "gain_by_"  # points, where the row's figures are shares

Route = Literal["ask", "alone", "ungated", "given"]

# How the memory came to what it attached, as tables say it; nothing where it did as `ask` does.
ROUTES: Mapping[Route, str] = {
    "ask": "",
    "alone": "one document in memory",
    "ungated": "no gate",
    "given": "document given",
}


class EvalRow(BaseModel):
    """One case under the memory and under its controls; None where a control does not apply or was not run.

    What is compared with besides the controls are further fields, each a figure; what a name that begins with
    `gain_by_` holds is a difference to the memory.

    Attributes:
        n: how many questions, documents or repetitions stand behind each figure.
        unit: what the figures are in.
        route: how the memory came to what it attached. ask: through its index and its gate, or nothing was asked.
            alone: the same, of a memory that holds one document. ungated: what the index finds nearest, however far
            away it is. given: the right document, past index and gate.
        errors: the standard error of each figure that is a mean over questions, by control, in its unit.
    """

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, float | None] = Field(init=False)

    case: str
    metric: str
    memory: float
    hybrid: float | None = None
    none: float | None = None
    in_prompt: float | None = None
    random_adapter: float | None = None
    rag: float | None = None
    distilled: float | None = None
    untrained: float | None = None
    n: int
    unit: Literal["share", "number"] = "share"
    route: Route = "ask"
    errors: dict[str, float] = {}

    @classmethod
    def of_scores(
        cls,
        case: str,
        metric: str,
        scores: Mapping[str, Sequence[float]],
        route: Route = "ask",
        clusters: Sequence[Hashable] | None = None,
        **others: Any,
    ) -> EvalRow:
        """The means of scores, one a question, with their standard errors.

        Args:
            scores: by control; as many for each.
            clusters: what each question is about; see `standard_error`.
            others: further fields.
        """
        figures: dict[str, Any] = {control: fmean(given) for control, given in scores.items()}
        several = len(scores["memory"] if clusters is None else set(clusters)) > 1
        errors = {control: standard_error(given, clusters) for control, given in scores.items()} if several else {}
        n = len(scores["memory"])
        return cls(case=case, metric=metric, n=n, route=route, errors=errors, **{**figures, **others})

    def figure(self, control: str) -> float | None:
        """What was measured under one of `CONTROLS`, or what a further field holds; None: nothing."""
        value: float | None = getattr(self, control, None)
        return value


def standard_error(scores: Sequence[float], clusters: Sequence[Hashable] | None = None) -> float:
    """Of the mean of scores: their standard deviation over the root of their number, where they are independent.

    Args:
        scores: at least two.
        clusters: what each is of, at least two; scores of one may go together, as answers about one text do. Where
            every score is of its own, they are independent.
    """
    mean = fmean(scores)
    off: dict[Hashable, float] = {}
    for place, score in enumerate(scores):
        of = place if clusters is None else clusters[place]
        off[of] = off.get(of, 0.0) + score - mean
    return sqrt(len(off) / (len(off) - 1) * fsum(sum_of * sum_of for sum_of in off.values())) / len(scores)


def measured(rows: Sequence[EvalRow]) -> list[str]:
    """The controls that have a figure in any row, in the order of `CONTROLS`, and the further fields after them."""
    further = (name for row in rows for name in row.model_extra or ())
    columns = dict.fromkeys([*CONTROLS, *further])
    return [control for control in columns if any(row.figure(control) is not None for row in rows)]


def titled(control: str, titles: Mapping[str, str] = CONTROLS) -> str:
    """What a column is called."""
    return titles.get(control, control.removeprefix(_GAIN).replace("_", " "))


def as_table(rows: Sequence[EvalRow], titles: Mapping[str, str] = CONTROLS) -> str:
    """A Markdown table, without the columns that nothing was measured for.

    Shares are in per cent; behind ± stands the standard error. A metric says how the memory came to what it attached,
    unless it did as `ask` does.
    """
    controls = measured(rows)
    head = ["case", "metric", *(titled(control, titles) for control in controls), "n"]
    lines = [_line(head), "|---" * len(head) + "|"]
    for row in rows:
        metric = f"{row.metric} ({ROUTES[row.route]})" if ROUTES[row.route] else row.metric
        lines.append(_line([row.case, metric, *(as_cell(row, control) for control in controls), str(row.n)]))
    return "\n".join(lines)


def as_cell(row: EvalRow, control: str) -> str:
    """One figure as a table shows it; empty where there is none."""
    figure, error = row.figure(control), row.errors.get(control)
    if figure is None:
        return ""
    if control.startswith(_GAIN):
        return f"{100 * figure:+.1f}" + ("" if error is None else f" ± {100 * error:.1f}")
    if row.unit == "share":
        return f"{100 * figure:.0f} %" + ("" if error is None else f" ± {100 * error:.0f}")
    shown = f"{figure:,.3g}" if abs(figure) < 1000 else f"{figure:,.0f}"
    return shown + ("" if error is None else f" ± {error:.2g}")


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

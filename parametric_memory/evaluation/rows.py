"""Rows of an evaluation: figures with their standard errors, as a table. Knows nothing about what is measured."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from math import fsum, sqrt
from statistics import fmean
from typing import Literal

from pydantic import BaseModel, Field

from parametric_memory.training.roc import Measured

CONTROLS = {
    "memory": "memory",
    "hybrid": "hybrid",
    "none": "no memory",
    "in_prompt": "in the prompt",
    "random_adapter": "random adapter",
    "rag": "RAG",
    "untrained": "untrained rows",
    "judged_text": "judged text in the prompt",
    "wrong_document": "another document",
    "marked_words": "marked words alone",
    "shared_rows": "shared rows alone",
    "shared_rows_text": "shared rows and judged text",
    "strength_0": "strength 0",
    "whole_adapter": "whole adapter",
}
SKILL_COLUMNS = {  # of `eval skills`
    "memory": "skill",
    "none": "no adapter",
    "in_prompt": "description in the prompt",
    "examples_in_prompt": "3 examples in the prompt",
    "another_tasks": "another task's skill",
    "random_description": "skill of a random description",
    "all_tasks_lora": "LoRA of all tasks",
    "own_lora": "own LoRA",
}
_GAIN = "gain_by_"  # points, where the row's figures are shares

Route = Literal["ask", "alone", "ungated", "given"]
Unit = Literal["share", "number", "points"]
Clusters = Sequence[Hashable] | None  # see `mean`
ByColumn = Mapping[str, Sequence[float]]

ROUTES: Mapping[Route, str] = {  # how the memory chose what it attached, as tables show it
    "ask": "",  # through its index and its gate; or nothing was asked
    "alone": "one document in memory",  # the same
    "ungated": "no gate",  # the nearest in the index, at any distance
    "given": "document given",  # the right document, without index and gate
}


class EvalRow(BaseModel, frozen=True, extra="allow"):
    """One case under the memory and its controls; None where a control does not apply or was not run.

    Other columns are extra fields. A column whose name begins with `gain_by_` is a difference to the memory.
    """

    __pydantic_extra__: dict[str, float | None] = Field(init=False)

    case: str
    metric: str
    memory: float
    hybrid: float | None = None
    none: float | None = None
    in_prompt: float | None = None
    random_adapter: float | None = None
    rag: float | None = None
    untrained: float | None = None
    n: int  # how many questions, documents or repetitions each figure averages
    unit: Unit = "share"  # points: differences of shares, of `with_differences`
    route: Route = "ask"
    errors: dict[str, float] = {}  # standard errors by column, of the figures that are means over questions
    differences: dict[str, Measured] = {}  # memory minus column, by column, over the same questions

    @staticmethod
    def of_scores(
        case: str, metric: str, scores: ByColumn, route: Route = "ask", clusters: Clusters = None, unit: Unit = "share"
    ) -> EvalRow:
        """The means of scores, one a question, and the memory's differences to the other columns."""
        memory = scores["memory"]
        others = {column: given for column, given in scores.items() if column != "memory"}
        paired = {column: difference(memory, given, clusters) for column, given in others.items()}
        row = EvalRow(case=case, metric=metric, memory=0, n=len(memory), unit=unit, route=route, differences=paired)
        return row.plus({column: mean(given, clusters) for column, given in scores.items()})

    @staticmethod
    def of_measured(
        case: str, metric: str, figures: Mapping[str, Measured | None], n: int, route: Route = "ask"
    ) -> list[EvalRow]:
        """A row of numbers; none where the memory has no figure."""
        if figures.get("memory") is None:
            return []
        return [EvalRow(case=case, metric=metric, memory=0, n=n, unit="number", route=route).plus(figures)]

    def plus(self, figures: Mapping[str, Measured | None]) -> EvalRow:
        """The row with these figures, by column, without those that are None."""
        known = {column: figure for column, figure in figures.items() if figure is not None}
        errors = {column: figure.error for column, figure in known.items() if figure.error is not None}
        values = {column: figure.value for column, figure in known.items()}
        return self.model_copy(update={**values, "errors": {**self.errors, **errors}})

    def figure(self, column: str) -> float | None:
        """The figure of one column, or None."""
        value: float | None = getattr(self, column, None)
        return value


def mean(scores: Sequence[float], clusters: Clusters = None) -> Measured:
    """The mean with its standard error, where there is more than one cluster.

    clusters: of each score; scores of one cluster may depend on each other, as answers about one text do. None: all
        scores are independent.
    """
    center = fmean(scores)
    off: dict[Hashable, float] = {}
    for cluster, score in zip(range(len(scores)) if clusters is None else clusters, scores, strict=True):
        off[cluster] = off.get(cluster, 0.0) + score - center
    if len(off) < 2:
        return Measured(center, None)
    return Measured(center, sqrt(len(off) / (len(off) - 1) * fsum(of * of for of in off.values())) / len(scores))


def difference(scores: Sequence[float], others: Sequence[float], clusters: Clusters = None) -> Measured:
    """The mean of the differences of scores of the same questions."""
    return mean([score - other for score, other in zip(scores, others, strict=True)], clusters)


def balanced(scores: Sequence[float], classes: Sequence[Hashable]) -> list[float]:
    """Scores whose mean is the mean of the classes' means, and whose standard error is that of it."""
    of_class = {each: [s for s, own in zip(scores, classes, strict=True) if own == each] for each in set(classes)}
    means = {each: fmean(of) for each, of in of_class.items()}
    weights = {each: len(scores) / (len(of_class) * len(of)) for each, of in of_class.items()}
    whole = fmean(means.values())
    return [whole + weights[own] * (score - means[own]) for score, own in zip(scores, classes, strict=True)]


def ratio_of_means(scores: Sequence[float], others: Sequence[float], clusters: Clusters = None) -> Measured | None:
    """The ratio of the means of scores of the same questions; None where the second mean is 0.

    The error is that of the delta method, which takes into account that both were asked the same.
    """
    below = fmean(others)
    if not below:
        return None
    ratio = fmean(scores) / below
    error = mean([score - ratio * other for score, other in zip(scores, others, strict=True)], clusters).error
    return Measured(ratio, None if error is None else error / below)


def with_differences(rows: Sequence[EvalRow]) -> list[EvalRow]:
    """The rows, each followed by one of its differences where it has any."""
    found = []
    for row in rows:
        found.append(row.model_copy(update={"differences": {}}))
        if row.differences:
            metric, unit = f"{row.metric}, difference to", "points" if row.unit == "share" else row.unit
            paired = EvalRow(case=row.case, metric=metric, memory=0, n=row.n, unit=unit, route=row.route)
            found.append(paired.plus(row.differences))
    return found


def measured(rows: Sequence[EvalRow]) -> list[str]:
    """The columns that have a figure in any row: those of `CONTROLS` in their order, then the extra fields."""
    columns = dict.fromkeys([*CONTROLS, *(name for row in rows for name in row.model_extra or ())])
    return [column for column in columns if any(row.figure(column) is not None for row in rows)]


def as_table(rows: Sequence[EvalRow], titles: Mapping[str, str] = CONTROLS) -> str:
    """A Markdown table of rows and their differences, without empty columns. Shares are in per cent, their differences
    in points; ± is the standard error."""
    rows = with_differences(rows)
    columns = measured(rows)
    names = (titles.get(column, column.removeprefix(_GAIN).replace("_", " ")) for column in columns)
    table = [["case", "metric", *names, "n"]]
    for row in rows:
        metric = f"{row.metric} ({ROUTES[row.route]})" if ROUTES[row.route] else row.metric
        table.append([row.case, metric, *(as_cell(row, column) for column in columns), str(row.n)])
    head, *lines = (f"| {' | '.join(cells)} |" for cells in table)
    return "\n".join([head, "|---" * len(table[0]) + "|", *lines])


def as_cell(row: EvalRow, column: str) -> str:
    """One figure as a table shows it; empty where there is none."""
    figure, error = row.figure(column), row.errors.get(column)
    if figure is None:
        return ""
    if row.unit == "points" or column.startswith(_GAIN):
        return f"{100 * figure:+.1f}" + ("" if error is None else f" ± {100 * error:.1f}")
    if row.unit == "share":
        return f"{100 * figure:.0f} %" + ("" if error is None else f" ± {100 * error:.0f}")
    shown = f"{figure:,.3g}" if abs(figure) < 1000 else f"{figure:,.0f}"
    return shown + ("" if error is None else f" ± {error:.2g}")

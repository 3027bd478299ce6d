"""The plots of the docs, drawn from result files: docs/plots/NAME.svg. Needs matplotlib: pip install '.[dev]'.

`docs/render.py` draws those that templates name. A plot carries a digest of its figures and of this file, by which a
check sees that it is the one that would be drawn, whatever the version of matplotlib.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.evaluation.results import Result
from parametric_memory.evaluation.rows import CONTROLS, EvalRow, measured

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = {
    **{"memory": "#0072b2", "hybrid": "#56b4e9", "in_prompt": "#d55e00", "rag": "#009e73", "none": "#888888"},
    **{"judged_text": "#cc79a7", "whole_adapter": "#e69f00", "averaged": "#e69f00", "right document": "#009e73"},
}
_QUESTIONS = 20
# Figures of others, by title of a curve: see docs/figures.md.
PUBLISHED: Mapping[str, tuple[str, Mapping[float, float]]] = {
    "facts a document": ("published: 4-billion model", {1: 0.50, 2: 0.42, 4: 0.38, 8: 0.25}),
    "adapters together": ("published: averaged, 8-billion model", {1: 0.345, 3: 0.049}),
}


def curves(results: Sequence[Result]) -> Figure:
    """A panel for each curve of `eval curves`: the share of right answers at each point, with errors over seeds."""
    by_title: dict[str, list[tuple[str, EvalRow]]] = {}
    for row in (row for result in results for row in result.rows):
        title, _, point = row.case.partition(": ")
        by_title.setdefault(title, []).append((point, row))
    figure, panels = _panels(len(by_title))
    for axes, (title, points) in zip(panels, by_title.items(), strict=True):
        contained = [(point, row) for point, row in points if row.metric == "contained"]
        numbers = all(point.isdecimal() for point, _ in contained)
        for column in measured([row for _, row in contained]):
            if not column.startswith("gain_by_"):
                _line(axes, contained, column, CONTROLS.get(column, column.replace("_", " ")), numbers, column)
        recalled = [(point, row) for point, row in points if row.metric == "right document recalled"]
        if recalled:
            _line(axes, recalled, "memory", "right document recalled first", numbers, "right document")
        if title in PUBLISHED:
            label, known = PUBLISHED[title]
            axes.plot(list(known), list(known.values()), "k--", linewidth=1, marker="x", label=label)
        if numbers:
            axes.set_xscale("log")
            shown = [int(point) for point, _ in contained]
            axes.set_xticks(shown, [f"{number:,}" for number in shown])
            axes.minorticks_off()
        axes.set(title=title, ylabel="right answers", ylim=(0, 1.02))
    return figure


def _line(
    axes: Axes, points: Sequence[tuple[str, EvalRow]], column: str, label: str, numbers: bool, colour: str
) -> None:
    """One column over the points; values are None where a row lacks it."""
    known = [(float(p) if numbers else p, row.figure(column), row.errors.get(column, 0.0)) for p, row in points]
    xs, ys, errors = zip(*(each for each in known if each[1] is not None), strict=True)
    axes.errorbar(xs, ys, errors, label=label, color=_COLOURS.get(colour), marker="o", markersize=3, linewidth=1.5)


def break_even(results: Sequence[Result]) -> Figure:
    """A panel for each length of documents and chats: the processor time of adding one and asking about it so often."""
    rows = [row for result in results for row in result.rows]
    once = {row.case: row for row in rows if row.metric == "milliseconds to add"}
    each = [row for row in rows if row.metric == "milliseconds to the first token"]
    figure, panels = _panels(len(each))
    for axes, asked in zip(panels, each, strict=True):
        added = once[asked.case.partition(",")[0]]  # whatever precedes the question
        for column in measured([asked]):
            start, slope = (row.figure(column) or 0.0 for row in (added, asked))
            label = {"in_prompt": "document in the prompt", "rag": "nearest sentences in the prompt"}.get(column)
            seconds = [(start + slope * questions) / 1000 for questions in (0, _QUESTIONS)]
            axes.plot((0, _QUESTIONS), seconds, label=label or CONTROLS[column], color=_COLOURS.get(column))
        axes.set(title=f"a document of {asked.case}", xlabel="questions", xlim=(0, _QUESTIONS), ylim=0)
        axes.set_xticks(range(0, _QUESTIONS + 1, 5))
    panels[0].set_ylabel("seconds of one core")
    return figure


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    across = min(count, 3) if count != 4 else 2
    down = -(-count // across)
    figure = Figure(figsize=(4.2 * across, 3.4 * down), layout="constrained")
    panels = [figure.add_subplot(down, across, place + 1) for place in range(count)]
    for axes in panels:
        axes.grid(alpha=0.3)
    return figure, panels


PLOTS: Mapping[str, Callable[[Sequence[Result]], Figure]] = {"curves": curves, "break_even": break_even}  # by `eval`


def digest(results: Sequence[Result]) -> str:
    """Of everything that a plot of these results depends on, but for matplotlib."""
    of = hashlib.sha256(Path(__file__).read_bytes())
    for row in (row for result in results for row in result.rows):
        of.update(row.model_dump_json().encode())
    return of.hexdigest()[:16]


def draw(path: Path, results: Sequence[Result]) -> None:
    """Raises ImportError: matplotlib is not installed."""
    from matplotlib import rc_context

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": path.stem, "font.sans-serif": ["DejaVu Sans"]}):
        figure = PLOTS[results[0].eval](results)
        for axes in figure.axes:
            axes.legend(fontsize=7)
        path.parent.mkdir(exist_ok=True)
        figure.savefig(path, metadata={"Date": None, "Creator": None, "Description": digest(results)})

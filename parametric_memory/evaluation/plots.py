"""A picture of an evaluation's rows: bars by case and control, a panel for each metric. Needs matplotlib.

Knows nothing about what is measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from parametric_memory.errors import SettingsError
from parametric_memory.evaluation.rows import CONTROLS, EvalRow, measured, titled
from parametric_memory.files.durable import storage_errors
from parametric_memory.training.curves import require_matplotlib


def check_plot(path: Path) -> None:
    """Refuses before a long run what would fail after it.

    Raises:
        SettingsError: matplotlib is not installed, draws no files of that kind, or the folder is not there.
    """
    require_matplotlib()
    if not path.absolute().parent.is_dir():
        raise SettingsError(f"{path} cannot be drawn: there is no folder {path.parent}. Make it, or choose another.")
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    kinds = sorted(FigureCanvasAgg.get_supported_filetypes())
    if path.suffix.removeprefix(".").lower() not in kinds:
        raise SettingsError(f"{path} has no ending that a plot is drawn for: take one of {', '.join(kinds)}.")


def draw_rows(rows: Sequence[EvalRow], title: str, path: Path, titles: Mapping[str, str] = CONTROLS) -> None:
    """Draws the rows into a file whose ending says its format.

    Raises:
        StorageError: it cannot be written.
    """
    from matplotlib.figure import Figure

    metrics = list(dict.fromkeys(row.metric for row in rows))
    panels = [[row for row in rows if row.metric == metric] for metric in metrics]
    heights = [0.6 + 0.18 * sum(len(measured([row])) + 1 for row in panel) for panel in panels]
    figure = Figure(figsize=(8, 0.8 + sum(heights)), layout="constrained")
    figure.suptitle(title)
    colours = {control: f"C{i}" for i, control in enumerate(dict.fromkeys([*CONTROLS, *measured(rows)]))}
    all_axes = figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights)[:, 0]
    for axes, metric, panel in zip(all_axes, metrics, panels, strict=True):
        position, ticks = 0.0, []
        for row in panel:
            shown = measured([row])
            ticks.append(position + (len(shown) - 1) / 2)
            for control in shown:
                axes.barh(position, row.figure(control), 0.9, color=colours[control])
                position += 1
            position += 1
        axes.set(title=metric, yticks=ticks, yticklabels=[row.case for row in panel])
        axes.invert_yaxis()
        axes.grid(axis="x", alpha=0.3)
        if panel[0].unit == "share":
            axes.set_xlim(0, 1)
        elif len(panel) > 1:
            axes.set_xscale("log")
    handles = [all_axes[0].barh(0, 0, color=colours[control]) for control in measured(rows)]
    figure.legend(handles, [titled(control, titles) for control in measured(rows)], loc="outside lower center", ncols=4)
    with storage_errors(f"write {path}"):
        figure.savefig(path, dpi=120)

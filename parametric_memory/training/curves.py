"""The log of a training run, and a picture of it, which needs matplotlib. Knows nothing about models."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from parametric_memory.errors import CheckpointError, SettingsError
from parametric_memory.files import storage_errors

LOG, PICTURE = "log.jsonl", "curves.png"
Curve = tuple[list[int], list[float]]


def require_matplotlib() -> None:
    """Checks before a long run what would fail after it. Raises SettingsError: matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        raise SettingsError(
            "Plots need matplotlib: pip install 'parametric-memory[plots]', or in a checkout pip install '.[plots]'."
        )


def check_plot(path: Path) -> None:
    """Checks before a long run that a picture can be drawn after it. Raises SettingsError."""
    require_matplotlib()
    if not path.absolute().parent.is_dir():
        raise SettingsError(f"{path} cannot be drawn: there is no folder {path.parent}. Make it, or choose another.")
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    kinds = sorted(FigureCanvasAgg.get_supported_filetypes())
    if path.suffix.removeprefix(".").lower() not in kinds:
        raise SettingsError(f"{path} has no ending that a plot is drawn for: take one of {', '.join(kinds)}.")


def draw_curves(folder: Path) -> Path:
    """Draws `log.jsonl` of a training folder into `curves.png` beside it: training thin, with its standard errors, and
    held-out data bold. All panels begin at 0.

    Raises SettingsError, without matplotlib; CheckpointError, without a log that can be read; StorageError.
    """
    require_matplotlib()
    from matplotlib.figure import Figure

    records = read_log(folder / LOG)
    known = [measure for record in records for measured in record["measured"].values() for measure in measured]
    panels = list(dict.fromkeys(known)) or ["loss"]
    figure = Figure(figsize=(4.2 * len(panels), 3.6), layout="constrained")
    for axes, measure in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        for name, (steps, values) in curves(records, "train", measure).items():
            errors = dict(zip(*curves(records, "train", measure, "errors").get(name, ((), ())), strict=True))
            bars = [errors.get(step, 0.0) for step in steps]
            axes.errorbar(steps, values, bars, label=name, alpha=0.4, linewidth=1)
        for name, (steps, values) in curves(records, "valid", measure).items():
            axes.plot(steps, values, label=f"{name} (held out)", marker="o", markersize=3)
        axes.set(title=measure.replace("_", " "), xlabel="step")
        axes.grid(alpha=0.3)
        axes.set_xlim(0)
        axes.set_ylim(0, 1 if measure.endswith("accuracy") else None)
    axes.legend(fontsize="small")
    picture = folder / PICTURE
    with storage_errors(f"write {picture}"):
        figure.savefig(picture, dpi=120)
    return picture


def append_to_log(path: Path, record: Mapping[str, Any]) -> None:
    """Adds a record, in the place of a last line that was cut short by a kill. Raises StorageError."""
    with storage_errors(f"write {path}"), path.open("ab+") as log:
        log.seek(0)
        log.truncate(log.read().rfind(b"\n") + 1)
        log.write(json.dumps(record).encode() + b"\n")


def read_log(path: Path) -> list[dict[str, Any]]:
    """The records of a log, without a last line that was cut short. Raises CheckpointError: it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise CheckpointError(f"{path} cannot be read ({error.strerror}): train first.") from error
    records = []
    for number, line in enumerate(lines, start=1):
        try:
            records.append(json.loads(line))
        except ValueError as error:
            if number < len(lines):
                raise CheckpointError(f"{path} is damaged in line {number}: restore or delete it.") from error
    return records


def curves(records: Sequence[Mapping[str, Any]], event: str, measure: str, field: str = "measured") -> dict[str, Curve]:
    """Steps and values of a measure, by what it was measured on; of a step that ran twice the later counts.

    field: of a record; "errors": their standard errors, which earlier logs do not have.
    """
    points: dict[str, dict[int, float]] = {}
    for record in records:
        for name, measured in record.get(field, {}).items():
            if record["event"] == event and measure in measured:
                points.setdefault(name, {})[record["step"]] = measured[measure]
    return {name: (sorted(found), [found[step] for step in sorted(found)]) for name, found in points.items()}

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parametric_memory.errors import CheckpointError, SettingsError, StorageError
from parametric_memory.training import curves as drawing
from parametric_memory.training.curves import append_to_log, check_plot, curves, draw_curves, read_log


def record(event: str, step: int, loss: float) -> dict[str, object]:
    measured = {"value_loss": loss, "value_accuracy": 0.5, "answer_accuracy": 0.25}
    return {"event": event, "step": step, "seconds": step, "measured": {"facts": measured}}


def write_log(folder: Path, *records: dict[str, object]) -> Path:
    path = folder / "log.jsonl"
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return path


def test_the_curves_are_drawn_beside_the_log(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    errors = {"errors": {"facts": {"value_loss": 0.2}}}
    write_log(tmp_path, record("train", 10, 2.0), record("train", 20, 1.0) | errors, record("valid", 20, 1.5))
    assert curves(read_log(tmp_path / "log.jsonl"), "train", "value_loss", "errors") == {"facts": ([20], [0.2])}
    picture = draw_curves(tmp_path)
    assert picture == tmp_path / "curves.png"
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_of_a_step_that_ran_twice_the_later_counts() -> None:
    records = [record("train", 10, 3.0), record("train", 20, 2.0), record("train", 10, 1.0)]
    assert curves(records, "train", "value_loss") == {"facts": ([10, 20], [1.0, 2.0])}
    assert curves(records, "valid", "value_loss") == {}


def test_a_last_line_that_was_cut_short_is_left_out(tmp_path: Path) -> None:
    path = write_log(tmp_path, record("train", 10, 2.0))
    path.write_text(path.read_text(encoding="utf-8") + '{"event": "tr', encoding="utf-8")
    assert len(read_log(path)) == 1


def test_a_log_goes_on_behind_a_line_that_was_cut_short(tmp_path: Path) -> None:
    path = write_log(tmp_path, record("train", 10, 2.0))
    path.write_text(path.read_text(encoding="utf-8") + '{"event": "tr', encoding="utf-8")
    for step in (20, 30):
        append_to_log(path, record("train", step, 1.0))
    assert [found["step"] for found in read_log(path)] == [10, 20, 30]


def test_a_log_that_cannot_be_written_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nowhere"):
        append_to_log(tmp_path / "nowhere" / "log.jsonl", {})


def test_a_damaged_log_is_told_by_its_line(tmp_path: Path) -> None:
    path = write_log(tmp_path, record("train", 10, 2.0))
    path.write_text("nonsense\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(CheckpointError, match="line 1"):
        read_log(path)
    with pytest.raises(CheckpointError, match="train first"):
        read_log(tmp_path / "nothing.jsonl")


def test_without_matplotlib_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match="plots"):
        drawing.require_matplotlib()


def test_a_picture_that_cannot_be_drawn_is_refused_before_the_run(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    check_plot(tmp_path / "plot.svg")
    with pytest.raises(SettingsError, match="png"):
        check_plot(Path("plot.txt"))
    with pytest.raises(SettingsError, match=r"no folder .*nowhere"):
        check_plot(tmp_path / "nowhere" / "plot.png")

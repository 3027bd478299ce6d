from __future__ import annotations

from pathlib import Path

import pytest

from parametric_memory.errors import SettingsError, StorageError
from parametric_memory.evaluation.plots import check_plot, draw_rows
from parametric_memory.evaluation.rows import EvalRow

pytest.importorskip("matplotlib")

ROWS = [
    EvalRow(case="1 fact", metric="contained", memory=0.9, none=0.0, in_prompt=0.5, n=60),
    EvalRow(case="1024 tokens", metric="MB", memory=9.0, in_prompt=23.0, n=1, unit="number"),
    EvalRow(case="8192 tokens", metric="MB", memory=70.0, in_prompt=180.0, n=1, unit="number"),
]


@pytest.mark.parametrize(("name", "start"), [("plot.png", b"\x89PNG"), ("plot.svg", b"<?xml")])
def test_the_ending_says_what_is_drawn(tmp_path: Path, name: str, start: bytes) -> None:
    check_plot(tmp_path / name)
    draw_rows(ROWS, "eval facts", tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


def test_an_ending_that_is_no_picture_is_refused_before_the_run() -> None:
    with pytest.raises(SettingsError, match="png"):
        check_plot(Path("plot.txt"))


def test_a_folder_that_is_not_there_is_told_before_the_run(tmp_path: Path) -> None:
    plot = tmp_path / "nowhere" / "plot.png"
    with pytest.raises(SettingsError, match=r"no folder .*nowhere"):
        check_plot(plot)
    with pytest.raises(StorageError):
        draw_rows(ROWS, "eval facts", plot)

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.growth import DIMENSION, DrawnVectors, measure, measure_nearest, measure_stores, text
from parametric_memory import ParametricMemory

LINUX = sys.platform == "linux"


def test_what_a_memory_does_is_measured_for_every_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parametric_memory.storage.following.SMALL", 0)  # so small a memory has no index
    rows = list(measure([3, 101], 2, adds=4))
    once = ("first add of an instance", "first recall of an instance", "first add of the next instance")
    often = ("add", "add of a known text", "recall", "recall in a namespace of few", "list of a page", "update")
    of_all = ("doctor", "export", "reindex", "delete of a namespace of few")
    for size in (3, 101):
        figures = {
            (row.case.removeprefix(f"{size} entries, "), row.metric): row for row in rows if f"{size} " in row.case
        }
        assert {name for name, metric in figures if metric == "seconds"} == {*once, *often, *of_all}
        assert {name for name, metric in figures if metric == "megabytes"} == ({*of_all} if LINUX else set())
        assert {name for name, metric in figures if metric == "bytes"} == {
            "an entry in the database",
            "an entry in the index",
        }
        assert figures["index", "bytes for each entry"].memory > 4 * DIMENSION
        assert [figures[name, "seconds"].n for name in often] == [4, 2, 2, 2, 2, 1]
        assert all(row.memory > 0 or metric == "megabytes" for (_, metric), row in figures.items())


def test_how_often_the_nearest_is_found_is_measured() -> None:
    [row] = measure_nearest(DrawnVectors(), [text(number) for number in range(300)])
    assert (row.case, row.n) == ("297 sentences, a graph is searched", 3) and row.memory > 0.5


def test_what_an_entry_takes_of_the_disk_is_measured_in_each_store(
    open_memory: Callable[..., ParametricMemory],
) -> None:
    def opened_as(folder: Path, store: str) -> ParametricMemory:
        return open_memory(folder, store=store)

    rows = {(row.case, row.metric): row.memory for row in measure_stores(opened_as, [20, 200])}
    short, long = sorted({int(case.split()[0]) for case, _ in rows})
    assert 20 <= short < 100 and 200 <= long < 300
    for length in (short, long):
        text, kept = (rows[f"{length} tokens, kept as {store}", "bytes"] for store in ("text", "rows"))
        assert 0 < text < kept
    assert {metric for _, metric in rows} == {"bytes", "seconds"}

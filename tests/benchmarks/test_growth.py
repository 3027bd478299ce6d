from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.growth import measure, measure_stores
from parametric_memory import ParametricMemory


def test_adding_and_recalling_are_timed_for_every_size() -> None:
    bytes_of, *_ = every = list(measure([3, 6], 2))
    assert (bytes_of.case, bytes_of.metric) == ("3 entries, index", "bytes for each entry") and bytes_of.memory > 1536
    rows = [row for row in every if row.metric == "seconds"]
    names = ("first add of an instance", "first add of the next instance", "add", "add of a known text", "recall")
    assert [row.case for row in rows] == [f"{size} entries, {name}" for size in (3, 6) for name in names]
    assert [row.n for row in rows] == [1, 1, 2, 2, 2] * 2
    assert all(row.memory > 0 and row.metric == "seconds" and row.unit == "number" for row in rows)


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

from __future__ import annotations

from benchmarks.growth import measure


def test_adding_and_recalling_are_timed_for_every_size() -> None:
    rows = list(measure([3, 6], 2))
    names = ("first add of an instance", "first add of the next instance", "add", "add of a known text", "recall")
    assert [row.case for row in rows] == [f"{size} entries, {name}" for size in (3, 6) for name in names]
    assert [row.n for row in rows] == [1, 1, 2, 2, 2] * 2
    assert all(row.memory > 0 and row.metric == "seconds" and row.unit == "number" for row in rows)

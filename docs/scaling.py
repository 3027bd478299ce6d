"""What so many entries need, computed from measured unit costs: the table of docs/scaling.md.

`docs/render.py` puts it in the place of `{computed}`. Units come from the rows of docs/results; a line whose unit was
not measured is left out, and so is the table without lines. Nothing is measured here, and no figure is typed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

from parametric_memory.evaluation.results import Result
from parametric_memory.evaluation.rows import EvalRow

SIZES = (10**6, 10**9)  # entries
_HOUR = 3600


@dataclass(frozen=True)
class Line:
    """One line of the table.

    Attributes:
        amount: for so many entries.
        unit: that it is told in: bytes, seconds or hours.
        source: what the unit cost was measured with, as the rows' `case, metric`.
    """

    what: str
    amount: Callable[[int], float]
    unit: str
    source: str


def lines(results: Mapping[str, Result]) -> Iterator[Line]:
    """The lines whose units are there."""
    if "growth" in results:
        yield from _of_growth(results["growth"])
    if "bulk" in results:
        yield from _of_bulk(results["bulk"])


def _of_growth(growth: Result) -> Iterator[Line]:
    for rows, what in (
        (
            _rows(growth, " entries, an entry in the database", "bytes")[-1:],
            "the database, entries of a sentence kept as text",
        ),
        (_rows(growth, " entries, index", "bytes for each entry")[-1:], "the index on disk, one vector an entry"),
    ):
        for row in rows:
            yield Line(what, _times(row.memory), "bytes", f"{row.case}, {row.metric}")
    recalls, adds = (_by_entries(growth, f" entries, {what}") for what in ("recall", "add"))
    if len(recalls) > 1:
        (first, early), (last, late) = recalls[-2:]
        supposed = f"{first:,} and {last:,} entries, recall; as if it grew with the logarithm"
        yield Line("a recall without the embedder", _with_log(first, early, last, late), "seconds", supposed)
    if adds:
        most, own = adds[-1]
        yield Line("what the writer does itself, all adds", _times(own / _HOUR), "hours", f"{most:,} entries, add")


def _of_bulk(bulk: Result) -> Iterator[Line]:
    row = [row for row in bulk.rows if row.metric == "documents a second"][-1]
    source = f"{row.case}, {row.metric}"
    yield Line("adding all in one process, models included", _times(1 / row.memory / _HOUR), "hours", source)


def computed(results: Mapping[str, Result]) -> str:
    """The table; empty where nothing was measured."""
    found = list(lines(results))
    if not found:
        return ""
    head = ["", *(f"{size:,} entries" for size in SIZES), "computed from"]
    rows = [head, ["---"] * len(head)]
    rows += [[line.what, *(told(line.amount(size), line.unit) for size in SIZES), line.source] for line in found]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def told(amount: float, unit: str) -> str:
    """An amount in two digits, bytes in the unit that people use."""
    if unit == "bytes":
        for name in ("B", "KB", "MB", "GB", "TB", "PB"):
            if amount < 1000:
                return f"{_two(amount)} {name}"
            amount /= 1000
        return f"{_two(amount)} EB"
    if unit == "hours" and amount > 8760:
        return f"{_two(amount / 8760)} years"
    if unit == "hours" and amount > 48:
        return f"{_two(amount / 24)} days"
    return f"{_two(amount)} {unit}"


def _two(amount: float) -> str:
    return f"{float(f'{amount:.2g}'):,g}"


def _by_entries(result: Result, ending: str) -> Sequence[tuple[int, float]]:
    """Seconds by how many entries there are."""
    return sorted((int(row.case.split()[0]), row.memory) for row in _rows(result, ending, "seconds"))


def _rows(result: Result, ending: str, metric: str) -> list[EvalRow]:
    return [row for row in result.rows if row.case.endswith(ending) and row.metric == metric]


def _times(unit: float) -> Callable[[int], float]:
    return lambda entries: unit * entries


def _with_log(first: int, early: float, last: int, late: float) -> Callable[[int], float]:
    return lambda entries: early + (late - early) * log(entries / first) / log(last / first)

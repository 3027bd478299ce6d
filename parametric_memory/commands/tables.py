"""Plain tables for people. Knows nothing about what stands in them."""

from __future__ import annotations

from collections.abc import Sequence

from parametric_memory.documents.cleaning import shown


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Aligned columns under their headers; numbers to the right. The headers alone when there are no rows."""
    cells = [list(headers), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    to_the_right = [bool(rows) and all(_is_numeric(row[i]) for row in rows) for i in range(len(headers))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, to_the_right, strict=True)
        ).rstrip()
        for line in cells
    )


def _is_numeric(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _cell(value: object) -> str:
    """One line of text: decimals to two places, nothing for None."""
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, float) else shown(" ".join(str(value).split()))

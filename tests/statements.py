"""The statements in SQL that are made meanwhile, in whatever database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine


@contextmanager
def statements() -> Iterator[list[str]]:
    """Each on one line, in their order; `BEGIN` and `BEGIN IMMEDIATE` among them where it is SQLite."""
    made: list[str] = []

    def noted(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        made.append(" ".join(statement.split()))

    event.listen(Engine, "before_cursor_execute", noted)
    try:
        yield made
    finally:
        event.remove(Engine, "before_cursor_execute", noted)

"""The statements in SQL that are made meanwhile, in whatever database; and some that fail."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError


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


@contextmanager
def full_disk(beginning: str) -> Iterator[None]:
    """The disk is full for every statement that begins like this."""

    def fails(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(beginning):
            raise OperationalError(statement, {}, sqlite3.OperationalError("database or disk is full"))

    event.listen(Engine, "before_cursor_execute", fails)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", fails)

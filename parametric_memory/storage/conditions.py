"""Which entries a query may find, in SQL: by namespace and metadata."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from parametric_memory.storage.filters import check_unicode, clause
from parametric_memory.storage.schema import entries

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

_T = TypeVar("_T")
_AT_ONCE = 1_000  # values in a statement; SQLite takes 32,766


def within(namespace: str | None, filter: Mapping[str, Any] | None) -> list[ColumnElement[bool]]:
    """Entries of a namespace (None: of all) whose metadata pass a filter.

    Raises SettingsError: the filter is not understood, or the namespace is no Unicode.
    """
    of_metadata = clause(filter)
    found = [] if of_metadata is None else [of_metadata]
    if namespace is not None:
        check_unicode(namespace, "The namespace")
        found.append(entries.c.namespace == namespace)
    return found


def in_batches(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """The values, as many at once as a statement takes."""
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]

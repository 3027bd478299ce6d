"""Metadata filters: what a user writes, as conditions, and metadata as it is compared with them.

A filter is a mapping, all of whose items must hold: `{"team": "sales", "year": {"$gte": 2021}}`. Operators are
Chroma's: `$eq`, `$ne`, `$in`, `$nin`, `$gt`, `$gte`, `$lt`, `$lte`, and `$and`, `$or` over lists of filters. `$ne` and
`$nin` also hold where the key is missing. Knows nothing about tables and entries.
"""

from __future__ import annotations

import hashlib
import json
import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import sqlalchemy as sql

from parametric_memory.errors import SettingsError
from parametric_memory.storage.schema import entries, labels

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

Value = str | float | bool
_LARGEST_EXACT, _LARGEST_BOUND = 2**53, 1e300
_LONGEST_TEXT = 1000
_LONGEST_LABEL = 200  # characters
_LARGEST_INTEGER = 10**1000  # Python makes no text of far larger ones
_MOST_JOINED = 4  # conditions; of 256 joins PostgreSQL thinks for minutes
_LONGEST_TOLD = 200  # characters of a value in an error
MOST_KEYS, LONGEST_KEY = 1000, 1000
MOST_CONDITIONS, MOST_VALUES, DEEPEST = 256, 10_000, 32
RESERVED_PREFIXES = ("parametric_memory:", "chroma:", "$", "#")

_ORDERINGS: dict[str, Callable[[Any, float], ColumnElement[bool]]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}
_OPERATORS = ("$eq", "$ne", "$in", "$nin", *_ORDERINGS)


@dataclass(frozen=True)
class _Comparison:
    key: str
    operator: str
    operand: Any  # a value, or a list of values for $in and $nin
    count = 1

    def clause(self, joined: bool) -> ColumnElement[bool]:
        """The comparison in SQL, about the entry of a row of `entries`.

        joined: PostgreSQL may make a join of it, and look through labels first.
        """
        if self.operator in _ORDERINGS:
            return self._has(_ORDERINGS[self.operator](labels.c.number, self.operand), joined)
        operands = self.operand if self.operator in ("$in", "$nin") else [self.operand]
        equal = self._has(_equals(operands), joined)
        return ~equal if self.operator in ("$ne", "$nin") else equal

    def _has(self, condition: ColumnElement[bool], joined: bool) -> ColumnElement[bool]:
        found: Select[Any] = sql.select(sql.literal_column("1")).select_from(labels).correlate(entries)
        found = found.where(labels.c.entry == entries.c.key, labels.c.name == self.key, condition)
        return (found if joined else found.offset(0)).exists()


@dataclass(frozen=True)
class _Combination:
    operator: str
    parts: tuple[_Condition, ...]

    @property
    def count(self) -> int:
        """How many comparisons it is made of."""
        return sum(part.count for part in self.parts)

    def clause(self, joined: bool) -> ColumnElement[bool]:
        """The combination in SQL."""
        return (sql.and_ if self.operator == "$and" else sql.or_)(*(part.clause(joined) for part in self.parts))


_Condition = _Comparison | _Combination


def flatten(metadata: Mapping[str, Any]) -> dict[str, Value]:
    """Metadata as it is compared: flat, with plain values.

    Nested mappings become dotted keys, None is left out, lists become JSON text, numbers that no index can
    compare (not a number, infinite) become text. A text of more than 1000 characters, which nobody filters by, is left
    out.

    Raises:
        SettingsError: a key is none (see `check_key`), there are more than 1000 or they nest deeper than 32, a text is
            no Unicode, or a number has more than 1000 digits.
    """
    check_extent(metadata, "Metadata")
    flat = dict(_leaves(metadata))
    if len(flat) > MOST_KEYS:
        raise SettingsError(f"Metadata has {len(flat)} keys, and {MOST_KEYS} is the limit: put the rest into the text.")
    return flat


def _leaves(metadata: Mapping[str, Any], outer: str = "") -> Iterator[tuple[str, Value]]:
    for key, value in metadata.items():
        check_key(key)
        whole = check_key(f"{outer}{key}")
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{whole}.")
        elif value is not None:
            plain = _plain(whole, value)
            if not isinstance(plain, str) or len(plain) <= _LONGEST_TEXT:
                yield whole, plain


def clause(filter: Mapping[str, Any] | None) -> ColumnElement[bool] | None:
    """The filter in SQL, about the entry of a row of `entries`; None when there is nothing to filter.

    Raises:
        SettingsError: the filter is not understood, or too large.
    """
    condition = _condition(filter)
    return condition.clause(joined=condition.count <= _MOST_JOINED) if condition else None


def label_rows(entry: int, metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of `labels` for an entry. Raises as `flatten`."""
    return [{"entry": entry, "name": name, **_columns(value)} for name, value in flatten(metadata).items()]


def _columns(value: Value) -> dict[str, Any]:
    """The value in its column, the others empty: true is not 1, and 3 is 3.0."""
    return {
        "text": _label(value) if isinstance(value, str) else None,
        "number": float(value) if _is_number(value) else None,
        "flag": value if isinstance(value, bool) else None,
    }


def _equals(operands: Sequence[Value]) -> ColumnElement[bool]:
    """Whether a label has one of some values, all of one kind."""
    rows = [_columns(operand) for operand in operands]
    name = next(name for name in ("text", "number", "flag") if rows[0][name] is not None)
    values = [row[name] for row in rows if row[name] is not None]
    column = labels.c[name]
    return column == values[0] if len(values) == 1 else column.in_(values)


def _label(text: str) -> str:
    """A text as labels have it: a long one by its hash, as an index takes no long ones. PostgreSQL takes no NUL."""
    if len(text) > _LONGEST_LABEL or "\0" in text:
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    return text


def check_key(key: object) -> str:
    """Refuses keys that would be taken for something else than a user's.

    Raises:
        SettingsError: not a text, empty, a reserved beginning, no Unicode, or more than 1000 characters.
    """
    if not isinstance(key, str) or not key or key.startswith(RESERVED_PREFIXES):
        raise SettingsError(
            f"{_told(key)} cannot be a metadata key: use a text that does not begin with "
            f"{', '.join(RESERVED_PREFIXES[:-1])} or {RESERVED_PREFIXES[-1]}."
        )
    if len(key) > LONGEST_KEY:
        raise SettingsError(f"{_told(key)} cannot be a metadata key: it has more than {LONGEST_KEY} characters.")
    return check_unicode(key, f"The metadata key {_told(key)}")


def check_unicode(text: str, name: str) -> str:
    """Raises SettingsError: halves of characters are in a text, which nothing can keep; `name` is what it is called."""
    if not is_unicode(text):
        raise SettingsError(f"{name} is not valid Unicode: use other characters.")
    return text


def is_unicode(text: str) -> bool:
    """Whether a text can be stored: it holds no halves of characters."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_extent(value: object, name: str) -> None:
    """Refuses what nests too deep to be gone through, or in a circle, without going down into it.

    Raises:
        SettingsError: more than 32 levels of mappings and lists, or more than 10,000 values in all.
    """
    level, values = [value], 0
    for _ in range(DEEPEST + 1):
        level = list(islice((inner for outer in level for inner in _inside(outer)), MOST_VALUES + 1))
        values += len(level)
        if not level:
            return
        if values > MOST_VALUES:
            raise SettingsError(f"{name} holds more than {MOST_VALUES} values, which is the limit: use fewer.")
    raise SettingsError(f"{name} nests more than {DEEPEST} levels deep, which is the limit: use fewer.")


def _inside(value: object) -> Iterator[object]:
    if isinstance(value, Mapping):
        return iter(value.values())
    return iter(value if isinstance(value, list | tuple | set | frozenset) else ())


def _condition(filter: Mapping[str, Any] | None) -> _Condition | None:
    check_extent(filter, "The filter")
    condition = _combine("$and", _parse(filter or {}))
    if condition and condition.count > MOST_CONDITIONS:
        raise SettingsError(
            f"The filter has {condition.count} conditions, and {MOST_CONDITIONS} is the limit: use $in for many values."
        )
    return condition


def _combine(operator: str, parts: Sequence[_Condition]) -> _Condition | None:
    if len(parts) < 2:
        return parts[0] if parts else None
    return _Combination(operator, tuple(parts))


def _parse(filter: Mapping[str, Any]) -> list[_Condition]:
    """The conditions that must all hold."""
    if not isinstance(filter, Mapping):
        raise SettingsError(f"A filter is a mapping such as {{'team': 'sales'}}, not {_told(filter)}.")
    conditions: list[_Condition] = []
    for key, wanted in filter.items():
        if key in ("$and", "$or"):
            conditions.append(_parse_combination(key, wanted))
            continue
        check_key(key)
        if not isinstance(wanted, Mapping):
            wanted = {"$eq": wanted}
        if not wanted:
            raise SettingsError(f"The filter on {_told(key)} is empty: give a value or an operator such as $gt.")
        if any(str(inner).startswith("$") for inner in wanted):
            conditions += [_Comparison(key, operator, _operand(key, operator, wanted[operator])) for operator in wanted]
        else:
            for inner in wanted:
                check_key(inner)
            conditions += _parse({f"{key}.{inner}": value for inner, value in wanted.items()})
    return conditions


def _parse_combination(operator: str, filters: object) -> _Condition:
    parts = []
    if isinstance(filters, Sequence) and not isinstance(filters, str):
        parts = [_combine("$and", _parse(part)) if isinstance(part, Mapping) else None for part in filters]
    whole = [part for part in parts if part is not None]
    combined = _combine(operator, whole)
    if combined is None or len(whole) < len(parts):
        raise SettingsError(
            f"{operator} in a filter takes a list of filters, none of them empty; got {_told(filters)}."
        )
    return combined


def _operand(key: str, operator: str, operand: Any) -> Any:
    """The operand as it is compared."""
    if operator not in _OPERATORS:
        raise SettingsError(
            f"{operator} in the filter on {_told(key)} is none of {', '.join(_OPERATORS)}, $and and $or."
        )
    if operator in _ORDERINGS:
        if not _is_number(operand) or not -_LARGEST_BOUND < operand < _LARGEST_BOUND:
            raise SettingsError(f"{operator} in the filter on {_told(key)} compares numbers; got {_told(operand)}.")
        return float(operand)
    if operator not in ("$in", "$nin"):
        return _scalar(key, operand)
    values = list(operand) if isinstance(operand, list | tuple | set | frozenset) else []
    if not values:
        raise SettingsError(f"{operator} in the filter on {_told(key)} takes a list of values; got {_told(operand)}.")
    values = [_scalar(key, value) for value in values]
    if len({type(value) for value in values}) > 1:
        raise SettingsError(f"{operator} in the filter on {_told(key)} takes values of one kind; got {_told(operand)}.")
    return values


def _scalar(key: str, value: Any) -> Value:
    if not isinstance(value, str | int | float):
        raise SettingsError(
            f"The filter on {_told(key)} compares with {_told(value)}: use a text, a number, true or false."
        )
    return _plain(key, value)


def _plain(key: str, value: Any) -> Value:
    """A value as it is compared.

    Whole numbers become floats. Those that a float cannot hold become text, and so do floats that are not finite.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return check_unicode(value, f"The value of {_told(key)}")
    if isinstance(value, int):
        if abs(value) >= _LARGEST_INTEGER:
            raise SettingsError(f"The value of {_told(key)} has more than 1000 digits: make it a text.")
        return float(value) if abs(value) <= _LARGEST_EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, list | tuple):
        return check_unicode(json.dumps(value, ensure_ascii=False, default=str), f"The value of {_told(key)}")
    return str(value)


def _told(value: object) -> str:
    """A value in an error, cut where it is long."""
    try:
        told = repr(value)
    except (ValueError, RecursionError):  # a number of too many digits, or a circle
        return f"a {type(value).__name__} that is too large to show"
    return told if len(told) <= _LONGEST_TOLD else f"{told[:_LONGEST_TOLD]}…"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

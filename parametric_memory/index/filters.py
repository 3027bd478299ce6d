"""Metadata filters: what a user writes, as a condition of Chroma's and as a test in plain Python.

A filter is a mapping, all of whose items must hold: `{"team": "sales", "year": {"$gte": 2021}}`. Operators
are Chroma's: `$eq`, `$ne`, `$in`, `$nin`, `$gt`, `$gte`, `$lt`, `$lte`, and `$and`, `$or` over lists of
filters. `$ne` and `$nin` also hold where the key is missing. Knows nothing about collections and entries.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from parametric_memory.errors import SettingsError

Value = str | float | bool
_LARGEST_EXACT, _LARGEST_BOUND = 2**53, 1e300
_LONGEST_TEXT = 1000
_LARGEST_INTEGER = 10**1000  # Python makes no text of far larger ones
_LONGEST_TOLD = 200  # characters of a value in an error
# More of these and the database below Chroma fails, with the whole index where it was to be written.
MOST_KEYS, LONGEST_KEY = 1000, 1000
MOST_CONDITIONS, MOST_VALUES, DEEPEST = 256, 10_000, 32
RESERVED_PREFIXES = ("parametric_memory:", "chroma:", "$", "#")

_ORDERINGS: dict[str, Callable[[float, float], bool]] = {
    "$gt": lambda value, bound: value > bound,
    "$gte": lambda value, bound: value >= bound,
    "$lt": lambda value, bound: value < bound,
    "$lte": lambda value, bound: value <= bound,
}
_OPERATORS = ("$eq", "$ne", "$in", "$nin", *_ORDERINGS)


@dataclass(frozen=True)
class _Comparison:
    key: str
    operator: str
    operand: Any  # a value, or a list of values for $in and $nin
    count = 1

    def where(self) -> dict[str, Any]:
        return {self.key: {self.operator: self.operand}}

    def matches(self, metadata: Mapping[str, Value]) -> bool:
        negated = self.operator in ("$ne", "$nin")
        if self.key not in metadata:
            return negated
        value = metadata[self.key]
        if self.operator in _ORDERINGS:
            return _is_number(value) and _ORDERINGS[self.operator](float(value), self.operand)
        operands = self.operand if self.operator in ("$in", "$nin") else [self.operand]
        return any(_equal(value, operand) for operand in operands) != negated


@dataclass(frozen=True)
class _Combination:
    operator: str
    parts: tuple[_Condition, ...]

    @property
    def count(self) -> int:
        """How many comparisons it is made of."""
        return sum(part.count for part in self.parts)

    def where(self) -> dict[str, Any]:
        return {self.operator: [part.where() for part in self.parts]}

    def matches(self, metadata: Mapping[str, Value]) -> bool:
        return (all if self.operator == "$and" else any)(part.matches(metadata) for part in self.parts)


_Condition = _Comparison | _Combination


def flatten(metadata: Mapping[str, Any]) -> dict[str, Value]:
    """Metadata as an index can keep it: flat, with plain values.

    Nested mappings become dotted keys, None is left out, lists become JSON text, numbers that no index can
    compare (not a number, infinite) become text. A text of more than 1000 characters, which nobody filters by, is left
    out too: the index keeps metadata with every vector of an entry.

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


def where(filter: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The filter as a `where` of Chroma's; None when there is nothing to filter.

    Raises:
        SettingsError: the filter is not understood, or larger than the index takes.
    """
    condition = _condition(filter)
    return condition.where() if condition else None


def matches(metadata: Mapping[str, Any], filter: Mapping[str, Any] | None) -> bool:
    """Whether metadata passes a filter: exactly as Chroma would decide, without Chroma.

    Raises:
        SettingsError: the filter is not understood, or larger than the index takes.
    """
    return matcher(filter)(metadata)


def matcher(filter: Mapping[str, Any] | None) -> Callable[[Mapping[str, Any]], bool]:
    """Tells of metadata whether it passes a filter, which is read once. Raises as `matches` does."""
    condition = _condition(filter)
    return lambda metadata: condition is None or condition.matches(flatten(metadata))


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
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise SettingsError(f"{name} is not valid Unicode: use other characters.") from error
    return text


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
    """Chroma wants at least two parts in a combination."""
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
    """The operand as Chroma takes it."""
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
    """A value as the index keeps it.

    Whole numbers become floats, as Chroma cuts the fraction off a bound that it compares with a whole number.
    Those that a float cannot hold become text, and so do floats that are not finite, which Chroma drops.
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


def _equal(value: Value, operand: Value) -> bool:
    """True is not 1 to Chroma; 3 is 3.0."""
    return isinstance(value, bool) == isinstance(operand, bool) and value == operand

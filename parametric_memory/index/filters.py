"""Metadata filters: what a user writes, as a condition of Chroma's and as a test in plain Python.

A filter is a mapping, all of whose items must hold: `{"team": "sales", "year": {"$gte": 2021}}`. Operators
are Chroma's: `$eq`, `$ne`, `$in`, `$nin`, `$gt`, `$gte`, `$lt`, `$lte`, and `$and`, `$or` over lists of
filters. `$ne` and `$nin` also hold where the key is missing. Knows nothing about collections and entries.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parametric_memory.errors import SettingsError

Value = str | float | bool
_LARGEST_EXACT, _LARGEST_BOUND = 2**53, 1e300
_LONGEST_TEXT = 1000
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
        SettingsError: a key is empty or begins as keys of our own or of Chroma's do.
    """
    flat: dict[str, Value] = {}
    for key, value in metadata.items():
        check_key(key)
        if isinstance(value, Mapping):
            flat.update({f"{key}.{inner}": leaf for inner, leaf in flatten(value).items()})
        elif value is not None:
            plain = _plain(value)
            if not isinstance(plain, str) or len(plain) <= _LONGEST_TEXT:
                flat[key] = plain
    return flat


def where(filter: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The filter as a `where` of Chroma's; None when there is nothing to filter.

    Raises:
        SettingsError: the filter is not understood.
    """
    condition = _combine("$and", _parse(filter or {}))
    return condition.where() if condition else None


def matches(metadata: Mapping[str, Any], filter: Mapping[str, Any] | None) -> bool:
    """Whether metadata passes a filter: exactly as Chroma would decide, without Chroma.

    Raises:
        SettingsError: the filter is not understood.
    """
    condition = _combine("$and", _parse(filter or {}))
    return condition is None or condition.matches(flatten(metadata))


def check_key(key: object) -> None:
    """Refuses keys that would be taken for something else than a user's.

    Raises:
        SettingsError: not a text, empty, or a reserved beginning.
    """
    if not isinstance(key, str) or not key or key.startswith(RESERVED_PREFIXES):
        raise SettingsError(
            f"{key!r} cannot be a metadata key: use a text that does not begin with "
            f"{', '.join(RESERVED_PREFIXES[:-1])} or {RESERVED_PREFIXES[-1]}."
        )


def _combine(operator: str, parts: Sequence[_Condition]) -> _Condition | None:
    """Chroma wants at least two parts in a combination."""
    if len(parts) < 2:
        return parts[0] if parts else None
    return _Combination(operator, tuple(parts))


def _parse(filter: Mapping[str, Any]) -> list[_Condition]:
    """The conditions that must all hold."""
    if not isinstance(filter, Mapping):
        raise SettingsError(f"A filter is a mapping such as {{'team': 'sales'}}, not {filter!r}.")
    conditions: list[_Condition] = []
    for key, wanted in filter.items():
        if key in ("$and", "$or"):
            conditions.append(_parse_combination(key, wanted))
            continue
        check_key(key)
        if not isinstance(wanted, Mapping):
            wanted = {"$eq": wanted}
        if not wanted:
            raise SettingsError(f"The filter on {key!r} is empty: give a value or an operator such as $gt.")
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
        raise SettingsError(f"{operator} in a filter takes a list of filters, none of them empty; got {filters!r}.")
    return combined


def _operand(key: str, operator: str, operand: Any) -> Any:
    """The operand as Chroma takes it."""
    if operator not in _OPERATORS:
        raise SettingsError(f"{operator} in the filter on {key!r} is none of {', '.join(_OPERATORS)}, $and and $or.")
    if operator in _ORDERINGS:
        if not _is_number(operand) or not -_LARGEST_BOUND < operand < _LARGEST_BOUND:
            raise SettingsError(f"{operator} in the filter on {key!r} compares numbers; got {operand!r}.")
        return float(operand)
    if operator not in ("$in", "$nin"):
        return _scalar(key, operand)
    values = list(operand) if isinstance(operand, list | tuple | set | frozenset) else []
    if not values:
        raise SettingsError(f"{operator} in the filter on {key!r} takes a list of values; got {operand!r}.")
    values = [_scalar(key, value) for value in values]
    if len({type(value) for value in values}) > 1:
        raise SettingsError(f"{operator} in the filter on {key!r} takes values of one kind; got {operand!r}.")
    return values


def _scalar(key: str, value: Any) -> Value:
    if not isinstance(value, str | int | float):
        raise SettingsError(f"The filter on {key!r} compares with {value!r}: use a text, a number, true or false.")
    return _plain(value)


def _plain(value: Any) -> Value:
    """A value as the index keeps it.

    Whole numbers become floats, as Chroma cuts the fraction off a bound that it compares with a whole number.
    Those that a float cannot hold become text, and so do floats that are not finite, which Chroma drops.
    """
    if isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return float(value) if abs(value) <= _LARGEST_EXACT else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal(value: Value, operand: Value) -> bool:
    """True is not 1 to Chroma; 3 is 3.0."""
    return isinstance(value, bool) == isinstance(operand, bool) and value == operand

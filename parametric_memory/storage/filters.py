"""Metadata filters as SQL conditions, and the checks of metadata and filters that users give.

A filter is a mapping, all of whose items must hold: `{"team": "sales", "year": {"$gte": 2021}}`. Operators are
Chroma's: `$eq`, `$ne`, `$in`, `$nin`, `$gt`, `$gte`, `$lt`, `$lte`, and `$and`, `$or` over lists of filters. `$ne` and
`$nin` also hold where the key is missing.
"""

from __future__ import annotations

import hashlib
import math
import operator
from collections.abc import Mapping, Sequence
from itertools import chain, islice
from typing import Any

import sqlalchemy as sql
from pydantic import TypeAdapter, ValidationError

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.records import MetadataValue, is_unicode
from parametric_memory.storage.schema import entries, labels

Value = str | float | bool
_LARGEST_EXACT, _LARGEST_BOUND = 2**53, 1e300
_MOST_CHARACTERS = 5_000_000  # of metadata, which are read whenever the entries are listed
_LONGEST_TEXT = 1000  # characters that a filter can compare
_LONGEST_LABEL = 200  # characters that an index takes
_LARGEST_INTEGER = 10**1000  # Python makes no text of far larger ones
_MOST_JOINED = 4  # conditions that PostgreSQL may turn into joins: it plans 256 joins for minutes
_LONGEST_SHOWN = 200  # characters of a value in an error
MOST_KEYS, LONGEST_KEY = 1000, 1000
MOST_CONDITIONS, MOST_VALUES, DEEPEST = 256, 10_000, 32
RESERVED_PREFIXES = ("parametric_memory:", "chroma:", "$", "#")

_METADATA = TypeAdapter(dict[str, MetadataValue])
_ORDERINGS = {"$gt": operator.gt, "$gte": operator.ge, "$lt": operator.lt, "$lte": operator.le}
_LISTS, _NEGATIONS = ("$in", "$nin"), ("$ne", "$nin")
_OPERATORS = ("$eq", "$ne", *_LISTS, *_ORDERINGS)
_COMBINATIONS = {"$and": sql.and_, "$or": sql.or_}
_NESTED = (Mapping, list, tuple, set, frozenset)


def within(namespace: str | None, filter: Mapping[str, Any] | None) -> list[sql.ColumnElement[bool]]:
    """Conditions for the entries of a namespace (None: of all) whose metadata pass a filter.

    Raises SettingsError: the filter is not understood, or too large, or the namespace is no Unicode.
    """
    check_extent(filter, "The filter")
    conditions = _Parser().parse(filter or {})
    if namespace is not None:
        check_unicode(namespace, "The namespace")
        conditions.append(entries.c.namespace == namespace)
    return conditions


class _Parser:
    """Turns filters into SQL, and counts their comparisons."""

    def __init__(self) -> None:
        self.count = 0

    def parse(self, filter: Mapping[str, Any]) -> list[sql.ColumnElement[bool]]:
        """The conditions that must all hold."""
        if not isinstance(filter, Mapping):
            raise SettingsError(f"A filter is a mapping such as {{'team': 'sales'}}, not {_shown(filter)}.")
        conditions: list[sql.ColumnElement[bool]] = []
        for key, wanted in filter.items():
            if key in _COMBINATIONS:
                conditions.append(self._combination(key, wanted))
                continue
            check_key(key)
            if not isinstance(wanted, Mapping):
                wanted = {"$eq": wanted}
            if not wanted:
                raise SettingsError(f"The filter on {_shown(key)} is empty: give a value or an operator such as $gt.")
            if any(str(inner).startswith("$") for inner in wanted):
                conditions += [self._comparison(key, operator, operand) for operator, operand in wanted.items()]
            else:
                for inner in wanted:
                    check_key(inner)
                conditions += self.parse({f"{key}.{inner}": value for inner, value in wanted.items()})
        return conditions

    def _combination(self, operator: str, filters: object) -> sql.ColumnElement[bool]:
        given = filters if isinstance(filters, Sequence) and not isinstance(filters, str) else ()
        parts = [self.parse(part) if isinstance(part, Mapping) else [] for part in given]
        if not parts or not all(parts):
            raise SettingsError(
                f"{operator} in a filter takes a list of filters, none of them empty; got {_shown(filters)}."
            )
        return _COMBINATIONS[operator](*(sql.and_(*conditions) for conditions in parts))

    def _comparison(self, key: str, operator: str, operand: Any) -> sql.ColumnElement[bool]:
        self.count += 1
        if self.count > MOST_CONDITIONS:
            raise SettingsError(f"The filter has more than {MOST_CONDITIONS} conditions: use $in for many values.")
        where = f"{operator} in the filter on {_shown(key)}"
        if operator not in _OPERATORS:
            raise SettingsError(f"{where} is none of {', '.join(_OPERATORS)}, $and and $or.")
        if operator in _ORDERINGS:
            is_number = isinstance(operand, int | float) and not isinstance(operand, bool)
            if not is_number or not -_LARGEST_BOUND < operand < _LARGEST_BOUND:
                raise SettingsError(f"{where} compares numbers; got {_shown(operand)}.")
            condition = _ORDERINGS[operator](labels.c.number, float(operand))
        else:
            values = [operand]
            if operator in _LISTS:
                values = list(operand) if isinstance(operand, list | tuple | set | frozenset) else []
                if not values:
                    raise SettingsError(f"{where} takes a list of values; got {_shown(operand)}.")
            for value in values:
                if not isinstance(value, str | int | float):
                    raise SettingsError(
                        f"The filter on {_shown(key)} compares with {_shown(value)}: "
                        "use a text, a number, true or false."
                    )
            columns, wanted = zip(*(_in_column(_plain(key, value)) for value in values), strict=True)
            if len(set(columns)) > 1:
                raise SettingsError(f"{where} takes values of one kind; got {_shown(operand)}.")
            condition = labels.c[columns[0]].in_(wanted)
        found: sql.Select[Any] = sql.select(sql.literal_column("1")).select_from(labels).correlate(entries)
        found = found.where(labels.c.entry == entries.c.key, labels.c.name == key, condition)
        if self.count > _MOST_JOINED:
            found = found.offset(0)
        has = found.exists()
        return ~has if operator in _NEGATIONS else has


def kept_metadata(metadata: Mapping[str, Any] | None) -> dict[str, MetadataValue]:
    """Checks the metadata of an entry before anything is made of its text; returns it as it is stored.

    Raises DocumentError: a value is not single, or there are more than 5 million characters; SettingsError: see
    `flatten`.
    """
    if not isinstance(metadata, Mapping | None):
        raise DocumentError(f"Metadata must be flat, names with single values, not a {type(metadata).__name__}.")
    given = dict(metadata or {})
    flatten({name: value for name, value in given.items() if isinstance(value, str | int | float)})
    try:
        kept = _METADATA.validate_python(given)
    except ValidationError as error:
        name, value = error.errors()[0]["loc"][0], error.errors()[0]["input"]
        if isinstance(value, float):
            raise DocumentError(f"Metadata cannot hold {value}, as {name!r} does: leave it out.") from None
        raise DocumentError(f"Metadata must be flat, names with single values: {name!r} has another.") from None
    characters = sum(len(value) for value in kept.values() if isinstance(value, str))
    if characters > _MOST_CHARACTERS:
        raise DocumentError(
            f"Metadata has {characters / 1e6:.0f} million characters, and {_MOST_CHARACTERS / 1e6:.0f} million is the "
            "limit: put what is long into the text."
        )
    return kept


def flatten(metadata: Mapping[str, MetadataValue]) -> dict[str, Value]:
    """The values that filters compare, see `_plain`. Texts of more than 1000 characters are left out.

    Raises SettingsError: a key is reserved or too long (see `check_key`), there are more than 1000 keys, a text is no
        Unicode, or a number has more than 1000 digits.
    """
    if len(metadata) > MOST_KEYS:
        raise SettingsError(
            f"Metadata has {len(metadata)} keys, and {MOST_KEYS} is the limit: put the rest into the text."
        )
    plain = {check_key(key): _plain(key, value) for key, value in metadata.items()}
    return {key: value for key, value in plain.items() if not isinstance(value, str) or len(value) <= _LONGEST_TEXT}


def put_labels(connection: sql.Connection, entry: int, metadata: Mapping[str, Any]) -> None:
    """Within a transaction: replaces the labels of an entry. Raises as `flatten`."""
    connection.execute(labels.delete().where(labels.c.entry == entry))
    if rows := label_rows(entry, metadata):
        connection.execute(labels.insert(), rows)


def label_rows(entry: int, metadata: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of `labels` for an entry. Raises as `flatten`."""
    empty = {"entry": entry, "text": None, "number": None, "flag": None}
    return [{**empty, "name": name, **dict([_in_column(value)])} for name, value in flatten(metadata).items()]


def _in_column(value: Value) -> tuple[str, Value]:
    """The column of `labels` for a value, and the value in it: true is not 1, and 3 is 3.0.

    A long text is stored as its hash, as an index takes no long ones; so is a NUL, which PostgreSQL does not take.
    """
    if isinstance(value, str):
        is_kept = len(value) <= _LONGEST_LABEL and "\0" not in value
        return "text", value if is_kept else f"sha256:{hashlib.sha256(value.encode()).hexdigest()}"
    return "flag" if isinstance(value, bool) else "number", value


def check_key(key: object) -> str:
    """Raises SettingsError: the key is no text, empty, reserved, no Unicode, or has more than 1000 characters."""
    if not isinstance(key, str) or not key or key.startswith(RESERVED_PREFIXES):
        raise SettingsError(
            f"{_shown(key)} cannot be a metadata key: use a text that does not begin with "
            f"{', '.join(RESERVED_PREFIXES[:-1])} or {RESERVED_PREFIXES[-1]}."
        )
    if len(key) > LONGEST_KEY:
        raise SettingsError(f"{_shown(key)} cannot be a metadata key: it has more than {LONGEST_KEY} characters.")
    return check_unicode(key, f"The metadata key {_shown(key)}")


def check_unicode(text: str, name: str) -> str:
    """Raises SettingsError: the text called `name` holds lone surrogates, which cannot be stored."""
    if not is_unicode(text):
        raise SettingsError(f"{name} is not valid Unicode: use other characters.")
    return text


def check_extent(value: object, name: str) -> None:
    """Refuses what is too deep or too large to be parsed, without recursion; a circle too.

    Raises SettingsError: more than 32 levels of mappings and lists, or more than 10,000 values in all.
    """
    level, values = list[Any]([value]), 0
    for _ in range(DEEPEST + 1):
        inside = (of.values() if isinstance(of, Mapping) else of for of in level if isinstance(of, _NESTED))
        level = list(islice(chain.from_iterable(inside), MOST_VALUES + 1))
        values += len(level)
        if not level:
            return
        if values > MOST_VALUES:
            raise SettingsError(f"{name} holds more than {MOST_VALUES} values, which is the limit: use fewer.")
    raise SettingsError(f"{name} nests more than {DEEPEST} levels deep, which is the limit: use fewer.")


def _plain(key: str, value: MetadataValue) -> Value:
    """A value as filters compare it: a whole number is a float; a number that no float holds is a text."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return check_unicode(value, f"The value of {_shown(key)}")
    if isinstance(value, int):
        if abs(value) >= _LARGEST_INTEGER:
            raise SettingsError(f"The value of {_shown(key)} has more than 1000 digits: make it a text.")
        return float(value) if abs(value) <= _LARGEST_EXACT else str(value)
    return value if math.isfinite(value) else str(value)


def _shown(value: object) -> str:
    """A value in an error, cut where it is long."""
    try:
        shown = repr(value)
    except (ValueError, RecursionError):  # a number of too many digits, or a circle
        return f"a {type(value).__name__} that is too large to show"
    return shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}…"

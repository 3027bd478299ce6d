"""Whatever a filter is made of, it is understood in SQL as in plain Python, or refused in one line."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.storage.database import Database
from parametric_memory.storage.entries import EntryStore
from parametric_memory.storage.filters import flatten, within
from parametric_memory.storage.location import Location
from tests.storage.small import put

COMPARED = {"$gt": operator.gt, "$gte": operator.ge, "$lt": operator.lt, "$lte": operator.le}
METADATA: list[dict[str, Any]] = [
    {},
    {"year": 2021, "team.name": "sales", "x": 1.5, "done": True},
    {"year": 0, "team.name": "", "x": -1, "done": False},
    {"year": "2021", "team.name": "Sales", "x": True, "done": 1},
    {"year": 2**70, "team.name": "雪", "x": "nan", "done": "true"},
    {"year": -2021.5, "x": "1.5"},
]

_VALUES = st.sampled_from(
    [*{repr(v): v for m in METADATA for v in m.values()}.values(), 2021.0, float("nan"), -(2**70)]
)
_ANY_VALUE = st.one_of(
    *(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=8), st.just("\ud800")),
    _VALUES,
)
_OPERATORS = st.sampled_from([*COMPARED, "$eq", "$ne", "$in", "$nin", "$and", "$or", "$not", "$x"])
_KEYS = st.sampled_from(["year", "team.name", "x", "done"])
_ANY_KEY = st.one_of(_OPERATORS, st.text(max_size=6), _KEYS, st.sampled_from(["", "#x", "team", "name", "a\0b"]))
_ANYTHING = st.recursive(
    _ANY_VALUE,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_ANY_KEY, inner, max_size=4)),
    max_leaves=12,
)
_COMPARISONS = st.one_of(
    _VALUES,
    st.dictionaries(st.sampled_from(["$eq", "$ne"]), _VALUES, min_size=1),
    st.dictionaries(st.sampled_from([*COMPARED]), st.sampled_from([-3000, -1, 0, 1.5, 2021, 1e20]), min_size=1),
    st.dictionaries(st.sampled_from(["$in", "$nin"]), st.lists(_VALUES, min_size=1, max_size=3), min_size=1),
)
_FILTERS = st.recursive(
    st.one_of(
        st.dictionaries(_KEYS, _COMPARISONS, min_size=1, max_size=3),
        st.fixed_dictionaries({"team": st.fixed_dictionaries({"name": _COMPARISONS})}),
    ),
    lambda inner: st.dictionaries(
        st.sampled_from(["$and", "$or"]), st.lists(inner, min_size=1, max_size=3), min_size=1
    ),
    max_leaves=6,
)


def matches(flat: Mapping[str, Any], filter: Mapping[str, Any]) -> bool:
    """Whether metadata, flattened, passes a filter, as its documentation says."""
    return all(_holds(flat, key, wanted) for key, wanted in filter.items())


def _holds(flat: Mapping[str, Any], key: str, wanted: Any) -> bool:
    if key in ("$and", "$or"):
        return (all if key == "$and" else any)(matches(flat, part) for part in wanted)
    if not isinstance(wanted, Mapping):
        wanted = {"$eq": wanted}
    if not any(inner.startswith("$") for inner in wanted):
        return matches(flat, {f"{key}.{inner}": value for inner, value in wanted.items()})
    return all(_compares(flat.get(key), name, operand) for name, operand in wanted.items())


def _compares(value: Any, name: str, operand: Any) -> bool:
    if name in COMPARED:
        return type(value) is float and COMPARED[name](value, operand)
    operands = [flatten({"it": one})["it"] for one in (operand if name in ("$in", "$nin") else [operand])]
    return any(type(one) is type(value) and one == value for one in operands) != (name in ("$ne", "$nin"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EntryStore]:
    """Entries, whose ids are numbers of `METADATA`."""
    from tests.postgres import fresh_database

    if request.param == "sqlite":
        yield from _filled(str(tmp_path_factory.mktemp("filters") / "memory"))
    else:
        with fresh_database() as url:
            yield from _filled(url)


def _filled(where: str | Path) -> Iterator[EntryStore]:
    with closing(Database(Location.of(where))) as database:
        store = EntryStore(database)
        for number, metadata in enumerate(METADATA):
            put(store, str(number), metadata=metadata)
        yield store


def check(store: EntryStore, filter: Mapping[str, Any]) -> str:
    """Sees that a filter finds what it should; the refusal of one that is not understood, else nothing."""
    try:
        found = {int(of.entry.id) for of in store.select(*within(None, filter))}
    except (SettingsError, DocumentError) as error:
        return str(error)
    assert found == {number for number, metadata in enumerate(METADATA) if matches(flatten(metadata), filter)}
    return ""


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filter=_FILTERS)
def test_a_filter_means_the_same_in_sql_and_in_plain_python(filled: EntryStore, filter: dict[str, Any]) -> None:
    refused = check(filled, filter)
    assert not refused or "takes values of one kind" in refused


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filter=st.dictionaries(_ANY_KEY, _ANYTHING, max_size=4))
def test_any_filter_is_understood_or_refused_in_one_line(filled: EntryStore, filter: dict[str, Any]) -> None:
    assert "\n" not in check(filled, filter)

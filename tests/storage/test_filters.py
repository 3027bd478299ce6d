"""What a filter means, in SQL, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.storage.entries import EntryStore
from parametric_memory.storage.filters import (
    DEEPEST,
    MOST_CONDITIONS,
    MOST_KEYS,
    MOST_VALUES,
    flatten,
    kept_metadata,
    within,
)
from parametric_memory.storage.location import Location
from tests.storage.small import put

METADATA: dict[str, dict[str, Any]] = {
    "a": {"team": "sales", "year": 2020, "done": True, "author.name": "Ida", "n": 10**17},
    "b": {"team": "sales", "year": 2021, "share": 0.5, "done": False, "n": "10"},
    "c": {"team": "support", "year": 2022, "share": 1, "long": "x" * 300, "n": 10.0},
    "d": {"done": 1, "team": "", "long": "x" * 301, "n": -1e300},
    "e": {"team": "Sales", "nul": "a\0b", "%": "_", "n": 0},
}


@pytest.fixture
def filled(store: EntryStore) -> EntryStore:
    for id, metadata in METADATA.items():
        put(store, id, metadata=metadata, namespace="n" if id in "ab" else "default")
    return store


def found(store: EntryStore, filter: Any, namespace: str | None = None) -> str:
    return "".join(sorted(of.entry.id for of in store.select(*within(namespace, filter))))


def test_a_filter_finds_the_entries_all_of_whose_items_hold(filled: EntryStore) -> None:
    for filter, expected in (
        (None, "abcde"),
        ({}, "abcde"),
        ({"team": "sales"}, "ab"),
        ({"team": {"$ne": "sales"}}, "cde"),
        ({"team": {"$in": ["sales", "support"]}}, "abc"),
        ({"team": {"$nin": ["sales"]}}, "cde"),
        ({"team": ""}, "d"),
        ({"year": 2021}, "b"),
        ({"year": 2021.0}, "b"),
        ({"year": {"$gte": 2021}, "team": "sales"}, "b"),
        ({"year": {"$gt": 2019, "$lt": 2021.5}}, "ab"),
        ({"year": {"$in": [2020, 2021.0, 5]}}, "ab"),
        ({"share": {"$lte": 1}}, "bc"),
        ({"done": True}, "a"),
        ({"done": 1}, "d"),
        ({"done": {"$ne": True}}, "bcde"),
        ({"done": {"$in": [True, False]}}, "ab"),
        ({"author": {"name": "Ida"}}, "a"),
        ({"author.name": "Ida"}, "a"),
        ({"$or": [{"team": "support"}, {"$and": [{"year": 2020}, {"done": True}]}]}, "ac"),
        ({"$or": [{"team": "sales"}]}, "ab"),
        ({"nowhere": 1}, ""),
        ({"nowhere": {"$ne": 1}}, "abcde"),
        ({"nowhere": {"$gt": -1e9}}, ""),
        ({"long": "x" * 300}, "c"),
        ({"long": {"$ne": "x" * 300}}, "abde"),
        ({"nul": "a\0b"}, "e"),
        ({"%": "_"}, "e"),
        ({"n": 10}, "c"),
        ({"n": "10"}, "b"),
        ({"n": 10**17}, "a"),
        ({"n": {"$lt": 0}}, "d"),
    ):
        assert found(filled, filter) == expected, filter
    assert found(filled, {"year": {"$gt": 0}}, "n") == "ab" and found(filled, None, "default") == "cde"


def test_many_conditions_are_answered_at_once(filled: EntryStore) -> None:
    """PostgreSQL would think for minutes about as many joins."""
    alike: list[dict[str, Any]] = [{"team": {"$ne": f"{number}"}} for number in range(MOST_CONDITIONS - 1)]
    assert found(filled, {"$and": [*alike, {"year": 2020}]}) == "a"
    assert found(filled, {"$or": [{"year": number} for number in range(1900, 1900 + MOST_CONDITIONS)]}) == "abc"
    assert found(filled, {"year": {"$in": list(range(MOST_VALUES - 2))}}) == "abc"


def test_a_name_that_postgresql_cannot_keep_is_told(connected: Any, database_url: str) -> None:
    store = EntryStore(connected(Location.of(database_url)))
    for use in (lambda: put(store, metadata={"a\0b": 1}), lambda: found(store, {"a\0b": 1})):
        with pytest.raises(DocumentError, match="PostgreSQL cannot store this"):
            use()
        put(store)


def test_a_namespace_that_is_no_unicode_is_refused() -> None:
    with pytest.raises(SettingsError, match="The namespace is not valid Unicode"):
        within("\ud800", None)


@pytest.mark.parametrize(
    ("filter", "kind"),
    [
        ({"team": {"$like": "s"}}, r"\$like in the filter on 'team' is none of"),
        ({"team": {"$gt": "s"}}, "compares numbers"),
        ({"year": {"$lt": float("nan")}}, "compares numbers"),
        ({"team": {"$in": []}}, "takes a list of values"),
        ({"team": {"$in": ["a", 1]}}, "values of one kind"),
        ({"team": None}, "use a text, a number, true or false"),
        ({"team": {}}, "is empty"),
        ({"$or": []}, "takes a list of filters"),
        ({"$or": [{}, {"a": 1}]}, "takes a list of filters"),
        ({"$not": {"a": 1}}, "cannot be a metadata key"),
        ({"parametric_memory:entry": "x"}, "cannot be a metadata key"),
        ({"year": {2021: 1}}, "2021 cannot be a metadata key"),
        ([{"team": "sales"}], r"A filter is a mapping such as .*, not \[\{"),
        (lambda metadata: True, "A filter is a mapping such as"),
    ],
)
def test_a_filter_that_is_not_understood_says_why(filter: Any, kind: str) -> None:
    with pytest.raises(SettingsError, match=kind):
        within(None, filter)


def test_values_are_compared_as_texts_floats_and_flags() -> None:
    given = {"year": 2021, "huge": 2**70, "nan": float("nan"), "done": True, "long": "x" * 1001, "text": "x" * 1000}
    assert flatten(given) == {"year": 2021.0, "huge": str(2**70), "nan": "nan", "done": True, "text": "x" * 1000}


@pytest.mark.parametrize("key", ["", "$a", "#document", "chroma:x", "parametric_memory:entry"])
def test_reserved_metadata_keys_are_refused(key: str) -> None:
    with pytest.raises(SettingsError, match="cannot be a metadata key"):
        flatten({key: 1})


def nested(depth: int, innermost: object = 1) -> dict[str, Any]:
    """A mapping in mappings."""
    for _ in range(depth):
        innermost = {"a": innermost}
    assert isinstance(innermost, dict)
    return innermost


def circle() -> dict[str, Any]:
    """A filter that is a part of itself."""
    filter: dict[str, Any] = {"a": 1}
    filter["$or"] = [filter, filter]
    return filter


@pytest.mark.parametrize(
    ("filter", "problem"),
    [
        ({"$or": [{"a": number} for number in range(MOST_CONDITIONS + 1)]}, "has more than 256 conditions: use"),
        ({"a": {"$in": list(range(MOST_VALUES + 1))}}, "holds more than 10000 values"),
        (nested(DEEPEST + 1), "nests more than 32 levels deep"),
        (nested(100_000), "nests more than 32 levels deep"),
        (circle(), "nests more than 32 levels deep|holds more than 10000 values"),
        ({"a": "\ud800"}, "The value of 'a' is not valid Unicode"),
        ({"\ud800": 1}, "is not valid Unicode"),
        ({"a": 10**5_000}, "has more than 1000 digits"),
        ({"a": {"$gt": 10**5_000}}, "compares numbers; got a int that is too large to show"),
        ({"a" * 1_001: 1}, "has more than 1000 characters"),
        ({"$or": "x" * 5_000}, "takes a list of filters"),
    ],
)
def test_a_filter_that_is_too_much_is_one_short_line(filter: Any, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem) as raised:
        within(None, filter)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 500


def test_single_values_are_kept_as_they_are() -> None:
    metadata = {"team": "sales", "year": 2021, "share": 0.5, "done": True, "count": -(2**70), "note": "a\0\x1b\n"}
    assert kept_metadata(metadata) == metadata
    assert kept_metadata(None) == {}


@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        ({"a": float("nan")}, "Metadata cannot hold nan, as 'a' does"),
        ({"a": float("-inf")}, "Metadata cannot hold -inf"),
        ({"a": {"b": 1}}, "Metadata must be flat"),
        ({"a": [1]}, "Metadata must be flat"),
        (nested(100_000), "Metadata must be flat"),
        ({"a" * 1_001: 1}, "has more than 1000 characters"),
        ({"a": None}, "Metadata must be flat"),
        (7, "Metadata must be flat, names with single values, not a int"),
        ({"a": "x" * 6_000_000}, "Metadata has 6 million characters, and 5 million is the limit"),
        ({"a": 10**5_000}, "The value of 'a' has more than 1000 digits"),
        ({"a": "\ud800"}, "The value of 'a' is not valid Unicode"),
        ({"\ud800": "a"}, "is not valid Unicode"),
        ({1: "a"}, "1 cannot be a metadata key"),
        ({f"key{number}": 1 for number in range(MOST_KEYS + 1)}, "Metadata has 1001 keys, and 1000 is the limit"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_one_line(metadata: Any, problem: str) -> None:
    with pytest.raises((DocumentError, SettingsError), match=f"^.*{problem}") as raised:
        kept_metadata(metadata)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 500

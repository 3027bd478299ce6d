from __future__ import annotations

from typing import Any

import pytest

from parametric_memory.errors import SettingsError
from parametric_memory.storage.filters import DEEPEST, MOST_CONDITIONS, MOST_KEYS, MOST_VALUES, flatten, matches, where

METADATA = {"team": "sales", "year": 2021, "share": 0.5, "done": True, "author": {"name": "Ida"}}


def test_no_filter_filters_nothing() -> None:
    assert where(None) is None
    assert where({}) is None
    assert matches(METADATA, None)


def test_all_items_of_a_filter_must_hold() -> None:
    assert where({"team": "sales", "year": {"$gt": 2000, "$lt": 2030}}) == {
        "$and": [{"team": {"$eq": "sales"}}, {"year": {"$gt": 2000}}, {"year": {"$lt": 2030}}]
    }


def test_a_combination_of_one_is_that_one() -> None:
    assert where({"$or": [{"team": "sales"}]}) == {"team": {"$eq": "sales"}}


def test_nested_metadata_is_found_by_nested_and_by_dotted_keys() -> None:
    assert matches(METADATA, {"author": {"name": "Ida"}})
    assert matches(METADATA, {"author.name": "Ida"})
    assert where({"author": {"name": "Ida"}}) == {"author.name": {"$eq": "Ida"}}


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
        where(filter)
    with pytest.raises(SettingsError, match=kind):
        matches({}, filter)


def test_metadata_becomes_flat_and_plain() -> None:
    assert flatten(
        {
            "a": {"b": {"c": 1}},
            "none": None,
            "tags": ["x", "ü"],
            "year": 2021,
            "huge": 2**70,
            "nan": float("nan"),
        }
    ) == {
        "a.b.c": 1,
        "tags": '["x", "ü"]',
        "year": 2021.0,
        "huge": str(2**70),
        "nan": "nan",
    }


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
        ({"$or": [{"a": number} for number in range(MOST_CONDITIONS + 1)]}, "has 257 conditions, and 256 is the limit"),
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
def test_a_filter_that_is_too_much_for_the_index_is_one_short_line(filter: Any, problem: str) -> None:
    for use in (where, lambda filter: matches({}, filter)):
        with pytest.raises(SettingsError, match=problem) as raised:
            use(filter)
        assert "\n" not in str(raised.value) and len(str(raised.value)) < 500


def test_filters_within_the_limits_are_taken() -> None:
    most = {"$or": [{"a": number} for number in range(MOST_CONDITIONS)]}
    assert matches({"a": MOST_CONDITIONS - 1}, most)
    assert matches({"a": 5}, {"a": {"$in": list(range(MOST_VALUES - 2))}})
    assert matches(nested(DEEPEST), nested(DEEPEST))


@pytest.mark.parametrize(
    ("metadata", "problem"),
    [
        ({f"key{number}": 1 for number in range(MOST_KEYS + 1)}, "Metadata has 1001 keys, and 1000 is the limit"),
        (nested(DEEPEST + 1), "nests more than 32 levels deep"),
        (nested(30, {"a" * 990: 1}), "has more than 1000 characters"),
        ({"a": ["\ud800"]}, "not valid Unicode"),
    ],
)
def test_metadata_that_is_too_much_for_the_index_is_refused(metadata: dict[str, Any], problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        flatten(metadata)

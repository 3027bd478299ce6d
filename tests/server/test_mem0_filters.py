from __future__ import annotations

from typing import Any

import pytest

from parametric_memory.errors import SettingsError
from parametric_memory.server.shapes import read_filters


@pytest.mark.parametrize(
    ("filters", "user", "rest"),
    [
        (None, None, {}),
        ({"team": "sales"}, None, {"team": "sales"}),
        ({"user_id": "ana"}, "ana", {}),
        ({"user_id": "ana", "year": {"$gt": 2020}}, "ana", {"year": {"$gt": 2020}}),
        ({"AND": [{"user_id": "ana"}]}, "ana", {}),
        ({"AND": [{"user_id": "ana"}, {"agent_id": "clerk"}]}, "ana", {"$and": [{"agent_id": "clerk"}]}),
        ({"$and": [{"And": [{"user_id": "ana"}]}, {"a": 1, "user_id": "ana"}]}, "ana", {"$and": [{"a": 1}]}),
        ({"or": [{"agent_id": "a"}, {"run_id": "b"}]}, None, {"$or": [{"agent_id": "a"}, {"run_id": "b"}]}),
        ({"AND": [{"a": 1}], "$and": [{"b": 2}]}, None, {"$and": [{"$and": [{"a": 1}]}, {"$and": [{"b": 2}]}]}),
        ({"AND": [{"OR": [{"a": 1}, {"b": 2}]}, {"user_id": "u"}]}, "u", {"$and": [{"$or": [{"a": 1}, {"b": 2}]}]}),
        ({"agent_id": {"$in": ["a", "b"]}}, None, {"agent_id": {"$in": ["a", "b"]}}),
        ({"or": "Oregon", "not": 1}, None, {"or": "Oregon", "not": 1}),
        ({"AND": []}, None, {"$and": []}),
        ({"AND": [{}]}, None, {"$and": [{}]}),
    ],
)
def test_the_user_is_lifted_out_of_them_and_combinations_get_their_names(
    filters: dict[str, Any] | None, user: str | None, rest: dict[str, Any]
) -> None:
    assert read_filters(filters) == (user, rest)


@pytest.mark.parametrize(
    ("filters", "told"),
    [
        ({"OR": [{"user_id": "ana"}, {"user_id": "ben"}]}, "user_id cannot stand in an OR"),
        ({"$or": [{"a": 1}, {"AND": [{"user_id": "ana"}]}]}, "user_id cannot stand in an OR"),
        ({"AND": [{"user_id": "ana"}, {"user_id": "ben"}]}, "several users"),
        ({"user_id": {"in": ["ana", "ben"]}}, "user_id in filters takes one name"),
        ({"user_id": "*"}, "user_id in filters takes one name"),
        ({"user_id": " "}, "user_id in filters takes one name"),
        ({"agent_id": "*"}, "agent_id in filters takes a name"),
        ({"run_id": {"in": ["a"]}}, "run_id in filters takes a name"),
        ({"NOT": [{"team": "sales"}]}, "NOT in filters is not supported"),
    ],
)
def test_what_no_filter_says_is_refused(filters: dict[str, Any], told: str) -> None:
    with pytest.raises(SettingsError, match=told.replace("*", r"\*")) as error:
        read_filters(filters)
    assert "\n" not in str(error.value)


def test_filters_that_nest_without_end_are_refused() -> None:
    filters: dict[str, Any] = {"a": 1}
    for _ in range(100):
        filters = {"AND": [filters]}
    with pytest.raises(SettingsError, match="levels deep"):
        read_filters(filters)

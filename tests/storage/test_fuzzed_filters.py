"""Whatever a filter is made of, it is understood as Chroma would, or refused in one line."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.storage.filters import matches, where

_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=8), st.just("\ud800")
)
_OPERATORS = st.sampled_from(["$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$and", "$or", "$not", "$x"])
_KEYS = st.one_of(_OPERATORS, st.text(max_size=6), st.sampled_from(["year", "team.name", "", "#x"]))
_FILTERS = st.recursive(
    _VALUES,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_KEYS, inner, max_size=4)),
    max_leaves=12,
)
_METADATA: dict[str, Any] = {"year": 2021, "team.name": "sales", "x": 1.5, "done": True}


def refusal(filter: dict[str, Any]) -> str | None:
    """Why a filter is not understood; None: it is."""
    try:
        condition = where(filter)
    except (SettingsError, DocumentError) as error:
        return str(error)
    assert condition is None or isinstance(condition, dict)
    assert matches(_METADATA, filter) in (True, False)
    return None


@settings(max_examples=300, deadline=timedelta(seconds=10))
@given(st.dictionaries(_KEYS, _FILTERS, max_size=4))
def test_any_filter_is_understood_or_refused_in_one_line(filter: dict[str, Any]) -> None:
    told = refusal(filter)
    assert told is None or (told and "\n" not in told)

from __future__ import annotations

from typing import Any

import pytest

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.storage.metadata import kept_metadata


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
        ({"a": None}, "Metadata must be flat"),
        (7, "Metadata must be flat, names with single values, not a int"),
        ({"a": "x" * 6_000_000}, "Metadata has 6 million characters, and 5 million is the limit"),
        ({"a": 10**5_000}, "The value of 'a' has more than 1000 digits"),
        ({"a": "\ud800"}, "The value of 'a' is not valid Unicode"),
        ({"\ud800": "a"}, "is not valid Unicode"),
        ({1: "a"}, "1 cannot be a metadata key"),
        ({f"key{number}": 1 for number in range(5_500)}, "Metadata has 5500 keys, and 1000 is the limit"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_one_line(metadata: Any, problem: str) -> None:
    with pytest.raises((DocumentError, SettingsError), match=f"^.*{problem}") as raised:
        kept_metadata(metadata)
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 500

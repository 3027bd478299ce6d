from __future__ import annotations

import re
import time
import warnings
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parametric_memory.adapters import peft_folder
from parametric_memory.adapters.peft_folder import _ByPattern
from parametric_memory.errors import CheckpointError

SOURCE = Path("adapter/adapter_config.json")
NAME = "model.layers.11.self_attn.q_proj"


def matches(pattern: str, name: str = NAME) -> bool:
    return _ByPattern({pattern: True}, False, SOURCE)[name]


def as_peft(pattern: str, name: str = NAME) -> bool:
    """What PEFT itself does with a pattern."""
    return re.match(rf"(.*\.)?({pattern})$", name) is not None


@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "q_proj",
            "proj",
            "self_attn.q_proj",
            r"self_attn\.q_proj",
            NAME,
            "model.layers",
            "layers.1.self_attn.q_proj",
        ),
        *(r".*\.q_proj", r"layers\.\d+\.self_attn\.(q|k|v)_proj", r"layers\.1[0-5]\..*", r"[^.]+", r"q_proj|k_proj"),
        *(
            r"^model\.layers\.(?:[0-9]|1[0-9])\.self_attn\.[qkv]_proj$",
            r"\d{2}\.self_attn.+?",
            r"\d{3,}.*",
            r"(q_)?proj",
        ),
        *("^q_proj", "(q_)?proj", "()", "", r"(.*_)*proj", r"(l|la|lay|layers)+.*", r"[]a-z_]+"),
        *("(?=q)q_proj", r"(?P<n>q)_proj", r"(?i:Q_PROJ)", r"q_proj\b"),
    ],
)
def test_patterns_match_what_peft_matches(pattern: str) -> None:
    assert matches(pattern) == as_peft(pattern)


@settings(max_examples=300)
@given(pattern=st.text("ab.|()*+?^$[]-\\{}1,", max_size=8), name=st.text("ab.1", min_size=1, max_size=6))
def test_a_pattern_that_is_followed_matches_what_peft_matches(pattern: str, name: str) -> None:
    with warnings.catch_warnings(), suppress(CheckpointError, re.error):
        warnings.simplefilter("ignore", FutureWarning)
        assert matches(pattern, name) == as_peft(pattern, name)


def test_the_first_pattern_that_matches_counts() -> None:
    patterns = _ByPattern({"k_proj": 1, ".*proj": 2, "q_proj": 3}, 4, SOURCE)
    assert [patterns[name] for name in ("a.k_proj", "a.q_proj", "a.norm")] == [1, 2, 4]


@pytest.mark.parametrize(
    "pattern",
    [
        *("(a+)+b", "(.*.*)*x", "(a|a)*b", "(a|aa)+b", "(.*)*(.*)*(.*)*x", "a?" * 40 + "a" * 40),
        *("(a|a)" * 40 + "b", ".*" * 30 + "x", "(((a*)*)*)*b", "((a{999}){999}){999}", "((^{999}){999}){999}"),
    ],
)
def test_patterns_that_would_take_forever_take_a_moment(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parametric_memory.adapters.peft_folder._SECONDS_FOR_PATTERNS", 0.3)
    started = time.monotonic()
    with suppress(CheckpointError):
        assert not matches(pattern, "a" * 200)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "pattern",
    ["a**", "*a", "(", ")", "[a", "\\", "(" * 30],
)
def test_patterns_that_are_none_are_refused_by_name(pattern: str) -> None:
    with pytest.raises(CheckpointError) as caught:
        matches(pattern)
    assert f"The pattern '{pattern}' in {SOURCE} cannot be used: " in str(caught.value)


def test_patterns_that_would_take_too_much_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for pattern in ("(a)" * 1000, "(a{999}){999}"):
        with pytest.raises(CheckpointError, match="is too long"):
            _ByPattern({pattern: 1}, 2, SOURCE)
    monkeypatch.setattr(peft_folder, "_SECONDS_FOR_PATTERNS", 0.1)
    patterns = _ByPattern({"(a|aa)+b": 1}, 2, SOURCE)
    assert patterns["y"] == 2
    with pytest.raises(CheckpointError, match=r"The pattern '\(a\|aa\)\+b' in .* takes too long to match"):
        patterns["a" * 200]

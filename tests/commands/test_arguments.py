from __future__ import annotations

from datetime import timedelta

import pytest
import typer

from parametric_memory.commands.arguments import duration, pairs


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("sales", "sales"),
        ("2021", 2021),
        ("-3", -3),
        ("0.5", 0.5),
        ("true", True),
        ("false", False),
        ("True", "True"),
        ('"2021"', "2021"),
        ("007", "007"),
        ("1e5", "1e5"),
        ("", ""),
        ("a=b", "a=b"),
    ],
)
def test_metadata_values_are_what_they_look_like(written: str, value: object) -> None:
    found = pairs([f"key={written}"], "--meta")
    assert found == {"key": value}
    assert type(found["key"]) is type(value)


def test_metadata_given_twice_is_wrong_usage() -> None:
    with pytest.raises(typer.BadParameter, match="'team' is given twice"):
        pairs(["team=sales", "team=support"], "--meta")


@pytest.mark.parametrize("written", ["team", "=sales", "", " =x"])
def test_metadata_without_key_or_value_is_wrong_usage(written: str) -> None:
    with pytest.raises(typer.BadParameter, match="KEY=VALUE"):
        pairs([written], "--meta")


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("12h", timedelta(hours=12)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(days=14)),
    ],
)
def test_times_are_a_number_and_a_unit(written: str, time: timedelta) -> None:
    assert duration(written, "--ttl") == time


@pytest.mark.parametrize("written", ["", "7", "d", "0d", "-1d", "1.5h", "7 d", "7y", "9999999d"])
def test_other_times_are_wrong_usage(written: str) -> None:
    with pytest.raises(typer.BadParameter, match="is not a time"):
        duration(written, "--ttl")

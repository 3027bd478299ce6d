from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from parametric_memory.errors import SettingsError
from parametric_memory.text.times import check_order, moment, times_of

NEW_YEAR = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "given",
    [
        *("2025-01-01", "2025-01-01T00:00", "2025-01-01T01:00+01:00", date(2025, 1, 1), datetime(2025, 1, 1)),
        datetime(2024, 12, 31, 19, tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_a_moment_without_a_time_zone_is_of_utc(given: date | str) -> None:
    assert moment(given, "at") == NEW_YEAR


def test_a_day_is_whole() -> None:
    assert times_of(valid_from="2025-01-01", valid_until="2025-01-01") == {
        "valid_from": NEW_YEAR,
        "valid_until": NEW_YEAR + timedelta(days=1),
    }
    assert times_of(valid_until=NEW_YEAR) == {"valid_until": NEW_YEAR}
    assert times_of(valid_until="9999-12-31")["valid_until"] == datetime.max.replace(tzinfo=UTC)


def test_only_what_was_given_is_told() -> None:
    assert times_of() == {}
    assert times_of(None, "", "") == {"valid_from": None, "valid_until": None}
    assert times_of("never", changes=True) == {"expires_at": None}
    assert set(times_of(timedelta(1))) == {"expires_at"}


@pytest.mark.parametrize("given", ["soon", "2025-13-01", True, "1-1-1"])
def test_what_is_no_time_is_refused(given: object) -> None:
    with pytest.raises(SettingsError, match=r"^valid_from is '.*', which is no time: write a day"):
        times_of(valid_from=given)  # type: ignore[arg-type]


def test_nothing_ends_before_it_begins() -> None:
    with pytest.raises(SettingsError, match=r"valid_until \(2025-01-01 00:00 UTC\) is not after valid_from"):
        times_of(valid_from=NEW_YEAR, valid_until=NEW_YEAR)
    check_order({"valid_from": None, "valid_until": NEW_YEAR})

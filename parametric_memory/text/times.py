"""When entries are recalled, as callers say it: for how long they are kept, and from when until when what they say
holds. Knows nothing about entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.records import now
from parametric_memory.settings import NEVER
from parametric_memory.text.chat_messages import moment_of

Moment = datetime | date | str
"""A moment, or a day: of Python, or as ISO writes it. Without a time zone it is of UTC."""
Times = Mapping[str, datetime | None]
"""Moments by the names that they have in an entry, those that were given; None ends an earlier one."""

LASTING, VALIDITY = "expires_at", ("valid_from", "valid_until")
_LAST = datetime.max.replace(tzinfo=UTC)


def times_of(
    ttl: object = None,
    valid_from: Moment | None = None,
    valid_until: Moment | None = None,
    *,
    changes: bool = False,
) -> Times:
    """The times of an entry, as they were given.

    Args:
        ttl: how long the entry is recalled, from now on; of one that changes "never" ends an earlier one.
        valid_from, valid_until: from when until before when it holds; a day is whole, and an empty text is no bound.
        changes: whether they are those of an entry that is there.

    Raises SettingsError: one of them is none, or reaches past the year 9999, or the two are in the wrong order.
    """
    times: dict[str, datetime | None] = {}
    if ttl is not None:
        times[LASTING] = None if changes and ttl == NEVER else _after(ttl)
    if valid_from is not None:
        times["valid_from"] = None if valid_from == "" else moment(valid_from, "valid_from")
    if valid_until is not None:
        times["valid_until"] = None if valid_until == "" else moment(valid_until, "valid_until", ends=True)
    check_order(times)
    return times


def moment(given: Moment, name: str, *, ends: bool = False) -> datetime:
    """The moment that was given; of a day its beginning, or its end where something ends with it.

    Raises SettingsError: it is none. name: what it is called.
    """
    try:
        found = moment_of(given)
        if not isinstance(found, datetime):
            found = datetime(found.year, found.month, found.day)
            if ends:
                found = min(found, _LAST.replace(tzinfo=None) - timedelta(days=1)) + timedelta(days=1)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (DocumentError, OverflowError) as error:
        raise SettingsError(
            f"{name} is {str(given)[:40]!r}, which is no time: write a day, 2024-12-31, or a moment, 2024-12-31T18:00."
        ) from error


def check_order(times: Times) -> None:
    """Raises SettingsError where something ends before it begins."""
    begins, ends = (times.get(name) for name in VALIDITY)
    if begins is not None and ends is not None and ends <= begins:
        raise SettingsError(
            f"valid_until ({ends:%Y-%m-%d %H:%M} UTC) is not after valid_from ({begins:%Y-%m-%d %H:%M} UTC): give a "
            "later one."
        )


def _after(ttl: object) -> datetime:
    if not isinstance(ttl, timedelta):
        raise SettingsError(f"ttl must be a timedelta, not {ttl!r}.")
    try:
        return now() + ttl
    except OverflowError as error:
        raise SettingsError(f"ttl reaches past the year {datetime.max.year}: give less than {ttl}, or none.") from error

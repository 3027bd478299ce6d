"""mem0's filters as the memory's own: a `user_id` in them is a namespace, and `AND` and `OR` are `$and` and `$or`.

`agent_id` and `run_id` are metadata, see `scopes`, and stay in the filter. Knows nothing about requests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parametric_memory.errors import SettingsError
from parametric_memory.scopes import AGENT, RUN
from parametric_memory.storage.filters import check_extent

_USER, _ANYBODY = "user_id", "*"
_COMBINATIONS = {"and": "$and", "or": "$or", "$and": "$and", "$or": "$or"}


def read_filters(filters: Mapping[str, Any] | None) -> tuple[str | None, dict[str, Any]]:
    """The user that filters name, if any, and what else they ask for, as `storage.filters` has it.

    Raises:
        SettingsError: they ask for what no filter here says: several users, a user as one of several choices, anybody
            by `*`, or `NOT`. The rest is checked where it is used.
    """
    check_extent(filters, "The filter")
    users: list[str] = []
    rest = _without_users(filters or {}, users)
    if len(set(users)) > 1:
        raise SettingsError(f"filters name several users: a {_USER} is a namespace, and one is looked into at a time.")
    return (users[0] if users else None), rest


def _without_users(filters: Mapping[str, Any], users: list[str], *, is_choice: bool = False) -> dict[str, Any]:
    """The filters without the users that they name, which are added to `users`.

    is_choice: they are below an `OR`.
    """
    parts: list[dict[str, Any]] = []
    for key, wanted in filters.items():
        operator = _COMBINATIONS.get(key.lower()) if isinstance(wanted, list | Mapping) else None
        if key == _USER:
            users.append(_user(wanted, is_choice))
        elif operator and isinstance(wanted, list):
            # A part that named a user and nothing else asks for nothing more; one that was empty before is refused.
            each = [_part(part, users, is_choice or operator == "$or") for part in wanted]
            left = [part for part, before in zip(each, wanted, strict=True) if part or not before]
            parts += [{operator: left}] if left or not wanted else []
        else:
            parts.append({operator or _checked(key, wanted): wanted})
    together = {key: wanted for part in parts for key, wanted in part.items()}
    return together if len(together) == len(parts) else {"$and": parts}  # as of both AND and $and


def _part(part: Any, users: list[str], is_choice: bool) -> Any:
    return _without_users(part, users, is_choice=is_choice) if isinstance(part, Mapping) else part


def _user(wanted: object, is_choice: bool) -> str:
    if is_choice:
        raise SettingsError(f"{_USER} cannot stand in an OR: a user is a namespace, and one is looked into at a time.")
    if not isinstance(wanted, str) or not wanted.strip() or wanted == _ANYBODY:
        raise SettingsError(f"{_USER} in filters takes one name: a user is a namespace, and one is looked into.")
    return wanted


def _checked(key: str, wanted: object) -> str:
    """The key, where it and what it is compared with mean here what they mean to mem0."""
    if key.lower() == "not" and isinstance(wanted, list | Mapping):
        raise SettingsError("NOT in filters is not understood: say what is not wanted with $ne or $nin.")
    if key in (AGENT, RUN):
        is_operation = isinstance(wanted, Mapping) and all(name.startswith("$") for name in wanted)
        if wanted == _ANYBODY or not (isinstance(wanted, str) or is_operation):
            raise SettingsError(f"{key} in filters takes a name, or an operator such as $in with names.")
    return key

"""Translates mem0's filters: a `user_id` becomes a namespace, `AND` and `OR` become `$and` and `$or`.

`agent_id` and `run_id` are metadata (see `scopes`) and stay in the filter. Knows nothing about requests.
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
    """The user that the filters name, if any, and the rest, as `storage.filters` takes it.

    Raises SettingsError: they use what is not supported: several users, a user in an `OR`, any user (`*`), or `NOT`.
    The rest is checked where it is used.
    """
    check_extent(filters, "The filter")
    users: list[str] = []
    rest = _without_users(filters or {}, users)
    if len(set(users)) > 1:
        raise SettingsError(f"filters name several users: a {_USER} is a namespace, and one is looked into at a time.")
    return (users[0] if users else None), rest


def _without_users(filters: Mapping[str, Any], users: list[str], *, is_choice: bool = False) -> dict[str, Any]:
    """The filters without the users that they name; appends those to `users`.

    is_choice: whether they are below an `OR`.
    """
    parts: list[dict[str, Any]] = []
    for key, wanted in filters.items():
        operator = _COMBINATIONS.get(key.lower()) if isinstance(wanted, list | Mapping) else None
        if key == _USER:
            if is_choice:
                raise SettingsError(f"{_USER} cannot stand in an OR: a user is a namespace, and a search covers one.")
            if not isinstance(wanted, str) or not wanted.strip() or wanted == _ANYBODY:
                raise SettingsError(
                    f"{_USER} in filters takes one name: a user is a namespace, and a search covers one."
                )
            users.append(wanted)
        elif operator and isinstance(wanted, list):
            # Drop a part that only named a user. A part that was empty before stays, and is refused later.
            below = is_choice or operator == "$or"
            each = [
                _without_users(part, users, is_choice=below) if isinstance(part, Mapping) else part for part in wanted
            ]
            left = [part for part, before in zip(each, wanted, strict=True) if part or not before]
            parts += [{operator: left}] if left or not wanted else []
        else:
            parts.append({operator or _checked(key, wanted): wanted})
    together = {key: wanted for part in parts for key, wanted in part.items()}
    return together if len(together) == len(parts) else {"$and": parts}  # a key came twice, such as AND and $and


def _checked(key: str, wanted: object) -> str:
    """The key. Raises SettingsError if it or its value means something else here than in mem0."""
    if key.lower() == "not" and isinstance(wanted, list | Mapping):
        raise SettingsError("NOT in filters is not supported: use $ne or $nin.")
    if key in (AGENT, RUN):
        is_operation = isinstance(wanted, Mapping) and all(name.startswith("$") for name in wanted)
        if wanted == _ANYBODY or not (isinstance(wanted, str) or is_operation):
            raise SettingsError(f"{key} in filters takes a name, or an operator such as $in with names.")
    return key

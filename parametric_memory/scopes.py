"""Scopes: the user, agent and run that an entry belongs to. A user is a namespace; agent and run are metadata.

Entries of different users are never recalled together and are deleted with the user; agents and runs narrow a search
within a namespace. Knows nothing about entries.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypedDict

from parametric_memory.errors import SettingsError

_NAME = re.compile(r"[^\W\d_]+(?:[ .'\u2019-]+[^\W\d_]+)*\.?")
AGENT, RUN = "agent_id", "run_id"  # in metadata, as mem0 calls them


class Scope(TypedDict, total=False):
    """A scope to store in or to search. What is not given matches any."""

    user: str | None  # a person or a tenant; the same as the namespace of this name
    agent: str | None
    run: str | None  # a session or a task of an agent


def namespace_of(namespace: str | None, scope: Scope) -> str | None:
    """The namespace of a call; None if it names none.

    Raises SettingsError for a user beside another namespace or an empty name, TypeError for an unknown argument.
    """
    if unknown := scope.keys() - Scope.__annotations__.keys():
        raise TypeError(f"There is no argument {sorted(unknown)[0]!r} here; a scope has user, agent and run.")
    for name, value in scope.items():
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise SettingsError(f"{name} is {value!r}, which is no name: give one, or leave it out.")
    user = scope.get("user")
    if user is not None and namespace not in (None, user):
        raise SettingsError(
            f"A user is a namespace, and both user={user!r} and namespace={namespace!r} are given: name one of them."
        )
    return user or namespace


def speakers_of(speakers: Mapping[str, str] | None, user: str | None) -> dict[str, str]:
    """Names of a conversation's speakers, by role: a message of the role "user" is the user's, unless named otherwise.

    An id with digits or signs, such as "user-17", names nobody.
    """
    return ({"user": user} if user and _NAME.fullmatch(user) else {}) | dict(speakers or {})


def labels_of(scope: Scope) -> dict[str, str]:
    """The metadata of a scope."""
    named = {AGENT: scope.get("agent"), RUN: scope.get("run")}
    return {key: value for key, value in named.items() if value is not None}


def labelled(metadata: Mapping[str, Any] | None, scope: Scope) -> Mapping[str, Any] | None:
    """Metadata with that of a scope added."""
    labels = labels_of(scope)
    return {**(metadata or {}), **labels} if labels and isinstance(metadata, Mapping | None) else metadata


def relabelled(metadata: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """New metadata with the agent and run of the old: an update does not change the scope."""
    own = {key: value for key, value in metadata.items() if key not in (AGENT, RUN)}
    return own | {key: before[key] for key in (AGENT, RUN) if key in before}


def within(filter: Mapping[str, Any] | None, scope: Scope) -> Mapping[str, Any] | None:
    """A filter that also requires a scope."""
    labels = labels_of(scope)
    return {"$and": [filter, labels]} if labels and filter else labels or filter

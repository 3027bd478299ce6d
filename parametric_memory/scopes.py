"""Whose an entry is: a user's, an agent's, a run's. A user is a namespace; agent and run are metadata.

So what belongs to one user never meets what belongs to another, and goes with the user, while agents and runs narrow
what is found within a namespace. Knows nothing about entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from parametric_memory.errors import SettingsError

AGENT, RUN = "agent_id", "run_id"  # in metadata, as mem0 calls them


class Scope(TypedDict, total=False):
    """Whose something is, or is looked for. What is not named may be anybody's.

    Attributes:
        user: a person or a tenant; the same as the namespace of this name.
        agent: the agent that remembers.
        run: a session, or a task, of an agent.
    """

    user: str | None
    agent: str | None
    run: str | None


def namespace_of(namespace: str | None, scope: Scope) -> str | None:
    """The namespace that is meant; None: none is named.

    Raises SettingsError: a user and another namespace are named, something is no name, or a scope is not known.
    """
    if unknown := scope.keys() - Scope.__annotations__.keys():
        raise TypeError(f"There is no argument {sorted(unknown)[0]!r} here; of whom it is, user, agent and run say.")
    for name, value in scope.items():
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise SettingsError(f"{name} is {value!r}, which is no name: give one, or leave it out.")
    user = scope.get("user")
    if user is not None and namespace not in (None, user):
        raise SettingsError(
            f"A user is a namespace, and both user={user!r} and namespace={namespace!r} are given: name one of them."
        )
    return user or namespace


def labels_of(scope: Scope) -> dict[str, str]:
    """What the metadata of an entry says of its scope."""
    named = {AGENT: scope.get("agent"), RUN: scope.get("run")}
    return {key: value for key, value in named.items() if value is not None}


def labelled(metadata: Mapping[str, Any] | None, scope: Scope) -> Mapping[str, Any] | None:
    """Metadata with what it says of a scope."""
    labels = labels_of(scope)
    return {**(metadata or {}), **labels} if labels and isinstance(metadata, Mapping | None) else metadata


def relabelled(metadata: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata in place of others, but for what those say of a scope: whose something is stays."""
    own = {key: value for key, value in metadata.items() if key not in (AGENT, RUN)}
    return own | {key: before[key] for key in (AGENT, RUN) if key in before}


def within(filter: Mapping[str, Any] | None, scope: Scope) -> Mapping[str, Any] | None:
    """A filter that also asks for a scope."""
    labels = labels_of(scope)
    return {"$and": [filter, labels]} if labels and filter else labels or filter

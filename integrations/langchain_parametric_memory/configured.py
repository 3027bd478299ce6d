"""Reads settings from a run's configuration, which LangGraph passes to every node.

Knows nothing about chat models and tools.
"""

from __future__ import annotations

from typing import Any

from langchain_core.runnables.config import ensure_config


def configured_skills() -> list[str] | None:
    """The skills in the run's configuration, `{"configurable": {"skills": [...]}}`; None if it names none."""
    given: Any = (ensure_config().get("configurable") or {}).get("skills")
    return None if given is None else list(given) if not isinstance(given, str) else [given]

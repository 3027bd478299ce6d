"""Parametric memory for Google's Agent Development Kit: a memory service for its runner and its memory tools.

The name is imported when it is first used: importing the package loads no framework and no model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from adk_parametric_memory.memory_service import ParametricMemoryService

__all__ = ["ParametricMemoryService"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from adk_parametric_memory.memory_service import ParametricMemoryService

    return ParametricMemoryService


def __dir__() -> list[str]:
    return sorted(__all__)

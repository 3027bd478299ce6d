"""A memory for LLM agents that answers from weights: documents become LoRA adapters, not prompts."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import ParametricMemoryError
from parametric_memory.records import Answer, Entry, KeptToken, Neighbour, Recall, Skill, Version
from parametric_memory.settings import NEVER, ModelSettings, RecallSettings

if TYPE_CHECKING:
    from parametric_memory.documents.files import Document
    from parametric_memory.maintenance import Maintenance
    from parametric_memory.memory import ParametricMemory

__all__ = [
    "NEVER",
    "Answer",
    "Document",
    "Entry",
    "KeptToken",
    "Maintenance",
    "ModelSettings",
    "Neighbour",
    "ParametricMemory",
    "ParametricMemoryError",
    "Recall",
    "RecallSettings",
    "Skill",
    "Version",
]

_IMPORTED_WHEN_USED = {  # `--help` needs none of them
    "Document": "documents.files",
    "Maintenance": "maintenance",
    "ParametricMemory": "memory",
}


def __getattr__(name: str) -> Any:
    if module := _IMPORTED_WHEN_USED.get(name):
        return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

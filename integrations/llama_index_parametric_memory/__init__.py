"""Parametric memory for LlamaIndex: a retriever, a query engine, an LLM that answers from memory, and a memory block.

Each name is imported when it is first used: importing the package loads no framework and no model.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llama_index_parametric_memory.answering import ParametricMemoryLLM, ParametricMemoryQueryEngine
    from llama_index_parametric_memory.memory_block import ParametricMemoryBlock
    from llama_index_parametric_memory.retriever import ParametricMemoryRetriever

__all__ = [
    "ParametricMemoryBlock",
    "ParametricMemoryLLM",
    "ParametricMemoryQueryEngine",
    "ParametricMemoryRetriever",
]

_HOME = {
    "ParametricMemoryBlock": "memory_block",
    "ParametricMemoryLLM": "answering",
    "ParametricMemoryQueryEngine": "answering",
    "ParametricMemoryRetriever": "retriever",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

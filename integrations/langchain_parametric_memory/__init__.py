"""Parametric memory for LangChain and LangGraph: vector store, retriever, chat model, chat history, tools, and a store.

Each name is imported when it is first used: importing the package loads no framework and no model.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_parametric_memory.chat_history import ParametricMemoryChatMessageHistory
    from langchain_parametric_memory.chat_model import ChatParametricMemory
    from langchain_parametric_memory.langgraph_store import ParametricMemoryStore
    from langchain_parametric_memory.retriever import ParametricMemoryRetriever
    from langchain_parametric_memory.tools import AskMemory, Forget, Remember, memory_tools
    from langchain_parametric_memory.vector_store import ParametricMemoryVectorStore

__all__ = [
    "AskMemory",
    "ChatParametricMemory",
    "Forget",
    "ParametricMemoryChatMessageHistory",
    "ParametricMemoryRetriever",
    "ParametricMemoryStore",
    "ParametricMemoryVectorStore",
    "Remember",
    "memory_tools",
]

_HOME = {
    "AskMemory": "tools",
    "ChatParametricMemory": "chat_model",
    "Forget": "tools",
    "ParametricMemoryChatMessageHistory": "chat_history",
    "ParametricMemoryRetriever": "retriever",
    "ParametricMemoryStore": "langgraph_store",
    "ParametricMemoryVectorStore": "vector_store",
    "Remember": "tools",
    "memory_tools": "tools",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)

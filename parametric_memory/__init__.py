"""A memory for LLM agents that answers from weights: documents become LoRA adapters, not prompts."""

from parametric_memory.errors import ParametricMemoryError
from parametric_memory.memory import NEVER, ParametricMemory
from parametric_memory.records import Answer, Entry, Recall
from parametric_memory.settings import ModelSettings, RecallSettings

__all__ = [
    "NEVER",
    "Answer",
    "Entry",
    "ModelSettings",
    "ParametricMemory",
    "ParametricMemoryError",
    "Recall",
    "RecallSettings",
]

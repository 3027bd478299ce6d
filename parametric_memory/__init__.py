"""A memory for LLM agents that answers from weights: documents become LoRA adapters, not prompts."""

from parametric_memory.errors import ParametricMemoryError
from parametric_memory.memory import ParametricMemory
from parametric_memory.records import Answer, Entry, Recall

__all__ = ["Answer", "Entry", "ParametricMemory", "ParametricMemoryError", "Recall"]

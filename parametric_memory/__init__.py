"""A memory for LLM agents that answers from weights: documents become LoRA adapters, not prompts."""

from parametric_memory.errors import ParametricMemoryError
from parametric_memory.maintenance import Maintenance
from parametric_memory.memory import ParametricMemory
from parametric_memory.records import Answer, Entry, KeptToken, Neighbour, Recall, Skill, Version
from parametric_memory.settings import NEVER, ModelSettings, RecallSettings

__all__ = [
    "NEVER",
    "Answer",
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

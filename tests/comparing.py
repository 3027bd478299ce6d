"""What a memory holds and recalls, to compare two that were filled in different ways."""

from __future__ import annotations

from parametric_memory import ParametricMemory
from parametric_memory.adapters.factors import Adapter


def whole_adapter(memory: ParametricMemory, id: str) -> Adapter:
    """The adapter of an entry of the default namespace."""
    return memory.recaller.adapters.whole(memory.storage.entries.at(id, "default"))


def passages_of(memory: ParametricMemory, id: str) -> list[str]:
    """The passages of an entry of the default namespace."""
    [passages] = memory.storage.entries.passages([memory.storage.entries.at(id, "default")]).values()
    return passages


def held(memory: ParametricMemory) -> dict[str, tuple[object, ...]]:
    """What there is of every entry, but ids and times."""
    return {
        entry.title: (
            entry.content_hash,
            entry.summary,
            entry.tokens,
            entry.chunks,
            entry.store,
            memory.history(entry.id).text,
        )
        for entry in memory.list()
    }


def scores(memory: ParametricMemory, question: str) -> dict[str, float]:
    """By title: entries that are equally near come in any order."""
    return {recall.title: recall.score for recall in memory.recall(question, len(memory.list()))}

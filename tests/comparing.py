"""What a memory holds and recalls, to compare two that were filled in different ways."""

from __future__ import annotations

from parametric_memory import ParametricMemory


def held(memory: ParametricMemory) -> dict[str, tuple[object, ...]]:
    """What there is of every entry, but ids and times."""
    return {
        entry.title: (
            entry.content_hash,
            entry.summary,
            entry.tokens,
            entry.chunks,
            entry.store,
            memory.storage.entries.text(entry.id),
        )
        for entry in memory.list()
    }


def scores(memory: ParametricMemory, question: str) -> dict[str, float]:
    """By title: entries that are equally near come in any order."""
    return {recall.title: recall.score for recall in memory.recall(question, len(memory.list()))}

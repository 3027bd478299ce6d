"""`GET /questions`: questions that the memory can answer, for users who do not know what to ask.

The base model writes questions about the newest entries. A question is suggested if it recalls and attaches the entry
that it was written about.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from parametric_memory.internalize.self_questions import passages, written_questions
from parametric_memory.memory import ParametricMemory
from parametric_memory.server.access import Granted
from parametric_memory.server.service import Service
from parametric_memory.storage.entries import Found

SUGGESTED = 3  # questions, each about another entry
_LOOKED_AT = 8  # first sentences of an entry; the question is about one of them
_REMEMBERED = 64  # lists of newest entries whose suggestions stay in memory


class Suggestions(BaseModel):
    """Questions that are answered from memory."""

    results: list[str]


def router(service: Service) -> APIRouter:
    routes = APIRouter(tags=["Memories"])
    memory = service.memory

    @lru_cache(_REMEMBERED)
    def suggested(newest: tuple[tuple[str, str, int], ...]) -> list[str]:
        """newest: ids, namespaces and versions of entries."""
        found = (memory.storage.entries.at(id, where) for id, where, _ in newest)
        return [question for of in found if (question := best_question(memory, of))]

    @routes.get("/questions", response_model=Suggestions)
    @service.on_desk
    def questions(access: Granted, namespace: str | None = None) -> dict[str, Any]:
        """Up to three questions about the newest memories of a namespace. Writing them takes some seconds."""
        newest = memory.list(namespace=service.namespace(access, namespace), limit=SUGGESTED, newest=True)
        return {"results": suggested(tuple((of.id, of.namespace, of.version) for of in newest))}

    return routes


def best_question(memory: ParametricMemory, found: Found) -> str | None:
    """The question about one sentence of an entry that recalls the entry with the best score; None if none does."""
    first, entry = passages(memory.storage.entries.reading(found))[:_LOOKED_AT], found.entry
    longest = sorted(first, key=lambda passage: len(passage.sentence))[-1:]  # headings are short
    written = written_questions(memory.models.base, longest)
    scores: dict[str, float] = {}
    for question in written:
        best = next(iter(memory.recall(question.text, 1, namespace=entry.namespace)), None)
        if best is not None and best.attached and best.entry_id == entry.id:
            scores[question.text] = best.score
    return max(scores, key=scores.__getitem__, default=None)

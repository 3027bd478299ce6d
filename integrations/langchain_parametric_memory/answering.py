"""Requests of many threads to one base model, some of them answered together.

Knows nothing about LangChain and memories.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel
    from parametric_memory.language_model.requests import Completion, Request


@dataclass(eq=False)
class _Waiting:
    request: Request
    completion: Completion | None = None
    error: Exception | None = None

    @property
    def settings(self) -> tuple[object, ...]:
        """Requests that agree in these can share a batch. What an answer hardly says is its own."""
        search = replace(self.request.search, rules=None)
        return self.request.stop, self.request.temperature, self.request.top_p, search

    @property
    def is_done(self) -> bool:
        return self.completion is not None or self.error is not None


class Answering:
    """Answers requests one batch after the other. Whoever comes first answers for those that wait behind.

    With a batch size of 1 every answer is exactly what it would be alone. Larger batches are faster for many callers;
    padding then rounds differently, and near ties may fall the other way.
    """

    def __init__(self) -> None:
        self._queue: list[_Waiting] = []
        self._queueing, self._turn = threading.Lock(), threading.Lock()

    def answer(self, base: BaseModel, request: Request, batch_size: int = 1) -> Completion:
        """The completion of a request; blocks until it is there. Raises what the model raises."""
        if batch_size == 1:
            return base.generate([request])[0]
        mine = _Waiting(request)
        with self._queueing:
            self._queue.append(mine)
        with self._turn:
            if not mine.is_done:
                self._generate(base, self._batch(mine, batch_size))
        if mine.error is not None:
            raise mine.error
        assert mine.completion is not None
        return mine.completion

    def _batch(self, first: _Waiting, size: int) -> list[_Waiting]:
        with self._queueing:
            others = [w for w in self._queue if w is not first and w.settings == first.settings]
            batch = [first, *others[: size - 1]]
            self._queue = [w for w in self._queue if w not in batch]
        return batch

    def _generate(self, base: BaseModel, batch: list[_Waiting]) -> None:
        try:
            completions = base.generate([waiting.request for waiting in batch])
        except Exception as error:  # handed to every caller that waits for it
            for waiting in batch:
                waiting.error = error
            return
        for waiting, completion in zip(batch, completions, strict=True):
            waiting.completion = completion

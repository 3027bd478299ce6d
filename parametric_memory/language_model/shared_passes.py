"""Continuous batching: requests that arrive at any time share forward passes, each under its own adapter.

A request joins the batch between two tokens, and leaves it at the end of its answer. Alone it is answered as by
`BaseModel.generate` and `stream`; beside others, padding changes the rounding, and near ties may fall the other way.
Knows nothing about memories and servers.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from queue import SimpleQueue

import torch

from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.decoding import Answer, Batch
from parametric_memory.language_model.requests import Completion, Request

_JOINING = 4  # most requests whose prompts are read between two tokens of the others
_PAUSE = 0.0003  # seconds between passes for other threads that wait for the model


class SharedPasses:
    """Answers the requests of any number of threads on one base model, in a thread of its own."""

    def __init__(self, base: BaseModel, most: int = 16):
        """most: the largest batch; other requests wait. 1 if the model's cache does not keep every token."""
        self._base, self._most = base, most if base.keeps_every_token else 1
        self._waiting: deque[Answer] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closing = False
        self._batch = Batch(base)
        self.passes = 0  # forward passes that wrote tokens
        self.tokens = 0  # tokens that they wrote

    def answer(self, request: Request, abandoned: threading.Event | None = None) -> Completion:
        """The answer of `BaseModel.generate`, also for `abandoned`; blocks until it is complete."""
        answer = Answer(self._base, request, abandoned=abandoned)
        self._queue(answer)
        answer.done.wait()
        return answer.completion

    def pieces(self, request: Request, abandoned: threading.Event | None = None) -> Iterator[str | Completion]:
        """The pieces of `BaseModel.stream`, and then the whole answer."""
        pieces: SimpleQueue[str | None] = SimpleQueue()
        answer = Answer(self._base, request, pieces.put, abandoned)
        self._queue(answer)
        try:
            while (piece := pieces.get()) is not None:
                if piece:
                    yield piece
        finally:
            answer.withdrawn = True
        answer.done.wait()
        yield answer.completion

    @property
    def in_work(self) -> int:
        """The number of requests in the batch or waiting."""
        return len(self._waiting) + len(self._batch.answers)

    def close(self) -> None:
        """End the thread after the current requests."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()

    def _queue(self, answer: Answer) -> None:
        with self._changed:
            self._waiting.append(answer)
            if self._thread is None or not self._thread.is_alive():
                self._closing = False
                self._thread = threading.Thread(target=self._work, name="shared-passes", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            batch = self._batch
            with self._changed:
                while not self._waiting and not batch.answers:
                    if self._closing:
                        self._thread = None
                        return
                    self._changed.wait()
                withdrawn = [answer for answer in self._waiting if answer.is_unwanted]
                for answer in withdrawn:
                    self._waiting.remove(answer)
                room = min(self._most - len(batch.answers), _JOINING)
                joining = [self._waiting.popleft() for _ in range(min(room, len(self._waiting)))]
            for answer in withdrawn:
                answer.finish()
            try:
                with self._base.busy, torch.inference_mode():
                    self._pass(batch, joining)
            except Exception as error:
                for answer in [*batch.answers, *joining]:
                    answer.fail(error)
                self._batch = Batch(self._base)
            time.sleep(_PAUSE)

    def _pass(self, batch: Batch, joining: list[Answer]) -> None:
        """Write one token of each answer, and read the prompts of those that join."""
        if batch.answers:
            batch.step()
            self.passes += 1
            self.tokens += len(batch.answers)
        for answer in joining:
            try:
                batch.join([answer])
            except Exception as error:  # of this request alone
                answer.fail(error)
        batch.leave()

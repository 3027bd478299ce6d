"""Decodes the requests of any number of threads on one base model, in a thread of its own, piece by piece.

With continuous batching, requests that arrive at any time share forward passes, each under its own adapter: one joins
the batch between two tokens, and leaves it at the end of its answer. Alone it is answered as by `BaseModel.generate`;
beside others, padding changes the rounding, and near ties may fall the other way. Knows nothing about memories and
servers.
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
_WAITED = 0.1  # seconds to wait for a busy model before answers that nobody wants any more are looked for


class SharedPasses:
    """Answers requests in shared forward passes. The thread ends when nothing is left to answer."""

    def __init__(self, base: BaseModel, most: int = 16):
        """most: the largest batch; other requests wait. 1 if the model's cache does not keep every token."""
        self._base, self._most = base, most if base.keeps_every_token else 1
        self._waiting: deque[Answer] = deque()
        self._worker: threading.Thread | None = None  # one that still looks at what waits
        self._starting = threading.Lock()
        self._batch = Batch(base)
        self.passes = 0  # forward passes that wrote tokens
        self.tokens = 0  # tokens that they wrote

    def pieces(self, request: Request, abandoned: threading.Event | None = None) -> Iterator[str | Completion]:
        """The answer of `BaseModel.generate` piece by piece, and then the whole. It ends as it is if it is closed.

        abandoned: as of `BaseModel.generate`; nothing more is yielded then, but the whole.
        """
        pieces: SimpleQueue[str | None] = SimpleQueue()
        answer = Answer(self._base, request, pieces.put, abandoned)
        with self._starting:
            if self._worker is None or not self._worker.is_alive():  # as in a process that was forked meanwhile
                worker = threading.Thread(target=self._work, name="shared-passes")
                worker.start()
                self._worker = worker
            self._waiting.append(answer)
        try:
            while (piece := pieces.get()) is not None:
                if piece:
                    yield piece
        finally:
            answer.withdrawn = True
        yield answer.completion

    @property
    def in_work(self) -> int:
        """The number of requests in the batch or waiting."""
        return len(self._waiting) + len(self._batch.answers)

    def _work(self) -> None:
        while True:
            with self._starting:
                for answer in [each for each in self._waiting if each.is_unwanted]:
                    self._waiting.remove(answer)
                    answer.finish()
                if not self._waiting and not self._batch.answers:
                    self._worker = None
                    return
            if not self._base.busy.acquire(timeout=_WAITED):
                continue
            try:
                with torch.inference_mode():
                    self._pass(self._batch)
            except Exception as error:
                for answer in self._batch.answers:
                    answer.fail(error)
                self._batch = Batch(self._base)
            finally:
                self._base.busy.release()
            time.sleep(_PAUSE)

    def _pass(self, batch: Batch) -> None:
        """Write one token of each answer, and read the prompts of those that join."""
        if batch.answers:
            batch.step()
            self.passes += 1
            self.tokens += len(batch.answers)
        room = min(self._most - len(batch.answers), _JOINING)
        for answer in [self._waiting.popleft() for _ in range(min(room, len(self._waiting)))]:
            try:
                batch.join([answer])
            except Exception as error:  # of this request alone
                answer.fail(error)
        batch.leave()

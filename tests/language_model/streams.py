"""Answers in shared forward passes, as a whole and piece by piece."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

from parametric_memory.answering.answering import Engine
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.requests import Completion, Request
from parametric_memory.language_model.shared_passes import SharedPasses


def written(pieces: Iterator[str | Completion]) -> tuple[str, Completion]:
    """What was told piece by piece, and the whole."""
    *texts, whole = pieces
    assert isinstance(whole, Completion)
    return "".join(map(str, texts)), whole


def answered(engine: Engine | SharedPasses, request: Request, abandoned: threading.Event | None = None) -> Completion:
    return written(engine.pieces(request, abandoned))[1]


def stops(passes: Any, before: int) -> bool:
    """Whether shared passes soon decode nothing any more, and less than so many tokens were decoded."""
    until = time.monotonic() + 20
    while passes.in_work and time.monotonic() < until:
        time.sleep(0.01)
    return bool(passes.tokens < before and not passes.in_work)


def streamed(base: BaseModel, request: Request) -> str:
    """What is told of an answer that has the model for itself."""
    return written(SharedPasses(base, 1).pieces(request))[0]

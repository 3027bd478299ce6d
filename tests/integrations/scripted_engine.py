"""An engine whose answers are given: what a larger model would write stands in for what the tiny one would."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.requests import Completion, Request


class ScriptedEngine:
    """Answers with the texts of a script, one after the other, character by character."""

    def __init__(self, base: BaseModel, *script: str) -> None:
        self._base, self.script = base, list(script)
        self.prompts: list[str] = []

    def pieces(self, request: Request, abandoned: threading.Event | None = None) -> Iterator[str | Completion]:
        self.prompts.append(self._base.tokenizer.decode(list(request.prompt)))
        text = self.script.pop(0)
        yield from text
        yield Completion(text, self._base.chat.encode(text))

    def close(self) -> None:
        pass

"""A base model whose answers are given: what a larger model would write stands in for what the tiny one would."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence

from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.requests import Completion, Request


class ScriptedModel(BaseModel):
    """Answers with the texts of a script, one after the other; in a stream, character by character."""

    def __init__(self, base: BaseModel, *script: str) -> None:
        super().__init__(base.model, base.tokenizer, "scripted")
        self.script = list(script)
        self.prompts: list[str] = []

    def generate(self, requests: Sequence[Request], *_: object, **__: object) -> list[Completion]:
        return [self._next(request) for request in requests]

    def stream(self, request: Request, abandoned: threading.Event | None = None) -> Generator[str, None, Completion]:
        answer = self._next(request)
        yield from answer.text
        return answer

    def _next(self, request: Request) -> Completion:
        self.prompts.append(self.tokenizer.decode(list(request.prompt)))
        text = self.script.pop(0)
        return Completion(text, self.chat.encode(text))

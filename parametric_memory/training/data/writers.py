"""Who writes questions and answers for training data: a model of this process, or one behind OpenAI's API.

Conversations in, texts out. Knows nothing about what they are for.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from parametric_memory.errors import ModelUnavailable
from parametric_memory.files.json_objects import shown
from parametric_memory.language_model.chat import Message
from parametric_memory.language_model.conversation import prompt_ids
from parametric_memory.language_model.requests import Request

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

_AT_ONCE = 8  # prompts in a batch, requests to a server
_OF_THE_REQUEST = (400, 413)  # statuses that tell of one request, and not of the server


@dataclass(frozen=True)
class Written:
    """A text, and whether the writer ended it by itself.

    Attributes:
        token_ids: without the end, where the writer is the base model itself.
        refused: why nothing was written, where the writer does not take the conversation.
    """

    text: str
    finished: bool
    token_ids: Sequence[int] = ()
    refused: str = ""


class Writer(Protocol):
    """Answers conversations, greedily. `name` tells it from others."""

    @property
    def name(self) -> str: ...

    def write(self, conversations: Sequence[Sequence[Message]], most_tokens: int) -> list[Written]: ...


@dataclass(frozen=True)
class LocalWriter:
    """A base model of this process. A prompt that leaves no room in its window is refused."""

    base: BaseModel

    @property
    def name(self) -> str:
        return self.base.title

    def write(self, conversations: Sequence[Sequence[Message]], most_tokens: int) -> list[Written]:
        prompts = [prompt_ids(self.base.chat, [dict(turn) for turn in c]) for c in conversations]
        window = self.base.window
        order = sorted(
            (i for i, p in enumerate(prompts) if not window or len(p) + most_tokens <= window),
            key=lambda i: len(prompts[i]),
        )
        found = [Written("", False, refused=f"its window has {window} tokens")] * len(prompts)
        for start in range(0, len(order), _AT_ONCE):
            part = order[start : start + _AT_ONCE]
            completions = self.base.generate([Request(prompts[i], max_new_tokens=most_tokens) for i in part])
            for i, completion in zip(part, completions, strict=True):
                finished = 0 < len(completion.token_ids) < most_tokens
                found[i] = Written(completion.text.strip(), finished, completion.token_ids)
        return found


@dataclass(frozen=True)
class ServerWriter:
    """A model behind OpenAI's API for chat completions, as vLLM, llama.cpp and this package serve it."""

    url: str  # as http://localhost:8000/v1
    model: str
    key: str | None = None
    timeout: float = 300.0

    @property
    def name(self) -> str:
        return self.model

    def write(self, conversations: Sequence[Sequence[Message]], most_tokens: int) -> list[Written]:
        """What the server calls a bad request comes back refused: most often it is too long for it.

        Raises:
            ModelUnavailable: the server cannot be reached, or refuses to write.
        """
        import httpx

        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        with httpx.Client(base_url=self.url.rstrip("/") + "/", headers=headers, timeout=self.timeout) as client:

            def one(turns: Sequence[Message]) -> Written:
                body: dict[str, Any] = {
                    "model": self.model,
                    "messages": [dict(turn) for turn in turns],
                    "max_tokens": most_tokens,
                    "temperature": 0.0,
                }
                try:
                    answer = client.post("chat/completions", json=body)
                    answer.raise_for_status()
                    [choice] = answer.json()["choices"]
                    return Written(str(choice["message"]["content"] or "").strip(), choice["finish_reason"] == "stop")
                except httpx.HTTPStatusError as error:
                    said = shown(f"{error.response.status_code}: {' '.join(error.response.text.split())}")
                    if error.response.status_code in _OF_THE_REQUEST:
                        return Written("", False, refused=said)
                    raise ModelUnavailable(f"{self.url} refuses to write ({said}).") from error
                except (httpx.HTTPError, KeyError, ValueError, TypeError) as error:
                    raise ModelUnavailable(
                        f"{self.url} does not write ({shown(error) or type(error).__name__}): is an OpenAI-compatible "
                        "server running there?"
                    ) from error

            with ThreadPoolExecutor(_AT_ONCE) as pool:
                return list(pool.map(one, conversations))

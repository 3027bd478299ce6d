"""An LLM for LlamaIndex that answers from a memory, and a query engine that also names its sources.

What a question recalls is attached as adapters: no node is put into a prompt.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator, Sequence
from contextlib import closing
from datetime import date, datetime
from typing import Any

from llama_index.core.base.response.schema import Response
from llama_index.core.llms import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    CustomLLM,
    LLMMetadata,
)
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from llama_index.core.query_engine import CustomQueryEngine
from pydantic import BaseModel, ConfigDict, Field

from llama_index_parametric_memory.retriever import nodes_of
from parametric_memory import ParametricMemory
from parametric_memory.answering.answering import AnswerRequest, in_threads
from parametric_memory.errors import DocumentError
from parametric_memory.records import Answer


class _Asking(BaseModel):
    """Shared by the LLM and the query engine: the memory and the settings of an answer."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    memory: ParametricMemory = Field(exclude=True, repr=False)
    namespace: str | None = None
    """The memory's own when not given."""
    scope: dict[str, str | None] = Field(default_factory=dict)
    """Whose memories are recalled: `user` (a namespace), `agent` and `run`."""
    filter: dict[str, Any] | None = None
    """A filter on the entries' metadata."""
    at: datetime | date | str | None = None
    """Recall what held at this moment or day, instead of now."""
    max_tokens: int = Field(default=128, ge=1)
    hybrid: bool | None = None
    """Also put the recalled passages into the prompt. The memory's setting when not given."""
    skills: list[str] = Field(default_factory=list)
    """Names of the memory's skills to answer under."""
    abstain: bool | None = None
    """False: if nothing is attached, the base model answers by itself. When not given, only if skills are named."""

    @property
    def _options(self) -> dict[str, Any]:
        names = ("namespace", "scope", "filter", "at", "max_tokens", "hybrid", "skills", "abstain")
        return {name: getattr(self, name) for name in names}

    def _answer(self, request: AnswerRequest) -> Answer:
        answering = self.memory.answering
        return answering.answer(answering.prepare(request))


class ParametricMemoryLLM(_Asking, CustomLLM):
    """The memory's base model. It answers a prompt under what it recalls, and a chat under what the user's last turn
    recalls. Its coroutines answer in a thread."""

    @classmethod
    def class_name(cls) -> str:
        return "parametric_memory"

    @property
    def metadata(self) -> LLMMetadata:
        base = self.memory.models.base
        window = base.window or 1 << 20
        return LLMMetadata(context_window=window, num_output=self.max_tokens, is_chat_model=True, model_name=base.name)

    def to_payload(self) -> dict[str, Any]:
        """What LlamaIndex's events say about it. Omits the window: it would load the base model in the event loop."""
        return {"class_name": self.class_name(), "num_output": self.max_tokens, "is_chat_model": True}

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return self._completion(prompt)

    @llm_completion_callback()
    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return await asyncio.to_thread(self._completion, prompt)

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        return self._completions(prompt)

    @llm_completion_callback()
    async def astream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseAsyncGen:
        abandoned = threading.Event()
        return in_threads(self._completions(prompt, abandoned), abandoned)

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return self._reply(messages)

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        return await asyncio.to_thread(self._reply, messages)

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        return self._replies(messages)

    @llm_chat_callback()
    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        abandoned = threading.Event()
        return in_threads(self._replies(messages, abandoned), abandoned)

    def _completion(self, prompt: str) -> CompletionResponse:
        answer = self._answer(AnswerRequest.of(prompt, **self._options))
        return CompletionResponse(text=answer.text, additional_kwargs=_about(answer))

    def _completions(self, prompt: str, abandoned: threading.Event | None = None) -> CompletionResponseGen:
        for text, piece, about in self._grow(AnswerRequest.of(prompt, **self._options), abandoned):
            yield CompletionResponse(text=text, delta=piece, additional_kwargs=about)

    def _reply(self, messages: Sequence[ChatMessage]) -> ChatResponse:
        answer = self._answer(self._request(messages))
        message = ChatMessage(role="assistant", content=answer.text)
        return ChatResponse(message=message, additional_kwargs=_about(answer))

    def _replies(self, messages: Sequence[ChatMessage], abandoned: threading.Event | None = None) -> ChatResponseGen:
        for text, piece, about in self._grow(self._request(messages), abandoned):
            message = ChatMessage(role="assistant", content=text)
            yield ChatResponse(message=message, delta=piece, additional_kwargs=about)

    def _grow(
        self, request: AnswerRequest, abandoned: threading.Event | None
    ) -> Generator[tuple[str, str, dict[str, Any]], None, None]:
        """Yields the answer so far, the new piece, and after the last piece the facts about the answer."""
        answering, text = self.memory.answering, ""
        with closing(answering.stream(answering.prepare(request), abandoned)) as pieces:
            for piece in pieces:
                if isinstance(piece, str):
                    text += piece
                    yield text, piece, {}
                else:
                    yield text, "", _about(piece)

    def _request(self, messages: Sequence[ChatMessage]) -> AnswerRequest:
        turns = [{"role": message.role.value, "content": message.content or ""} for message in messages]
        request = AnswerRequest(turns, **self._options)
        if not request.readings:
            raise DocumentError("The conversation asks nothing: the user's last turn is empty or missing.")
        return request


def _about(answer: Answer) -> dict[str, Any]:
    """The metadata of a response."""
    return answer.model_dump(include={"remembered", "confidence", "unsure"})


class ParametricMemoryQueryEngine(_Asking, CustomQueryEngine):
    """Answers a query from a memory. The response's source nodes are all recalled entries, attached or not."""

    def custom_query(self, query_str: str) -> Response:
        answer = self._answer(AnswerRequest.of(query_str, **self._options))
        return Response(answer.text, source_nodes=nodes_of(self.memory, answer.recalls), metadata=_about(answer))

    async def acustom_query(self, query_str: str) -> Response:
        return await asyncio.to_thread(self.custom_query, query_str)

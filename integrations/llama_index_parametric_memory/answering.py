"""An LLM for LlamaIndex that answers from a memory, and a query engine that also names its sources.

What a question recalls is in the weights: no node is put into a prompt.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
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
from pydantic import ConfigDict, Field

from llama_index_parametric_memory.retriever import nodes_of
from parametric_memory import ParametricMemory, Recall
from parametric_memory.errors import DocumentError
from parametric_memory.language_model.conversation import prompt_ids
from parametric_memory.language_model.in_threads import in_threads
from parametric_memory.language_model.requests import Request


class ParametricMemoryLLM(CustomLLM):
    """The memory's base model, answering each prompt under what it recalls; of a chat, under what the user's last turn
    does. Its coroutines answer in a thread."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    memory: ParametricMemory = Field(exclude=True, repr=False)
    namespace: str | None = None
    """The memory's own when not given."""
    max_tokens: int = Field(default=128, ge=1)
    hybrid: bool | None = None
    """Also put what is attached into the prompt, as text. As the memory is opened when not given."""

    @classmethod
    def class_name(cls) -> str:
        return "parametric_memory"

    @property
    def metadata(self) -> LLMMetadata:
        base = self.memory.models.base
        window = base.window or 1 << 20
        return LLMMetadata(context_window=window, num_output=self.max_tokens, is_chat_model=True, model_name=base.name)

    def to_payload(self) -> dict[str, Any]:
        """What LlamaIndex's events tell of it. Not its window: they would load the base model, in the event loop."""
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
        answer = self.memory.ask(prompt, namespace=self.namespace, max_new_tokens=self.max_tokens, hybrid=self.hybrid)
        return CompletionResponse(text=answer.text, additional_kwargs=_about(answer.remembered, answer.confidence))

    def _completions(self, prompt: str, abandoned: threading.Event | None = None) -> CompletionResponseGen:
        _, pieces = self.memory.stream(
            prompt,
            namespace=self.namespace,
            max_new_tokens=self.max_tokens,
            hybrid=self.hybrid,
            abandoned=abandoned,
        )
        text = ""
        for piece in pieces:
            text += piece
            yield CompletionResponse(text=text, delta=piece)

    def _reply(self, messages: Sequence[ChatMessage]) -> ChatResponse:
        asked, recalls, request = self._request(messages)
        [completion] = (self.memory.engine or self.memory.models.base).generate([request])
        text = completion.text.strip()
        remembered = any(recall.attached for recall in recalls)
        confidence = self.memory.recaller.confidence(asked, text, recalls, completion.confidence)
        message = ChatMessage(role="assistant", content=text)
        return ChatResponse(message=message, additional_kwargs=_about(remembered, confidence))

    def _replies(self, messages: Sequence[ChatMessage], abandoned: threading.Event | None = None) -> ChatResponseGen:
        text = ""
        _, _, request = self._request(messages)
        for piece in (self.memory.engine or self.memory.models.base).stream(request, abandoned):
            text += piece
            yield ChatResponse(message=ChatMessage(role="assistant", content=text), delta=piece)

    def _request(self, messages: Sequence[ChatMessage]) -> tuple[str, Sequence[Recall], Request]:
        """What the user's last turn asks, what that recalls, and the request.

        Raises DocumentError: the conversation is longer than the model's window.
        """
        base = self.memory.models.base
        turns = [{"role": message.role.value, "content": message.content or ""} for message in messages]
        asked = next((turn["content"].strip() for turn in reversed(turns) if turn["role"] == "user"), "")
        if not asked:
            raise DocumentError("The conversation asks nothing: its last turn of the user is empty, or missing.")
        with_texts = self.memory.recaller.settings.hybrid if self.hybrid is None else self.hybrid
        found = self.memory.attachment(asked, namespace=self.namespace, with_texts=with_texts)
        ask = self.memory.models.question if found.adapter is not None else None
        prompt = prompt_ids(base.chat, turns, (), found.texts, ask)
        base.check_fits(prompt, "The conversation", "shorten it")
        return asked, found.recalls, Request(prompt, found.adapter, self.max_tokens, search=found.search)


def _about(remembered: bool, confidence: float | None) -> dict[str, Any]:
    """What responses tell besides their text."""
    return {"remembered": remembered, "confidence": confidence}


class ParametricMemoryQueryEngine(CustomQueryEngine):
    """Answers a query from a memory. The response's source nodes are what was recalled, attached or not."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    memory: ParametricMemory = Field(exclude=True, repr=False)
    namespace: str | None = None
    max_tokens: int = Field(default=128, ge=1)
    hybrid: bool | None = None
    abstain: bool = False
    """Say that the memory does not hold it, where nothing is attached."""

    def custom_query(self, query_str: str) -> Response:
        answer = self.memory.ask(
            query_str,
            namespace=self.namespace,
            max_new_tokens=self.max_tokens,
            hybrid=self.hybrid,
            abstain=self.abstain,
        )
        about = _about(answer.remembered, answer.confidence)
        return Response(answer.text, source_nodes=nodes_of(self.memory, answer.recalls), metadata=about)

    async def acustom_query(self, query_str: str) -> Response:
        return await asyncio.to_thread(self.custom_query, query_str)

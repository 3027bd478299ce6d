"""A LangChain chat model that answers from a memory: what the user's last turn recalls is in the weights.

The prompt holds none of it, unless a hybrid answer is asked for. Knows nothing about vector stores and agents.
"""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.exceptions import ContextOverflowError
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import ToolCall, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.runnables.config import run_in_executor
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from langchain_parametric_memory.answering import Answering
from langchain_parametric_memory.configured import configured_skills
from langchain_parametric_memory.conversation import last_question, prompt_ids
from langchain_parametric_memory.opening import Memory
from parametric_memory.errors import SettingsError
from parametric_memory.language_model.guided_json import JsonWriter
from parametric_memory.language_model.in_threads import in_threads
from parametric_memory.language_model.tool_calls import CLOSING, OPENING, ProseStream, new_call, split_calls
from parametric_memory.records import NOT_HELD

if TYPE_CHECKING:
    from parametric_memory import Recall
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.language_model.base_model import BaseModel
    from parametric_memory.language_model.requests import Request

Tool = dict[str, Any] | type | Callable[..., Any] | BaseTool
FinishReason = Literal["stop", "length", "tool_calls"]

_CALL_SETTINGS = ("temperature", "top_p", "max_tokens", "k", "filter", "namespace", "at", "hybrid", "abstain", "skills")
_NOT_OURS = ("model", "parallel_tool_calls", "strict", "stream", "streaming")  # others' options, without effect here


@dataclass(frozen=True)
class _Question:
    """One call, made ready: what was recalled, the request under its adapter, and the tools.

    Attributes:
        asked: the user's last turn; empty where there is none.
        abstains: whether it is to be said that the memory does not hold it.
    """

    asked: str
    recalls: Sequence[Recall]
    request: Request
    tools: Mapping[str, Mapping[str, Any]]  # schema of the arguments, by name
    forced: Sequence[str]  # one of these tools must be called; empty: the model decides
    abstains: bool

    @property
    def remembered(self) -> bool:
        return any(recall.attached for recall in self.recalls)


class ChatParametricMemory(BaseChatModel):
    """The memory's base model, answering each conversation under the adapters that its last user turn recalls.

    `response_metadata` of an answer lists the recalls, and says with `remembered` whether any was attached. The
    arguments of a tool that is forced (`tool_choice`) and structured output have the form that their schema asks for,
    whatever the model; bounds and patterns are not enforced. Settings may also be given to `invoke` or `bind`.
    """

    memory: Memory = Field(default=None, validate_default=True, exclude=True, repr=False)
    """The memory, or the folder of one."""
    model: str = "parametric-memory"
    """What traces call this model."""
    temperature: float = Field(default=0.0, ge=0)
    """0: the likeliest answer, the same every time."""
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_tokens: int = Field(default=256, ge=1)
    """The longest answer."""
    stop: list[str] | None = None
    """Texts at which an answer ends; they are not part of it."""
    k: int = Field(default=4, ge=1)
    """How many entries are listed, at most; they are what can be attached."""
    filter: dict[str, Any] | None = None
    """Equality or Chroma's operators on the metadata of what is recalled."""
    namespace: str | None = None
    """The memory's own when not given."""
    at: datetime | date | str | None = None
    """A moment or a day: what held then is recalled in place of what holds now."""
    hybrid: bool | None = None
    """Also put what is attached into the prompt, as text: the passages that were recalled. As the memory is opened when
    not given."""
    abstain: bool = False
    """Say that the memory does not hold it, where it holds nothing that answers the user's last turn, and no tool is
    there to be called."""
    skills: list[str] = Field(default_factory=list)
    """Names of the memory's skills to answer under, beside what is recalled. Inside a LangGraph node those that the
    run's configuration names, `{"configurable": {"skills": [...]}}`, when the call names none."""
    batch_size: int = Field(default=1, ge=1)
    """How many callers that wait at the same time share a forward pass; 1: answers are exactly as they are alone."""
    cache: Any = Field(default=False, exclude=True)
    """Off, as answers change with what is remembered."""

    @property
    def _llm_type(self) -> str:
        return "parametric-memory"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        settings = {name: getattr(self, name) for name in (*_CALL_SETTINGS, "stop")}
        hybrid = self.memory.recaller.settings.hybrid if self.hybrid is None else self.hybrid
        return {"memory": str(self.memory.storage.location), "model": self.model, **settings, "hybrid": hybrid}

    @property
    def _base(self) -> BaseModel:
        return self.memory.models.base

    @cached_property
    def _answering(self) -> Answering:
        return Answering()

    # Answering

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        question = self._question(messages, stop, kwargs)
        if question.forced:
            call, tokens = self._forced_call(question)
            text, calls, reason, confidence = "", [call], _reason(question, tokens, True), None
        elif question.abstains:
            text, calls, reason, confidence, tokens = NOT_HELD, [], "stop", None, 0
        else:
            completion = self._answering.answer(self._base, question.request, self.batch_size)
            text, calls = split_calls(completion.text.strip(), question.tools)
            tokens = len(completion.token_ids)
            cut = completion.text != self._base.chat.decode(completion.token_ids)
            reason, confidence = _reason(question, tokens, bool(calls), cut=cut), completion.confidence
            if not calls:
                confidence = self.memory.recaller.confidence(question.asked, text, question.recalls, confidence)
        message = AIMessage(
            content=text,
            tool_calls=calls,
            response_metadata=self._about(question, reason, confidence),
            usage_metadata=_usage(question, tokens),
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return await run_in_executor(None, self._generate, messages, stop, None, **kwargs)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Generator[ChatGenerationChunk, None, None]:
        return self._pieces(messages, stop, kwargs)

    def _pieces(
        self,
        messages: Sequence[BaseMessage],
        stop: list[str] | None,
        given: dict[str, Any],
        abandoned: threading.Event | None = None,
    ) -> Generator[ChatGenerationChunk, None, None]:
        """abandoned: set, from another thread, where nobody reads on."""
        question = self._question(messages, stop, given)
        if question.forced:
            call, tokens = self._forced_call(question)
            yield _chunk(calls=[call])
            yield self._last_chunk(question, tokens, called=True)
            return
        if question.abstains:
            yield _chunk(NOT_HELD)
            yield self._last_chunk(question, 0, called=False)
            return
        prose, written = ProseStream(question.tools), ""
        for piece in self._base.stream(question.request, abandoned):
            written += piece
            if text := prose.feed(piece):
                yield _chunk(text)
        text, calls = prose.rest()
        if text or calls:
            yield _chunk(text, calls)
        yield self._last_chunk(question, len(self._base.chat.encode(written)), called=bool(calls))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        abandoned = threading.Event()
        async with aclosing(in_threads(self._pieces(messages, stop, kwargs, abandoned), abandoned)) as chunks:
            async for chunk in chunks:
                yield chunk

    # Tools

    def bind_tools(
        self, tools: Sequence[Tool], *, tool_choice: str | dict[str, Any] | bool | None = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """This model, knowing tools.

        Args:
            tool_choice: None or "auto": the model decides; "any", "required" or True: it must call one; a name, or
                OpenAI's form of one: it must call that; "none": the tools are not shown.

        Raises:
            SettingsError: a tool is chosen that is not among them.
        """
        formatted = [convert_to_openai_tool(tool) for tool in tools]
        _forced(tool_choice, [tool["function"]["name"] for tool in formatted])
        return self.bind(tools=formatted, tool_choice=tool_choice, **kwargs)

    def _forced_call(self, question: _Question) -> tuple[ToolCall, int]:
        """A call of one of the forced tools, with arguments that fit its schema, and the tokens it took."""
        writer = JsonWriter(self._base, question.request)
        writer.literal(f'{OPENING}\n{{"name": ')
        name = question.forced[writer.choice([f'"{name}"' for name in question.forced])]
        writer.literal(', "arguments": ')
        arguments = writer.value({"type": "object", **question.tools[name]})
        writer.literal(f"}}\n{CLOSING}")
        return new_call(name, arguments), writer.tokens

    # Counting

    def get_token_ids(self, text: str) -> list[int]:
        return self._base.chat.encode(text)

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        formatted = [convert_to_openai_tool(tool) for tool in tools or ()]
        return len(prompt_ids(self._base.chat, messages, formatted))

    # What the ways of answering share

    def _question(self, messages: Sequence[BaseMessage], stop: list[str] | None, given: dict[str, Any]) -> _Question:
        from parametric_memory.language_model.requests import Request, Search

        settings = self._settings(given)
        asked = last_question(messages)
        adapter: Adapter | None = None
        recalls: Sequence[Recall] = ()
        passages: Sequence[str] = ()
        search, remembered = Search(), False
        if asked:
            found = self.memory.attachment(
                asked,
                settings["k"],
                filter=settings["filter"],
                namespace=settings["namespace"],
                at=settings["at"],
                with_texts=self.memory.recaller.settings.hybrid if settings["hybrid"] is None else settings["hybrid"],
                skills=settings["skills"],
            )
            remembered = found.has_documents
            recalls, adapter, passages, search = found.recalls, found.adapter, found.texts, found.search
        else:
            adapter = self.memory.under_skills(settings["skills"])
        tools = [] if given.get("tool_choice") == "none" else list(given.get("tools") or ())
        schemas = {tool["function"]["name"]: tool["function"].get("parameters") or {} for tool in tools}
        ask = self.memory.models.question if remembered else None
        prompt = prompt_ids(self._base.chat, messages, tools, passages, ask)
        self._check_length(prompt)
        request = Request(
            prompt,
            adapter,
            settings["max_tokens"],
            _texts(stop if stop is not None else self.stop or ()),
            settings["temperature"],
            settings["top_p"],
            Search() if tools else search,
        )
        abstains = settings["abstain"] and bool(asked) and not remembered and not tools
        forced = _forced(given.get("tool_choice"), list(schemas))
        return _Question(asked or "", recalls, request, schemas, forced, abstains)

    def _settings(self, given: Mapping[str, Any]) -> dict[str, Any]:
        unknown = given.keys() - {*_CALL_SETTINGS, *_NOT_OURS, "tools", "tool_choice"}
        if unknown:
            raise SettingsError(f"{', '.join(sorted(unknown))}: no such option; there are {', '.join(_CALL_SETTINGS)}.")
        own = {name: getattr(self, name) for name in _CALL_SETTINGS}
        configured = configured_skills()
        if configured is not None and given.get("skills") is None:
            given = {**given, "skills": configured}
        fields = type(self).model_fields
        return own | {
            name: _checked(name, value, fields[name])
            for name, value in given.items()
            if name in own and not (value is None and fields[name].default is not None)
        }

    def _check_length(self, prompt: Sequence[int]) -> None:
        if not self._base.fits(prompt):
            raise ContextOverflowError(
                f"The conversation has {len(prompt)} tokens, the window of {self._base.name} {self._base.window}: "
                "shorten it, for example with trim_messages."
            )

    def _about(self, question: _Question, reason: FinishReason, confidence: float | None = None) -> dict[str, Any]:
        return {
            "model_name": self._base.name,
            "finish_reason": reason,
            "recalls": [recall.model_dump() for recall in question.recalls],
            "remembered": question.remembered,
            "confidence": confidence,
        }

    def _last_chunk(self, question: _Question, tokens: int, *, called: bool) -> ChatGenerationChunk:
        message = AIMessageChunk(
            content="",
            response_metadata=self._about(question, _reason(question, tokens, called)),
            usage_metadata=_usage(question, tokens),
            chunk_position="last",
        )
        return ChatGenerationChunk(message=message)


def _texts(stop: str | Sequence[str]) -> tuple[str, ...]:
    """Where an answer stops. Raises SettingsError for a text of nothing, which stands everywhere."""
    texts = (stop,) if isinstance(stop, str) else tuple(stop)
    if not all(texts):
        raise SettingsError("stop holds an empty text, at which every answer would end: leave it out.")
    return texts


def _checked(name: str, value: Any, field: FieldInfo) -> Any:
    """A call's setting, held to the same bounds as the model's own. Raises SettingsError."""
    bounded: Any = Annotated[field.annotation, field]
    try:
        return TypeAdapter(bounded).validate_python(value)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise SettingsError(f"{name} is {value!r}: {reason[0].lower()}{reason[1:]}.") from error


def _chunk(text: str = "", calls: Sequence[ToolCall] = ()) -> ChatGenerationChunk:
    pieces = [
        tool_call_chunk(name=c["name"], args=json.dumps(c["args"], ensure_ascii=False), id=c["id"], index=i)
        for i, c in enumerate(calls)
    ]
    return ChatGenerationChunk(message=AIMessageChunk(content=text, tool_call_chunks=pieces))


def _forced(choice: str | dict[str, Any] | bool | None, names: Sequence[str]) -> Sequence[str]:
    """The tools of which one must be called."""
    if isinstance(choice, dict):
        choice = str(choice.get("function", choice).get("name"))
    if choice in (None, False, "auto", "none"):
        return ()
    if choice in (True, "any", "required"):
        return names
    if choice not in names:
        raise SettingsError(f"tool_choice names {choice!r}, which is none of the tools {', '.join(names)}.")
    return [str(choice)]


def _reason(question: _Question, tokens: int, called: bool, *, cut: bool = False) -> FinishReason:
    """Why an answer ended. cut: it was cut at one of the texts of `stop`."""
    if called:
        return "tool_calls"
    return "length" if tokens >= question.request.max_new_tokens and not cut else "stop"


def _usage(question: _Question, tokens: int) -> UsageMetadata:
    read = len(question.request.prompt)
    return UsageMetadata(input_tokens=read, output_tokens=tokens, total_tokens=read + tokens)

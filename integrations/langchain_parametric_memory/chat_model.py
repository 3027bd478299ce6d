"""A LangChain chat model that answers from a memory: it attaches what the user's last turn recalls.

The prompt holds none of it, except for hybrid answers. Knows nothing about vector stores and agents.
"""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from contextlib import aclosing, closing
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.exceptions import ContextOverflowError
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from langchain_parametric_memory.configured import configured_skills
from langchain_parametric_memory.conversation import turn
from langchain_parametric_memory.opening import Memory
from parametric_memory.answering.answering import Answering, AnswerRequest, PreparedAnswer, forced_tools, in_threads
from parametric_memory.errors import ConversationTooLong, SettingsError
from parametric_memory.language_model.chat import prompt_ids
from parametric_memory.records import Answer

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

Tool = dict[str, Any] | type | Callable[..., Any] | BaseTool

_CALL_SETTINGS = (
    *("temperature", "top_p", "max_tokens", "k", "filter", "namespace", "scope", "at"),
    *("from_memory", "hybrid", "abstain", "skills"),
)
_NOT_OURS = ("model", "parallel_tool_calls", "strict", "stream", "streaming")  # options of other models, ignored here


class ChatParametricMemory(BaseChatModel):
    """The memory's base model. It answers each conversation under the adapters that the user's last turn recalls.

    `response_metadata` of an answer lists the recalls, and `remembered` says whether any was attached. The arguments of
    a forced tool call (`tool_choice`) and structured output always fit their schema. `invoke` and `bind` also take
    settings.
    """

    memory: Memory = Field(default=None, validate_default=True, exclude=True, repr=False)
    """The memory, or the folder of one."""
    model: str = "parametric-memory"
    """The name of this model in traces."""
    temperature: float = Field(default=0.0, ge=0)
    """0: greedy decoding, deterministic."""
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_tokens: int = Field(default=256, ge=1)
    """The longest answer, in tokens."""
    stop: list[str] | None = None
    """Texts at which an answer ends; they are not part of it."""
    k: int = Field(default=4, ge=1)
    """The most entries to list. Only listed entries can be attached."""
    filter: dict[str, Any] | None = None
    """A filter on the entries' metadata: equality or Chroma's operators."""
    namespace: str | None = None
    """The memory's own when not given."""
    scope: dict[str, str | None] = Field(default_factory=dict)
    """Whose memories are recalled: `user`, who is a namespace, `agent` and `run`."""
    at: datetime | date | str | None = None
    """Recall what held at this moment or day, instead of now."""
    from_memory: bool = True
    """False: nothing is recalled, and the base model answers by itself."""
    hybrid: bool | None = None
    """Also put the recalled passages into the prompt. The memory's setting when not given."""
    abstain: bool | None = None
    """If nothing is attached: True says that the memory does not hold it; False lets the base model answer by itself.
    When not given, it is False only if skills are named. With tools it has no effect: the base model answers."""
    skills: list[str] = Field(default_factory=list)
    """Names of the memory's skills to answer under, in addition to what is recalled. If a call inside a LangGraph node
    names none, the run's configuration does: `{"configurable": {"skills": [...]}}`."""
    batch_size: int = Field(default=1, ge=1)
    """The most concurrent callers that share a forward pass. 1: each answer is decoded alone."""
    cache: Any = Field(default=False, exclude=True)
    """Off, since answers change with the memory."""

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

    @property
    def _answering(self) -> Answering:
        answering = self.memory.answering
        return answering if self.batch_size == 1 else answering.sharing(self.batch_size)

    # Answering

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        answer = self._answering.answer(self._prepared(messages, stop, kwargs))
        message = AIMessage(
            content=answer.text,
            tool_calls=answer.tool_calls,
            response_metadata=self._about(answer),
            usage_metadata=_usage(answer),
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

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
        """abandoned: set from another thread when the caller stops reading."""
        prepared = self._prepared(messages, stop, given)
        with closing(self._answering.stream(prepared, abandoned)) as pieces:
            for piece in pieces:
                if isinstance(piece, str):
                    yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
                else:
                    yield self._last_chunk(piece)

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
        """This model with tools.

        Args:
            tool_choice: None or "auto": the model decides; "any", "required" or True: it must call one; a name, or
                OpenAI's form of one: it must call that tool; "none": the tools are not shown.

        Raises:
            SettingsError: the chosen tool is not among them.
        """
        formatted = [convert_to_openai_tool(tool) for tool in tools]
        forced_tools(tool_choice, [tool["function"]["name"] for tool in formatted])
        return self.bind(tools=formatted, tool_choice=tool_choice, **kwargs)

    # Counting

    def get_token_ids(self, text: str) -> list[int]:
        return self._base.chat.encode(text)

    def get_num_tokens_from_messages(self, messages: list[BaseMessage], tools: Sequence[Any] | None = None) -> int:
        formatted = [convert_to_openai_tool(tool) for tool in tools or ()]
        return len(prompt_ids(self._base.chat, [turn(message) for message in messages], formatted))

    # Shared by all ways of answering

    def _prepared(
        self, messages: Sequence[BaseMessage], stop: list[str] | None, given: dict[str, Any]
    ) -> PreparedAnswer:
        settings = self._settings(given)
        tools = [] if given.get("tool_choice") == "none" else list(given.get("tools") or ())
        forced = forced_tools(given.get("tool_choice"), [tool["function"]["name"] for tool in tools])
        ends: Any = stop if stop is not None else self.stop or []  # some callers pass a single text
        turns = [turn(message) for message in messages]
        request = AnswerRequest(
            turns, tools=tools, forced=forced, stop=(ends,) if isinstance(ends, str) else tuple(ends), **settings
        )
        try:
            return self._answering.prepare(request)
        except ConversationTooLong as error:
            raise ContextOverflowError(f"{error} trim_messages can do that.") from error

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

    def _about(self, answer: Answer) -> dict[str, Any]:
        told = answer.model_dump(include={"finish_reason", "recalls", "remembered", "confidence", "unsure", "skills"})
        return {"model_name": self._base.name, **told}

    def _last_chunk(self, answer: Answer) -> ChatGenerationChunk:
        calls = [
            tool_call_chunk(name=c["name"], args=json.dumps(c["args"], ensure_ascii=False), id=c["id"], index=i)
            for i, c in enumerate(answer.tool_calls)
        ]
        message = AIMessageChunk(
            content="",
            tool_call_chunks=calls,
            response_metadata=self._about(answer),
            usage_metadata=_usage(answer),
            chunk_position="last",
        )
        return ChatGenerationChunk(message=message)


def _checked(name: str, value: Any, field: FieldInfo) -> Any:
    """A call's setting, checked like the model's own. Raises SettingsError."""
    bounded: Any = Annotated[field.annotation, field]
    try:
        return TypeAdapter(bounded).validate_python(value)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise SettingsError(f"{name} is {value!r}: {reason[0].lower()}{reason[1:]}.") from error


def _usage(answer: Answer) -> UsageMetadata:
    read, written = answer.prompt_tokens, answer.completion_tokens
    return UsageMetadata(input_tokens=read, output_tokens=written, total_tokens=read + written)

"""The one way to answer: prepare (recall, attach, prompt), then decode (the base model, or vLLM).

`ParametricMemory`, the server, the command line and every integration use `Answering`, so that skills, hybrid answers,
scopes, engines and abstention work alike everywhere.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, Unpack

from parametric_memory.documents.cleaning import clean
from parametric_memory.documents.dates import Moment
from parametric_memory.errors import ConversationTooLong, SettingsError
from parametric_memory.internalize.selection import Models
from parametric_memory.language_model.chat import Tools, Turn, prompt_ids
from parametric_memory.language_model.json_grammar import grammar_of
from parametric_memory.language_model.requests import Completion, Request, Search
from parametric_memory.language_model.tool_calls import ProseStream, split_calls
from parametric_memory.recall.recaller import Attachment, Recaller, Where, searched
from parametric_memory.records import NOT_HELD, UNSURE, Answer
from parametric_memory.scopes import Scope
from parametric_memory.storage.skills import SkillStore

if TYPE_CHECKING:
    from parametric_memory.language_model.shared_passes import SharedPasses

_T = TypeVar("_T")

_LONG = 4096  # characters of a conversation above which its length is checked before anything is recalled
_EARLIER_TURNS = 2  # of the user
_EARLIER_WORDS = 20  # last words of an earlier turn: a judge reads about forty words of a question


class Engine(Protocol):
    """Decodes requests, each under its own adapter or none. Threads may share one."""

    def pieces(self, request: Request, abandoned: threading.Event | None = None) -> Iterator[str | Completion]:
        """The answer piece by piece, then the whole. Another thread sets `abandoned` when nobody wants it any more."""

    def close(self) -> None:
        """Release resources; it may be used again."""


class AskOptions(Where, total=False):
    """How a question is answered.

    Attributes:
        max_new_tokens: the longest answer; 64 when not given.
        hybrid: also put what is attached into the prompt, as text; see `Recall.passages`. When not given, as the memory
            is opened, see `RecallSettings`. What it costs is in `Answer.prompt_tokens`.
        abstain: False: if nothing is attached, the base model answers by itself. When not given, it does so only if
            skills are named.
        skills: names of skills to answer under, see `Skills.add`. They stand beside what is recalled, each with its
            whole effect, and change nothing of what that is.
    """

    max_new_tokens: int
    hybrid: bool | None
    abstain: bool | None
    skills: Sequence[str]


@dataclass(frozen=True)
class AnswerRequest:
    """A question, the part of the memory to ask, and settings for the answer; see `Where` and `AskOptions`.

    An answer never abstains where tools may be called or a schema is to be filled.
    """

    turns: Sequence[Turn]  # a conversation in OpenAI's form; its last user turn is the question
    k: int | None = None  # most entries that are listed; None: the default
    filter: Mapping[str, Any] | None = None
    namespace: str | None = None
    at: Moment | None = None
    scope: Scope = field(default_factory=Scope)
    from_memory: bool = True  # False: nothing is recalled
    hybrid: bool | None = None
    skills: Sequence[str] = ()
    abstain: bool | None = None
    tools: Tools = ()  # in OpenAI's form
    forced: Sequence[str] = ()  # names of tools of which one must be called; none: the model decides
    schema: Mapping[str, Any] | None = None  # a JSON schema for the answer; None: prose
    max_tokens: int = 64  # of the longest answer
    max_tokens_alone: int | None = None  # the same of prose when nothing is attached; None: as `max_tokens`
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    top_p: float = 1.0

    @classmethod
    def of(cls, question: str, earlier: Sequence[Turn] = (), **options: Any) -> AnswerRequest:
        """A single question, or one at the end of a conversation. Raises DocumentError for an empty one."""
        question = clean(question, "The question", "say what you want to know")
        return cls([*earlier, {"role": "user", "content": question}], **options)

    @cached_property
    def user_turns(self) -> Sequence[str]:
        """The user's turns, the last one first."""
        return [turn["content"].strip() for turn in reversed(self.turns) if turn["role"] == "user"]

    @property
    def readings(self) -> Sequence[str]:
        """The question as it stands, and after each of the user's last turns before it, which say who "she" is."""
        if not self.from_memory or not self.user_turns or not self.user_turns[0]:
            return []
        question, *earlier = self.user_turns[: 1 + _EARLIER_TURNS]
        return [question, *(f"{' '.join(turn.split()[-_EARLIER_WORDS:])} {question}" for turn in earlier if turn)]

    @property
    def name(self) -> str:
        """Its name in messages."""
        return "The conversation" if len(self.turns) > 1 else "The question"

    @property
    def is_prose(self) -> bool:
        return not self.tools and self.schema is None

    @property
    def grammar(self) -> str | None:
        """For a call of a forced tool, or for the schema. Raises SettingsError: it demands too much."""
        if self.forced:
            return grammar_of(None, {name: self.schemas[name] for name in self.forced})
        return None if self.schema is None else grammar_of(self.schema, self.schemas)

    @property
    def schemas(self) -> Mapping[str, Mapping[str, Any]]:
        """The schemas of the tools' arguments, by the tools' names."""
        functions = [tool["function"] for tool in self.tools]
        return {function["name"]: function.get("parameters") or {} for function in functions}


@dataclass(frozen=True)
class PreparedAnswer:
    """A request with what it recalls, ready to be decoded."""

    request: AnswerRequest
    found: Attachment  # its query is empty if nothing was recalled
    model_request: Request  # to the model; its prompt is empty if the answer abstains
    started: float

    @property
    def abstains(self) -> bool:
        """Whether the answer is `NOT_HELD`, and no model is asked."""
        return not self.model_request.prompt


class Answering:
    """Answers from one memory. Threads may share one.

    Attributes:
        engine: decodes elsewhere; None: the base model, loaded here.
        started: the `decoder`; None: it is not loaded yet.
    """

    def __init__(
        self,
        recaller: Recaller,
        models: Models,
        skills: SkillStore,
        namespace: str = "default",
        engine: Engine | None = None,
        together: int = 1,
    ):
        """namespace: of requests that name none. together: how many answers share the base model's forward passes."""
        self.recaller, self.engine = recaller, engine
        self._models, self._skills, self._namespace, self._together = models, skills, namespace, together
        self.started: Engine | SharedPasses | None = engine
        self._shared: dict[int, Answering] = {}
        self._starting = threading.Lock()

    def sharing(self, together: int) -> Answering:
        """An `Answering` whose answers share forward passes, so many at a time, see `SharedPasses`."""
        with self._starting:
            if together not in self._shared:
                models, skills, namespace = self._models, self._skills, self._namespace
                self._shared[together] = Answering(self.recaller, models, skills, namespace, self.engine, together)
            return self._shared[together]

    @property
    def decoder(self) -> Engine | SharedPasses:
        """The engine; the base model is loaded when it is first needed."""
        with self._starting:
            if self.started is None:
                from parametric_memory.language_model.shared_passes import SharedPasses

                self.started = SharedPasses(self._models.base, self._together)
            return self.started

    def close(self) -> None:
        """Release the engine's resources; it may be used again."""
        if self.engine is not None:
            self.engine.close()

    # Prepare

    def where(self, **where: Unpack[Where]) -> dict[str, Any]:
        """The recaller's arguments for the part of the memory to search. Raises SettingsError."""
        found = searched(**where)
        return {**found, "namespace": found["namespace"] or self._namespace}

    def prepare(self, request: AnswerRequest) -> PreparedAnswer:
        """Recall what a request needs, and write its prompt. No answer is written yet.

        Raises:
            ConversationTooLong: the prompt is longer than the base model's window.
            SettingsError: a setting cannot be used.
            SkillNotFound: there is no skill of a name.
            MemoryMismatch: the memory, or a skill, was made with other models.
        """
        started = time.perf_counter()
        if not all(request.stop):
            raise SettingsError("stop holds an empty text, at which every answer would end: leave it out.")
        self._check_length(request)
        found = self._recall(request)
        abstain = not request.skills if request.abstain is None else request.abstain
        if abstain and found.query and request.is_prose and not found.has_documents:
            return PreparedAnswer(request, found, Request(()), started)
        limit = request.max_tokens
        if found.adapter is None and request.is_prose and request.max_tokens_alone is not None:
            limit = min(limit, request.max_tokens_alone)
        model_request = Request(
            self._prompt(request, found),
            found.adapter,
            limit,
            request.stop,
            request.temperature,
            request.top_p,
            Search() if request.tools else found.search,
            request.grammar,
        )
        return PreparedAnswer(request, found, model_request, started)

    def _recall(self, request: AnswerRequest) -> Attachment:
        if not (readings := request.readings):
            nothing = Attachment("", [], None, [], Search(), {})
            return nothing.beside(self._skills.adapters(request.skills, self._models))
        where = self.where(filter=request.filter, namespace=request.namespace, at=request.at, **request.scope)
        hybrid = self.recaller.settings.hybrid if request.hybrid is None else request.hybrid
        return self.attachment(readings, request.k, where, hybrid, request.skills)

    def attachment(
        self, readings: Sequence[str], k: int | None, where: Mapping[str, Any], with_texts: bool, skills: Sequence[str]
    ) -> Attachment:
        """What a query recalls, with skills added. readings: see `Recaller.attachment`; where: see `where`."""
        chosen = self._skills.adapters(skills, self._models)
        return self.recaller.attachment(readings, k, **where, with_texts=with_texts).beside(chosen)

    def _prompt(self, request: AnswerRequest, found: Attachment) -> list[int]:
        base = self._models.base
        ask = self._models.question if found.has_documents else None
        prompt = prompt_ids(base.chat, request.turns, request.tools, found.texts, ask)
        if found.texts:
            base.check_fits(prompt, "Question and recalled text", "ask without hybrid")
        base.check_fits(prompt, request.name, "shorten it")
        return prompt

    def _check_length(self, request: AnswerRequest) -> None:
        """Raises ConversationTooLong; for a very long conversation before it is tokenized."""
        length = sum(len(turn["content"]) for turn in request.turns)
        if length + len(request.turns) <= _LONG:  # the prompt is checked anyway; nothing is loaded for this
            return
        base = self._models.base
        if (least := len(request.turns) + length // self._longest_token) > (base.window or math.inf):
            told = f"at least {least} tokens, and the window of {base.name} has {base.window}"
            raise ConversationTooLong(f"{request.name}: {told}: shorten it.")
        base.check_fits(prompt_ids(base.chat, request.turns, request.tools), request.name, "shorten it")

    @cached_property
    def _longest_token(self) -> int:
        """Characters of the longest token in the vocabulary, for a lower bound on the tokens of a text."""
        return max(map(len, self._models.base.tokenizer.get_vocab()))

    # Decode

    def answer(self, prepared: PreparedAnswer, abandoned: threading.Event | None = None) -> Answer:
        """The whole answer. If another thread sets `abandoned`, as nobody wants it any more, it ends as it is."""
        *_, answer = self.stream(prepared, abandoned)
        assert isinstance(answer, Answer)
        return answer

    def stream(self, prepared: PreparedAnswer, abandoned: threading.Event | None = None) -> Generator[str | Answer]:
        """The answer's prose piece by piece, then the whole answer. Arguments and errors as `answer`."""
        if prepared.abstains:
            yield NOT_HELD
            yield self._tell(prepared, NOT_HELD)
            return
        prose = ProseStream(prepared.request.schemas)
        for piece in self.decoder.pieces(prepared.model_request, abandoned):
            if isinstance(piece, Completion):
                yield from filter(None, [prose.rest()[0]])
                yield self._completed(prepared, piece)
            elif text := prose.feed(piece):
                yield text

    def _completed(self, prepared: PreparedAnswer, completion: Completion) -> Answer:
        """The answer of a completion."""
        text, calls = split_calls(completion.text.strip(), prepared.request.schemas)
        tokens, confidence = len(completion.token_ids), completion.confidence
        is_free = prepared.model_request.grammar is None
        if is_free and not calls:  # what a schema forces is no prose: its own tokens say how sure it is
            found = prepared.found
            confidence = self.recaller.confidence(found.query, text, found.recalls, confidence)
        cut = completion.text != self._models.base.chat.decode(completion.token_ids)
        is_long = is_free and tokens >= prepared.model_request.max_new_tokens and not cut
        waited = time.perf_counter() - prepared.started - completion.total
        return self._tell(
            prepared,
            text,
            tool_calls=calls,
            finish_reason="tool_calls" if calls else "length" if is_long else "stop",
            completion_tokens=tokens,
            confidence=confidence,
            unsure=confidence is not None and confidence < UNSURE,
            timings={"first_token": waited + completion.first_token},
        )

    def _tell(
        self, prepared: PreparedAnswer, text: str, timings: Mapping[str, float] | None = None, **about: Any
    ) -> Answer:
        found = prepared.found
        return Answer(
            text=text,
            recalls=[*found.recalls],
            timings={**found.seconds, **(timings or {}), "total": time.perf_counter() - prepared.started},
            remembered=found.has_documents,
            prompt_tokens=len(prepared.model_request.prompt),
            skills=list(dict.fromkeys(prepared.request.skills)),
            **about,
        )


def prose(pieces: Generator[str | Answer]) -> Generator[str]:
    """The pieces of a stream, without the whole answer at its end."""
    with closing(pieces):
        yield from (piece for piece in pieces if isinstance(piece, str))


async def in_threads(
    pieces: Generator[_T, None, None], abandoned: threading.Event | None = None
) -> AsyncGenerator[_T, None]:
    """The pieces of a generator, which runs in threads. If nobody reads on, it is closed after setting `abandoned`."""
    import asyncio  # takes a tenth of the time that importing the package takes

    one_at_a_time = threading.Lock()  # a cancelled reader closes it while a piece is computed

    def following() -> _T | None:
        with one_at_a_time:
            return next(pieces, None)

    def close() -> None:
        with one_at_a_time:
            pieces.close()

    try:
        while (piece := await asyncio.to_thread(following)) is not None:
            yield piece
    finally:
        if abandoned is not None:
            abandoned.set()
        await asyncio.to_thread(close)


def forced_tools(choice: Any, names: Sequence[str]) -> Sequence[str]:
    """The tools of which one must be called; none: the model decides. choice: `tool_choice` of OpenAI or LangChain.

    Raises SettingsError: the tool that it names is none of these names.
    """
    if choice in (None, False, "auto", "none"):
        return ()
    if choice in (True, "any", "required"):
        return names
    if isinstance(choice, dict):
        function = choice.get("function", choice)
        choice = function.get("name") if isinstance(function, dict) else None
    if choice not in names:
        raise SettingsError(f"tool_choice names {choice!r}, which is none of the tools {', '.join(names)}.")
    return [choice]

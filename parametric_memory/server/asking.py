"""Questions and conversations that come over a network, answered from a memory: made ready, and written.

Knows nothing about requests, formats of answers and who may ask.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from parametric_memory.engines.vllm import VllmEngine
from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.language_model.conversation import Turn, prompt_ids
from parametric_memory.language_model.guided_json import JsonWriter
from parametric_memory.language_model.requests import Completion, Request, Search
from parametric_memory.language_model.shared_passes import SharedPasses
from parametric_memory.language_model.tool_calls import CLOSING, OPENING, ProseStream, ToolCall, new_call, split_calls
from parametric_memory.memory import ParametricMemory
from parametric_memory.records import NOT_HELD, Recall
from parametric_memory.scopes import Scope
from parametric_memory.server.metrics import Metrics


@dataclass(frozen=True)
class Question:
    """What somebody wants to have answered.

    Attributes:
        turns: the conversation, in OpenAI's form.
        namespace: what the user's last turn recalls is looked for there.
        from_memory: False: nothing is recalled, and the base model answers alone.
        at, scope: see `ParametricMemory.recall`.
        abstain: say that the memory does not hold it, and ask no model, where nothing is attached.
        tools: in OpenAI's form.
        forced: names of tools of which one must be called; empty: the model decides.
        schema: a JSON schema that the answer is to fit; None: it is prose.
    """

    turns: Sequence[Turn]
    namespace: str
    from_memory: bool = True
    k: int | None = None
    filter: Mapping[str, Any] | None = None
    at: str | None = None
    scope: Scope = field(default_factory=Scope)
    hybrid: bool | None = None
    abstain: bool = False
    tools: Sequence[dict[str, Any]] = ()
    forced: Sequence[str] = ()
    schema: Mapping[str, Any] | None = None
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    top_p: float = 1.0

    @property
    def asked(self) -> str:
        """The text of the user's last turn; empty where there is none."""
        return next((turn["content"].strip() for turn in reversed(self.turns) if turn["role"] == "user"), "")


@dataclass(frozen=True)
class Prepared:
    """A question with what it recalls, and what the base model is asked."""

    question: Question
    recalls: Sequence[Recall]
    request: Request
    started: float

    @property
    def remembered(self) -> bool:
        """Whether anything is attached."""
        return any(recall.attached for recall in self.recalls)

    @property
    def abstains(self) -> bool:
        return self.question.abstain and not self.remembered

    @property
    def schemas(self) -> Mapping[str, Mapping[str, Any]]:
        """Of the tools' arguments, by the tools' names."""
        functions = [tool["function"] for tool in self.question.tools]
        return {function["name"]: function.get("parameters") or {} for function in functions}


@dataclass(frozen=True)
class Written:
    """A whole answer.

    Attributes:
        reason: why it ended, as OpenAI says it: stop, length or tool_calls.
        tokens: how many were written.
        confidence: see `parametric_memory.Answer`.
        seconds: to the first token, and in all.
    """

    text: str
    calls: Sequence[ToolCall]
    reason: str
    tokens: int
    confidence: float | None
    seconds: Mapping[str, float]


class Answers:
    """Answers questions from one memory; those that come at the same time share forward passes."""

    def __init__(self, memory: ParametricMemory, metrics: Metrics, together: int = 16):
        self.memory, self._metrics, self._together = memory, metrics, together
        self._passes: SharedPasses | VllmEngine | None = None
        self._starting = threading.Lock()

    @property
    def passes(self) -> SharedPasses | VllmEngine:
        """What writes the answers."""
        with self._starting:
            if self._passes is None:
                self._passes = self.memory.engine or SharedPasses(self.memory.models.base, self._together)
            return self._passes

    @property
    def started(self) -> SharedPasses | VllmEngine | None:
        """The same if it is there already; nothing is loaded or waited for."""
        return self._passes

    def _check_length(self, question: Question) -> None:
        """Raises DocumentError where a conversation is longer than the window; of a very long one before it is read."""
        base, length = self.memory.models.base, sum(len(turn["content"]) for turn in question.turns)
        window = base.window or math.inf
        if (least := len(question.turns) + length // self._longest_token) > window:
            told = f"at least {least} tokens, and the window of {base.name} has {window}"
            raise DocumentError(f"The conversation: {told}: shorten it.")
        if length > window:  # perhaps too long; and what is recalled for it takes long, too
            base.check_fits(prompt_ids(base.chat, question.turns, question.tools), "The conversation", "shorten it")

    @cached_property
    def _longest_token(self) -> int:
        """Of the base model's vocabulary, in characters: no text has fewer tokens than as many of these as it takes."""
        return max(map(len, self.memory.models.base.tokenizer.get_vocab()))

    def prepared(self, question: Question) -> Prepared:
        """Recall what a question needs. No answer is written yet.

        Raises:
            DocumentError: the conversation is longer than the model's window.
            SettingsError: a setting cannot be used. Also what `ParametricMemory.recall` raises.
        """
        started, base = time.perf_counter(), self.memory.models.base
        if not all(question.stop):
            raise SettingsError("stop holds an empty text, at which every answer would end: leave it out.")
        self._check_length(question)
        recalls, adapter, texts, search = [], None, [], Search()
        if question.asked and question.from_memory:
            found = self.memory.attachment(
                question.asked,
                question.k,
                filter=question.filter,
                namespace=question.namespace,
                at=question.at,
                **question.scope,
                with_texts=self.memory.recaller.settings.hybrid if question.hybrid is None else question.hybrid,
            )
            recalls, adapter, texts, search = [*found.recalls], found.adapter, [*found.texts], found.search
        ask = self.memory.models.question if adapter is not None else None
        prompt = prompt_ids(base.chat, question.turns, question.tools, texts, ask)
        base.check_fits(prompt, "The conversation", "shorten it")
        request = Request(
            prompt,
            adapter,
            question.max_tokens,
            question.stop,
            question.temperature,
            question.top_p,
            Search() if question.tools else search,
        )
        return Prepared(question, recalls, request, started)

    def whole(self, prepared: Prepared, abandoned: threading.Event | None = None) -> Written:
        """The answer, when it is there.

        Args:
            abandoned: set, from another thread, where nobody wants it any more.

        Raises:
            Abandoned: it was set before there was anything to give.
        """
        special = self._special(prepared, abandoned)
        if special is not None:
            return special
        completion = self.passes.answer(prepared.request, abandoned)
        return self._written(prepared, completion)

    def pieces(self, prepared: Prepared, abandoned: threading.Event | None = None) -> Iterator[str | Written]:
        """The answer's prose as it comes, and in the end the whole. Arguments and errors are those of `whole`."""
        special = self._special(prepared, abandoned)
        if special is not None:
            if special.text:
                yield special.text
            yield special
            return
        prose, whole = ProseStream(prepared.schemas), None
        for piece in self.passes.pieces(prepared.request, abandoned):
            if isinstance(piece, Completion):
                whole = piece
            elif text := prose.feed(piece):
                yield text
        rest, _ = prose.rest()
        if rest:
            yield rest
        assert whole is not None
        yield self._written(prepared, whole)

    def _special(self, prepared: Prepared, abandoned: threading.Event | None) -> Written | None:
        """An answer that is no prose, or that no model is asked for."""
        question = prepared.question
        if prepared.abstains:
            return Written(NOT_HELD, [], "stop", 0, None, self._seconds(prepared, 0.0))
        if not question.forced and question.schema is None:
            return None
        writer = JsonWriter(self.memory.models.base, prepared.request, abandoned)
        if question.forced:
            return self._call(prepared, writer, question.forced)
        if prepared.schemas and writer.prefer([[OPENING], ["{"]]) == 0:
            return self._call(prepared, writer, list(prepared.schemas))
        return self._json(prepared, writer)

    def _written(self, prepared: Prepared, completion: Completion) -> Written:
        request = prepared.request
        text, calls = split_calls(completion.text.strip(), prepared.schemas)
        tokens, confidence = len(completion.token_ids), completion.confidence
        if not calls:
            asked = prepared.question.asked
            confidence = self.memory.recaller.confidence(asked, text, prepared.recalls, confidence)
        cut = completion.text != self.memory.models.base.chat.decode(completion.token_ids)
        reason = "tool_calls" if calls else "length" if tokens >= request.max_new_tokens and not cut else "stop"
        waited = time.perf_counter() - prepared.started - completion.total
        return self._counted(
            Written(text, calls, reason, tokens, confidence, self._seconds(prepared, waited + completion.first_token))
        )

    def _call(self, prepared: Prepared, writer: JsonWriter, names: Sequence[str]) -> Written:
        """A call of one of some tools, with arguments that fit its schema."""
        writer.literal(f'{OPENING}\n{{"name": ')
        name = names[writer.choice([f'"{name}"' for name in names])]
        writer.literal(', "arguments": ')
        arguments = writer.value({"type": "object", **prepared.schemas[name]})
        writer.literal(f"}}\n{CLOSING}")
        return self._at_once(prepared, Written("", [new_call(name, arguments)], "tool_calls", writer.tokens, None, {}))

    def _json(self, prepared: Prepared, writer: JsonWriter) -> Written:
        schema = prepared.question.schema or {}
        text = json.dumps(writer.value(schema), ensure_ascii=False)
        return self._at_once(prepared, Written(text, [], "stop", writer.tokens, None, {}))

    def _at_once(self, prepared: Prepared, written: Written) -> Written:
        elapsed = time.perf_counter() - prepared.started
        return self._counted(replace(written, seconds=self._seconds(prepared, elapsed)))

    def _seconds(self, prepared: Prepared, first: float) -> Mapping[str, float]:
        return {"first_token": first, "total": time.perf_counter() - prepared.started}

    def _counted(self, written: Written) -> Written:
        self._metrics.count("answers_total")
        self._metrics.count("written_tokens_total", written.tokens)
        self._metrics.time("first_token_seconds", written.seconds["first_token"])
        self._metrics.time("answer_seconds", written.seconds["total"])
        return written

    def close(self) -> None:
        if self._passes is not None:
            self._passes.close()

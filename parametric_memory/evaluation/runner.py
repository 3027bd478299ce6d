"""The runner of evaluations: asks every case of the memory and of its columns, and turns scores into rows.

Knows nothing about what is asked or which answers are right.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.merging import merge
from parametric_memory.errors import SettingsError
from parametric_memory.evaluation.answerer import Answerer, Reply
from parametric_memory.evaluation.columns import (
    COLUMNS,
    SKILL,
    Adapters,
    Adapting,
    Case,
    PassageRetriever,
    cache_bytes_per_token,
)
from parametric_memory.evaluation.memories import IndexedTexts, indexed
from parametric_memory.evaluation.results import Report, UsedSearch
from parametric_memory.evaluation.rows import EvalRow, Route
from parametric_memory.evaluation.scores import truncate_middle, word_f1
from parametric_memory.language_model.requests import Request
from parametric_memory.recall.calibration import without
from parametric_memory.records import NOT_HELD

if TYPE_CHECKING:
    from parametric_memory.memory import ParametricMemory
    from parametric_memory.records import Recall

Ask = Callable[[str], list[int]]  # makes the prompt of a question
Score = Callable[[Case, str], float]
Scores = Mapping[str, Score]  # by metric
_ASKED_OF_MEMORY = ("memory", "hybrid", "judged_text", "marked_words", "shared_rows_text", "strength_0")
F1: Scores = {"f1": lambda case, text: word_f1(text, case.answers)}


@dataclass(frozen=True)
class Answered:
    """The replies to cases, by column; `memory` is the first."""

    cases: Sequence[Case]
    replies: Mapping[str, Sequence[Reply]]
    route: Route = "ask"

    def scored(self, score: Score) -> dict[str, list[float]]:
        """The score of every reply, by column."""
        return {
            column: [score(case, reply.text) for case, reply in zip(self.cases, given, strict=True)]
            for column, given in self.replies.items()
        }

    def rows(self, name: str, scores: Scores, clusters: Sequence[Hashable] | None = None) -> list[EvalRow]:
        """A row for each score; clusters: see `standard_error`, the cases' documents unless given."""
        clusters = [case.document for case in self.cases] if clusters is None else clusters
        scored = ((metric, self.scored(score)) for metric, score in scores.items())
        return [EvalRow.of_scores(name, metric, of, self.route, clusters) for metric, of in scored]

    def recalled_first(
        self, name: str, metric: str = "right document recalled", clusters: Sequence[Hashable] | None = None
    ) -> EvalRow:
        """How often a recalled case's own document was recalled first."""
        first = [case.sources[:1] == (case.document,) for case in self.cases]
        return EvalRow.of_scores(name, metric, {"memory": first}, clusters=clusters)

    def part(self, places: Sequence[int]) -> Answered:
        """Only the cases at these places."""
        replies = {column: [given[i] for i in places] for column, given in self.replies.items()}
        return Answered([self.cases[i] for i in places], replies, self.route)

    def abstaining(self) -> Answered:
        """With the answer of `ask`, `NOT_HELD`, where nothing is attached."""
        replies = {
            column: [
                reply if case.sources or column not in _ASKED_OF_MEMORY else reply._replace(text=NOT_HELD)
                for case, reply in zip(self.cases, given, strict=True)
            ]
            for column, given in self.replies.items()
        }
        return replace(self, replies=replies)

    @staticmethod
    def joined(parts: Sequence[Answered]) -> Answered:
        """The cases of several memories; a column that one of them lacks is left out."""
        columns = [c for c in parts[0].replies if all(c in part.replies for part in parts)] if parts else []
        replies = {column: [reply for part in parts for reply in part.replies[column]] for column in columns}
        return Answered([case for part in parts for case in part.cases], replies)


class Runner:
    """Answers cases by the memory and by the chosen columns, all decoded as `ask` does with a memory's models."""

    def __init__(
        self,
        memory: ParametricMemory,
        columns: Sequence[str] = (),
        *,
        answer_tokens: int = 32,
        skill: Adapter | None = None,
        kept: Path | None = None,
        report: Report = print,
    ):
        """
        Args:
            memory: whose models are measured; its folder is not touched.
            columns: of `CONTROLS`.
            skill: adds the columns of `SKILL`.
            kept: the file that stores replies; see `Answerer`.
            report: gets a line at each step.
        """
        self.memory, self.base, self.report = memory, memory.models.base, report
        self.columns, self.answer_tokens = tuple(columns), answer_tokens
        self.skill: Adapter | None = skill
        self.answerer = Answerer(self.base, kept)

    def memory_of(self, cases: Iterable[Case], route: Route = "ask") -> AbstractContextManager[IndexedTexts]:
        """A temporary memory of the cases' documents."""
        return indexed(self.memory, dict.fromkeys(case.document for case in cases), route)

    def answer(self, cases: Sequence[Case], route: Route = "ask") -> Answered:
        """Asks the cases of one temporary memory of their documents, and of the columns."""
        with self.memory_of(cases, route) as texts:
            return self.ask_memory(cases, texts)

    def ask_memory(self, cases: Sequence[Case], texts: IndexedTexts, columns: Sequence[str] | None = None) -> Answered:
        """Asks a memory's cases, each with what it recalls, and the columns: the chosen ones, unless given."""
        cases = [texts.recalled(case) for case in cases]
        replies: dict[str, list[Reply]] = {}
        for name in ("memory", *(self.columns if columns is None else columns), *(SKILL if self.skill else ())):
            column = COLUMNS[name]
            if column.says is not None:
                replies[name] = [Reply(column.says(texts, case), None, 0) for case in cases]
            elif (others := column.others(cases)) is not None:
                requests = (column.request(self, texts, *both) for both in zip(cases, others, strict=True))
                by_length = self.answerer.replies_by_length
                replies[name] = by_length(list(requests)) if column.reads else self.answerer.replies(requests)
        return Answered(cases, replies, texts.route)

    def under(self, cases: Sequence[Case], adapt: Adapting | None = None, ask: Ask | None = None) -> list[Reply]:
        """Replies to the questions alone, each under an adapter, or all under none; ask: see `question`."""
        return self.answerer.replies(self.question(case, adapt(case) if adapt else None, ask=ask) for case in cases)

    def question(
        self,
        case: Case,
        adapter: Adapter | None = None,
        text: str = "",
        ask: Ask | None = None,
        recalls: Sequence[Recall] = (),
    ) -> Request:
        """A case's question, under an adapter, or with a text before it, or both.

        Args:
            ask: as the memory asks under its adapters, unless given.
            recalls: their marked words support an answer.
        """
        prompt = (ask or self.memory.models.question)(f"{text}\n\n{case.asked}" if text else case.asked)
        if self.base.window:
            if self.base.window < 2 * self.answer_tokens:
                raise SettingsError(f"A window of {self.base.window} tokens is too small to be asked in.")
            prompt = truncate_middle(prompt, self.base.window, self.answer_tokens)
        search = self.memory.recaller.search(case.question, recalls)
        return Request(prompt, adapter, self.answer_tokens, search=search)

    @property
    def search(self) -> UsedSearch:
        """How every answer is decoded."""
        recaller = self.memory.recaller
        found = recaller.search("")
        weights = without(recaller.calibration.answers, recaller.settings.without)
        return UsedSearch(
            answer_tokens=self.answer_tokens,
            alternatives=found.alternatives,
            unless_sure=found.unless_sure,
            marked=recaller.calibration.marked,
            rules={rule: weight for rule, weight in asdict(weights).items() if weight} if found.rules else {},
        )

    def retrieved(self, case: Case, texts: IndexedTexts) -> str:
        """The passages nearest to a case's question whose key-value cache is no larger than the memory's adapter."""
        adapter = texts.adapt(case)
        budget = (adapter.num_bytes if adapter else 0) // cache_bytes_per_token(self.base)
        return self.retriever.find(case.question, case.searched or (case.document,), budget)

    @cached_property
    def retriever(self) -> PassageRetriever:
        return PassageRetriever(self.memory.models.embeddings, self.base.tokenizer)

    @cached_property
    def shared_rows(self) -> Adapter | None:
        """The hypernetwork's document-independent rows; None: it has none."""
        whole = merge([self.adapters.of("All documents share these rows.")])
        shared = {name: f for name, f in whole.factors.items() if f.shared}
        rows = {n: Factors(f.A[f.own :], f.B[f.own :], f.scaling, f.shared) for n, f in shared.items()}
        return Adapter(rows) if rows else None

    @cached_property
    def adapters(self) -> Adapters:
        """Whole adapters as the memory exports them."""
        models = self.memory.models
        reader = models.sentences if models.adds_sentences else None
        return Adapters.by(models.internalizer) if reader is None else Adapters(reader.whole)

    @cached_property
    def untrained(self) -> Adapters:
        """Whole adapters of key-value rows without training."""
        from parametric_memory.hypernetworks.key_value.untrained import untrained_hypernetwork
        from parametric_memory.internalize.internalizer import HypernetworkInternalizer

        rows = untrained_hypernetwork(self.base.model, self.base.chat, shared_rank=0, reader_rank=0)
        return Adapters.by(HypernetworkInternalizer(self.base, rows, "untrained"))

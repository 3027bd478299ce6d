"""The runner of evaluations: asks every case of the memory and of its columns, and makes rows of the scores.

Knows nothing about what is asked or what counts as right.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import SettingsError
from parametric_memory.evaluation.answerer import Answerer, Reply
from parametric_memory.evaluation.columns import (
    CHEAP,
    COLUMNS,
    Adapters,
    Adapting,
    Attaching,
    CacheShape,
    Case,
    PassageRetriever,
)
from parametric_memory.evaluation.memories import IndexedTexts, indexed
from parametric_memory.evaluation.results import Report, UsedSearch
from parametric_memory.evaluation.rows import EvalRow, Route
from parametric_memory.evaluation.scores import truncate_middle
from parametric_memory.language_model.requests import Request
from parametric_memory.recall.calibration import without
from parametric_memory.recall.recaller import beside

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.internalize.internalizer import Internalizer
    from parametric_memory.memory import ParametricMemory

Ask = Callable[[str], list[int]]  # makes the prompt of a question
Score = Callable[[Case, str], float]
Scores = Mapping[str, Score]  # by metric


@dataclass(frozen=True)
class Answered:
    """The replies to cases, by column; `memory` is the first."""

    cases: Sequence[Case]
    replies: Mapping[str, Sequence[Reply]]

    def scored(self, score: Score) -> dict[str, list[float]]:
        """The score of every reply, by column."""
        return {
            column: [float(score(case, reply.text)) for case, reply in zip(self.cases, given, strict=True)]
            for column, given in self.replies.items()
        }

    def rows(
        self, name: str, scores: Scores, route: Route = "ask", clusters: Sequence[Hashable] | None = None
    ) -> list[EvalRow]:
        """A row for each score; clusters: see `standard_error`, the cases' documents unless given."""
        clusters = [case.document for case in self.cases] if clusters is None else clusters
        return [
            EvalRow.of_scores(name, metric, self.scored(score), route, clusters) for metric, score in scores.items()
        ]

    def recalled_first(self, name: str, metric: str = "right document recalled") -> EvalRow:
        """How often a recalled case's own document was recalled first."""
        first = [float(case.sources[:1] == (case.document,)) for case in self.cases]
        return EvalRow.of_scores(name, metric, {"memory": first})

    def part(self, places: Sequence[int]) -> Answered:
        """The cases at these places alone."""
        replies = {column: [given[i] for i in places] for column, given in self.replies.items()}
        return Answered([self.cases[i] for i in places], replies)

    @staticmethod
    def joined(parts: Sequence[Answered]) -> Answered:
        """The cases of several memories; a column that one of them lacks is left out."""
        columns = [c for c in parts[0].replies if all(c in part.replies for part in parts)]
        replies = {column: [reply for part in parts for reply in part.replies[column]] for column in columns}
        return Answered([case for part in parts for case in part.cases], replies)


class Runner:
    """Answers cases by the memory and by the chosen columns, all decoded as `ask` does what a memory holds."""

    def __init__(
        self,
        memory: ParametricMemory,
        columns: Sequence[str] = tuple(CHEAP),
        *,
        answer_tokens: int = 32,
        distill_seconds: float | None = None,
        skill: Adapter | None = None,
        kept: Path | None = None,
        report: Report = print,
    ):
        """
        Args:
            memory: whose models are measured; its folder is not touched.
            columns: of `COLUMNS`.
            distill_seconds: for every document of the column `distilled`, at most; its own limit when not given.
            skill: two columns more, under this adapter beside what the memory attaches, and under it alone.
            kept: the file that replies are kept in; see `Answerer`.
            report: gets a line at each step.
        """
        self.memory, self.base, self.report = memory, memory.models.base, report
        self.columns, self.answer_tokens, self.distill_seconds = tuple(columns), answer_tokens, distill_seconds
        self._skill = skill
        self.answerer = Answerer(self.base, kept)
        self._adapters: dict[str, Adapters] = {}

    def memory_of(
        self, cases: Iterable[Case], own: bool = False, **settings: Any
    ) -> AbstractContextManager[IndexedTexts]:
        """A temporary memory of the cases' documents; own, settings: see `indexed`."""
        return indexed(self.memory, dict.fromkeys(case.document for case in cases), own, **settings)

    def ask_memory(self, cases: Sequence[Case], texts: IndexedTexts, columns: Sequence[str] | None = None) -> Answered:
        """Asks a memory's cases, each with what it recalls; columns: others than the chosen ones."""
        cases = [texts.recalled(case) for case in cases]
        return self.ask(cases, Attaching(texts.adapt, texts.hybrid), columns)

    def ask(
        self, cases: Sequence[Case], attaching: Attaching | None = None, columns: Sequence[str] | None = None
    ) -> Answered:
        """Asks cases under the attached adapters: the whole adapters of their sources, unless given."""
        columns = self.columns if columns is None else columns
        if attaching is None:
            whole = self.adapters("memory")
            attaching = Attaching(whole, lambda case: (whole(case), "\n\n".join(case.sources)))
        attaching.cases = cases
        adapt, chosen = attaching.adapt, {c: COLUMNS[c] for c in columns if COLUMNS[c].applies(attaching)}
        # Side by side: another's adapter for one case is the next one's own, and long texts take long to internalize.
        ways = [self._memory, COLUMNS["random_adapter"].request] if "random_adapter" in chosen else [self._memory]
        found = self.answerer.replies(way(self, case, attaching) for case in cases for way in ways)
        given = {"memory": found[:: len(ways)]}
        for name, column in chosen.items():
            requests = (column.request(self, case, attaching) for case in cases)
            if name == "random_adapter":
                given[name] = found[1::2]
            else:
                answerer = self.answerer
                given[name] = answerer.replies_by_length(list(requests)) if column.reads else answerer.replies(requests)
        if self._skill is not None:
            skills = [self._skill]
            given["with_skill"] = self.under(cases, lambda case: beside(adapt(case), skills))
            given["skill_alone"] = self.under(cases, lambda case: self._skill)
        return Answered(cases, given)

    @staticmethod
    def _memory(runner: Runner, case: Case, attaching: Attaching) -> Request:
        return runner.question(case, attaching.adapt(case))

    def under(self, cases: Sequence[Case], adapt: Adapting | None = None, ask: Ask | None = None) -> list[Reply]:
        """Replies to the questions alone, each under an adapter, or all under none; ask: see `question`."""
        return self.answerer.replies(self.question(case, adapt(case) if adapt else None, ask=ask) for case in cases)

    def alone(self, cases: Sequence[Case], adapt: Adapting) -> Answered:
        """The memory's replies under these adapters, without any other column."""
        return Answered(cases, {"memory": self.under(cases, adapt)})

    def question(self, case: Case, adapter: Adapter | None = None, text: str = "", ask: Ask | None = None) -> Request:
        """A case's question, under an adapter, or with a text before it, or both.

        ask: as the memory asks under its adapters, unless given.
        """
        prompt = (ask or self.memory.models.question)(f"{text}\n\n{case.asked}" if text else case.asked)
        if self.base.window:
            if self.base.window < 2 * self.answer_tokens:
                raise SettingsError(f"A window of {self.base.window} tokens is too small to be asked in.")
            prompt = truncate_middle(prompt, self.base.window, self.answer_tokens)
        return Request(prompt, adapter, self.answer_tokens, search=self.memory.recaller.search(case.question))

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
            rules={rule: weight for rule, weight in asdict(weights).items() if weight} if found.rules else {},
        )

    def retrieved(self, case: Case, num_bytes: int) -> str:
        """The passages nearest to a case's question whose key-value cache takes so many bytes at most."""
        budget = num_bytes // CacheShape.of(self.base).bytes_per_token
        return self._retriever.find(case.question, case.searched or (case.document,), budget)

    def adapters(self, internalizer: str) -> Adapters:
        """The adapters of `memory`, `distilled`, `distilled_as_published` or `untrained`."""
        if internalizer not in self._adapters:
            self._adapters[internalizer] = Adapters(self._internalizer(internalizer))
        return self._adapters[internalizer]

    @cached_property
    def _retriever(self) -> PassageRetriever:
        return PassageRetriever(self.memory.models.embeddings, self.base.tokenizer)

    def _internalizer(self, name: str) -> Internalizer:
        from parametric_memory.hypernetworks.key_value.untrained import untrained_hypernetwork
        from parametric_memory.internalize.distillation import AS_PUBLISHED, DEFAULT_SECONDS, DistillationInternalizer
        from parametric_memory.internalize.internalizer import HypernetworkInternalizer

        seconds = self.distill_seconds
        if name == "distilled":
            return DistillationInternalizer(self.base, DEFAULT_SECONDS if seconds is None else seconds)
        if name == "distilled_as_published":
            return DistillationInternalizer(self.base, seconds, AS_PUBLISHED)
        if name == "untrained":
            rows = untrained_hypernetwork(self.base.model, self.base.chat, shared_rank=0, reader_rank=0)
            return HypernetworkInternalizer(self.base, rows, "untrained")
        return self.memory.models.internalizer

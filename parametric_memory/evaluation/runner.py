"""The runner of evaluations: asks each case of the memory and of the columns beside it, and turns scores into rows.

docs/evaluation.md#controls says what each column answers under, and what it shows. Knows nothing about what is asked or
which answers are right.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.merging import merge
from parametric_memory.errors import SettingsError
from parametric_memory.evaluation.answerer import Answerer, Reply
from parametric_memory.evaluation.memories import IndexedTexts, indexed
from parametric_memory.evaluation.results import Report, UsedSearch
from parametric_memory.evaluation.rows import Clusters, EvalRow, Route
from parametric_memory.evaluation.scores import truncate_middle, word_f1
from parametric_memory.hypernetworks.chunking import Chunk, split_at_borders
from parametric_memory.index.exact import cosines
from parametric_memory.internalize.selection import Models
from parametric_memory.language_model.requests import Request
from parametric_memory.records import NOT_HELD, Recall

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from transformers import PreTrainedTokenizerBase

    from parametric_memory.language_model.base_model import BaseModel
    from parametric_memory.memory import ParametricMemory

_PASSAGE_TOKENS = 64
_CACHED_TEXTS, _CACHED_ADAPTERS = 4096, 8
SKILL = ("with_skill", "skill_alone")  # columns beside the controls, where a skill is given
_ASKED_OF_MEMORY = {"memory", "hybrid", "judged_text", "marked_words", "shared_rows_text", "strength_0"}


@dataclass(frozen=True)
class Case:
    """One question."""

    document: str  # that answers it
    question: str
    answers: tuple[str, ...]  # each of them counts as right
    others: tuple[str, ...] = ()  # values that a right answer does not contain
    attached: tuple[str, ...] | None = None  # the texts whose adapters a memory attaches; None: the document alone
    kind: str = ""  # where an evaluation distinguishes several
    wording: str = ""  # what the model is asked instead of `question`, with which passages are searched

    @property
    def asked(self) -> str:
        """What the model is asked."""
        return self.wording or self.question

    @property
    def sources(self) -> tuple[str, ...]:
        """The texts whose adapters are attached."""
        return (self.document,) if self.attached is None else self.attached


Adapting = Callable[[Case], Adapter | None]
Whole = Callable[[str], Adapter]  # makes the whole adapter of a text
Ask = Callable[[str], list[int]]  # makes the prompt of a question
Score = Callable[[Case, str], float]
Scores = Mapping[str, Score]  # by metric
F1: Scores = {"f1": lambda case, text: word_f1(text, case.answers)}


class Column(NamedTuple):
    """How a case is asked: what stands under the question and before it."""

    # Of the case, or of the next case that differs; None: the base model answers alone.
    adapter: Callable[[Runner, IndexedTexts, Case], Adapter | None] | None = None
    text: Callable[[Runner, IndexedTexts, Case], str] | None = None  # before the question
    marked: bool = False  # whether the marked words of what the memory attaches support an answer
    differs: Callable[[Case], Hashable] | None = None  # in what that next case must differ; if none does, no column
    chat: bool = False  # whether to ask in the base model's chat format, not as the hypernetwork was trained
    says: Callable[[IndexedTexts, Case], str] | None = None  # the answer itself: no model runs

    def request(self, run: Runner, texts: IndexedTexts, case: Case, other: Case) -> Request:
        """other: the case whose adapter is taken."""
        return run.question(
            case,
            self.adapter(run, texts, other) if self.adapter else None,
            self.text(run, texts, case) if self.text else "",
            ask=run.base.chat.question if self.chat else None,
            recalls=texts.recalls(case) if self.marked else (),
        )

    def others(self, cases: Sequence[Case]) -> list[Case] | None:
        """For each case the next one that differs, the case itself if none has to; None: the column does not apply."""
        if self.differs is None:
            return list(cases)
        keys = [self.differs(case) for case in cases]
        if len(set(keys)) < 2:
            return None
        twice = [*zip(keys, cases, strict=True)] * 2
        return [next(case for other, case in twice[i:] if other != key) for i, key in enumerate(keys)]


def _with_skill(run: Runner, texts: IndexedTexts, case: Case) -> Adapter | None:
    from parametric_memory.recall.recaller import beside

    return beside(texts.adapt(case), [run.skill] if run.skill else [])


def _without_effect(run: Runner, texts: IndexedTexts, case: Case) -> Adapter | None:
    attached = texts.adapt(case)
    return attached and Adapter({n: replace(f, B=f.B.new_zeros(f.B.shape)) for n, f in attached.factors.items()})


_ATTACHED = Column(lambda run, texts, case: texts.adapt(case), marked=True)
_JUDGED = Column(text=lambda run, texts, case: texts.text(case), marked=True)
_SHARED = Column(lambda run, texts, case: run.shared_rows)
_WHOLE = Column(lambda run, texts, case: run.whole(case.document))
COLUMNS: Mapping[str, Column] = {
    "memory": _ATTACHED,
    "hybrid": _JUDGED._replace(adapter=lambda run, texts, case: texts.adapt(case, with_texts=True)),
    "none": Column(),
    "in_prompt": Column(text=lambda run, texts, case: case.document),
    "random_adapter": _ATTACHED._replace(differs=attrgetter("sources")),
    "rag": Column(text=lambda run, texts, case: run.retrieved(case, texts)),
    "untrained": Column(lambda run, texts, case: merged(case, run.untrained), chat=True),
    "judged_text": _JUDGED,
    "wrong_document": _WHOLE._replace(differs=attrgetter("document")),
    "marked_words": Column(says=lambda texts, case: texts.marked(case)),
    "shared_rows": _SHARED,
    "shared_rows_text": _JUDGED._replace(adapter=_SHARED.adapter),
    "strength_0": _ATTACHED._replace(adapter=_without_effect),
    "whole_adapter": _WHOLE,
    "with_skill": _ATTACHED._replace(adapter=_with_skill),
    "skill_alone": Column(lambda run, texts, case: run.skill),
}


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

    def rows(self, name: str, scores: Scores, clusters: Clusters = None) -> list[EvalRow]:
        """A row for each score; clusters: see `mean`, the cases' documents unless given."""
        clusters = [case.document for case in self.cases] if clusters is None else clusters
        scored = ((metric, self.scored(score)) for metric, score in scores.items())
        return [EvalRow.of_scores(name, metric, of, self.route, clusters) for metric, of in scored]

    def recalled_first(self, name: str, metric: str = "right document recalled", clusters: Clusters = None) -> EvalRow:
        """How often a recalled case's own document was recalled first."""
        first = [case.sources[:1] == (case.document,) for case in self.cases]
        return EvalRow.of_scores(name, metric, {"memory": first}, clusters=clusters)

    def part(self, places: Sequence[int]) -> Answered:
        """Only the cases at these places."""
        replies = {column: [given[i] for i in places] for column, given in self.replies.items()}
        return Answered([self.cases[i] for i in places], replies, self.route)

    def abstaining(self) -> Answered:
        """With the answer of `ask`, `NOT_HELD`, where nothing is attached."""
        replies = dict(self.replies)
        for column in _ASKED_OF_MEMORY & replies.keys():
            both = zip(self.cases, replies[column], strict=True)
            replies[column] = [reply if case.sources else reply._replace(text=NOT_HELD) for case, reply in both]
        return replace(self, replies=replies)

    @staticmethod
    def joined(parts: Sequence[Answered]) -> Answered:
        """The cases of several memories asked by one route; a column that one of them lacks is left out."""
        columns = [c for c in parts[0].replies if all(c in part.replies for part in parts)] if parts else []
        replies = {column: [reply for part in parts for reply in part.replies[column]] for column in columns}
        return Answered([case for part in parts for case in part.cases], replies, parts[0].route if parts else "ask")


@dataclass(eq=False)
class Runner:
    """Answers cases by the memory and by the chosen columns, all decoded as `ask` does with a memory's models.

    The models are loaded at first use.
    """

    memory: ParametricMemory  # whose models are measured; its folder is not touched
    columns: Sequence[str] = ()  # controls, of `COLUMNS`
    seed: int = 0  # of the command, for those who make cases
    answer_tokens: int = 32
    skill: Adapter | None = None  # adds the columns of `SKILL`
    kept: Path | None = None  # the file that stores replies; see `Answerer`
    report: Report = print  # gets a line at each step

    @property
    def base(self) -> BaseModel:
        return self.memory.models.base

    @cached_property
    def answerer(self) -> Answerer:
        return Answerer(self.base, self.kept)

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
                by_length = column.text is not None and column.adapter is None  # adapters are made as they are needed
                replies[name] = self.answerer.replies(requests, by_length)
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
        from parametric_memory.recall.calibration import without

        found, weights = recaller.search(""), without(recaller.calibration.answers, recaller.settings.without)
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
        return self.retriever.find(case.question, texts.searched(case), budget)

    @cached_property
    def retriever(self) -> PassageRetriever:
        return PassageRetriever(self.memory.models.embeddings, self.base.tokenizer)

    @cached_property
    def shared_rows(self) -> Adapter | None:
        """The hypernetwork's document-independent rows; None: it has none."""
        modules = merge([self.whole("All documents share these rows.")]).factors.items()
        rows = {n: Factors(f.A[f.own :], f.B[f.own :], f.scaling, f.shared) for n, f in modules if f.shared}
        return Adapter(rows) if rows else None

    @cached_property
    def whole(self) -> Whole:
        """Whole adapters as the memory exports them."""
        return whole_adapters(self.memory.models)

    @cached_property
    def untrained(self) -> Whole:
        """Whole adapters of key-value rows without training."""
        from parametric_memory.hypernetworks.key_value.untrained import untrained_hypernetwork
        from parametric_memory.internalize.internalizer import SentenceReader

        rows = untrained_hypernetwork(self.base.model, self.base.chat, shared_rank=0, reader_rank=0)
        reader = SentenceReader(self.base, lambda text: rows.read(text, self.base.chat)[0], lambda: rows)
        return lru_cache(_CACHED_ADAPTERS)(reader.whole)


def whole_adapters(models: Models) -> Whole:
    """Makes the whole adapters of texts as a memory of these models exports them. The last few are cached."""
    reader = models.sentences
    made = reader.whole if reader else lambda text: models.internalizer.internalize(text).to_keep
    return lru_cache(_CACHED_ADAPTERS)(made)


def merged(case: Case, whole: Whole) -> Adapter | None:
    """The whole adapter of a case's sources, merged if there are several."""
    adapters = [whole(text) for text in case.sources]
    return merge(adapters) if len(adapters) > 1 else next(iter(adapters), None)


class PassageRetriever:
    """Finds the passages of texts that are nearest to a question, by the memory's own embedder."""

    def __init__(self, embeddings: Embeddings, tokenizer: PreTrainedTokenizerBase):
        @lru_cache(_CACHED_TEXTS)
        def passages(text: str) -> tuple[list[Chunk], NDArray[np.float64]]:
            chunks = split_at_borders(text, tokenizer, _PASSAGE_TOKENS)
            return chunks, np.asarray(embeddings.embed_documents([chunk.text for chunk in chunks]))

        self.embeddings, self._passages = embeddings, passages

    def find(self, question: str, texts: tuple[str, ...], budget: int) -> str:
        """The nearest passages, in their order in the texts: as many as fit the budget, in tokens, and at least one."""
        found = [self._passages(text) for text in texts]
        passages = [passage for chunks, _ in found for passage in chunks]
        vectors = np.concatenate([vectors for _, vectors in found])  # [passage, dimension]
        scores = np.asarray(cosines(vectors, self.embeddings.embed_query(question)))
        nearest = np.argsort(-scores, kind="stable")
        lengths = np.cumsum([len(passages[place].ids) for place in nearest])
        fitting = max(1, int(np.searchsorted(lengths, budget, side="right")))
        return "\n".join(passages[place].text for place in sorted(nearest[:fitting]))


def cache_bytes_per_token(base: BaseModel) -> int:
    """Bytes of a token's keys and values in all layers, in bfloat16, without savings of sliding windows."""
    config = base.model.config.get_text_config()
    heads = config.num_attention_heads
    cached_heads = getattr(config, "num_key_value_heads", None) or heads
    head_size = getattr(config, "head_dim", None) or config.hidden_size // heads
    return int(2 * 2 * config.num_hidden_layers * cached_heads * head_size)  # keys and values, of 2 bytes a number

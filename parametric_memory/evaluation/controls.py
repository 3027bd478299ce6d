"""Every question answered by a memory and by its controls: the one place that says what each control is.

| control | what the same base model answers under |
|---|---|
| hybrid | what the memory attaches, and the text of it before the question |
| none | nothing |
| in_prompt | the document before the question, its middle cut out where it is longer than the model's window |
| random_adapter | the adapter of another question's document |
| rag | retrieved passages before the question, whose key-value cache takes no more bytes than the adapter |
| distilled | the document's adapter by context distillation |
| distilled_as_published | the same by the recipe of Doc-to-LoRA's authors, whose teacher is not sharpened |
| untrained | the document's adapter of key-value rows without training |

All are asked alike: in the prompt that the hypernetwork was trained to be asked in, for answers as long, with the same
search and the same rules about answers, whether anything is attached or not. Two were trained to be asked otherwise:
`distilled` and `untrained` get the bare question of the chat format, which for key-value hypernetworks is the same.

Knows nothing about what is asked or what counts as right.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.merging import merge
from parametric_memory.errors import SettingsError
from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.generation import Reply
from parametric_memory.evaluation.kept_replies import Answerer
from parametric_memory.evaluation.metrics import truncate_middle
from parametric_memory.evaluation.results import UsedSearch
from parametric_memory.evaluation.retrieval import PassageRetriever
from parametric_memory.evaluation.rows import EvalRow, Route
from parametric_memory.evaluation.sizes import CacheShape
from parametric_memory.language_model.requests import Request
from parametric_memory.recall.recaller import beside
from parametric_memory.recall.scorers import without

if TYPE_CHECKING:
    from parametric_memory.internalize.internalizer import Internalizer
    from parametric_memory.memory import ParametricMemory

CHEAP = ("hybrid", "none", "in_prompt", "random_adapter", "rag")
# A training run for every document, a minute of preparation, and many epochs for every document.
COSTLY = ("distilled", "untrained", "distilled_as_published")

_KEPT_BYTES = 1_000_000_000

Adapting = Callable[[Case], Adapter | None]
Reading = Callable[[Case], str]
Hybrid = Callable[[Case], tuple[Adapter | None, str]]  # what a hybrid answer is given, see `IndexedTexts.hybrid`
Asking = Callable[[str], list[int]]
Scores = Mapping[str, Callable[[Case, str], float]]


class Examiner:
    """Answers cases by the memory and by the chosen controls, all looked for as `ask` does what a memory holds."""

    def __init__(
        self,
        memory: ParametricMemory,
        controls: Sequence[str] = CHEAP,
        *,
        answer_tokens: int = 32,
        distill_seconds: float | None = None,
        beams: int | None = None,
        skill: Adapter | None = None,
        kept: Path | None = None,
    ):
        """
        Args:
            memory: whose models are measured; its folder is not touched.
            controls: of `CHEAP` and `COSTLY`.
            distill_seconds: for every document of the control `distilled`, at most; its own limit when not given.
            beams: see `ParametricMemory.ask`; the same for the memory and all controls.
            skill: to answer under, too: beside what the memory attaches (`with_skill`), and alone (`skill_alone`).
            kept: the file that replies are kept in; see `Answerer`.
        """
        self.memory, self.base = memory, memory.models.base
        self.controls, self.answer_tokens, self.distill_seconds = tuple(controls), answer_tokens, distill_seconds
        self._beams, self._skill = beams, skill
        self.answerer = Answerer(self.base, kept)
        self._adapters: dict[str, Adapters] = {}

    def rows(
        self,
        name: str,
        cases: Sequence[Case],
        scores: Scores,
        adapt: Adapting | None = None,
        route: Route = "given",
        hybrid: Hybrid | None = None,
    ) -> list[EvalRow]:
        """One row a score: its mean over the answers of the memory and of each control.

        Args:
            adapt, hybrid: see `replies`.
            route: how `adapt` comes to what it attaches; the adapters of the sources are given.
        """
        answers = self.answers(cases, adapt, hybrid)
        documents = [asked.document for asked in cases]
        return [
            EvalRow.of_scores(name, metric, scored(cases, answers, score), route, documents)
            for metric, score in scores.items()
        ]

    def answers(
        self, cases: Sequence[Case], adapt: Adapting | None = None, hybrid: Hybrid | None = None
    ) -> dict[str, list[str]]:
        """The texts of the `replies`."""
        found = self.replies(cases, adapt, hybrid)
        return {control: [reply.text for reply in given] for control, given in found.items()}

    def replies(
        self,
        cases: Sequence[Case],
        adapt: Adapting | None = None,
        hybrid: Hybrid | None = None,
        controls: Sequence[str] | None = None,
    ) -> dict[str, list[Reply]]:
        """The replies to all cases, by control; `memory` is the first. What does not apply to them is left out.

        Args:
            adapt: what the memory answers a case under; the adapters of its sources, unless given.
            hybrid: what the control `hybrid` is given, which does not apply where that is unknown.
            controls: others than the chosen ones.
        """
        controls = self.controls if controls is None else controls
        if adapt is None:
            adapt = self.adapters("memory")
            hybrid = _with_sources(adapt)
        sizes: dict[Case, int] = {}

        def attach(asked: Case) -> Adapter | None:
            adapter = adapt(asked)
            sizes[asked] = adapter.num_bytes if adapter else 0
            return adapter

        with_random = "random_adapter" in controls and len({asked.sources for asked in cases}) > 1
        attaching = [attach, _of_another(cases, attach)] if with_random else [attach]
        # Side by side: another's adapter for one case is the next one's own, and long texts take long to internalize.
        found = self.answerer.replies(self.question(asked, way(asked)) for asked in cases for way in attaching)
        ways: dict[str, Callable[[], list[Reply]]] = {
            "hybrid": lambda: self._given_both(cases, hybrid) if hybrid else [],
            "none": lambda: self._asked(cases),
            "in_prompt": lambda: self._read(cases, lambda asked: asked.document),
            "random_adapter": lambda: found[1::2] if with_random else [],
            "rag": lambda: self._read(cases, lambda asked: self.retrieved(asked, sizes[asked])),
            "distilled": lambda: self._asked(cases, self.adapters("distilled"), ask=self.base.chat.question),
            "untrained": lambda: self._asked(cases, self.adapters("untrained"), ask=self.base.chat.question),
            "distilled_as_published": lambda: self._asked(
                cases, self.adapters("distilled_as_published"), ask=self.base.chat.question
            ),
        }
        given = {"memory": found[:: len(attaching)]} | {control: ways[control]() for control in controls}
        if self._skill is not None:
            skills = [self._skill]
            given["with_skill"] = self._asked(cases, lambda asked: beside(adapt(asked), skills))
            given["skill_alone"] = self._asked(cases, lambda asked: self._skill)
        return {control: of for control, of in given.items() if of}

    def under(self, cases: Sequence[Case], adapt: Adapting | None, ask: Asking | None = None) -> list[str]:
        """Answers to the questions alone, each under an adapter, or all under none. ask: see `question`."""
        return [reply.text for reply in self._asked(cases, adapt, ask=ask)]

    def _asked(
        self,
        cases: Sequence[Case],
        adapt: Adapting | None = None,
        ask: Asking | None = None,
    ) -> list[Reply]:
        return self.answerer.replies(self.question(asked, adapt(asked) if adapt else None, ask=ask) for asked in cases)

    def _given_both(self, cases: Sequence[Case], hybrid: Hybrid) -> list[Reply]:
        return self.answerer.replies(self.question(asked, *hybrid(asked)) for asked in cases)

    def _read(self, cases: Sequence[Case], read: Reading) -> list[Reply]:
        return self.answerer.replies_by_length([self.question(asked, text=read(asked)) for asked in cases])

    def question(
        self, asked: Case, adapter: Adapter | None = None, text: str = "", ask: Asking | None = None
    ) -> Request:
        """A case's question, under an adapter, or with a text before it, or both.

        ask: makes its prompt; as the memory asks under its adapters, unless given.
        """
        prompt = (ask or self.memory.models.question)(f"{text}\n\n{asked.asked}" if text else asked.asked)
        if self.base.window:
            if self.base.window < 2 * self.answer_tokens:
                raise SettingsError(f"A window of {self.base.window} tokens is too small to be asked in.")
            prompt = truncate_middle(prompt, self.base.window, self.answer_tokens)
        search = self.memory.recaller.search(asked.question).from_the_start(self._beams)
        return Request(prompt, adapter, self.answer_tokens, search=search)

    @property
    def search(self) -> UsedSearch:
        """How every answer is looked for."""
        recaller = self.memory.recaller
        found = recaller.search("").from_the_start(self._beams)
        weights = without(recaller.calibration.answers, recaller.settings.without)
        return UsedSearch(
            answer_tokens=self.answer_tokens,
            beams=found.beams,
            unless_sure=found.unless_sure,
            rules={rule: weight for rule, weight in asdict(weights).items() if weight} if found.rules else {},
        )

    def retrieved(self, asked: Case, num_bytes: int) -> str:
        """The passages nearest to a case's question whose key-value cache takes so many bytes at most."""
        budget = num_bytes // CacheShape.of(self.base).bytes_per_token
        return self._retriever.find(asked.question, asked.searched or (asked.document,), budget)

    def read(self, cases: Sequence[Case], read: Reading) -> list[Reply]:
        """Answers without any adapter, a text of each case before its question."""
        return self._read(cases, read)

    def adapters_by(self, internalizer: Internalizer) -> Adapters:
        """The adapters that an internalizer makes, of the base model that is measured."""
        return Adapters(internalizer)

    def adapters(self, control: str) -> Adapters:
        """The adapters of `memory`, or of one of the controls of `COSTLY`."""
        if control not in self._adapters:
            self._adapters[control] = Adapters(self._internalizer(control))
        return self._adapters[control]

    @cached_property
    def _retriever(self) -> PassageRetriever:
        return PassageRetriever(self.memory.models.embeddings, self.base.tokenizer)

    def _internalizer(self, control: str) -> Internalizer:
        if control == "distilled":
            from parametric_memory.internalize.distillation import DEFAULT_SECONDS, DistillationInternalizer

            seconds = DEFAULT_SECONDS if self.distill_seconds is None else self.distill_seconds
            return DistillationInternalizer(self.base, seconds)
        if control == "distilled_as_published":
            from parametric_memory.internalize.distillation import AS_PUBLISHED, DistillationInternalizer

            return DistillationInternalizer(self.base, self.distill_seconds, AS_PUBLISHED)
        if control == "untrained":
            from parametric_memory.hypernetworks.key_value.untrained import untrained_hypernetwork
            from parametric_memory.internalize.internalizer import HypernetworkInternalizer

            rows = untrained_hypernetwork(self.base.model, self.base.chat, shared_rank=0, reader_rank=0)
            return HypernetworkInternalizer(self.base, rows, "untrained")
        return self.memory.models.internalizer


class Adapters:
    """The adapters that one internalizer makes, in the dtype that memories keep. The last ones are remembered."""

    def __init__(self, internalizer: Internalizer):
        self.internalizer = internalizer
        self._kept: OrderedDict[str, Adapter] = OrderedDict()

    def __call__(self, asked: Case) -> Adapter | None:
        """The adapter of a case's sources, merged where there are several."""
        adapters = [self.of(text) for text in asked.sources]
        return merge(adapters) if len(adapters) > 1 else next(iter(adapters), None)

    def of(self, text: str) -> Adapter:
        """The adapter of one text."""
        if text not in self._kept:
            result = self.internalizer.internalize(text)
            self._kept[text] = result.to_keep
        self._kept.move_to_end(text)
        while len(self._kept) > 1 and sum(adapter.num_bytes for adapter in self._kept.values()) > _KEPT_BYTES:
            self._kept.popitem(last=False)
        return self._kept[text]


def _with_sources(adapt: Adapting) -> Hybrid:
    return lambda asked: (adapt(asked), "\n\n".join(asked.sources))


def _of_another(cases: Sequence[Case], adapt: Adapting) -> Adapting:
    """Gives each case the adapter of the next one that has other sources."""
    following: dict[Case, Case] = {}
    for i, asked in enumerate(cases):
        later = [*cases[i + 1 :], *cases[:i]]
        following[asked] = next(other for other in later if other.sources != asked.sources)
    return lambda asked: adapt(following[asked])


def scored(
    cases: Sequence[Case], answers: Mapping[str, Sequence[str]], score: Callable[[Case, str], float]
) -> dict[str, list[float]]:
    """The score of every answer, by control."""
    return {
        control: [score(asked, text) for asked, text in zip(cases, texts, strict=True)]
        for control, texts in answers.items()
    }

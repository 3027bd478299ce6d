"""The cases of an evaluation and its columns: the one place that defines each control.

| column | what the base model answers under |
|---|---|
| memory | the adapter that the memory attaches |
| hybrid | the same, and the attached text before the question |
| none | nothing |
| in_prompt | the document before the question, its middle cut out where it is longer than the model's window |
| random_adapter | the adapter that the memory attaches for the next question about another document |
| rag | retrieved passages before the question, whose key-value cache is no larger than the adapter |
| untrained | the document's adapter of key-value rows without training |
| judged_text | the text that the memory would attach before the question, without an adapter |
| wrong_document | the whole adapter of another document |
| marked_words | no model: the words that the answer marker marks are the answer |
| shared_rows | the adapter rows that all documents of the hypernetwork share, without any document's own rows |
| shared_rows_text | the same, and the text of `judged_text` before the question |
| strength_0 | the adapter that the memory attaches, its B multiplied by 0 |
| whole_adapter | the whole adapter of the document |
| with_skill, skill_alone | with a skill only: its adapter beside the memory's, and alone |

All share prompt form, answer length, search and answer rules. In the search, the marked words of what the memory
attaches support an answer of `memory`, `hybrid`, `judged_text`, `shared_rows_text`, `strength_0`, `random_adapter` and
`with_skill`. Only `untrained` adapters get the chat format's bare question; for key-value hypernetworks both are the
same.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.merging import merge
from parametric_memory.hypernetworks.chunking import Chunk, split_at_borders
from parametric_memory.index.exact import cosines
from parametric_memory.recall.recaller import beside

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.embeddings import Embeddings
    from numpy.typing import NDArray
    from transformers import PreTrainedTokenizerBase

    from parametric_memory.evaluation.memories import IndexedTexts
    from parametric_memory.evaluation.runner import Runner
    from parametric_memory.internalize.internalizer import Internalizer
    from parametric_memory.language_model.base_model import BaseModel
    from parametric_memory.language_model.requests import Request

_PASSAGE_TOKENS = 64
_CACHED_TEXTS, _CACHED_ADAPTERS = 4096, 8
_BYTES_PER_NUMBER = 2


@dataclass(frozen=True)
class Case:
    """One question.

    Attributes:
        document: the text that answers it.
        answers: each of them counts as right.
        others: values that a right answer does not contain.
        attached: the texts whose adapters a memory attaches; the document alone, unless given.
        searched: the texts that the control `rag` searches; the document alone, unless given.
        kind: of the question, where an evaluation distinguishes several.
        wording: what the model is asked instead of `question`; passages are searched with `question`.
    """

    document: str
    question: str
    answers: tuple[str, ...]
    others: tuple[str, ...] = ()
    attached: tuple[str, ...] | None = None
    searched: tuple[str, ...] | None = None
    kind: str = ""
    wording: str = ""

    @property
    def asked(self) -> str:
        """What the model is asked."""
        return self.wording or self.question

    @property
    def sources(self) -> tuple[str, ...]:
        """The texts whose adapters are attached."""
        return (self.document,) if self.attached is None else self.attached


Adapting = Callable[[Case], Adapter | None]


class Column(NamedTuple):
    """How a case is asked.

    Attributes:
        request: of the runner, the memory, the case, and the next case that differs; the question alone, unless given.
        reads: the prompts contain texts and are batched by length.
        differs: what the other case must differ in. Without such a case the column is left out.
        says: in place of a request, the answer itself: no model runs.
    """

    request: Callable[[Runner, IndexedTexts, Case, Case], Request] = lambda run, texts, case, _: run.question(case)
    reads: bool = False
    differs: Callable[[Case], Hashable] | None = None
    says: Callable[[IndexedTexts, Case], str] | None = None

    def others(self, cases: Sequence[Case]) -> list[Case] | None:
        """For each case the next one that differs, the case itself if none has to; None: the column does not apply."""
        if self.differs is None:
            return list(cases)
        keys = [self.differs(case) for case in cases]
        if len(set(keys)) < 2:
            return None
        order = range(len(cases))
        return [cases[next(j for j in (*order[i:], *order[:i]) if keys[j] != keys[i])] for i in order]


def _untrained(run: Runner, texts: IndexedTexts, case: Case, _: Case) -> Request:
    return run.question(case, run.untrained(case), ask=run.base.chat.question)


def _without_effect(run: Runner, texts: IndexedTexts, case: Case, _: Case) -> Request:
    attached = texts.adapt(case)
    silent = attached and Adapter({n: replace(f, B=f.B.new_zeros(f.B.shape)) for n, f in attached.factors.items()})
    return run.question(case, silent, recalls=texts.recalls(case))


CONTROLS: Mapping[str, Column] = {
    "hybrid": Column(lambda run, texts, case, _: run.question(case, *texts.hybrid(case), recalls=texts.recalls(case))),
    "none": Column(),
    "in_prompt": Column(lambda run, texts, case, _: run.question(case, text=case.document), reads=True),
    "random_adapter": Column(
        lambda run, texts, case, other: run.question(case, texts.adapt(other), recalls=texts.recalls(case)),
        differs=attrgetter("sources"),
    ),
    "rag": Column(lambda run, texts, case, _: run.question(case, text=run.retrieved(case, texts)), reads=True),
    "untrained": Column(_untrained),
    "judged_text": Column(
        lambda run, texts, case, _: run.question(case, text=texts.hybrid(case)[1], recalls=texts.recalls(case)),
        reads=True,
    ),
    "wrong_document": Column(
        lambda run, texts, case, other: run.question(case, run.adapters.of(other.document)),
        differs=attrgetter("document"),
    ),
    "marked_words": Column(says=lambda texts, case: texts.marked(case)),
    "shared_rows": Column(lambda run, texts, case, _: run.question(case, run.shared_rows)),
    "shared_rows_text": Column(
        lambda run, texts, case, _: run.question(
            case, run.shared_rows, texts.hybrid(case)[1], recalls=texts.recalls(case)
        ),
        reads=True,
    ),
    "strength_0": Column(_without_effect),
    "whole_adapter": Column(lambda run, texts, case, _: run.question(case, run.adapters.of(case.document))),
}
SKILL: Mapping[str, Column] = {
    "with_skill": Column(
        lambda run, texts, case, _: run.question(
            case, beside(texts.adapt(case), [run.skill] if run.skill else []), recalls=texts.recalls(case)
        )
    ),
    "skill_alone": Column(lambda run, texts, case, _: run.question(case, run.skill)),
}
COLUMNS: Mapping[str, Column] = {
    "memory": Column(lambda run, texts, case, _: run.question(case, texts.adapt(case), recalls=texts.recalls(case))),
    **CONTROLS,
    **SKILL,
}


class Adapters:
    """The whole adapters of texts and of cases. The last few are cached."""

    def __init__(self, made: Callable[[str], Adapter]):
        """made: of a text."""
        self.of: Callable[[str], Adapter] = lru_cache(_CACHED_ADAPTERS)(made)

    @classmethod
    def by(cls, internalizer: Internalizer) -> Adapters:
        """In the dtype that memories store."""
        return cls(lambda text: internalizer.internalize(text).to_keep)

    def __call__(self, case: Case) -> Adapter | None:
        """The adapter of a case's sources, merged if there are several."""
        adapters = [self.of(text) for text in case.sources]
        return merge(adapters) if len(adapters) > 1 else next(iter(adapters), None)


class PassageRetriever:
    """Finds the passages of texts that are nearest to a question, by the memory's own embedder."""

    def __init__(self, embeddings: Embeddings, tokenizer: PreTrainedTokenizerBase):
        self.embeddings, self.tokenizer = embeddings, tokenizer
        self._passages = lru_cache(_CACHED_TEXTS)(self._embedded)

    def find(self, question: str, texts: tuple[str, ...], budget: int) -> str:
        """The nearest passages, in their order in the texts: as many as fit the budget, in tokens, and at least one."""
        import numpy as np

        found = [self._passages(text) for text in texts]
        passages = [passage for chunks, _ in found for passage in chunks]
        vectors = np.concatenate([vectors for _, vectors in found])  # [passage, dimension]
        scores = np.asarray(cosines(vectors, self.embeddings.embed_query(question)))
        chosen: list[int] = []
        for position in np.argsort(-scores, kind="stable"):
            budget -= len(passages[position].ids)
            if chosen and budget < 0:
                break
            chosen.append(int(position))
        return "\n".join(passages[position].text for position in sorted(chosen))

    def _embedded(self, text: str) -> tuple[list[Chunk], NDArray[np.float64]]:
        import numpy as np

        chunks = split_at_borders(text, self.tokenizer, _PASSAGE_TOKENS)
        return chunks, np.asarray(self.embeddings.embed_documents([c.text for c in chunks]))


def cache_bytes_per_token(base: BaseModel) -> int:
    """Bytes of a token's keys and values in all layers, in bfloat16, without savings of sliding windows."""
    config = base.model.config.get_text_config()
    heads = config.num_attention_heads
    cached_heads = getattr(config, "num_key_value_heads", None) or heads
    head_size = getattr(config, "head_dim", None) or config.hidden_size // heads
    return int(2 * config.num_hidden_layers * cached_heads * head_size * _BYTES_PER_NUMBER)

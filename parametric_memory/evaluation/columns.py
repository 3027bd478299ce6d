"""The cases of an evaluation and its columns: the one place that defines what each control is.

| column | what the same base model answers under |
|---|---|
| hybrid | what the memory attaches, with its text before the question |
| none | nothing |
| in_prompt | the document before the question, its middle cut out where it is longer than the model's window |
| random_adapter | the adapter of another question, of another document |
| rag | retrieved passages before the question, whose key-value cache takes no more bytes than the adapter |
| distilled | the document's adapter by context distillation |
| distilled_as_published | the same by the recipe of Doc-to-LoRA's authors, whose teacher is not sharpened |
| untrained | the document's adapter of key-value rows without training |
| judged_text | the text of what the memory would attach before the question, without an adapter |
| wrong_document | the whole adapter of another document |

All are asked in the prompt that the hypernetwork was trained with, for answers as long, with the same search and the
same rules about answers. Those that were trained otherwise (`distilled`, `untrained`) get the bare question of the chat
format, which for key-value hypernetworks is the same. A column that does not apply to the cases is left out.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.merging import merge
from parametric_memory.hypernetworks.chunking import Chunk, split_at_borders
from parametric_memory.index.exact import cosines

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.embeddings import Embeddings
    from numpy.typing import NDArray
    from transformers import PreTrainedTokenizerBase

    from parametric_memory.evaluation.runner import Runner
    from parametric_memory.internalize.internalizer import Internalizer
    from parametric_memory.language_model.base_model import BaseModel
    from parametric_memory.language_model.requests import Request

_PASSAGE_TOKENS = 64
_TEXTS_KEPT = 4096
_KEPT_BYTES = 1_000_000_000
_BYTES_PER_NUMBER = 2
_SOURCES, _DOCUMENT = attrgetter("sources"), attrgetter("document")


@dataclass(frozen=True)
class Case:
    """One question.

    Attributes:
        document: the text that answers it.
        answers: each of them counts as right.
        others: values that a right answer does not hold.
        attached: the texts whose adapters a memory attaches; the document alone, unless given.
        searched: the texts that the control `rag` looks in; the document alone, unless given.
        kind: of the question, where an evaluation distinguishes several.
        wording: what the model is asked in place of the question, which passages are still searched with.
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
Hybrid = Callable[[Case], tuple[Adapter | None, str]]


class Attaching:
    """What the memory attaches for a case; hybrid: with its text, where that is known."""

    def __init__(self, adapt: Adapting, hybrid: Hybrid | None = None):
        self._adapt, self.hybrid = adapt, hybrid
        self._sizes: dict[Case, int] = {}
        self.cases: Sequence[Case] = ()  # that are asked together

    def adapt(self, case: Case) -> Adapter | None:
        adapter = self._adapt(case)
        self._sizes[case] = adapter.num_bytes if adapter else 0
        return adapter

    def num_bytes(self, case: Case) -> int:
        """The size of a case's adapter, which the memory answered under."""
        return self._sizes[case]

    def with_text(self, case: Case) -> tuple[Adapter | None, str]:
        assert self.hybrid is not None
        return self.hybrid(case)

    def next_other(self, case: Case, differs: Callable[[Case], Hashable]) -> Case:
        """The next case that differs in something; there must be one."""
        place = max(i for i, c in enumerate(self.cases) if c == case)
        return next(c for c in (*self.cases[place:], *self.cases[:place]) if differs(c) != differs(case))


class Column(NamedTuple):
    """How a case is asked.

    Attributes:
        reads: whether texts stand in the prompts, which are then asked by their length.
        needs_text: whether it applies only where the text of what is attached is known.
        differs: it applies only where cases differ in this.
    """

    request: Callable[[Runner, Case, Attaching], Request]
    reads: bool = False
    needs_text: bool = False
    differs: Callable[[Case], Hashable] | None = None

    def applies(self, attaching: Attaching) -> bool:
        if self.needs_text and attaching.hybrid is None:
            return False
        return self.differs is None or len(set(map(self.differs, attaching.cases))) > 1


def _made_by(internalizer: str) -> Column:
    """The column of a document's adapter by another internalizer, asked the bare question."""
    return Column(lambda run, case, _: run.question(case, run.adapters(internalizer)(case), ask=run.base.chat.question))


CHEAP: Mapping[str, Column] = {
    "hybrid": Column(lambda run, case, attaching: run.question(case, *attaching.with_text(case)), needs_text=True),
    "none": Column(lambda run, case, _: run.question(case)),
    "in_prompt": Column(lambda run, case, _: run.question(case, text=case.document), reads=True),
    "random_adapter": Column(
        lambda run, case, attaching: run.question(case, attaching.adapt(attaching.next_other(case, _SOURCES))),
        differs=_SOURCES,
    ),
    "rag": Column(
        lambda run, case, attaching: run.question(case, text=run.retrieved(case, attaching.num_bytes(case))), reads=True
    ),
}
# A training run for every document, a minute of preparation, and many epochs for every document.
COSTLY: Mapping[str, Column] = {name: _made_by(name) for name in ("distilled", "untrained", "distilled_as_published")}
COLUMNS: Mapping[str, Column] = {
    **CHEAP,
    **COSTLY,
    "judged_text": Column(
        lambda run, case, attaching: run.question(case, text=attaching.with_text(case)[1]), reads=True, needs_text=True
    ),
    "wrong_document": Column(
        lambda run, case, attaching: run.question(
            case, run.adapters("memory").of(attaching.next_other(case, _DOCUMENT).document)
        ),
        differs=_DOCUMENT,
    ),
}


class Adapters:
    """The adapters of cases by one internalizer, in the dtype that memories keep. The last ones are cached."""

    def __init__(self, internalizer: Internalizer):
        self.internalizer = internalizer
        self._kept: OrderedDict[str, Adapter] = OrderedDict()

    def __call__(self, case: Case) -> Adapter | None:
        """The adapter of a case's sources, merged where there are several."""
        adapters = [self.of(text) for text in case.sources]
        return merge(adapters) if len(adapters) > 1 else next(iter(adapters), None)

    def of(self, text: str) -> Adapter:
        """The adapter of one text."""
        if text not in self._kept:
            self._kept[text] = self.internalizer.internalize(text).to_keep
        self._kept.move_to_end(text)
        while len(self._kept) > 1 and sum(adapter.num_bytes for adapter in self._kept.values()) > _KEPT_BYTES:
            self._kept.popitem(last=False)
        return self._kept[text]


class PassageRetriever:
    """Finds the passages of texts that are nearest to a question, by the memory's own embedder."""

    def __init__(self, embeddings: Embeddings, tokenizer: PreTrainedTokenizerBase):
        self.embeddings, self.tokenizer = embeddings, tokenizer
        self._passages = lru_cache(_TEXTS_KEPT)(self._embedded)

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


@dataclass(frozen=True)
class CacheShape:
    """What decides the size of a key-value cache, in bfloat16."""

    layers: int
    key_value_heads: int
    head_size: int

    @classmethod
    def of(cls, base: BaseModel) -> CacheShape:
        config = base.model.config.get_text_config()
        heads = config.num_attention_heads
        return cls(
            config.num_hidden_layers,
            getattr(config, "num_key_value_heads", None) or heads,
            getattr(config, "head_dim", None) or config.hidden_size // heads,
        )

    @property
    def bytes_per_token(self) -> int:
        """A key and a value in every layer. Sliding windows of attention are not taken off."""
        return 2 * self.layers * self.key_value_heads * self.head_size * _BYTES_PER_NUMBER

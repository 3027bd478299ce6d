"""`eval recall`: what is found for a question, and what the judge brings to that. Nothing is answered.

Texts are cut into sentences as they are for a hypernetwork, and no adapter is made of them: a thousand questions take
minutes. Facts are generated from held-out words; real passages come from a file.
"""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import Embeddings

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.fact_documents import FactDocument, FactDocuments
from parametric_memory.evaluation.filler import Filler
from parametric_memory.evaluation.relations import unrelated_texts
from parametric_memory.evaluation.rows import EvalRow, standard_error
from parametric_memory.evaluation.scoring import contains_any
from parametric_memory.index.embedding import fingerprint_of
from parametric_memory.internalize.internalizer import Internalized
from parametric_memory.memory import ParametricMemory
from parametric_memory.recall.scorer import Scorer, VectorScorer
from parametric_memory.settings import ModelSettings, RecallSettings
from parametric_memory.text.cleaning import clean
from parametric_memory.text.sentences import sentences
from parametric_memory.training.data.question_answering import read_questions

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.records import Recall

_FACTS = (1, 2, 4, 8)
_HIDDEN_FACTS, _HIDDEN_TOKENS, _OF_SHORT_TEXTS = 8, 2048, 10  # one long text for so many short ones
_OF_A_USER = 10  # documents about others in a user's namespace
_TEXTS_A_USER = 5  # one user for so many short texts
_DRAWN_FOR_A_USER = 60
_TELLER = re.compile(r"\b(?:I|[Mm](?:e|y|yself)|[Ww]e|[Uu]s|[Oo]urs?(?:elves)?|[Tt]he user)\b")
_KEPT_VECTORS = 65_536
_MOST_WORDS = 400  # of a passage: longer ones are texts of many pages
_ABSENT = 1_000_000  # what the seed grows by for documents that are not in memory

Scores = dict[str, list[float]]  # by metric, one a question


@dataclass(frozen=True)
class Question:
    """A question, the text that answers it if it is in memory, and what counts as an answer."""

    text: str
    source: str | None
    answers: tuple[str, ...] = ()
    namespace: str = "default"


@dataclass(frozen=True)
class Collection:
    """Texts by the namespace that they lie in, and the questions asked about them and about others."""

    name: str
    texts: Mapping[str, Sequence[str]]
    questions: tuple[Question, ...]


def evaluate_recall(
    memory: ParametricMemory,
    seed: int = 0,
    documents: int = 100,
    data: Path | None = None,
    report: Callable[[str], None] = print,
) -> list[EvalRow]:
    """A row for each metric of each collection: as the memory recalls, and what its scorer brings, with paired errors.

    Args:
        memory: whose embedder, scorer and threshold are used; its folder is not touched.
        documents: how many texts each memory holds.
        data: a file of questions about passages, see `read_questions`; half of the passages are in memory.

    Raises:
        DocumentError: the file cannot be read, or holds no such question.
    """
    collections = [
        generated(seed, documents),
        hidden(seed, documents, Filler(memory.models.base.tokenizer, seed)),
        of_the_asker(seed, documents),
    ]
    if data is not None:
        collections.append(real(data, seed, documents))
    rows = []
    for collection in collections:
        report(f"{collection.name}: {len(collection.questions)} questions")
        rows += _rows(memory, collection, report)
    return rows


def generated(seed: int, documents: int) -> Collection:
    """Documents of one to eight facts, asked about each, and as many questions about documents that are not there."""
    rng = random.Random(seed)
    inside = FactDocuments(seed).documents([rng.choice(_FACTS) for _ in range(documents)])
    outside = FactDocuments(seed + _ABSENT).documents([1] * documents)
    unrelated = [Question(text, None) for text in unrelated_texts().to_report]
    texts = {"default": [document.text for document in inside]}
    return Collection("generated facts", texts, (*_asked(inside, outside), *unrelated))


def hidden(seed: int, documents: int, filler: Filler) -> Collection:
    """Facts in long texts of prose: one such text for ten of the short documents."""
    made = FactDocuments(seed + 2 * _ABSENT).documents([_HIDDEN_FACTS] * max(1, documents // _OF_SHORT_TEXTS))
    long = [replace(document, text=filler.text(_HIDDEN_TOKENS, document.text)) for document in made]
    name = f"facts hidden in {_HIDDEN_TOKENS:,} tokens"
    return Collection(name, {"default": [document.text for document in long]}, _asked(long, ()))


def of_the_asker(seed: int, documents: int) -> Collection:
    """What users say of themselves, each in a namespace with documents about others, and what they never said."""
    texts: dict[str, list[str]] = {}
    questions: list[Question] = []
    for user in range(max(1, documents // _TEXTS_A_USER)):
        made = FactDocuments(seed * _ABSENT + user, one_user=True).documents([1] * _DRAWN_FOR_A_USER)
        own = [document for document in made if _TELLER.search(document.text)]
        told, never, others = own[::2], own[1::2], [d for d in made if d not in own][:_OF_A_USER]
        texts[f"user {user}"] = [document.text for document in (*told, *others)]
        questions += _asked(told, never, f"user {user}")
    return Collection("statements of the asker", texts, tuple(questions))


def _asked(
    inside: Sequence[FactDocument], outside: Sequence[FactDocument], namespace: str = "default"
) -> tuple[Question, ...]:
    present = [Question(f.question, d.text, (f.value,), namespace) for d in inside for f in d.facts]
    absent = [Question(f.question, None, namespace=namespace) for d in outside for f in d.facts]
    return (*present, *absent)


def real(data: Path, seed: int, documents: int) -> Collection:
    """Passages drawn from a file, and questions about these and about as many others."""
    by_text: dict[str, list[Question]] = {}
    for asked in read_questions(data):
        if asked.kind == "extractive" and asked.answers and len(asked.context.split()) <= _MOST_WORDS:
            by_text.setdefault(asked.context, []).append(Question(asked.question, asked.context, asked.answers))
    texts = sorted(by_text)
    random.Random(seed).shuffle(texts)
    inside, outside = texts[:documents], texts[documents : 2 * documents]
    if not inside:
        raise DocumentError(f"{data} holds no extractive question about a text of up to {_MOST_WORDS} words.")
    questions = [question for text in inside for question in by_text[text]]
    questions += [Question(question.text, None) for text in outside for question in by_text[text]]
    return Collection(data.name, {"default": inside}, tuple(questions))


def _rows(memory: ParametricMemory, collection: Collection, report: Callable[[str], None]) -> list[EvalRow]:
    plain = VectorScorer(memory.recaller.calibration.passage_temperature)
    variants: dict[str, Scorer] = {"": memory.recaller.scorer, "judge": plain}
    embeddings = _Remembered(memory.models.embeddings)
    scores: dict[str, Scores] = {}
    with ExitStack() as stack:
        built: dict[str, ParametricMemory] = {}  # by the fingerprint of what embeds documents
        for rule, scorer in variants.items():
            report("  vectors alone" if rule else "  as the memory does")
            if scorer.fingerprint not in built:
                built[scorer.fingerprint] = stack.enter_context(
                    _memory_of(memory, collection.texts, embeddings, scorer)
                )
            with built[scorer.fingerprint].with_recall(scorer=scorer) as recalling:
                scores[rule] = _scores(recalling, collection.questions)
    return [_row(collection.name, metric, {rule: of[metric] for rule, of in scores.items()}) for metric in scores[""]]


def _row(case: str, metric: str, scores: Mapping[str, Sequence[float]]) -> EvalRow:
    """As the memory recalls, and the gain by its scorer, whose error is that of the mean of the questions' own
    differences."""
    whole = scores[""]
    gains = {rule: [a - b for a, b in zip(whole, of, strict=True)] for rule, of in scores.items() if rule}
    means: dict[str, Any] = {f"gain_by_{rule}": fmean(of) for rule, of in gains.items()}
    row = EvalRow.of_scores(case, metric, {"memory": whole}, **means)
    errors = {f"gain_by_{rule}": standard_error(of) for rule, of in gains.items() if len(of) > 1}
    return row.model_copy(update={"errors": {**row.errors, **errors}})


def _scores(memory: ParametricMemory, questions: Sequence[Question]) -> Scores:
    scores: Scores = {
        "right text first": [],
        "right text attached": [],
        "right sentence attached": [],
        "right sentence first": [],
        "nothing attached where no text answers": [],
    }
    for question in questions:
        [first] = memory.recall(question.text, 1, namespace=question.namespace)
        if question.source is None:
            scores["nothing attached where no text answers"].append(not first.attached)
            continue
        is_right = memory.text(first.entry_id) == clean(question.source)
        scores["right text first"].append(is_right)
        scores["right text attached"].append(is_right and first.attached)
        best = first.model_copy(update={"passages": first.passages[:1]})
        for metric, attached in (("right sentence attached", first), ("right sentence first", best)):
            scores[metric].append(is_right and _holds_answer(memory, attached, question))
    return {metric: [float(score) for score in of] for metric, of in scores.items() if of}


def _holds_answer(memory: ParametricMemory, recall: Recall, question: Question) -> bool:
    return recall.attached and contains_any(memory.recaller.passage(recall), question.answers)


@contextmanager
def _memory_of(
    memory: ParametricMemory, texts: Mapping[str, Sequence[str]], embeddings: Embeddings, scorer: Scorer
) -> Iterator[ParametricMemory]:
    settings = ModelSettings(internalizer=_Sentences(), embeddings=embeddings)
    threshold = memory.recaller.calibration.threshold if scorer.threshold is None else scorer.threshold
    recall = RecallSettings(scorer=scorer, threshold=threshold, max_passages=memory.recaller.max_passages)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        ParametricMemory(
            Path(folder) / "memory", base_model=memory.models.base, models=settings, recall=recall
        ) as made,
    ):
        for namespace, own in texts.items():
            for number, text in enumerate(own):
                made.add(text, id=f"{namespace} {number}", namespace=namespace)
        yield made


class _Sentences:
    """Makes no adapter of a text, only its sentences: nothing is answered from this memory."""

    fingerprint = "sentences alone"

    def internalize(self, text: str) -> Internalized:
        found = sentences(text) or [text]
        return Internalized(_nothing(), tokens=len(text.split()), chunks=len(found), passages=found)


def _nothing() -> Adapter:
    import torch

    from parametric_memory.adapters.factors import Adapter, Factors

    return Adapter({"nothing": Factors(torch.zeros(1, 1), torch.zeros(1, 1))})


class _Remembered(Embeddings):
    """An embedder that is asked for each text once."""

    def __init__(self, embeddings: Embeddings):
        self.embeddings, self.fingerprint = embeddings, fingerprint_of(embeddings)
        self._query = lru_cache(_KEPT_VECTORS)(embeddings.embed_query)
        self._documents: dict[str, list[float]] = {}

    def embed_query(self, text: str) -> list[float]:
        return self._query(text)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        new = [text for text in dict.fromkeys(texts) if text not in self._documents]
        if new:
            self._documents.update(zip(new, self.embeddings.embed_documents(new), strict=True))
        return [self._documents[text] for text in texts]

"""`eval recall` and `unknown`: what a question recalls, and whether a memory knows what is not in it.

Nothing is answered. Texts are cut into sentences as for a hypernetwork, and no adapter is made of them: a thousand
questions take minutes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from parametric_memory.documents.cleaning import clean
from parametric_memory.documents.sentences import sentences
from parametric_memory.evaluation.held_out import Filler
from parametric_memory.evaluation.memories import CachedEmbeddings, sentence_memory
from parametric_memory.evaluation.question_collections import (
    Collection,
    Question,
    generated,
    halves,
    hidden,
    of_strangers,
    of_the_asker,
    real,
)
from parametric_memory.evaluation.rows import EvalRow, difference
from parametric_memory.evaluation.runner import Runner
from parametric_memory.evaluation.scores import contains_any
from parametric_memory.memory import reopen
from parametric_memory.recall.scorer import VectorScorer
from parametric_memory.training.roc import KEPT, area_under_curve, threshold_keeping

if TYPE_CHECKING:
    from parametric_memory.memory import ParametricMemory

_LEAST_OF_A_GROUP = 20  # unanswerable questions, for a row of their own


class _Found(NamedTuple):
    """The first recall of a question.

    Attributes:
        right: whether it is the text that answers; None: no text in memory does.
        answers: whether the attached sentences contain an answer; best: whether the best sentence does.
    """

    question: Question
    score: float
    attached: bool
    right: bool | None
    answers: bool
    best: bool

    @classmethod
    def of(cls, memory: ParametricMemory, question: Question) -> _Found:
        [first] = memory.recall(question.text, 1, namespace=question.namespace)
        if question.source is None:
            return cls(question, first.score, first.attached, None, False, False)
        is_right = memory.storage.entries.text(first.entry_id) == clean(question.source)
        best = first.model_copy(update={"passages": first.passages[:1]})
        answers, by_best = (
            is_right and recall.attached and contains_any(memory.recaller.passage(recall), question.answers)
            for recall in (first, best)
        )
        return cls(question, first.score, first.attached, is_right, answers, by_best)


_Metrics = Mapping[str, Callable[[_Found], bool | None]]  # None where a metric does not apply to a question
_METRICS: _Metrics = {
    "right text first": lambda found: found.right,
    "right text attached": lambda found: found.right and found.attached,
    "right sentence attached": lambda found: None if found.right is None else found.answers,
    "right sentence first": lambda found: None if found.right is None else found.best,
    "nothing attached where no text answers": lambda found: None if found.right is not None else not found.attached,
}
_UNGATED: _Metrics = {
    "right text first": lambda found: found.right,
    "right sentence first of all in memory": lambda found: found.best if _in_one_sentence(found.question) else None,
}


def _in_one_sentence(question: Question) -> bool:
    """Whether a single sentence of the question's text contains an answer."""
    return any(contains_any(sentence, question.answers) for sentence in sentences(question.source or ""))


def _scores(memory: ParametricMemory, collection: Collection, metrics: _Metrics) -> dict[str, list[bool]]:
    """By metric, the scores of the questions that it applies to; without metrics that apply to none."""
    found = [_Found.of(memory, question) for question in collection.questions]
    scores = {metric: [of for each in found if (of := score(each)) is not None] for metric, score in metrics.items()}
    return {metric: of for metric, of in scores.items() if of}


def evaluate_recall(runner: Runner, seed: int = 0, documents: int = 100, data: Path | None = None) -> list[EvalRow]:
    """A row for each metric of each collection: as the memory recalls, and the gain by its scorer, with paired errors.

    Args:
        documents: how many texts each memory holds.
        data: a file of questions about passages, see `read_questions`; half of the passages are in memory.

    Raises:
        DocumentError: the file cannot be read, or holds no such question.
    """
    filler = Filler(runner.base.tokenizer, seed)
    collections = [generated(seed, documents), hidden(seed, documents, filler), of_the_asker(seed, documents)]
    if data is not None:
        collections.append(real(data, seed, documents))
    rows = []
    for collection in collections:
        runner.report(f"{collection.name}: {len(collection.questions)} questions")
        rows += _recall_rows(runner, collection)
    return rows


def _recall_rows(runner: Runner, collection: Collection) -> list[EvalRow]:
    recaller, embeddings = runner.memory.recaller, CachedEmbeddings(runner.memory.models.embeddings)
    scores = []
    for scorer in (recaller.scorer, VectorScorer(recaller.calibration.passage_temperature)):
        with sentence_memory(runner.memory, collection.texts, embeddings, scorer) as made:
            scores.append(_scores(made, collection, _METRICS))
    whole, vectors = scores
    rows = [
        (EvalRow.of_scores(collection.name, metric, {"memory": of}), of, vectors[metric])
        for metric, of in whole.items()
    ]
    return [row.plus({"gain_by_judge": difference(of, alone)}) for row, of, alone in rows]


def evaluate_unknown(
    runner: Runner, seed: int = 0, documents: int = 100, data: Path | None = None, passages: int | None = None
) -> list[EvalRow]:
    """Unanswerable questions beside answerable ones of their kind: whether the nearest text passes the memory's
    threshold, the one that 95 % of the answerable questions pass, and any threshold (AUC). Of passages, also by source.

    Args:
        documents: how many generated texts each memory holds.
        data: a file of questions about passages, see `read_questions`; half of the passages are in memory.
        passages: how many of the file's passages are drawn; all when not given.

    Raises:
        DocumentError: the file cannot be read, or has no two passages with different subjects.
    """
    collections = [of_strangers(seed, documents), of_the_asker(seed, documents)]
    if data is not None:
        collections = [*halves(data, seed, passages), *collections]
    embeddings = CachedEmbeddings(runner.memory.models.embeddings)
    rows = []
    for collection in collections:
        texts = sum(map(len, collection.texts.values()))
        runner.report(f"{collection.name}: {len(collection.questions)} questions, {texts} texts in memory")
        with sentence_memory(runner.memory, collection.texts, embeddings, runner.memory.recaller.scorer) as made:
            rows += _gate_rows(collection.name, [_Found.of(made, question) for question in collection.questions])
            with reopen(made, threshold=-math.inf) as ungated:
                scores = _scores(ungated, collection, _UNGATED)
        rows += [EvalRow.of_scores(collection.name, metric, {"memory": of}, "ungated") for metric, of in scores.items()]
    return rows


def _gate_rows(name: str, nearest: Sequence[_Found]) -> list[EvalRow]:
    """The shares of answerable and of unanswerable questions that pass the gate."""
    own = [found for found in nearest if found.question.source is not None]
    foreign = [found for found in nearest if found.question.source is None]
    if not own or not foreign:
        return []
    scores = [found.score for found in own]
    least = threshold_keeping(scores, KEPT)
    rows = [EvalRow.of_scores(name, "answerable attached", {"memory": [found.attached for found in own]})]
    counts = Counter(found.question.group for found in foreign)
    groups = [group for group, count in counts.most_common() if group and count >= _LEAST_OF_A_GROUP]
    for group in ("", *groups):
        of = [found for found in foreign if group in ("", found.question.group)]
        passing = {
            "unanswerable attached": [found.attached for found in of],
            f"unanswerable attached, {KEPT:.0%} of answerable kept": [found.score >= least for found in of],
        }
        case = f"{name}, {group}" if group else name
        rows += [EvalRow.of_scores(case, metric, {"memory": shares}) for metric, shares in passing.items()]
    area = area_under_curve(scores, [found.score for found in foreign])
    metric = "score, answerable above unanswerable (AUC)"
    return [
        *rows,
        *EvalRow.of_measured(name, metric, {"memory": area}, len(nearest)),
        EvalRow(case=name, metric=f"threshold that keeps {KEPT:.0%}", memory=least, n=len(own), unit="number"),
    ]

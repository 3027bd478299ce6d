"""`eval unknown`: does a memory know what is not in it? Questions that nothing answers, beside others of their kind.

What a gate lets through is attached, and answered from. Measured is the score of what is nearest to each question: at
the memory's own threshold, at the one that keeps 95 % of the questions that a text in memory answers, and whatever the
threshold (AUC). No language model answers.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.evaluation.question_collections import Collection, Question, halves, of_strangers, of_the_asker
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.scoring import contains_any
from parametric_memory.evaluation.sentence_memory import RememberedEmbeddings, holds_answer, sentence_memory
from parametric_memory.text.cleaning import clean
from parametric_memory.text.sentences import sentences
from parametric_memory.training.told_apart import KEPT, area_under_curve, threshold_keeping

if TYPE_CHECKING:
    from parametric_memory.memory import ParametricMemory

_LEAST_OF_A_GROUP = 20  # questions that nothing answers, for a row of their own


@dataclass(frozen=True)
class _Nearest:
    """What is nearest to a question: its score, and whether it is attached at the memory's own threshold."""

    question: Question
    score: float
    attached: bool


def evaluate_unknown(
    memory: ParametricMemory,
    seed: int = 0,
    documents: int = 100,
    data: Path | None = None,
    passages: int | None = None,
    report: Callable[[str], None] = print,
) -> list[EvalRow]:
    """The rows of each collection; of passages, those of each source too.

    Args:
        memory: whose embedder, scorer and threshold are measured; its folder is not touched.
        documents: how many generated texts each memory holds.
        data: a file of questions about passages, see `read_questions`; half of the passages are in memory.
        passages: how many of the file's passages are drawn; all when not given.

    Raises:
        DocumentError: the file cannot be read, or has no two passages with different subjects.
    """
    collections = [of_strangers(seed, documents), of_the_asker(seed, documents)]
    if data is not None:
        collections = [*halves(data, seed, passages), *collections]
    embeddings = RememberedEmbeddings(memory.models.embeddings)
    rows = []
    for collection in collections:
        texts = sum(map(len, collection.texts.values()))
        report(f"{collection.name}: {len(collection.questions)} questions, {texts} texts in memory")
        with sentence_memory(memory, collection.texts, embeddings, memory.recaller.scorer) as made:
            nearest = [_nearest(made, question) for question in collection.questions]
            rows += [*_rows(collection, nearest), *_found(made, collection)]
    return rows


def _nearest(memory: ParametricMemory, question: Question) -> _Nearest:
    [first] = memory.recall(question.text, 1, namespace=question.namespace)
    return _Nearest(question, first.score, first.attached)


def _rows(collection: Collection, nearest: Sequence[_Nearest]) -> list[EvalRow]:
    """Of questions that a text in memory answers, and of those that none does, as many as a gate lets through."""
    own = [found for found in nearest if found.question.source is not None]
    foreign = [found for found in nearest if found.question.source is None]
    name, scores = collection.name, [found.score for found in own]
    if not own or not foreign:
        return []
    least = threshold_keeping(scores, KEPT)
    rows = [EvalRow.of_scores(name, "answerable attached", {"memory": [found.attached for found in own]})]
    counts = Counter(found.question.group for found in foreign)
    groups = [group for group, count in counts.most_common() if group and count >= _LEAST_OF_A_GROUP]
    for group in ("", *groups):
        of = [found for found in foreign if group in ("", found.question.group)]
        case = f"{name}, {group}" if group else name
        at_own, kept = [found.attached for found in of], [found.score >= least for found in of]
        rows.append(EvalRow.of_scores(case, "unanswerable attached", {"memory": at_own}))
        rows.append(EvalRow.of_scores(case, f"unanswerable attached, {KEPT:.0%} of answerable kept", {"memory": kept}))
    area = area_under_curve(scores, [found.score for found in foreign])
    assert area is not None
    errors = {} if area.error is None else {"memory": area.error}
    metric = "score, answerable above unanswerable (AUC)"
    return [
        *rows,
        EvalRow(case=name, metric=metric, memory=area.value, n=len(nearest), unit="number", errors=errors),
        EvalRow(case=name, metric=f"threshold that keeps {KEPT:.0%}", memory=least, n=len(own), unit="number"),
    ]


def _found(memory: ParametricMemory, collection: Collection) -> list[EvalRow]:
    """Whether the right text is first, and, where one of its sentences holds an answer, such a sentence; of all in
    memory, and whatever the gate says."""
    texts: list[bool] = []
    found: list[bool] = []
    with memory.with_recall(threshold=-math.inf) as ungated:
        for question in collection.questions:
            if question.source is None:
                continue
            [first] = ungated.recall(question.text, 1, namespace=question.namespace)
            is_right = ungated.text(first.entry_id) == clean(question.source)
            texts.append(is_right)
            if any(contains_any(sentence, question.answers) for sentence in sentences(question.source)):
                best = first.model_copy(update={"passages": first.passages[:1]})
                found.append(is_right and holds_answer(ungated, best, question.answers))
    metrics = {"right text first": texts, "right sentence first of all in memory": found}
    return [
        EvalRow.of_scores(collection.name, metric, {"memory": of}, "ungated") for metric, of in metrics.items() if of
    ]

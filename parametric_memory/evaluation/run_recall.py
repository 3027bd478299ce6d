"""`eval recall` and `unknown`: what a question recalls, and whether a memory knows what is not in it.

Nothing is answered. Texts are cut into sentences as they are for a hypernetwork, and no adapter is made of them: a
thousand questions take minutes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from parametric_memory.documents.cleaning import clean
from parametric_memory.documents.sentences import sentences
from parametric_memory.evaluation.held_out import Filler
from parametric_memory.evaluation.memories import RememberedEmbeddings, holds_answer, sentence_memory
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
from parametric_memory.recall.scorer import Scorer, VectorScorer
from parametric_memory.training.roc import KEPT, area_under_curve, threshold_keeping

if TYPE_CHECKING:
    from parametric_memory.memory import ParametricMemory

_LEAST_OF_A_GROUP = 20  # questions that nothing answers, for a row of their own


class _Found(NamedTuple):
    """The first recall of a question.

    Attributes:
        right: whether it is the text that answers; None: no text in memory does.
        answers: whether what would be attached of it holds an answer; best: whether its best sentence does.
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
        best = first.model_copy(update={"passages": first.passages[:1]})
        is_right = memory.storage.entries.text(first.entry_id) == clean(question.source)
        answers, by_best = (is_right and holds_answer(memory, each, question.answers) for each in (first, best))
        return cls(question, first.score, first.attached, is_right, answers, by_best)


# None where a metric does not apply to a question.
_METRICS: Mapping[str, Callable[[_Found], bool | None]] = {
    "right text first": lambda found: found.right,
    "right text attached": lambda found: found.right and found.attached,
    "right sentence attached": lambda found: None if found.right is None else found.answers,
    "right sentence first": lambda found: None if found.right is None else found.best,
    "nothing attached where no text answers": lambda found: None if found.right is not None else not found.attached,
}
_OF_ALL: Mapping[str, Callable[[_Found], bool | None]] = {  # in memory, whatever the gate says
    "right text first": lambda found: found.right,
    "right sentence first of all in memory": lambda found: (
        found.best
        if any(contains_any(each, found.question.answers) for each in sentences(found.question.source or ""))
        else None
    ),
}


def _known(found: Sequence[_Found], score: Callable[[_Found], bool | None]) -> list[float]:
    """The scores of the questions that a metric applies to."""
    return [float(of) for each in found if (of := score(each)) is not None]


def evaluate_recall(runner: Runner, seed: int = 0, documents: int = 100, data: Path | None = None) -> list[EvalRow]:
    """A row for each metric of each collection: as the memory recalls, and what its scorer brings, with paired errors.

    Args:
        documents: how many texts each memory holds.
        data: a file of questions about passages, see `read_questions`; half of the passages are in memory.

    Raises:
        DocumentError: the file cannot be read, or holds no such question.
    """
    collections = [
        generated(seed, documents),
        hidden(seed, documents, Filler(runner.base.tokenizer, seed)),
        of_the_asker(seed, documents),
    ]
    if data is not None:
        collections.append(real(data, seed, documents))
    rows = []
    for collection in collections:
        runner.report(f"{collection.name}: {len(collection.questions)} questions")
        rows += _recall_rows(runner, collection)
    return rows


def _recall_rows(runner: Runner, collection: Collection) -> list[EvalRow]:
    memory = runner.memory
    plain = VectorScorer(memory.recaller.calibration.passage_temperature)
    variants: dict[str, Scorer] = {"as the memory does": memory.recaller.scorer, "vectors alone": plain}
    embeddings = RememberedEmbeddings(memory.models.embeddings)
    scores: list[dict[str, list[float]]] = []
    with ExitStack() as stack:
        built: dict[str, ParametricMemory] = {}  # by the fingerprint of what embeds documents
        for variant, scorer in variants.items():
            runner.report(f"  {variant}")
            if scorer.fingerprint not in built:
                made = sentence_memory(memory, collection.texts, embeddings, scorer)
                built[scorer.fingerprint] = stack.enter_context(made)
            with reopen(built[scorer.fingerprint], scorer=scorer) as recalling:
                found = [_Found.of(recalling, question) for question in collection.questions]
                scores.append({metric: of for metric, score in _METRICS.items() if (of := _known(found, score))})
    whole, alone = scores
    return [
        EvalRow.of_scores(collection.name, metric, {"memory": of}).plus(
            {"gain_by_judge": difference(of, alone[metric])}
        )
        for metric, of in whole.items()
    ]


def evaluate_unknown(
    runner: Runner, seed: int = 0, documents: int = 100, data: Path | None = None, passages: int | None = None
) -> list[EvalRow]:
    """Unanswerable questions beside answerable ones of their kind: the score of what is nearest to each, at the
    memory's own threshold, at the one that keeps 95 % of the questions that a text in memory answers, and whatever the
    threshold (AUC). Of passages, also by their source.

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
    embeddings = RememberedEmbeddings(runner.memory.models.embeddings)
    rows = []
    for collection in collections:
        texts = sum(map(len, collection.texts.values()))
        runner.report(f"{collection.name}: {len(collection.questions)} questions, {texts} texts in memory")
        with sentence_memory(runner.memory, collection.texts, embeddings, runner.memory.recaller.scorer) as made:
            rows += _gate_rows(collection.name, [_Found.of(made, question) for question in collection.questions])
            with reopen(made, threshold=-math.inf) as ungated:
                found = [_Found.of(ungated, question) for question in collection.questions]
            for metric, score in _OF_ALL.items():
                if of := _known(found, score):
                    rows.append(EvalRow.of_scores(collection.name, metric, {"memory": of}, "ungated"))
    return rows


def _gate_rows(name: str, nearest: Sequence[_Found]) -> list[EvalRow]:
    """Of questions that a text in memory answers, and of those that none does, as many as a gate lets through."""
    own = [found for found in nearest if found.question.source is not None]
    foreign = [found for found in nearest if found.question.source is None]
    if not own or not foreign:
        return []
    scores = [found.score for found in own]
    least = threshold_keeping(scores, KEPT)
    rows = [EvalRow.of_scores(name, "answerable attached", {"memory": [float(found.attached) for found in own]})]
    counts = Counter(found.question.group for found in foreign)
    groups = [group for group, count in counts.most_common() if group and count >= _LEAST_OF_A_GROUP]
    for group in ("", *groups):
        of = [found for found in foreign if group in ("", found.question.group)]
        passing = {
            "unanswerable attached": [float(found.attached) for found in of],
            f"unanswerable attached, {KEPT:.0%} of answerable kept": [float(found.score >= least) for found in of],
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

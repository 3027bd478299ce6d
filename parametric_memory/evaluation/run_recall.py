"""`eval recall`: what is found for a question, and what the judge brings to that. Nothing is answered.

Texts are cut into sentences as they are for a hypernetwork, and no adapter is made of them: a thousand questions take
minutes. Facts are generated from held-out words; real passages come from a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from parametric_memory.evaluation.filler import Filler
from parametric_memory.evaluation.question_collections import (
    Collection,
    Question,
    generated,
    hidden,
    of_the_asker,
    real,
)
from parametric_memory.evaluation.rows import EvalRow, standard_error
from parametric_memory.evaluation.sentence_memory import RememberedEmbeddings, holds_answer, sentence_memory
from parametric_memory.recall.scorer import Scorer, VectorScorer
from parametric_memory.text.cleaning import clean

if TYPE_CHECKING:
    from parametric_memory.memory import ParametricMemory

Scores = dict[str, list[float]]  # by metric, one a question


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


def _rows(memory: ParametricMemory, collection: Collection, report: Callable[[str], None]) -> list[EvalRow]:
    plain = VectorScorer(memory.recaller.calibration.passage_temperature)
    variants: dict[str, Scorer] = {"": memory.recaller.scorer, "judge": plain}
    embeddings = RememberedEmbeddings(memory.models.embeddings)
    scores: dict[str, Scores] = {}
    with ExitStack() as stack:
        built: dict[str, ParametricMemory] = {}  # by the fingerprint of what embeds documents
        for rule, scorer in variants.items():
            report("  vectors alone" if rule else "  as the memory does")
            if scorer.fingerprint not in built:
                built[scorer.fingerprint] = stack.enter_context(
                    sentence_memory(memory, collection.texts, embeddings, scorer)
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
            scores[metric].append(is_right and holds_answer(memory, attached, question.answers))
    return {metric: [float(score) for score in of] for metric, of in scores.items() if of}

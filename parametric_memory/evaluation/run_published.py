"""`eval published`: sets as they are published, asked, answered and scored as Doc-to-LoRA's authors do.

The document is given, its answer has up to 256 tokens, and the relative score says how many times the score of the
document in the prompt the memory's is. Beside the controls: other hypernetworks on the same questions; a document that
is read again under its own adapter, and an adapter that depends on the question, which stands before the document; and
the document compressed by LLMLingua-2 in the prompt.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import SettingsError
from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.comparisons import ratio_of_means
from parametric_memory.evaluation.controls import Adapting, Examiner
from parametric_memory.evaluation.indexed import indexed
from parametric_memory.evaluation.metrics import exact_match, rouge_l, word_f1
from parametric_memory.evaluation.published_sets import F1, SETS, read_published
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.internalize.internalizer import HypernetworkInternalizer
from parametric_memory.settings import HYPERNETWORK

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter

READ_TWICE, QUESTION_FIRST = "read_twice", "question_first"
MODES = (READ_TWICE, QUESTION_FIRST)
COMPRESSED = "compressed"
RELATIVE = "relative"

Ask = Callable[[str], list[int]]


def evaluate_published(
    examiner: Examiner,
    name: str,
    path: Path,
    *,
    limit: int | None = None,
    seed: int = 0,
    also: Sequence[Path] = (),
    modes: Sequence[str] = (),
    compress: Callable[[str], str] | None = None,
    report: Callable[[str], None] = print,
) -> list[EvalRow]:
    """A row of the set's score and one of exact match, each with relative scores where the prompt is a control.

    Args:
        name: of `published_sets.SETS`.
        limit: how many questions, drawn with the seed; None: all.
        also: folders of other hypernetworks, each a column by its name.
        modes: of `MODES`; for hypernetworks alone.
        compress: a column of what it leaves of the document, in the prompt.

    Raises:
        CheckpointError: one of the other hypernetworks cannot be used with this base model.
        DocumentError: the file cannot be read, or is of another form.
        SettingsError: there is no such set or mode, or a mode is wanted of an internalizer that has none.
    """
    if unknown := [mode for mode in modes if mode not in MODES]:
        raise SettingsError(f"There is no mode {unknown[0]!r}: they are {', '.join(MODES)}.")
    asked, published = read_published(name, path), SETS[name]
    if limit is not None and limit < len(asked):
        asked = random.Random(seed).sample(asked, limit)
        asked.sort(key=lambda a: a.context)  # each document once
    cases = [Case(a.context, a.question, a.answers, wording=published.asked_as(a.question)) for a in asked]
    report(f"{len(cases)} questions about {len({case.document for case in cases})} documents")
    columns = {mode: _mode(examiner, mode) for mode in modes}
    columns |= {
        folder.parent.name if folder.name == "hypernetwork" else folder.name: _of(examiner, folder) for folder in also
    }
    with (
        indexed(examiner.memory, list(dict.fromkeys(case.document for case in cases))) as texts,
        texts.under(threshold=-1.0) as given,
    ):
        answers = examiner.answers(cases, given.adapt_to_own, given.hybrid_of_own)
    for column, (adapt, ask) in columns.items():
        report(f"{column}: the same questions")
        answers[column] = examiner.under(cases, adapt, ask)
    if compress is not None:
        answers[COMPRESSED] = [reply.text for reply in examiner.read(cases, lambda case: compress(case.document))]
    rows = []
    for metric in dict.fromkeys((published.score, "exact")):
        scores = {
            column: [_score(metric, text, case) for case, text in zip(cases, texts_of, strict=True)]
            for column, texts_of in answers.items()
        }
        row = EvalRow.of_scores(name, metric, scores, "given", [case.document for case in cases])
        rows.append(_with_relative(row, scores, [case.document for case in cases]))
    return rows


def _score(metric: str, text: str, case: Case) -> float:
    if metric == F1:
        return word_f1(text, case.answers).f1
    if metric == "exact":
        return float(exact_match(text, case.answers))
    return max(rouge_l(text, answer) for answer in case.answers)


def _with_relative(row: EvalRow, scores: dict[str, list[float]], documents: Sequence[str]) -> EvalRow:
    """The row with what share of the prompt's score the others have; as it is without that control."""
    if "in_prompt" not in scores:
        return row
    figures: dict[str, Any] = {}
    errors = dict(row.errors)
    for column, own in scores.items():
        if column in ("in_prompt", "none", "random_adapter"):
            continue
        measured = ratio_of_means(own, scores["in_prompt"], documents)
        if measured is not None:
            title = RELATIVE if column == "memory" else f"{RELATIVE}_{column}"
            figures[title] = measured.value
            if measured.error is not None:
                errors[title] = measured.error
    return row.model_copy(update={**figures, "errors": errors})


def _mode(examiner: Examiner, mode: str) -> tuple[Adapting, Ask]:
    """How a case is adapted to in a mode, and how it is asked."""
    own = examiner.memory.models.internalizer
    if not isinstance(own, HypernetworkInternalizer):
        raise SettingsError(f"{mode} is a mode of hypernetworks: this memory has another internalizer.")
    if mode == READ_TWICE:
        twice = HypernetworkInternalizer(
            own.base, own.hypernetwork, own.fingerprint, own.rank, max_rank=own.max_rank, passes=2
        )
        return examiner.adapters_by(twice), own.question

    def adapt(case: Case) -> Adapter:
        return own.internalize(case.document, question=case.question).to_keep

    return adapt, own.question


def _of(examiner: Examiner, folder: Path) -> tuple[Adapting, Ask]:
    """The whole adapters of another hypernetwork, and how it has the base model asked."""
    from parametric_memory.models.selection import Models

    settings = replace(
        examiner.memory.models.settings,
        hypernetwork=str(folder),
        base_model=examiner.base,
        internalizer=HYPERNETWORK,
        max_rank=None,
    )
    models = Models(settings, progress=False)
    return examiner.adapters_by(models.internalizer), models.question

"""`eval published`: sets as they are published, asked, answered and scored as Doc-to-LoRA's authors do.

The document is given, its answer has up to 256 tokens, and the relative score is the share of the score of the document
in the prompt. Further columns: other hypernetworks.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from parametric_memory.evaluation.columns import Adapters, Adapting, Case
from parametric_memory.evaluation.question_sets import F1, ROUGE_L, SETS, read_published
from parametric_memory.evaluation.rows import EvalRow, ratio_of_means
from parametric_memory.evaluation.runner import Answered, Ask, Runner, Scores
from parametric_memory.evaluation.scores import exact_match, rouge_l, stemmer, word_f1

RELATIVE = "relative"
_SCORES: Scores = {
    F1: lambda case, text: word_f1(text, case.answers),
    ROUGE_L: lambda case, text: max(rouge_l(text, answer) for answer in case.answers),
    "exact": lambda case, text: exact_match(text, case.answers),
}


def evaluate_published(
    runner: Runner,
    name: str,
    path: Path,
    *,
    limit: int | None = None,
    seed: int = 0,
    also: Sequence[Path] = (),
) -> list[EvalRow]:
    """A row of the set's score and one of exact match, each with relative scores where the prompt is a column.

    Args:
        name: of `question_sets.SETS`.
        limit: how many questions, drawn with the seed; None: all.
        also: folders of other hypernetworks, each a column by its name.

    Raises:
        CheckpointError: one of the other hypernetworks cannot be used with this base model.
        DocumentError: the file cannot be read, or is of another form.
        SettingsError: an unknown set, or a missing package.
    """
    asked, published = read_published(name, path), SETS[name]
    if published.score == ROUGE_L:
        stemmer()
    if limit is not None and limit < len(asked):
        asked = random.Random(seed).sample(asked, limit)
        asked.sort(key=lambda a: a.context)  # each document once
    cases = [Case(a.context, a.question, a.answers, wording=published.asked_as(a.question)) for a in asked]
    documents = [case.document for case in cases]
    runner.report(f"{len(cases)} questions about {len(set(documents))} documents")
    columns = {f.parent.name if f.name == "hypernetwork" else f.name: _of(runner, f) for f in also}
    replies = dict(runner.answer(cases, "given").replies)
    for column, (adapt, ask) in columns.items():
        runner.report(f"{column}: the same questions")
        replies[column] = runner.under(cases, adapt, ask)
    answered, rows = Answered(cases, replies, "given"), []
    for metric in (published.score, "exact"):
        scores = answered.scored(_SCORES[metric])
        row = EvalRow.of_scores(name, metric, scores, "given", documents)
        prompt = scores.pop("in_prompt", None)
        for column, own in scores.items():
            if prompt is not None and column in ("memory", *columns):
                title = RELATIVE if column == "memory" else f"{RELATIVE}_{column}"
                row = row.plus({title: ratio_of_means(own, prompt, documents)})
        rows.append(row)
    return rows


def _of(runner: Runner, folder: Path) -> tuple[Adapting, Ask]:
    """The whole adapters of another hypernetwork, and how it has the base model asked."""
    from parametric_memory.internalize.selection import Models

    used = runner.memory.models.settings
    settings = replace(used, hypernetwork=str(folder), base_model=runner.base, internalizer=None, max_rank=None)
    models = Models(settings, progress=False)
    return Adapters.by(models.internalizer), models.question

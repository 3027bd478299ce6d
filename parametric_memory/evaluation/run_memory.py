"""`eval memory`: measures the settings of recall, to choose their defaults.

How many adapters an answer merges, how many of a document's sentences, and how strongly; and the score above which a
document is attached.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from parametric_memory.evaluation.held_out import FactDocuments, unrelated_texts
from parametric_memory.evaluation.memories import indexed
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.run_facts import FACT_SCORES, question_among
from parametric_memory.evaluation.runner import Runner

_CALIBRATION = 500_000  # added to the seed: these documents are those of no other evaluation
_FACTS = (1, 2, 3, 4)
_THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
# Settings of recall; the first is asked under the controls too.
_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    **{f"{count} adapter{'s' if count > 1 else ''}": {"max_adapters": count} for count in (1, 2, 4, 8)},
    **{f"{count} sentence{'s' if count > 1 else ''}": {"max_passages": count} for count in (1, 2, 3, 5)},
    **{f"strength {strength:g}": {"strength": strength} for strength in (0.75, 1.0, 1.25, 1.5, 2.0)},
}


def evaluate_memory(runner: Runner, seed: int = 0, documents: int = 40) -> list[EvalRow]:
    """Rows of all settings; the last is the threshold that best separates answerable questions from others.

    documents: in the memory, each asked about once.
    """
    rng = random.Random(seed)
    source = FactDocuments(_CALIBRATION + seed * 1000 + documents, one_user=True)
    made = source.documents([rng.choice(_FACTS) for _ in range(documents)])
    absent = source.documents([1] * documents)
    rows: list[EvalRow] = []
    with indexed(runner.memory, [document.text for document in made], "ungated") as texts:
        cases = [question_among(rng, made, i) for i in range(documents)]
        for name, settings in _SETTINGS.items():
            runner.report(f"{name}, {documents} questions")
            with texts.under("ungated", **settings) as other:
                rows += runner.ask_memory(cases, other, () if rows else None).rows(name, FACT_SCORES)
        nearest = [(case, texts.recalls(case)[0]) for case in cases]
        answerable = [r.score if texts.texts[r.entry_id] == case.document else -1.0 for case, r in nearest]
        unrelated = [texts.found(question)[0].score for question in unrelated_texts().to_calibrate]
        strangers = [texts.found(d.facts[0].question)[0].score for d in absent]
    return rows + threshold_rows(answerable, unrelated, strangers)


def threshold_rows(
    answerable: Sequence[float], unrelated: Sequence[float], strangers: Sequence[float]
) -> list[EvalRow]:
    """Shares of questions that pass at several thresholds, and the best threshold.

    Args:
        answerable: similarity of each answerable question to the document that answers it; -1 where another one is
            nearer.
        unrelated: similarity of each unrelated question to the nearest document.
        strangers: the same of questions about subjects that no document mentions.
    """
    best, rows = calibrated_threshold(answerable, unrelated), []
    groups = {
        "right recalls kept": answerable,
        "unrelated let through": unrelated,
        "unknown subjects let through": strangers,
    }
    for threshold in dict.fromkeys((*_THRESHOLDS, best)):
        name = f"threshold {threshold:.2f}" + (" (calibrated)" if threshold == best else "")
        for metric, scores in groups.items():
            rows.append(EvalRow.of_scores(name, metric, {"memory": [score >= threshold for score in scores]}))
    count = len(answerable) + len(unrelated)
    return [*rows, EvalRow(case="calibrated threshold", metric="similarity", memory=best, n=count, unit="number")]


def calibrated_threshold(answerable: Sequence[float], unrelated: Sequence[float]) -> float:
    """The threshold that maximizes the share of answerable questions kept minus that of unrelated ones let through.

    Candidates have two decimals and lie halfway between neighbouring scores, as nearly as possible.
    """
    scores = sorted({*answerable, *unrelated})
    gates = [round((low + high) / 2, 2) for low, high in pairwise(scores)] or scores

    def gain(threshold: float) -> float:
        kept, let_through = (sum(s >= threshold for s in group) / len(group) for group in (answerable, unrelated))
        return kept - let_through

    return max(gates, key=gain)

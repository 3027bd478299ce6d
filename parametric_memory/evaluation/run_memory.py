"""`eval memory`: what recall's defaults are chosen from.

One memory of many documents, asked about each. How many adapters an answer should merge, with which weights; how many
of a document's sentences, weighted how sharply, and how strongly; at which rank; and above which similarity a document
should be attached at all.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from itertools import pairwise

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.focus import MAX_PASSAGES, TEMPERATURE, passage_weights
from parametric_memory.adapters.merging import compress
from parametric_memory.adapters.peft_merging import combine_as_peft
from parametric_memory.evaluation.columns import Adapting, Attaching, Case
from parametric_memory.evaluation.held_out import FactDocuments, unrelated_texts
from parametric_memory.evaluation.memories import IndexedTexts, indexed
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.run_facts import FACT_SCORES, question_among
from parametric_memory.evaluation.runner import Runner
from parametric_memory.internalize.internalizer import HypernetworkInternalizer
from parametric_memory.records import RecalledPassage

_CALIBRATION = 500_000  # added to the seed: these documents are those of no other evaluation
_FACTS = (1, 2, 3, 4)
_MOST_ADAPTERS = 8
_ADAPTERS = (2, 4, _MOST_ADAPTERS)
_MOST_PASSAGES = 5
_PASSAGES = (1, 2, 3, _MOST_PASSAGES, None)  # sentences of a document
_TEMPERATURES = (0.05, 0.1, 0.15, 0.3, math.inf)  # of their weights
_STRENGTHS = (0.75, 1.0, 1.25, 1.5, 2.0)  # of their rows
_GATE_RANKS = (4, 8, 20, 80, None)  # rows for every 100 tokens
_SVD_RANKS = (4, 8, 16)
_AS_PEFT = ("linear", "ties")
_THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)

Weighting = Callable[[Sequence[float]], list[float]]

# Weights of the recalled adapters, from their scores, best first.
WEIGHTINGS: Mapping[str, Weighting] = {
    "weights 1": lambda scores: [1.0] * len(scores),
    "weights by score": lambda scores: [max(0.0, score) / max(scores[0], 1e-6) for score in scores],
    "weights by softmax": lambda scores: passage_weights(scores),
}


def evaluate_memory(runner: Runner, seed: int = 0, documents: int = 40) -> list[EvalRow]:
    """The table; its last row is the threshold that tells questions the memory can answer best from others.

    Args:
        documents: how many the memory holds; each is asked about once.
    """
    rng = random.Random(seed)
    source = FactDocuments(_CALIBRATION + seed * 1000 + documents, one_user=True)
    made = source.documents([rng.choice(_FACTS) for _ in range(documents)])
    absent = source.documents([1] * documents)
    rows: list[EvalRow] = []

    def ask(name: str, adapt: Adapting) -> None:
        runner.report(name)
        rows.extend(runner.alone(cases, adapt).rows(name, FACT_SCORES, "ungated"))

    def everything_recalled() -> AbstractContextManager[IndexedTexts]:
        """A memory that recalls more than is attached in any way to be measured, however far away it is."""
        held = [document.text for document in made]
        return indexed(runner.memory, held, threshold=-1.0, max_adapters=_MOST_ADAPTERS, max_passages=_MOST_PASSAGES)

    with everything_recalled() as texts:
        cases = [question_among(rng, made, i) for i in range(documents)]
        runner.report(f"{documents} documents, a question about each; controls")
        nearest = [texts.recalls(case)[0] for case in cases]
        alone = [replace(texts.recalled(c), attached=(texts.text(r),)) for c, r in zip(cases, nearest, strict=True)]
        rows += runner.ask(alone, Attaching(_adapting(texts, 1))).rows("1 adapter", FACT_SCORES, "ungated")
        for name, adapt in _ways(texts):
            ask(name, adapt)
        answerable = [r.score if texts.text(r) == c.document else -1.0 for c, r in zip(cases, nearest, strict=True)]
        unrelated = [texts.found(question)[0].score for question in unrelated_texts().to_calibrate]
        strangers = [texts.found(d.facts[0].question)[0].score for d in absent]
    internalizer = runner.memory.models.internalizer
    if isinstance(internalizer, HypernetworkInternalizer) and internalizer.hypernetwork.default_rank is not None:
        for rank in _GATE_RANKS:
            with _at_rank(internalizer, rank), everything_recalled() as texts:
                of = f"{rank} rows for every 100 tokens" if rank else "a row for every token"
                ask(f"1 adapter, {of}", _adapting(texts, 1))
    return rows + threshold_rows(answerable, unrelated, strangers)


@contextmanager
def _at_rank(internalizer: HypernetworkInternalizer, rank: int | None) -> Iterator[None]:
    usual, internalizer.rank = internalizer.rank, rank
    try:
        yield
    finally:
        internalizer.rank = usual


def _ways(texts: IndexedTexts) -> Iterator[tuple[str, Adapting]]:
    """Every other way to make one adapter of what a question finds, by its name."""
    for count in _ADAPTERS:
        for name, weights in WEIGHTINGS.items():
            yield f"{count} adapters, {name}", _adapting(texts, count, weights)
    for passages in _PASSAGES:
        name = f"{passages} sentence{'s' if passages > 1 else ''}" if passages else "all sentences"
        yield f"1 adapter, {name}", _adapting(texts, 1, passages=passages)
    for temperature in _TEMPERATURES:
        name = f"temperature {temperature:g}" if math.isfinite(temperature) else "weights 1"
        yield f"1 adapter, sentences with {name}", _adapting(texts, 1, temperature=temperature)
    for strength in _STRENGTHS:
        with texts.under(strength=strength) as other:
            yield f"1 adapter, strength {strength:g}", _adapting(other, 1)
    for rank in _SVD_RANKS:
        yield f"2 adapters, cut to rank {rank} by SVD", _adapting(texts, 2, svd_rank=rank)
    for combination in _AS_PEFT:
        yield f"2 adapters, PEFT's {combination}", _adapting(texts, 2, combination=combination)


def _adapting(
    texts: IndexedTexts,
    count: int,
    weights: Weighting = WEIGHTINGS["weights 1"],
    passages: int | None = MAX_PASSAGES,
    temperature: float = TEMPERATURE,
    svd_rank: int | None = None,
    combination: str | None = None,
) -> Adapting:
    """Merges the adapters of the nearest texts, however near they are.

    Args:
        passages: the rows of how many sentences of each text are taken; None: all rows, each as it is.
        temperature: of the weights of these sentences.
        svd_rank: of the documents' own rows.
        combination: PEFT's name of another way to merge than ours.
    """

    def some(found: Sequence[RecalledPassage]) -> list[RecalledPassage]:
        """The nearest ones, weighted anew; none, which stands for the whole text, when not told how many."""
        nearest = found[:passages] if passages else []
        sharp = passage_weights([passage.score for passage in nearest], temperature)
        return [p.model_copy(update={"weight": weight}) for p, weight in zip(nearest, sharp, strict=True)]

    def adapt(case: Case) -> Adapter | None:
        found, attach = texts.recalls(case)[:count], texts.memory.recaller.attach
        shares = weights([recall.score for recall in found])
        chosen = [
            recall.model_copy(update={"weight": share, "passages": some(recall.passages)})
            for recall, share in zip(found, shares, strict=True)
        ]
        if combination is not None:
            apart = [adapter for recall in chosen if (adapter := attach([recall])) is not None]
            return combine_as_peft(apart, combination=combination)
        adapter = attach(chosen)
        if adapter is None or svd_rank is None:
            return adapter
        cut = {}
        for name, factors in adapter.factors.items():
            cut[name] = compress(Adapter({name: factors}), svd_rank + factors.shared).factors[name]
        return Adapter(cut)

    return adapt


def threshold_rows(
    answerable: Sequence[float], unrelated: Sequence[float], strangers: Sequence[float]
) -> list[EvalRow]:
    """What gates at several similarities keep and let through, and the best gate.

    Args:
        answerable: similarity of each answerable question to the document that answers it; -1 where another one is
            nearer.
        unrelated: similarity of each unrelated question to the nearest document.
        strangers: the same for questions as the answerable ones, about subjects of which no document speaks.
    """
    best = calibrated_threshold(answerable, unrelated)
    rows = []
    for threshold in dict.fromkeys((*_THRESHOLDS, best)):
        name = f"threshold {threshold:.2f}" + (" (calibrated)" if threshold == best else "")
        for metric, scores in (
            ("right recalls kept", answerable),
            ("unrelated let through", unrelated),
            ("unknown subjects let through", strangers),
        ):
            rows.append(EvalRow.of_scores(name, metric, {"memory": [float(score >= threshold) for score in scores]}))
    count = len(answerable) + len(unrelated)
    return [*rows, EvalRow(case="calibrated threshold", metric="similarity", memory=best, n=count, unit="number")]


def calibrated_threshold(answerable: Sequence[float], unrelated: Sequence[float]) -> float:
    """The similarity with the largest share of answerable questions kept, less that of unrelated ones let through.

    Of gates of two decimals, each as near as may be to halfway between two neighbouring scores.
    """
    scores = sorted({*answerable, *unrelated})
    gates = [round((low + high) / 2, 2) for low, high in pairwise(scores)] or scores

    def gain(threshold: float) -> float:
        kept, let_through = (sum(s >= threshold for s in group) / len(group) for group in (answerable, unrelated))
        return kept - let_through

    return max(gates, key=gain)

"""A hypernetwork's adapter, context distillation, and the first refined by the second, at equal time.

    python benchmarks/refine.py [--documents 6] [--facts 8] [--seconds 60] [--seed 0] [--json]

Generated documents, every fact asked for. Right is an answer that holds the value, whole words, and no value of the
next document. `seconds` is what an adapter took to make.

| way | what the base model answers under |
|---|---|
| none | nothing |
| hypernetwork | what `ask` attaches of the hypernetwork's adapter: the rows of the nearest sentences |
| hypernetwork, whole adapter | all of it |
| distillation | an adapter trained from nothing for the given time |
| refined | what `ask` attaches when the hypernetwork's adapter has been trained on for the same time |
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import mean

from parametric_memory import ParametricMemory
from parametric_memory.evaluation.benchmark import Report, run_benchmark
from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.controls import Examiner
from parametric_memory.evaluation.fact_documents import FactDocuments, foreign_values
from parametric_memory.evaluation.indexed import indexed
from parametric_memory.evaluation.run_facts import FACT_SCORES


@dataclass(frozen=True)
class Row:
    """What was measured of one way.

    Attributes:
        right: share of answers.
        seconds: to make an adapter, mean over documents.
        n: questions.
    """

    way: str
    right: float
    seconds: float
    n: int


def cases_of(documents: int, facts: int, seed: int) -> list[list[Case]]:
    """By document, a question about each fact."""
    made = FactDocuments(seed).documents([facts] * documents)
    following = [*made[1:], made[0]] if documents > 1 else [None]
    return [
        [
            Case(d.text, fact.question, (fact.value,), foreign_values(other.facts if other else (), fact.question))
            for fact in d.facts
        ]
        for d, other in zip(made, following, strict=True)
    ]


def measure(memory: ParametricMemory, documents: Sequence[Sequence[Case]], seconds: float, report: Report) -> list[Row]:
    """A row a way.

    Args:
        memory: whose models are measured; its folder is not touched.
        seconds: how long distillation has for each document, and refining.
    """
    examiner = Examiner(memory, (), distill_seconds=seconds)
    cases = [case for of_one in documents for case in of_one]
    rows = [_row("none", cases, examiner.under(cases, None), 0.0)]
    for way, control in (("hypernetwork, whole adapter", "memory"), ("distillation", "distilled")):
        make = examiner.adapters(control)
        report(way)
        took = [_seconds(partial(make, of_one[0])) for of_one in documents]
        ask = memory.models.base.chat.question if control == "distilled" else None
        rows.append(_row(way, cases, examiner.under(cases, make, ask), mean(took)))
    with indexed(memory, [of_one[0].document for of_one in documents], threshold=-1.0) as texts:
        rows.insert(1, _row("hypernetwork", cases, examiner.under(cases, texts.adapt_to_own), rows[1].seconds))
        report("refined")
        refine = partial(texts.memory.refine, seconds=seconds, on_progress=report)
        took = [_seconds(partial(refine, id)) for id in texts.texts]
        rows.append(_row("refined", cases, examiner.under(cases, texts.adapt_to_own), mean(took)))
    return rows


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _row(way: str, cases: Sequence[Case], answers: Sequence[str], seconds: float) -> Row:
    [is_right] = FACT_SCORES.values()
    hits = [is_right(case, text) for case, text in zip(cases, answers, strict=True)]
    return Row(way, mean(hits), seconds, len(cases))


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown."""
    lines = ["| way | right | seconds | n |", "|---|---|---|---|"]
    lines += [f"| {r.way} | {100 * r.right:.0f} % | {r.seconds:.1f} | {r.n} |" for r in rows]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=6, metavar="N")
    parser.add_argument("--facts", type=int, default=8, metavar="N", help="in each document")
    parser.add_argument("--seconds", type=float, default=60.0, metavar="S", help="for each document")

    def rows(memory: ParametricMemory, chosen: argparse.Namespace, report: Report) -> list[Row]:
        return measure(memory, cases_of(chosen.documents, chosen.facts, chosen.seed), chosen.seconds, report)

    run_benchmark("refine", parser, rows, table)


if __name__ == "__main__":
    main()

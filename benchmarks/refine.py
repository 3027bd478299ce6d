"""A hypernetwork's adapter, context distillation, and the first refined by the second, at equal time.

    python benchmarks/refine.py [--documents 6] [--facts 8] [--seconds 60] [--seed 0] [--json]

Generated documents, every fact asked for. Right is an answer that holds the value, whole words, and no value of the
next document. Seconds are what an adapter took to make, the mean over documents.

| column | what the base model answers under |
|---|---|
| no memory | nothing |
| memory | what `ask` attaches of the hypernetwork's adapter: the rows of the nearest sentences |
| whole adapter | all of it |
| distilled | an adapter trained from nothing for the given time |
| refined | what `ask` attaches when the hypernetwork's adapter has been trained on for the same time |
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial

from benchmarks.running import Report, run_benchmark
from parametric_memory import ParametricMemory
from parametric_memory.evaluation.columns import Case
from parametric_memory.evaluation.held_out import FactDocuments
from parametric_memory.evaluation.memories import indexed
from parametric_memory.evaluation.results import seconds as seconds_of
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.run_facts import FACT_SCORES, fact_case
from parametric_memory.evaluation.runner import Answered, Runner


def cases_of(documents: int, facts: int, seed: int) -> list[list[Case]]:
    """By document, a question about each fact."""
    made = FactDocuments(seed).documents([facts] * documents)
    following = [[other] for other in [*made[1:], made[0]]] if documents > 1 else [[]]
    return [[fact_case(d, fact, others) for fact in d.facts] for d, others in zip(made, following, strict=True)]


def measure(
    memory: ParametricMemory, documents: Sequence[Sequence[Case]], seconds: float, report: Report
) -> list[EvalRow]:
    """A row of right answers, and one of seconds.

    Args:
        memory: whose models are measured; its folder is not touched.
        seconds: how long distillation has for each document, and refining.
    """
    runner = Runner(memory, (), distill_seconds=seconds, report=report)
    cases = [case for of_one in documents for case in of_one]
    answers, took = {"none": runner.under(cases)}, {}
    for column, control in (("whole_adapter", "memory"), ("distilled", "distilled")):
        make = runner.adapters(control)
        report(column.replace("_", " "))
        took[column] = [seconds_of(partial(make, of_one[0])) for of_one in documents]
        ask = memory.models.base.chat.question if control == "distilled" else None
        answers[column] = runner.under(cases, make, ask)
    with indexed(memory, [of_one[0].document for of_one in documents], "given") as texts:
        answers["memory"], took["memory"] = runner.under(cases, texts.adapt), took["whole_adapter"]
        report("refined")
        refine = partial(texts.memory.adapters.refine, seconds=seconds, on_progress=report)
        took["refined"] = [seconds_of(partial(refine, id)) for id in texts.texts]
        answers["refined"] = runner.under(cases, texts.adapt)
    name = f"{len(documents)} documents"
    [is_right] = FACT_SCORES.values()
    return [
        EvalRow.of_scores(name, "right", Answered(cases, answers).scored(is_right), "given"),
        EvalRow.of_scores(name, "seconds", took, unit="number"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=6, metavar="N")
    parser.add_argument("--facts", type=int, default=8, metavar="N", help="in each document")
    parser.add_argument("--seconds", type=float, default=60.0, metavar="S", help="for each document")

    def rows(memory: ParametricMemory, chosen: argparse.Namespace, report: Report) -> list[EvalRow]:
        return measure(memory, cases_of(chosen.documents, chosen.facts, chosen.seed), chosen.seconds, report)

    run_benchmark("refine", parser, rows)


if __name__ == "__main__":
    main()

"""How long `add` and `ask` take once the model is loaded, and how much memory the process needs.

    python benchmarks/latency.py [--repeats 5] [--json]

Seconds are medians over the repeats. The document of 200 words is made of plain sentences with a number in each, so
that every repeat is a new one.
"""

from __future__ import annotations

import argparse
import resource
from functools import partial
from statistics import median

from parametric_memory import ParametricMemory
from parametric_memory.evaluation.benchmark import Report, run_benchmark
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.timing import seconds

SENTENCES = (
    "The north warehouse keeps {n} crates of spare parts behind the loading bay.",
    "Deliveries arrive before nine and are checked against the list on the wall.",
    "Anna Kessel signs for parcels that weigh more than {n} kilograms.",
    "The heating is switched off in April and comes back on when frost is forecast.",
    "Visitors park beside the old mill and walk the last few metres.",
    "Invoice {n} was paid late because the supplier had moved to another town.",
    "The night shift begins at ten and ends when the bakery across the road opens.",
    "Broken pallets are stacked in the yard until the carpenter has time for them.",
)
QUESTION = "Which city did Lina Okafor move to?"


def document(number: int, words: int = 200) -> str:
    """A text of about that many words."""
    text: list[str] = []
    while len(" ".join(text).split()) < words:
        text.append(SENTENCES[len(text) % len(SENTENCES)].format(n=100 * number + len(text)))
    return " ".join(text)


def measure(memory: ParametricMemory, repeats: int, report: Report) -> list[EvalRow]:
    """Seconds, and mebibytes of resident memory at the peak.

    Args:
        memory: an empty one, which is filled.
    """
    memory.add("Lina Okafor moved to Bergen in 2021.")
    memory.ask(QUESTION, max_new_tokens=4)
    added, first, whole = [], [], []
    for number in range(repeats):
        report(f"{number + 1} of {repeats}")
        added.append(seconds(partial(memory.add, document(number))))
        timings = memory.ask(QUESTION, max_new_tokens=16).timings
        first.append(timings["first_token"])
        whole.append(timings["total"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

    def row(case: str, metric: str, figure: float, n: int = repeats) -> EvalRow:
        return EvalRow(case=case, metric=metric, memory=figure, n=n, unit="number")

    return [
        row("add, 200 words", "seconds", median(added)),
        row("ask", "seconds to the first token", median(first)),
        row("ask", "seconds to the end of the answer", median(whole)),
        row("process", "MiB at the peak", peak, 1),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, metavar="N")
    run_benchmark("latency", parser, lambda memory, chosen, report: measure(memory, chosen.repeats, report))


if __name__ == "__main__":
    main()

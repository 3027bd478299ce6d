"""How long `add` and `ask` take once the model is loaded, what an adapter costs, and how much memory the process needs.

    python benchmarks/latency.py [--repeats 5] [--ratios] [--wide] [--json]

Seconds are medians over the repeats. The document of 200 words is made of plain sentences with a number in each, so
that every repeat is a new one. What an adapter costs is told beside the bare model: both are measured in turn, on one
thread, by the time that a CPU spends on them, which other processes disturb little.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from statistics import median
from unittest.mock import patch

from benchmarks.running import Report, run_benchmark, seconds
from parametric_memory import ParametricMemory
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.language_model import small_weights
from parametric_memory.language_model.requests import Request

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
NOTE = "Lina Okafor moved to Bergen in {n}0. Her boat has {n} sails. In {n}1 she became a pilot."
_DECODED = 16  # tokens, of which the mean is taken


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
    memory.ask(QUESTION, abstain=False, max_new_tokens=4)
    added, first, whole = [], [], []
    for number in range(repeats):
        report(f"{number + 1} of {repeats}")
        added.append(seconds(partial(memory.add, document(number))))
        timings = memory.ask(QUESTION, abstain=False, max_new_tokens=16).timings
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


def compare(memory: ParametricMemory, repeats: int, report: Report) -> list[EvalRow]:
    """Milliseconds of one CPU thread under what a question recalls and of the bare model, and how they compare.

    `recall and attach` is what precedes the prompt: of sentences that no question has recalled yet, and again.

    Args:
        memory: gets two texts more in each repeat, in a namespace of their own.
    """
    base, prompt = memory.models.base, memory.models.question(QUESTION)
    times: dict[str, list[float]] = {}

    def time_of(case: str, request: Request) -> None:
        for tokens in (1, 1 + _DECODED):
            took = cpu_seconds(partial(base.generate, [replace(request, max_new_tokens=tokens)]))
            times.setdefault(f"{case}, {tokens}", []).append(took)

    with one_thread(), patch.object(base, "stop_ids", ()):  # no token ends an answer: all have the same length
        for number in range(repeats + 1):
            report(f"{number} of {repeats}, beside the bare model")
            attachment = partial(memory.attachment, QUESTION, namespace=f"repeat {number}")
            for text in (NOTE.format(n=100 + number), document(number)):
                memory.add(text, namespace=f"repeat {number}")
            for case in ("new", "again"):
                times.setdefault(case, []).append(cpu_seconds(attachment))
            time_of("none", Request(prompt))
            time_of("memory", Request(prompt, attachment().adapter))
    measured = {case: of_case[1:] for case, of_case in times.items()}  # the first repeat loads and warms up
    return _compared(measured, repeats)


def _compared(times: Mapping[str, Sequence[float]], repeats: int) -> list[EvalRow]:
    """times: seconds by what was done."""

    def row(case: str, metric: str, memory: Iterable[float], none: Iterable[float] | None = None) -> EvalRow:
        bare = None if none is None else median(none)
        return EvalRow(case=case, metric=metric, memory=median(memory), none=bare, n=repeats, unit="number")

    def milliseconds(of: Iterable[float]) -> list[float]:
        return [1000 * figure for figure in of]

    def decoding(case: str) -> list[float]:
        whole, first = times[f"{case}, {1 + _DECODED}"], times[f"{case}, 1"]
        return [(w - f) / _DECODED for w, f in zip(whole, first, strict=True)]

    def ratios(some: Iterable[float], others: Iterable[float]) -> list[float]:
        return [a / b for a, b in zip(some, others, strict=True)]

    tokens = {case: decoding(case) for case in ("memory", "none")}
    first = {case: times[f"{case}, 1"] for case in ("memory", "none")}
    asked = {case: [a + f for a, f in zip(times[case], first["memory"], strict=True)] for case in ("new", "again")}
    cpu = "milliseconds of CPU"
    return [
        row("a token", cpu, milliseconds(tokens["memory"]), milliseconds(tokens["none"])),
        row("prompt and first token", cpu, milliseconds(first["memory"]), milliseconds(first["none"])),
        row("recall and attach, new sentences", cpu, milliseconds(times["new"])),
        row("recall and attach, again", cpu, milliseconds(times["again"])),
        row("tokens a second", "times the bare model's", ratios(tokens["none"], tokens["memory"])),
        row("first token, adapter at hand", "times the bare model's", ratios(first["memory"], first["none"])),
        row("first token, asked again", "times the bare model's", ratios(asked["again"], first["none"])),
        row("first token, new sentences", "times the bare model's", ratios(asked["new"], first["none"])),
    ]


def cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


@contextmanager
def one_thread() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, metavar="N")
    parser.add_argument("--ratios", action="store_true", help="only what an adapter costs beside the bare model")

    parser.add_argument(
        "--wide", action="store_true", help="write from wide weights, as a processor without kernels for 4 bits does"
    )

    def rows(memory: ParametricMemory, chosen: argparse.Namespace, report: Report) -> list[EvalRow]:
        if chosen.wide:
            small_weights.has_kernels = lambda _device: False
        whole = [] if chosen.ratios else measure(memory, chosen.repeats, report)
        return [*whole, *compare(memory, chosen.repeats, report)]

    run_benchmark("latency", parser, rows)


if __name__ == "__main__":
    main()

"""How many documents a second one process adds.

    python benchmarks/bulk.py [--documents 200] [--facts 1 8] [--store text] [--max-rank N] [--json]

The documents are generated, of so many facts each. `memory` is `add_files`, which prepares some together;
`one at a time` is `add` of one after the other. What the models take to start is not counted: every memory has a
document before. With a rank at most, documents become whole adapters, as of published hypernetworks.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.running import Report, run_benchmark
from parametric_memory import ParametricMemory
from parametric_memory.documents.files import Document
from parametric_memory.evaluation.held_out import FactDocuments
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.settings import STORES


def documents(count: int, facts: int, seed: int) -> list[Document]:
    made = FactDocuments(seed).documents([facts] * count)
    return [Document(example.document, f"Document {number}") for number, example in enumerate(made)]


def measure(
    opened: Callable[[Path], ParametricMemory],
    wanted: Sequence[Document],
    report: Report,
    case: str = "",
) -> Iterator[EvalRow]:
    """Documents a second, and tokens a second.

    Args:
        case: what the documents are.
        opened: opens a memory in a folder that is yet to be made.
        wanted: the last of them is only there to start with.
    """
    *timed, first = wanted
    seconds: dict[str, float] = {}
    tokens = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        report("add")
        with opened(Path(made, "alone")) as memory:
            memory.add_files(first)
            started = time.perf_counter()
            entries = memory.add_files(*timed)
            seconds["memory"] = time.perf_counter() - started
            tokens = sum(entry.tokens for entry in entries)
        with opened(Path(made, "one-at-a-time")) as memory:
            memory.add_files(first)
            started = time.perf_counter()
            for document in timed:
                memory.add(document)
            seconds["one_at_a_time"] = time.perf_counter() - started
    for metric, count in (("documents a second", len(timed)), ("tokens a second", tokens)):
        rates = {name: count / took for name, took in seconds.items()}
        yield EvalRow(case=f"{len(timed)} documents{case}", metric=metric, n=len(timed), unit="number", **rates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=200, metavar="N")
    parser.add_argument("--facts", type=int, nargs="+", default=[1, 8], metavar="N", help="of each document")
    parser.add_argument("--max-rank", type=int, metavar="N", help="of whole adapters; none when not given")
    parser.add_argument("--store", choices=STORES, default="text", help="what stands on disk, see add --store")

    def measured(memory: ParametricMemory, chosen: argparse.Namespace, report: Report) -> Iterator[EvalRow]:
        models = replace(memory.models.settings, max_rank=chosen.max_rank)

        def opened(folder: Path) -> ParametricMemory:
            return ParametricMemory(folder, models=models, store=chosen.store)

        for facts in chosen.facts:
            wanted = documents(chosen.documents + 1, facts, chosen.seed)
            yield from measure(opened, wanted, report, f" of {facts} facts")

    run_benchmark("bulk", parser, measured)


if __name__ == "__main__":
    main()

"""How many documents a second are added: by this process alone, and with actors of Ray that prepare them.

    python benchmarks/bulk.py [--actors 1 2] [--documents 200] [--facts 8] [--store text] [--json]

The documents are generated, of so many facts each. `memory` is `add` as it is, one document after the other; the other
columns are named by how many actors there are, on a cluster of this machine. What a cluster and the models take to
start is not counted: every memory has one document before, and every actor reads one.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from parametric_memory import ParametricMemory
from parametric_memory.bulk.ray_pool import RayPool
from parametric_memory.evaluation.benchmark import Report, run_benchmark
from parametric_memory.evaluation.fact_documents import FactDocuments
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.settings import STORES
from parametric_memory.text.documents import Document


def documents(count: int, facts: int, seed: int) -> list[Document]:
    made = FactDocuments(seed).documents([facts] * count)
    return [Document(document.text, f"Document {number}") for number, document in enumerate(made)]


def measure(
    opened: Callable[[Path], ParametricMemory], wanted: Sequence[Document], actors: Sequence[int], report: Report
) -> Iterator[EvalRow]:
    """Documents a second, and tokens a second.

    Args:
        opened: opens a memory in a folder that is yet to be made; other processes can load its models.
        wanted: the last of them are only there to start with.
    """
    most = max(actors)
    first, timed = wanted[-most:], wanted[:-most]
    seconds: dict[str, float] = {}
    tokens = 0
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        report("add")
        with opened(Path(made, "alone")) as memory:
            memory.add_documents(first)
            started = time.perf_counter()
            entries = memory.add_documents(timed)
            seconds["memory"] = time.perf_counter() - started
            tokens = sum(entry.tokens for entry in entries)
        for number in actors:
            with opened(Path(made, f"by-{number}")) as memory, RayPool(actors=number, report=report) as workers:
                memory.add_documents(first, workers=workers)  # as many as there are actors, a batch each
                started = time.perf_counter()
                memory.add_documents(timed, workers=workers)
                seconds[f"{number}_actors"] = time.perf_counter() - started
                assert len(memory.list()) == len(wanted)
    for metric, count in (("documents a second", len(timed)), ("tokens a second", tokens)):
        rates = {name: count / took for name, took in seconds.items()}
        yield EvalRow(case=f"{len(timed)} documents", metric=metric, n=len(timed), unit="number", **rates)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--actors", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument("--documents", type=int, default=200, metavar="N")
    parser.add_argument("--facts", type=int, default=8, metavar="N", help="of each document")
    parser.add_argument("--store", choices=STORES, default="text", help="what stands on disk, see add --store")

    def measured(memory: ParametricMemory, chosen: argparse.Namespace, report: Report) -> Iterator[EvalRow]:
        wanted = documents(chosen.documents + max(chosen.actors), chosen.facts, chosen.seed)
        return measure(lambda at: memory.with_recall(at, store=chosen.store), wanted, chosen.actors, report)

    run_benchmark("bulk", parser, measured)


if __name__ == "__main__":
    main()

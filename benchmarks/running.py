"""What the benchmarks have in common on the command line. Knows nothing about what is measured."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from parametric_memory import ParametricMemory
from parametric_memory.evaluation.results import Report, command_line, result_of
from parametric_memory.evaluation.rows import EvalRow, as_table


def seconds(work: Callable[[], object]) -> float:
    """The duration of some work."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def bytes_in(folder: Path) -> int:
    """The size of all files in a folder and the folders in it."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def run_benchmark(
    name: str,
    parser: argparse.ArgumentParser,
    measure: Callable[[ParametricMemory, argparse.Namespace, Report], Iterable[EvalRow]],
) -> None:
    """The main function of a benchmark: prints a table with its origin, or with --json the `Result`.

    Args:
        parser: of the benchmark's own arguments; those that all share are added.
        measure: gets an empty memory, the arguments, and what prints a line on stderr.
    """
    parser.add_argument("--seed", type=int, default=0, help="of documents and questions")
    parser.add_argument("--base-model", help="a folder or a hub id; the embedded one when not given")
    parser.add_argument("--hypernetwork", help="a folder; the base model's own when not given")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    chosen = parser.parse_args()
    command = command_line(f"python benchmarks/{Path(sys.argv[0]).name}", sys.argv[1:])
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        ParametricMemory(folder, base_model=chosen.base_model, hypernetwork=chosen.hypernetwork) as memory,
    ):

        def report(line: str) -> None:
            print(line, file=sys.stderr)

        result = result_of(name, command, chosen.seed, memory, lambda: measure(memory, chosen, report))
    if chosen.json:
        print(result.model_dump_json(indent=2))
    else:
        print(f"{as_table(result.rows)}\n\n`{command}`, seed {chosen.seed}: {result.origin}")

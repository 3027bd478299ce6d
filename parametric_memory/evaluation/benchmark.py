"""What benchmarks of a memory's models have in common on the command line. Knows nothing about what is measured."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

from parametric_memory.evaluation.machine import machine
from parametric_memory.memory import ParametricMemory

Report = Callable[[str], None]


def run_benchmark(
    name: str,
    parser: argparse.ArgumentParser,
    measure: Callable[[ParametricMemory, argparse.Namespace, Report], Iterable[Any]],
    table: Callable[[Sequence[Any]], str],
) -> None:
    """Measure what the arguments name, and print a table with its origin, or with --json one object.

    Args:
        parser: knows the benchmark's own arguments; those of all are added.
        measure: dataclass rows, one a line of the table; the memory is empty, and a line to report goes to stderr.
    """
    parser.add_argument("--seed", type=int, default=0, help="of documents and questions")
    parser.add_argument("--base-model", help="a folder or a hub id; the embedded one when not given")
    parser.add_argument("--hypernetwork", help="a folder; the base model's own when not given")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        memory = ParametricMemory(folder, base_model=chosen.base_model, hypernetwork=chosen.hypernetwork)
        rows = list(measure(memory, chosen, lambda line: print(line, file=sys.stderr)))
    if chosen.json:
        about = {"benchmark": name, "seed": chosen.seed, "machine": machine()}
        print(json.dumps({**about, "rows": [asdict(r) for r in rows]}))
    else:
        print(f"{table(rows)}\n\n`python {shlex.join(sys.argv)}`, {machine()}.")

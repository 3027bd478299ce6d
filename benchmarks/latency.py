"""How long `add` and `ask` take once the model is loaded, and how much memory the process needs.

    python benchmarks/latency.py [--repeats 5]

Prints medians over the repeats. The document of 200 words is made of plain sentences with a number in each, so that
every repeat is a new one.
"""

from __future__ import annotations

import argparse
import platform
import resource
import statistics
import tempfile
import time
from pathlib import Path

from parametric_memory import ParametricMemory

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


def document(number: int, words: int = 200) -> str:
    """A text of about that many words."""
    text: list[str] = []
    while len(" ".join(text).split()) < words:
        text.append(SENTENCES[len(text) % len(SENTENCES)].format(n=100 * number + len(text)))
    return " ".join(text)


def measure(repeats: int) -> dict[str, float]:
    """Seconds, and mebibytes of resident memory at the peak."""
    with tempfile.TemporaryDirectory() as folder, ParametricMemory(Path(folder) / "memory") as memory:
        memory.add("Lina Okafor moved to Bergen in 2021.")
        memory.ask("Which city did Lina Okafor move to?", max_new_tokens=4)
        added, first, whole = [], [], []
        for number in range(repeats):
            started = time.perf_counter()
            memory.add(document(number))
            added.append(time.perf_counter() - started)
            answer = memory.ask("Which city did Lina Okafor move to?", max_new_tokens=16)
            first.append(answer.timings["first_token"])
            whole.append(answer.timings["total"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "add, 200 words (s)": statistics.median(added),
        "ask, first token (s)": statistics.median(first),
        "ask, whole answer (s)": statistics.median(whole),
        "peak memory (MiB)": peak,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    print(f"{platform.processor() or platform.machine()}, {platform.system()}")
    for name, value in measure(parser.parse_args().repeats).items():
        print(f"{name:24} {value:8.2f}")

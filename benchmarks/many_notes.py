"""What a memory of many notes costs, and what it still finds: bytes, processor time, and right answers as it grows.

    python benchmarks/many_notes.py [--notes 1000 10000 100000] [--questions 100] [--folder DIR] [--json]

Notes of one invented fact each (about 14 tokens) are added with the embedded models, which write the rows of every
token. The questions are about the first of the notes, the same at each size. Milliseconds are those of one CPU thread;
recall includes the embedder and the judge. 100,000 notes take about two hours of one core and 8 GB of the disk for
temporary files (`TMPDIR`). With `--folder` they are kept: a run that was interrupted goes on, and reports the sizes
that it reaches.
"""

from __future__ import annotations

import argparse
import re
from collections import deque
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, islice
from statistics import median

from benchmarks.latency import cpu_seconds, one_thread
from benchmarks.running import bytes_in, run_benchmark
from parametric_memory import ParametricMemory
from parametric_memory.documents.files import Document
from parametric_memory.evaluation.held_out import FactDocuments
from parametric_memory.evaluation.results import Report
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.scores import contains
from parametric_memory.memory import reopen
from parametric_memory.training.data.examples import Example

_TOGETHER = 1000  # notes in a call of `add_files`
_OWN = re.compile(r"\b(?:I|my|me)\b", re.IGNORECASE)  # a fact about the user, of whom there is only one


def notes(seed: int) -> Iterator[Example]:
    """Notes of one fact each, about named subjects. No two answer the same question."""
    source, asked = FactDocuments(seed), set[str]()
    while True:
        note = source.document(1)
        question = note.questions[0].text
        if question not in asked and not _OWN.search(question):
            asked.add(question)
            yield note


def measure(
    memory: ParametricMemory, sizes: Sequence[int], questions: int, seed: int, report: Report
) -> Iterator[EvalRow]:
    """Rows for each size that the memory has not passed yet. What it holds are the first notes of this seed."""
    folder = memory.storage.location.folder
    assert folder is not None
    source, held = notes(seed), memory.count()
    asked = list(islice(source, questions))
    numbered = enumerate(chain(asked, source))
    deque(islice(numbered, held), maxlen=0)
    with one_thread():
        for size in (size for size in sizes if size > held):
            before, took = held, 0.0
            while held < size:
                batch = list(islice(numbered, min(_TOGETHER, size - held)))
                documents = [Document(note.document, note.document[:40], f"note {number}") for number, note in batch]
                took += cpu_seconds(partial(memory.add_files, *documents))
                held += len(batch)
                report(f"{held} of {sizes[-1]} notes")
            yield from _asked(memory, asked, size)
            yield _row(size, "milliseconds to add a note", 1000 * took / (size - before), size - before)
            yield _row(size, "bytes a note", bytes_in(folder) / size, size)


def _asked(memory: ParametricMemory, asked: Sequence[Example], size: int) -> Iterator[EvalRow]:
    memory.recall(asked[0].questions[0].text)  # the first recall loads the index
    first, right, recalled = 0, 0, list[float]()
    for number, note in enumerate(asked):
        question, value = note.questions[0].text, note.questions[0].value
        recalled.append(1000 * cpu_seconds(partial(memory.recall, question)))
        answer = memory.ask(question)
        first += bool(answer.recalls) and answer.recalls[0].source == f"note {number}"
        right += contains(answer.text, value)
    yield _row(size, "right note first", first / len(asked), len(asked), "share")
    yield _row(size, "contained", right / len(asked), len(asked), "share")
    yield _row(size, "milliseconds to recall", median(recalled), len(asked))


def _row(size: int, metric: str, figure: float, n: int, unit: str = "number") -> EvalRow:
    return EvalRow.model_validate({"case": f"{size:,} notes", "metric": metric, "memory": figure, "n": n, "unit": unit})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--notes", type=int, nargs="+", default=[1000, 10_000, 100_000], metavar="N", help="sizes")
    parser.add_argument("--questions", type=int, default=100, help="at each size")
    parser.add_argument("--folder", help="of a memory that is kept; one that was begun goes on")

    def run(memory: ParametricMemory, chosen: argparse.Namespace, report: Report) -> Iterator[EvalRow]:
        with reopen(memory, chosen.folder or memory.storage.location.folder) as notes_memory:
            yield from measure(notes_memory, chosen.notes, chosen.questions, chosen.seed, report)

    run_benchmark("many_notes", parser, run)

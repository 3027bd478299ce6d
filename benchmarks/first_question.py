"""What a document costs when it is added, and when it is asked about for the first time, by what a memory stores of it.

    python benchmarks/first_question.py [--documents 40] [--questions 20] [--json]

The same documents of three invented facts, and the same questions, each asked once. `memory` stores rows, and reads no
document when asked; `text` stores text, and has the base model read the recalled sentences then; `judged_text` is the
memory of texts without adapters: the sentences that the judge chooses stand in the prompt. Milliseconds are those of
one CPU thread. Recall, with judge and embedder, is part of each question. A search for a better answer and its
confidence are not: they come after the first token.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any

from benchmarks.latency import cpu_seconds, one_thread
from benchmarks.running import Report, bytes_in, run_benchmark
from parametric_memory import ParametricMemory
from parametric_memory.answering.answering import AnswerRequest
from parametric_memory.documents.files import Document
from parametric_memory.documents.sentences import sentences
from parametric_memory.evaluation.held_out import FactDocuments
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.language_model.requests import Request, Search
from parametric_memory.memory import reopen

FACTS = 3  # in each document
COLUMNS = ("memory", "text", "judged_text")


def measure(memory: ParametricMemory, documents: int, questions: int, seed: int, report: Report) -> list[EvalRow]:
    """Four rows: bytes and milliseconds of adding, milliseconds and tokens of the first answer's first token.

    Args:
        memory: whose models are used; two memories inside its folder are filled.
    """
    facts = FactDocuments(seed).documents([FACTS] * (documents + 1))
    warm, texts = facts[0], [example.document for example in facts[1:]]
    asked = [example.questions[0].text for example in facts[1 : questions + 1]]
    folder = memory.storage.location.folder
    assert folder is not None
    base = memory.models.base
    with (
        one_thread(),
        reopen(memory, folder / "rows", store="rows") as rows,
        reopen(memory, folder / "text", store="text") as text,
    ):
        added: dict[str, float] = {}
        for name, store in (("memory", rows), ("text", text)):
            store.add(warm.document)
            store.ask(warm.questions[0].text, max_new_tokens=1, abstain=False)
            report(f"{documents} documents are added, {name}")
            work = partial(store.add_files, *(Document(each, each[:40]) for each in texts))
            added[name] = 1000 * cpu_seconds(work) / sum(len(sentences(each)) for each in texts)
        tokens = sum(entry.tokens for entry in rows.list())

        def judged_text(question: str) -> int:
            recalls = text.recall(question)
            found = [passage.text for recall in recalls if recall.attached for passage in recall.passages]
            prompt = base.chat.question("\n\n".join([*found, question]))
            base.generate([Request(prompt, max_new_tokens=1)])
            return len(prompt)

        def ask(store: ParametricMemory, question: str) -> int:
            prepared = store.answering.prepare(AnswerRequest.of(question, abstain=False))
            base.generate([replace(prepared.model_request, max_new_tokens=1, search=Search())])
            return len(prepared.model_request.prompt)

        ways: dict[str, Callable[[str], int]] = {
            "memory": partial(ask, rows),
            "text": partial(ask, text),
            "judged_text": judged_text,
        }
        judged_text(warm.questions[0].text)
        took: dict[str, list[float]] = {name: [] for name in COLUMNS}
        read: dict[str, list[int]] = {name: [] for name in COLUMNS}
        for number, question in enumerate(asked):
            report(f"question {number + 1} of {questions}")
            first = number % len(ways)  # each way follows each other one alike often: it finds other things cached
            for name in [*ways][first:] + [*ways][:first]:
                began = time.process_time()
                read[name].append(ways[name](question))
                took[name].append(time.process_time() - began)
    sizes = {name: bytes_in(folder / store) / tokens for name, store in (("memory", "rows"), ("text", "text"))}
    return [
        _row("bytes a token", sizes, len(texts)),
        _row("milliseconds to add a sentence", added, len(texts)),
        _row("milliseconds to the first token", {name: 1000 * median(each) for name, each in took.items()}, questions),
        _row("tokens in the prompt", {name: median(each) for name, each in read.items()}, questions),
    ]


def _row(metric: str, figures: dict[str, float], n: int) -> EvalRow:
    columns: dict[str, Any] = {"judged_text": figures["text"], **figures}
    return EvalRow(case="first question", metric=metric, **columns, n=n, unit="number")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=40, help="that are added")
    parser.add_argument("--questions", type=int, default=20, help="that are asked, each once")
    run_benchmark(
        "first_question",
        parser,
        lambda memory, chosen, report: measure(memory, chosen.documents, chosen.questions, chosen.seed, report),
    )

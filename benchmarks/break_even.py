"""After how many questions internalizing a document has paid, beside reading it, or its best sentences, each time.

    python benchmarks/break_even.py [--documents 12] [--questions 12] [--lengths 64,256,1024] [--json]

Documents of each length hide one invented fact in prose; each is asked about. `memory` stores rows. `judged_text` puts
the sentences that the judge chooses into the prompt, `rag` the three nearest ones without a judge, `in_prompt` the
whole document. Milliseconds are those of one CPU thread, from the question to the first token, and include what finds
the sentences. A document has paid after (milliseconds to add it, less those of the other way) / (milliseconds that a
question saves) questions; 0 stands for never, where a question saves nothing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping
from functools import partial
from statistics import median

from benchmarks.latency import cpu_seconds, one_thread
from benchmarks.running import Report, run_benchmark
from parametric_memory import ParametricMemory
from parametric_memory.documents.files import Document
from parametric_memory.documents.sentences import sentences
from parametric_memory.evaluation.held_out import FactDocument, FactDocuments, Filler
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.index.exact import cosines
from parametric_memory.language_model.requests import Request
from parametric_memory.memory import reopen

NEAREST = 3  # sentences of RAG


def measure(
    memory: ParametricMemory, documents: int, questions: int, lengths: list[int], seed: int, report: Report
) -> list[EvalRow]:
    """Rows for each length: milliseconds to add and to ask, tokens read, and the questions after which it has paid."""
    filler, rows = Filler(memory.models.base.tokenizer, seed), []
    for length in lengths:
        facts = FactDocuments(seed + length).documents([1] * (documents + 1))
        texts = [filler.text(length, fact.text) for fact in facts]
        rows += _of_length(memory, length, facts, texts, questions, report)
    return rows


def _of_length(
    memory: ParametricMemory, length: int, facts: list[FactDocument], texts: list[str], questions: int, report: Report
) -> list[EvalRow]:
    base, embeddings = memory.models.base, memory.models.embeddings
    folder = memory.storage.location.folder
    assert folder is not None
    added: dict[str, float] = {"in_prompt": 0.0}
    with (
        one_thread(),
        reopen(memory, folder.with_name(f"rows-{length}"), store="rows") as rows,
        reopen(memory, folder.with_name(f"text-{length}"), store="text") as text,
    ):
        for name, store in (("memory", rows), ("judged_text", text)):
            store.add(texts[0])
            report(f"{len(texts) - 1} documents of {length} tokens are added, {name}")
            work = partial(store.add_files, *(Document(each, each[:40]) for each in texts[1:]))
            added[name] = 1000 * cpu_seconds(work) / (len(texts) - 1)
        parts = [sentence for each in texts for sentence in sentences(each)]
        vectors = []
        took = cpu_seconds(lambda: vectors.extend(embeddings.embed_documents(parts)))
        added["rag"] = 1000 * took / len(texts)

        def prompted(found: list[str], question: str) -> int:
            prompt = base.chat.question("\n\n".join([*found, question]))
            base.generate([Request(prompt, max_new_tokens=1)])
            return len(prompt)

        def judged(_: str, question: str) -> int:
            recalls = text.recall(question)
            return prompted([p.text for r in recalls if r.attached for p in r.passages], question)

        def nearest(_: str, question: str) -> int:
            near = cosines(vectors, embeddings.embed_query(question))
            best = sorted(range(len(parts)), key=lambda i: -near[i])[:NEAREST]
            return prompted([parts[i] for i in sorted(best)], question)

        ways: dict[str, Callable[[str, str], int]] = {
            "memory": lambda _, question: rows.ask(question, max_new_tokens=1, abstain=False).prompt_tokens,
            "judged_text": judged,
            "rag": nearest,
            "in_prompt": lambda document, question: prompted([document], question),
        }
        for way in ways.values():
            way(texts[0], facts[0].facts[0].question)
        spent: dict[str, list[float]] = {name: [] for name in ways}
        read: dict[str, list[int]] = {name: [] for name in ways}
        for document, fact in list(zip(texts, facts, strict=True))[1 : questions + 1]:
            for name, way in ways.items():
                began = time.process_time()
                read[name].append(way(document, fact.facts[0].question))
                spent[name].append(1000 * (time.process_time() - began))
    asked = {name: median(each) for name, each in spent.items()}
    paid = {name: _paid_after(added, asked, name) for name in ways if name != "memory"}

    def row(metric: str, figures: Mapping[str, float], n: int) -> EvalRow:
        return EvalRow(case=f"{length} tokens", metric=metric, n=n, unit="number", **figures)

    return [
        row("milliseconds to add", added, len(texts) - 1),
        row("milliseconds to the first token", asked, questions),
        row("tokens read", {name: median(each) for name, each in read.items()}, questions),
        row("has paid after questions", {"memory": 0.0, **paid}, questions),
    ]


def _paid_after(added: Mapping[str, float], asked: Mapping[str, float], other: str) -> float:
    saved = asked[other] - asked["memory"]
    return max(0.0, added["memory"] - added[other]) / saved if saved > 0 else 0.0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=12, help="of each length, that are added")
    parser.add_argument("--questions", type=int, default=12, help="that are asked, one a document")
    parser.add_argument("--lengths", default="64,256,1024", help="of documents, in tokens")
    run_benchmark(
        "break_even",
        parser,
        lambda memory, chosen, report: measure(
            memory,
            chosen.documents,
            min(chosen.questions, chosen.documents),
            [int(length) for length in chosen.lengths.split(",")],
            chosen.seed,
            report,
        ),
    )

"""Parametric memory beside what a developer would pick instead: one run, one core, the same notes and questions.

    python benchmarks/peers.py --gguf SmolLM2-135M-Instruct.Q4_1.gguf [--python PATH] [--questions 40] [--json]

| column | what finds the notes | what answers, and what it reads |
|---|---|---|
| memory | its own index and judge | the base model under adapters; the question alone |
| hybrid | the same | the base model under adapters; the recalled sentences and the question |
| transformers | langchain-chroma, four nearest notes | the same base model in transformers; notes and question |
| llama_cpp | langchain-chroma, four nearest notes | the same file in llama.cpp; notes and question |
| mem0 | mem0 over Chroma, four nearest, `infer=False` | the same file in llama.cpp; notes and question |

All use the same embedder. mem0 extracts no facts, since that asks a language model of another size. Every system runs
in a process of its own, on one core, and reports seconds of that core's time, which other processes hardly disturb.
Answers have at most 32 tokens. Right is an answer that holds the value, in whole words.

`--python` names an interpreter that has `xllamacpp`, `mem0ai` and `langchain` besides this package: a virtual
environment of the benchmark's own. Systems whose packages are missing are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean, median, quantiles
from typing import Any

from langchain_core.embeddings import Embeddings

from benchmarks.running import Report, run_benchmark
from parametric_memory import ParametricMemory
from parametric_memory.evaluation.held_out import FactDocuments
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.run_written import notes
from parametric_memory.evaluation.scores import contains_any

ANSWER_TOKENS, NEAREST = 32, 4

Search = Callable[[str], list[str]]  # a question to the notes nearest to it
Stream = Callable[[str], Iterator[str]]  # a prompt to the pieces of its answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gguf", help="the base model's file, for llama.cpp")
    parser.add_argument("--python", default=sys.executable, help="an interpreter with xllamacpp and mem0ai")
    parser.add_argument("--notes", type=int, default=200, help="in each memory")
    parser.add_argument("--questions", type=int, default=40, help="asked of each")
    parser.add_argument("--system", choices=SYSTEMS, help=argparse.SUPPRESS)  # what a child process runs
    if "--system" in sys.argv:
        print(json.dumps(run_system(parser.parse_args())))
        return

    def measured(memory: ParametricMemory, chosen: argparse.Namespace, report: Report) -> list[EvalRow]:
        return measure(chosen, report)

    run_benchmark("peers", parser, measured)


def measure(chosen: argparse.Namespace, report: Report) -> list[EvalRow]:
    """Asks every system in a process of its own, and compares the answers."""
    written = notes()
    facts = FactDocuments(chosen.seed).documents([1] * max(0, chosen.notes - len(written)))
    texts = [*(note.document for note in written), *(example.document for example in facts)][: chosen.notes]
    asked = written[: chosen.notes][:: max(1, min(len(written), chosen.notes) // chosen.questions)][: chosen.questions]
    work = json.dumps({"texts": texts, "questions": [note.question for note in asked]})
    results: dict[str, Mapping[str, Any]] = {}
    for name in SYSTEMS:
        report(f"{len(texts)} notes and {len(asked)} questions, {name}")
        python = sys.executable if name in ("memory", "hybrid") else chosen.python
        arguments = [python, "-m", "benchmarks.peers", "--system", name, "--gguf", chosen.gguf or ""]
        child = subprocess.run(arguments, input=work, capture_output=True, text=True, check=False)
        if child.returncode:
            report(f"{name} is left out: {(child.stderr.strip().splitlines() or ['no message'])[-1]}")
        else:
            results[name] = json.loads(child.stdout.splitlines()[-1])
    return rows(results, [note.answers for note in asked])


def rows(results: Mapping[str, Mapping[str, Any]], answers: Sequence[Sequence[str]]) -> list[EvalRow]:
    """One row a metric, one column a system.

    Args:
        results: what `run_system` returned, by system; `memory` is among them.
        answers: to each question; each of them counts as right.
    """
    right = {
        name: [float(contains_any(text, each)) for text, each in zip(result["texts"], answers, strict=True)]
        for name, result in results.items()
    }

    def row(metric: str, figure: Callable[[Mapping[str, Any]], float]) -> EvalRow:
        figures: dict[str, Any] = {name: figure(result) for name, result in results.items()}
        return EvalRow(case="notes", metric=metric, **figures, n=len(answers), unit="number")

    rate = {name: 60 * sum(scores) / sum(results[name]["total"]) for name, scores in right.items()}
    return [
        EvalRow.of_scores("notes", "right", right),
        row("seconds to add a note", lambda result: result["added"]),
        row("seconds to the first token, median", lambda result: median(result["first"])),
        row("seconds to the first token, 95 %", lambda result: _most(result["first"])),
        row("seconds to the end, median", lambda result: median(result["total"])),
        row("seconds to the end, 95 %", lambda result: _most(result["total"])),
        row("tokens read", lambda result: fmean(result["tokens_read"])),
        EvalRow(case="notes", metric="right answers a minute", **dict[str, Any](rate), n=len(answers), unit="number"),
    ]


def _most(seconds: Sequence[float]) -> float:
    """The 95th percentile."""
    return quantiles(seconds, n=20, method="inclusive")[-1]


def run_system(chosen: argparse.Namespace) -> dict[str, Any]:
    """Adds the notes on stdin and answers the questions there, on one core. Times are seconds of the processor."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    work = json.load(sys.stdin)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        add, stream, tokens_read = SYSTEMS[chosen.system](Path(folder), chosen.gguf)
        add(["Nothing is measured while models are loaded."])
        list(stream("What is measured while models are loaded?"))
        began = time.process_time()
        add(work["texts"])
        result: dict[str, Any] = {"added": (time.process_time() - began) / len(work["texts"])}
        result.update(first=[], total=[], texts=[], tokens_read=[])
        for question in work["questions"]:
            began, first, text = time.process_time(), None, ""
            for piece in stream(question):
                first = first or time.process_time() - began
                text += piece
            result["total"].append(time.process_time() - began)
            result["first"].append(first or result["total"][-1])
            result["texts"].append(text)
            result["tokens_read"].append(tokens_read())
    return result


# A system: what adds notes, what answers a question piece by piece, and how many tokens the last prompt had.
System = tuple[Callable[[list[str]], Any], Stream, Callable[[], int]]


def memory_system(folder: Path, gguf: str, hybrid: bool = False) -> System:
    from parametric_memory.documents.files import Document

    memory = ParametricMemory(folder)
    asked = ""

    def add(texts: list[str]) -> None:
        memory.add_files(*[Document(text, text[:40]) for text in texts])

    def stream(question: str) -> Iterator[str]:
        nonlocal asked
        asked = question
        return memory.stream(question, max_new_tokens=ANSWER_TOKENS, hybrid=hybrid)[1]

    return add, stream, lambda: memory.ask(asked, max_new_tokens=1, hybrid=hybrid).prompt_tokens


def hybrid_system(folder: Path, gguf: str) -> System:
    return memory_system(folder, gguf, hybrid=True)


def transformers_system(folder: Path, gguf: str) -> System:
    """What answers is `generate` of transformers, with the weights of the memory's base model, in their precision."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, TextIteratorStreamer

    from parametric_memory.fetching.embedded import BASE_MODEL, fetch

    torch.set_num_threads(1)
    weights = fetch(BASE_MODEL, progress=False)
    tokenizer = AutoTokenizer.from_pretrained(weights)
    model = AutoModelForCausalLM.from_pretrained(weights, dtype=torch.bfloat16)
    read = 0

    def generate(prompt: str) -> Iterator[str]:
        nonlocal read
        streamer = TextIteratorStreamer(tokenizer, skip_prompt=True, skip_special_tokens=True)
        chat = [{"role": "user", "content": prompt}]
        ids = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_tensors="pt", return_dict=True)
        read = ids["input_ids"].shape[1]
        options = {**ids, "streamer": streamer, "max_new_tokens": ANSWER_TOKENS, "do_sample": False}
        thread = threading.Thread(target=model.generate, kwargs=options)
        thread.start()
        yield from streamer
        thread.join()

    return *_retrieving(*chroma(folder, _embedder(), NEAREST), generate), lambda: read


def llama_cpp_system(folder: Path, gguf: str) -> System:
    generate, tokens_read = _llama_cpp(gguf)
    return *_retrieving(*chroma(folder, _embedder(), NEAREST), generate), tokens_read


def mem0_system(folder: Path, gguf: str) -> System:
    os.environ["MEM0_TELEMETRY"] = "False"
    from langchain_core.language_models import FakeListChatModel
    from mem0 import Memory

    generate, tokens_read = _llama_cpp(gguf)
    store = Memory.from_config(
        {
            "vector_store": {"provider": "chroma", "config": {"collection_name": "notes", "path": str(folder)}},
            "embedder": {"provider": "langchain", "config": {"model": _embedder()}},
            "llm": {"provider": "langchain", "config": {"model": FakeListChatModel(responses=[""])}},  # never asked
            "history_db_path": str(folder / "history.db"),
        }
    )

    def add(texts: list[str]) -> None:
        for text in texts:
            store.add(text, user_id="user", infer=False)

    def search(question: str) -> list[str]:
        found = store.search(question, filters={"user_id": "user"}, top_k=NEAREST)
        return [each["memory"] for each in found["results"]]

    return *_retrieving(add, search, generate), tokens_read


def chroma(folder: Path, embeddings: Embeddings, most: int) -> tuple[Callable[[list[str]], Any], Search]:
    """What adds texts to langchain-chroma in a folder, and what finds the nearest ones there, at most so many."""
    from langchain_chroma import Chroma

    cosine = {"hnsw:space": "cosine"}
    store = Chroma(embedding_function=embeddings, persist_directory=str(folder), collection_metadata=cosine)
    return store.add_texts, lambda question: [found.page_content for found in store.similarity_search(question, k=most)]


def _embedder() -> Embeddings:
    from parametric_memory.internalize.embedding import MiniLMEmbeddings

    return MiniLMEmbeddings()


def _retrieving(add: Callable[[list[str]], Any], search: Search, generate: Stream) -> tuple[Callable[..., Any], Stream]:
    """What puts the notes that are found before the question."""
    return add, lambda question: generate("\n\n".join([*search(question), question]))


def _llama_cpp(gguf: str) -> tuple[Stream, Callable[[], int]]:
    """The file in llama.cpp, with one thread. It hands pieces to a callback; they become an iterator."""
    import queue

    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = gguf
    parameters.n_ctx, parameters.n_parallel, parameters.verbosity, parameters.cache_prompt = 2048, 1, 0, False
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)
    read = 0

    def generate(prompt: str) -> Iterator[str]:
        nonlocal read
        pieces: queue.Queue[dict[str, Any] | None] = queue.Queue()
        request = {"messages": [{"role": "user", "content": prompt}], "max_tokens": ANSWER_TOKENS, "stream": True}

        def work() -> None:
            server.handle_chat_completions({**request, "temperature": 0}, lambda piece: pieces.put(piece) or False)
            pieces.put(None)

        threading.Thread(target=work).start()
        for piece in iter(pieces.get, None):
            for each in piece if isinstance(piece, list) else [piece]:
                read = each.get("timings", {}).get("prompt_n", read)
                if text := each["choices"][0]["delta"].get("content"):
                    yield text

    return generate, lambda: read


SYSTEMS: Mapping[str, Callable[[Path, str], System]] = {
    "memory": memory_system,
    "hybrid": hybrid_system,
    "transformers": transformers_system,
    "llama_cpp": llama_cpp_system,
    "mem0": mem0_system,
}

if __name__ == "__main__":
    main()

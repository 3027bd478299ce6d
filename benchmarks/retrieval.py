"""Parametric memory against Chroma retrieval with the same base model, and both together: one run, same questions.

    python benchmarks/retrieval.py [--lengths 100 1000 4000] [--questions 40] [--seed 0] [--json]

Each document is ordinary prose of the given length with a few invented facts hidden in it; the questions ask for them.
All documents of a length are remembered, then every question is answered in three ways through LangChain, as its users
get them: under adapters an unsure answer is looked for again in several beams, without any it is greedy:

| column | what the base model answers under, and what it reads |
|---|---|
| memory | the adapters that the question recalls; the question alone |
| Chroma | no adapter; the four nearest passages of at most 128 tokens, then the question |
| hybrid | the adapters, and the text that they were made from; the recalled passages |

Right is an answer that holds the value, whole words, and no value of another document. Times are those of the caller:
from the question, looking things up included, to the first piece of the answer; their figure is the median. Adding is
internalizing and embedding for memory and hybrid, embedding alone for Chroma. Needs `pip install langchain-chroma`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from langchain_core.documents import Document
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import Runnable

from benchmarks.running import Report, run_benchmark
from langchain_parametric_memory import ChatParametricMemory, ParametricMemoryVectorStore
from parametric_memory import ParametricMemory
from parametric_memory.evaluation.columns import Case
from parametric_memory.evaluation.held_out import FactDocument, FactDocuments, Filler
from parametric_memory.evaluation.results import seconds
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.run_facts import FACT_SCORES, fact_case
from parametric_memory.hypernetworks.chunking import split_at_borders

LENGTHS = (100, 1000, 4000)
FACTS = 2  # in each document
ANSWER_TOKENS = 32
PASSAGE_TOKENS, PASSAGES = 128, 4  # of retrieval

Answering = Runnable[str, AIMessageChunk]


@dataclass
class Asked:
    """What was measured of one way of answering, a number for each question.

    Attributes:
        right: 1.0 where the answer was.
        first_token: seconds.
        writing: seconds from the first piece of all answers to their ends, in which `tokens` were written.
    """

    right: list[float]
    prompt_tokens: list[float]
    first_token: list[float]
    tokens: int = 0
    writing: float = 0.0


def questions_about(documents: Sequence[FactDocument]) -> list[Case]:
    """One for each fact; no value of another document must be in the answer."""
    return [
        fact_case(document, fact, (other for other in documents if other is not document))
        for document in documents
        for fact in document.facts
    ]


def measure(
    memory: ParametricMemory, lengths: Sequence[int], questions: int, seed: int, report: Report
) -> Iterator[EvalRow]:
    """Five rows a length.

    Args:
        memory: whose models are measured; its folder is not touched.
        lengths: of the documents, in tokens of the base model.
        questions: how many are asked at each length.
    """
    for length in lengths:
        documents = FactDocuments(seed, one_user=True).documents([FACTS] * -(-questions // FACTS))
        filler = Filler(memory.models.base.tokenizer, seed)
        texts = [filler.text(length, document.text) for document in documents]
        cases = questions_about(documents)[:questions]
        report(f"{len(texts)} documents of {length} tokens are added")
        with remembered(memory, texts) as (ways, added):
            asked = {}
            for way, chain in ways.items():
                report(f"{len(cases)} questions, {way}")
                asked[way] = ask(chain, cases)
        yield from rows(f"{length} tokens", asked, {way: took / len(texts) for way, took in added.items()}, len(texts))


@contextmanager
def remembered(
    memory: ParametricMemory, texts: Sequence[str]
) -> Iterator[tuple[dict[str, Answering], dict[str, float]]]:
    """The three ways of answering about these texts, and the seconds that adding them took."""
    from langchain_chroma import Chroma

    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        memory.with_recall(Path(folder) / "memory") as kept,
        memory.with_recall(Path(folder) / "nothing") as empty,
    ):
        kept.models.internalizer.internalize("Nothing is measured while a model warms up.")
        kept.models.embeddings.embed_query("Nor while an embedder does.")
        store = ParametricMemoryVectorStore(kept)
        internalizing = seconds(partial(store.add_texts, texts))
        passages = Chroma(
            embedding_function=kept.models.embeddings,
            persist_directory=f"{folder}/chroma",
            collection_metadata={"hnsw:space": "cosine"},
        )
        tokenizer = kept.models.base.tokenizer
        embedding = seconds(
            lambda: passages.add_texts(
                [chunk.text for text in texts for chunk in split_at_borders(text, tokenizer, PASSAGE_TOKENS)]
            )
        )
        chat = ChatParametricMemory(memory=kept, max_tokens=ANSWER_TOKENS)
        # The base model alone: of an empty memory nothing is looked up.
        base = ChatParametricMemory(memory=empty, max_tokens=ANSWER_TOKENS)

        def with_passages(question: str) -> str:
            found: list[Document] = passages.similarity_search(question, k=PASSAGES)
            return "\n\n".join([*(document.page_content for document in found), question])

        chains: dict[str, Answering] = {
            "memory": chat,
            "Chroma": with_passages | base,
            "hybrid": chat.model_copy(update={"hybrid": True}),
        }
        yield chains, {"memory": internalizing, "Chroma": embedding, "hybrid": internalizing}


def ask(chain: Answering, cases: Sequence[Case]) -> Asked:
    """Ask every question, after one that does not count."""
    for _ in chain.stream(cases[0].question):
        pass
    [is_right] = FACT_SCORES.values()
    asked = Asked([], [], [])
    for case in cases:
        started, first = time.perf_counter(), None
        answer: AIMessageChunk | None = None
        for chunk in chain.stream(case.question):
            if first is None and chunk.text:
                first = time.perf_counter()
            answer = chunk if answer is None else answer + chunk
        ended = time.perf_counter()
        assert answer is not None and answer.usage_metadata is not None
        asked.right.append(is_right(case, answer.text))
        asked.prompt_tokens.append(answer.usage_metadata["input_tokens"])
        asked.first_token.append((first or ended) - started)
        asked.tokens += answer.usage_metadata["output_tokens"] - 1  # the first one is there when the writing begins
        asked.writing += ended - (first or ended)
    return asked


def rows(case: str, asked: Mapping[str, Asked], add: Mapping[str, float], documents: int) -> list[EvalRow]:
    """The rows of one length.

    Args:
        asked: by way.
        add: seconds for each document, by way.
        documents: how many there are.
    """

    def row(metric: str, figures: Mapping[str, float], n: int) -> EvalRow:
        return EvalRow(case=case, metric=metric, n=n, unit="number", **figures)

    questions = len(asked["memory"].right)
    rates = {way: a.tokens / a.writing if a.writing else 0.0 for way, a in asked.items()}
    prompts = {way: a.prompt_tokens for way, a in asked.items()}
    return [
        EvalRow.of_scores(case, "right", {way: a.right for way, a in asked.items()}),
        EvalRow.of_scores(case, "prompt tokens", prompts, unit="number"),
        row("seconds to the first token", {way: median(a.first_token) for way, a in asked.items()}, questions),
        row("tokens a second", rates, questions),
        row("seconds to add a document", add, documents),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS, metavar="TOKENS", help="of the documents")
    parser.add_argument("--questions", type=int, default=40, metavar="N", help="at each length")

    def measured(memory: ParametricMemory, chosen: argparse.Namespace, report: Report) -> Iterator[EvalRow]:
        return measure(memory, chosen.lengths, chosen.questions, chosen.seed, report)

    run_benchmark("retrieval", parser, measured)


if __name__ == "__main__":
    main()

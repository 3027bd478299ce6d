"""Parametric memory against Chroma retrieval with the same base model, and both together: one run, same questions.

    python benchmarks/retrieval.py [--lengths 100 1000 4000] [--questions 40] [--seed 0] [--json]

Each document is ordinary prose of the given length with a few invented facts hidden in it; the questions ask for them.
All documents of a length are remembered, then every question is answered in three ways through LangChain, as its users
get them: under adapters an unsure answer is looked for again in several beams, without any it is greedy:

| way | what the base model answers under, and what it reads |
|---|---|
| memory | the adapters that the question recalls; the question alone |
| Chroma | no adapter; the four nearest passages of at most 128 tokens, then the question |
| hybrid | the adapters, and the text that they were made from; the recalled passages |

Right is an answer that holds the value, whole words, and no value of another document. Times are those of the caller:
from the question, looking things up included, to the first piece of the answer. Adding is internalising and embedding
for memory and hybrid, embedding alone for Chroma. Needs `pip install langchain-chroma`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from langchain_core.documents import Document
from langchain_core.messages import AIMessageChunk
from langchain_core.runnables import Runnable

from langchain_parametric_memory import ChatParametricMemory, ParametricMemoryVectorStore
from parametric_memory import ParametricMemory
from parametric_memory.evaluation.benchmark import Report, run_benchmark
from parametric_memory.evaluation.fact_documents import FactDocument, FactDocuments, foreign_values
from parametric_memory.evaluation.filler import Filler
from parametric_memory.evaluation.scoring import right
from parametric_memory.hypernetworks.chunking import split_at_borders

LENGTHS = (100, 1000, 4000)
FACTS = 2  # in each document
ANSWER_TOKENS = 32
PASSAGE_TOKENS, PASSAGES = 128, 4  # of retrieval

Answering = Runnable[str, AIMessageChunk]


@dataclass(frozen=True)
class Question:
    """A question about one of the documents.

    Attributes:
        value: what a right answer holds.
        others: the values of the other documents, see `foreign_values`.
    """

    text: str
    value: str
    others: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """What was measured for documents of a length, answered in one way.

    Attributes:
        length: of each document, in tokens.
        n: questions.
        right: share of answers.
        prompt_tokens: mean.
        first_token: seconds, median.
        tokens_per_second: of an answer, after its first piece.
        add: seconds for each document.
    """

    length: int
    way: str
    n: int
    right: float
    prompt_tokens: float
    first_token: float
    tokens_per_second: float
    add: float


def questions_about(documents: Sequence[FactDocument]) -> list[Question]:
    """One for each fact."""
    asked = []
    for document in documents:
        others = [fact for other in documents if other is not document for fact in other.facts]
        asked += [Question(f.question, f.value, foreign_values(others, f.question)) for f in document.facts]
    return asked


def measure(
    memory: ParametricMemory, lengths: Sequence[int], questions: int, seed: int, report: Report
) -> Iterator[Row]:
    """Three rows a length.

    Args:
        memory: whose models are measured; its folder is not touched.
        lengths: of the documents, in tokens of the base model.
        questions: how many are asked at each length.
    """
    for length in lengths:
        documents = FactDocuments(seed, one_user=True).documents([FACTS] * -(-questions // FACTS))
        filler = Filler(memory.models.base.tokenizer, seed)
        texts = [filler.text(length, document.text) for document in documents]
        asked = questions_about(documents)[:questions]
        report(f"{len(texts)} documents of {length} tokens are added")
        with remembered(memory, texts) as (ways, added):
            for way, chain in ways.items():
                report(f"{len(asked)} questions, {way}")
                yield row(length, way, chain, asked, added[way] / len(texts))


@contextmanager
def remembered(
    memory: ParametricMemory, texts: Sequence[str]
) -> Iterator[tuple[dict[str, Answering], dict[str, float]]]:
    """The three ways of answering about these texts, and the seconds that adding them took."""
    from langchain_chroma import Chroma

    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        memory.sibling(Path(folder) / "memory") as kept,
        memory.sibling(Path(folder) / "nothing") as empty,
    ):
        kept.models.internalizer.internalize("Nothing is measured while a model warms up.")
        kept.models.embeddings.embed_query("Nor while an embedder does.")
        store = ParametricMemoryVectorStore(kept)
        internalizing = seconds(lambda: store.add_texts(texts))
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


def row(length: int, way: str, chain: Answering, asked: Sequence[Question], add: float) -> Row:
    """Ask every question, after one that does not count."""
    for _ in chain.stream(asked[0].text):
        pass
    hits, prompts, firsts, tokens, writing = [], [], [], 0, 0.0
    for question in asked:
        started, first = time.perf_counter(), None
        answer: AIMessageChunk | None = None
        for chunk in chain.stream(question.text):
            if first is None and chunk.text:
                first = time.perf_counter()
            answer = chunk if answer is None else answer + chunk
        ended = time.perf_counter()
        assert answer is not None and answer.usage_metadata is not None
        hits.append(right(answer.text, question.value, question.others))
        prompts.append(answer.usage_metadata["input_tokens"])
        firsts.append((first or ended) - started)
        tokens += answer.usage_metadata["output_tokens"] - 1  # the first one is there when the writing begins
        writing += ended - (first or ended)
    rate = tokens / writing if writing else 0.0
    return Row(length, way, len(asked), mean(hits), mean(prompts), median(firsts), rate, add)


def seconds(work: Callable[[], object]) -> float:
    """How long some work takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown."""
    head = "| document | way | right | prompt tokens | first token (s) | tokens a second | add (s) | n |"
    lines = [head, "|---" * head.count(" | ") + "|---|"]
    for r in rows:
        figures = f"{r.prompt_tokens:.0f} | {r.first_token:.2f} | {r.tokens_per_second:.1f} | {r.add:.2f} | {r.n}"
        lines.append(f"| {r.length} tokens | {r.way} | {100 * r.right:.0f} % | {figures} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", type=int, nargs="+", default=LENGTHS, metavar="TOKENS", help="of the documents")
    parser.add_argument("--questions", type=int, default=40, metavar="N", help="at each length")

    def rows(memory: ParametricMemory, chosen: argparse.Namespace, report: Report) -> Iterator[Row]:
        return measure(memory, chosen.lengths, chosen.questions, chosen.seed, report)

    run_benchmark("retrieval", parser, rows, table)


if __name__ == "__main__":
    main()

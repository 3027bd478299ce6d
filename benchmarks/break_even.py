"""After how many questions internalizing a document has paid, beside reading it, or its best sentences, each time.

    python benchmarks/break_even.py [--documents 12] [--questions 12] [--lengths 64,256,1024] [--prompt 0,256,1024]
                                    [--json]

Documents of each length hide one invented fact among sentences of prose. Each is asked about, alone and at the end of
chats of so many tokens: prose about other things, the same for all.

| column | stores | the prompt has, besides chat and question |
|---|---|---|
| memory | rows of all sentences | nothing: rows of the sentences that the judge chooses are attached |
| judged_text | text and vectors | the sentences that the judge chooses |
| rag | sentences and vectors, in langchain-chroma | the three nearest ones |
| in_prompt | nothing | the whole document |

Milliseconds are processor time, with one thread for the models, from the question to the first token, and include what
finds the sentences. In a chat the judge looks for the question alone and after the user's turn before it; Chroma for
the question alone. Tokens are those that the base model reads. A document has paid after (what adding costs, less what
the other way's adding costs) / (what a question saves) questions, in time and in tokens; 0 stands for never, where a
question saves nothing.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain, cycle
from math import ceil
from pathlib import Path
from random import Random
from statistics import fmean, median
from typing import NamedTuple

from benchmarks.latency import cpu_seconds, one_thread
from benchmarks.peers import chroma
from benchmarks.running import Report, run_benchmark
from parametric_memory import ParametricMemory
from parametric_memory.answering.answering import AnswerRequest
from parametric_memory.documents.files import Document
from parametric_memory.documents.sentences import sentences
from parametric_memory.evaluation.held_out import FactDocuments, prose
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.language_model.chat import ChatFormat, Turn, prompt_ids
from parametric_memory.language_model.requests import Request
from parametric_memory.memory import reopen

NEAREST = 3  # sentences of RAG
_TURN = 64  # tokens of a turn of the chat
_SHORT = 8  # tokens of a document that no sentence has to fill

Asked = tuple[str, AnswerRequest]  # a document, and a conversation that ends with a question about it
Figures = Mapping[str, float]  # by way


class Way(NamedTuple):
    """A way to answer: `add` gets documents; `ask` returns the tokens of its prompt once the first token is there."""

    add: Callable[[Sequence[str]], object]
    ask: Callable[[str, AnswerRequest], int]


def measure(
    memory: ParametricMemory,
    documents: int,
    questions: int,
    lengths: Sequence[int],
    prompts: Sequence[int],
    seed: int,
    report: Report,
) -> list[EvalRow]:
    """Rows for each length, what adding costs; for each chat before the question, what asking costs, and when it pays.

    Args:
        memory: an empty one, whose models are used; memories inside its folder are filled.
        lengths, prompts: of documents and of chats, in tokens; the latter are rounded up to whole pairs of turns.
    """
    form, rng, rows = memory.models.base.chat, Random(seed), list[EvalRow]()
    chats = {tokens: chat(form, tokens) for tokens in prompts}
    for length in lengths:
        facts = FactDocuments(seed + length).documents([1] * (documents + 1))
        texts = [document(form, length, fact.document, rng) for fact in facts]
        asked = {
            f"{length} tokens{f', after {tokens} of chat' if tokens else ''}": [
                (text, AnswerRequest.of(fact.questions[0].text, turns, max_tokens=1, abstain=False))
                for text, fact in list(zip(texts, facts, strict=True))[: questions + 1]
            ]
            for tokens, turns in chats.items()
        }
        rows += _of_length(memory, length, texts, asked, report)
    return rows


def document(form: ChatFormat, tokens: int, fact: str, rng: Random) -> str:
    """The fact among sentences of prose, of so many tokens or hardly fewer."""
    passages, chosen, left = prose(), list[str](), tokens - len(form.encode(fact))
    rng.shuffle(passages)
    for sentence in chain.from_iterable(map(sentences, passages)):
        if left < _SHORT:
            break
        if (length := len(form.encode(f" {sentence}"))) <= left:
            chosen.append(sentence)
            left -= length
    chosen.insert(rng.randint(0, len(chosen)), fact)
    return " ".join(chosen)


def chat(form: ChatFormat, tokens: int) -> list[Turn]:
    """Turns of a user and an assistant, about other things; none for 0 tokens."""
    ids = form.encode(" ".join(prose()[:tokens]))
    starts = range(0, 2 * _TURN * ceil(tokens / (2 * _TURN)), _TURN)
    return [
        {"role": role, "content": form.decode(ids[start : start + _TURN])}
        for role, start in zip(cycle(("user", "assistant")), starts, strict=False)
    ]


def _of_length(
    memory: ParametricMemory, length: int, texts: Sequence[str], asked: Mapping[str, Sequence[Asked]], report: Report
) -> list[EvalRow]:
    """Of documents of one length. The first of them, and the first question of each case, only warm up."""
    folder, added = memory.storage.location.folder, dict[str, float]()
    assert folder is not None
    with (
        one_thread(),
        reopen(memory, folder / f"rows-{length}", store="rows") as rows,
        reopen(memory, folder / f"text-{length}", store="text") as text,
    ):
        ways = _ways(rows, text, folder / f"chroma-{length}")
        for name, way in ways.items():
            way.add(texts[:1])
            report(f"{len(texts) - 1} documents of {length} tokens are added, {name}")
            added[name] = 1000 * cpu_seconds(partial(way.add, texts[1:])) / (len(texts) - 1)
        read = dict.fromkeys(ways, 0.0) | {"memory": fmean(entry.tokens for entry in rows.list())}
        found = [
            _row(f"{length} tokens", "milliseconds to add", added, len(texts) - 1),
            _row(f"{length} tokens", "tokens read to add", read, len(texts) - 1),
        ]
        for case, questions in asked.items():
            report(f"{len(questions) - 1} questions, {case}")
            spent, prompt = _asked(ways, questions)
            figures = {
                "milliseconds to the first token": spent,
                "tokens read": prompt,
                "has paid after questions": _paid_after(added, spent),
                "has paid in tokens after questions": _paid_after(read, prompt),
            }
            found += [_row(case, metric, of, len(questions) - 1) for metric, of in figures.items()]
    return found


def _ways(rows: ParametricMemory, text: ParametricMemory, folder: Path) -> dict[str, Way]:
    """rows, text: memories that store such; folder: for Chroma."""
    models = rows.models
    add_sentences, nearest = chroma(folder, models.embeddings, NEAREST)

    def add(memory: ParametricMemory, texts: Sequence[str]) -> None:
        memory.add_files(*(Document(each, each[:40]) for each in texts))

    def prompted(found: Sequence[str], request: AnswerRequest) -> int:
        prompt = prompt_ids(models.base.chat, request.turns, passages=found, ask=models.question)
        models.base.generate([Request(prompt, max_new_tokens=1)])
        return len(prompt)

    def judged(_: str, request: AnswerRequest) -> int:
        # As the memory does: in a chat, the better of two readings.
        recalled = [text.recall(reading) for reading in request.readings]
        best = max(recalled, key=lambda recalls: max((recall.score for recall in recalls), default=0.0))
        return prompted([passage.text for recall in best if recall.attached for passage in recall.passages], request)

    return {
        "memory": Way(
            partial(add, rows), lambda _, request: rows.answering.answer(rows.answering.prepare(request)).prompt_tokens
        ),
        "judged_text": Way(partial(add, text), judged),
        "rag": Way(
            lambda texts: add_sentences([sentence for each in texts for sentence in sentences(each)]),
            lambda _, request: prompted(nearest(request.user_turns[0]), request),
        ),
        "in_prompt": Way(lambda texts: None, lambda document, request: prompted([document], request)),
    }


def _asked(ways: Mapping[str, Way], asked: Sequence[Asked]) -> tuple[Figures, Figures]:
    """Medians of milliseconds to the first token, and of tokens in the prompt."""
    spent: dict[str, list[float]] = {name: [] for name in ways}
    read: dict[str, list[int]] = {name: [] for name in ways}
    for document, request in asked:
        for name, way in ways.items():
            began = time.process_time()
            read[name].append(way.ask(document, request))
            spent[name].append(1000 * (time.process_time() - began))
    return {name: median(of[1:]) for name, of in spent.items()}, {name: median(of[1:]) for name, of in read.items()}


def _paid_after(added: Figures, asked: Figures) -> Figures:
    """Questions after which the memory has paid, against each other way."""
    paid = {"memory": 0.0}
    for other in asked.keys() - paid.keys():
        saved = asked[other] - asked["memory"]
        paid[other] = max(0.0, added["memory"] - added[other]) / saved if saved > 0 else 0.0
    return paid


def _row(case: str, metric: str, figures: Figures, n: int) -> EvalRow:
    return EvalRow(case=case, metric=metric, n=n, unit="number", **figures)


def _numbers(given: str) -> list[int]:
    return [int(each) for each in given.split(",")]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=12, help="of each length, that are added")
    parser.add_argument("--questions", type=int, default=12, help="that are asked, one a document")
    parser.add_argument("--lengths", type=_numbers, default="64,256,1024", help="of documents, in tokens")
    parser.add_argument("--prompt", type=_numbers, default="0,256,1024", help="tokens of chat before the question")
    run_benchmark(
        "break_even",
        parser,
        lambda memory, chosen, report: measure(
            memory,
            chosen.documents,
            min(chosen.questions, chosen.documents),
            chosen.lengths,
            chosen.prompt,
            chosen.seed,
            report,
        ),
    )

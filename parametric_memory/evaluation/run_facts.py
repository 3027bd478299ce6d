"""`eval facts`: is what a generated document says in the generated answer, and is it there because of the memory?

Held-out relations, phrasings and words. Greedy answers, never teacher-forced. Every case beside three controls: no
memory, the document in the prompt, another document's adapter.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.evaluation.fact_documents import FactDocument, FactDocuments
from parametric_memory.evaluation.relations import UNRELATED_QUESTIONS
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.scoring import right

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter
    from parametric_memory.memory import ParametricMemory

_BATCH = 16
_ANSWER_TOKENS = 32
_MEMORY_DOCUMENTS = 20
_FACTS_IN_MEMORY = (1, 2, 3, 4)
_MOST_UNRELATED = 24


@dataclass(frozen=True)
class Case:
    """A question with the document that answers it, and values that must not stand in the answer."""

    document: FactDocument
    question: str
    value: str
    others: tuple[str, ...] = ()


def evaluate_facts(
    memory: ParametricMemory, seed: int = 0, documents: int = 100, report: Callable[[str], None] = print
) -> list[EvalRow]:
    """All cases.

    Args:
        memory: whose models are measured; its folder is not touched.
        documents: how many documents, and questions, a single-document case has; the case of 20 documents has as many
            questions.
    """
    rows = []
    for facts in (1, 4, 8):
        report(f"{facts} fact{'s' if facts > 1 else ''} in one document, {documents} documents")
        cases = _single_document_cases(seed, facts, documents)
        rows.append(single_documents(memory, f"{facts} fact{'s' if facts > 1 else ''}", cases))
    report(f"{_MEMORY_DOCUMENTS} documents through the index")
    rows += many_documents(memory, seed, documents)
    return rows


def _single_document_cases(seed: int, facts: int, count: int) -> list[Case]:
    """One question about one fact of each document."""
    made = FactDocuments(seed * 1000 + facts).documents([facts] * count)
    rng = random.Random(seed)
    cases = []
    for i, document in enumerate(made):
        asked = rng.choice(document.facts)
        others = tuple(f.value for f in made[(i + 1) % count].facts)
        cases.append(Case(document, asked.question, asked.value, others))
    return cases


def single_documents(memory: ParametricMemory, name: str, cases: Sequence[Case]) -> EvalRow:
    """Each question under its own document's adapter, attached without an index."""
    adapters = [memory.models.internalizer.internalize(c.document.text).adapter for c in cases]
    questions = [c.question for c in cases]
    in_prompt = [f"{c.document.text}\n\n{c.question}" for c in cases]
    return EvalRow(
        case=name,
        metric="contained",
        memory=_share_right(answers(memory, questions, adapters), cases),
        none=_share_right(answers(memory, questions), cases),
        in_prompt=_share_right(answers(memory, in_prompt), cases),
        random_adapter=_share_right(answers(memory, questions, [*adapters[1:], adapters[0]]), cases),
        n=len(cases),
    )


def many_documents(memory: ParametricMemory, seed: int, questions: int) -> list[EvalRow]:
    """Memories of 20 documents each, asked through their index; and questions that have nothing to do with them."""
    rng = random.Random(seed)
    source = FactDocuments(seed * 1000 + _MEMORY_DOCUMENTS)
    cases: list[Case] = []
    answered: list[str] = []
    random_answers: list[str] = []
    unrelated_same: list[bool] = []
    found = 0
    while len(cases) < questions:
        made = source.documents([rng.choice(_FACTS_IN_MEMORY) for _ in range(_MEMORY_DOCUMENTS)])
        few = min(_MEMORY_DOCUMENTS, questions - len(cases))
        asked = [_question_among(rng, made, i) for i in rng.sample(range(_MEMORY_DOCUMENTS), few)]
        with tempfile.TemporaryDirectory() as folder:
            small = memory.sibling(Path(folder) / "memory")
            ids = {small.add(d.text).id: d for d in made}
            recalls = [small.recall(c.question) for c in asked]
            first = [ids[r[0].entry_id] if r and r[0].attached else None for r in recalls]
            found += sum(document is c.document for document, c in zip(first, asked, strict=True))
            adapters = [small.adapter_for(r) for r in recalls]
            answered += answers(memory, [c.question for c in asked], adapters)
            random_answers += answers(memory, [c.question for c in asked], [*adapters[1:], adapters[0]])
            if not unrelated_same:
                unrelated_same = _same_without(small, rng.sample(UNRELATED_QUESTIONS, _MOST_UNRELATED))
            small.close()
        cases += asked
    in_prompt = answers(memory, [f"{c.document.text}\n\n{c.question}" for c in cases])
    count = len(cases)
    name = f"{_MEMORY_DOCUMENTS} documents"
    return [
        EvalRow(
            case=name,
            metric="contained",
            memory=_share_right(answered, cases),
            none=_share_right(answers(memory, [c.question for c in cases]), cases),
            in_prompt=_share_right(in_prompt, cases),
            random_adapter=_share_right(random_answers, cases),
            n=count,
        ),
        EvalRow(case=name, metric="right document recalled", memory=found / count, n=count),
        EvalRow(
            case=f"{name}, unrelated questions",
            metric="same answer as without memory",
            memory=sum(unrelated_same) / len(unrelated_same),
            n=len(unrelated_same),
        ),
    ]


def _question_among(rng: random.Random, documents: Sequence[FactDocument], index: int) -> Case:
    asked = rng.choice(documents[index].facts)
    others = tuple(f.value for i, d in enumerate(documents) if i != index for f in d.facts)
    return Case(documents[index], asked.question, asked.value, others)


def _same_without(memory: ParametricMemory, questions: Sequence[str]) -> list[bool]:
    adapters = [memory.adapter_for(memory.recall(q)) for q in questions]
    return [a == b for a, b in zip(answers(memory, questions, adapters), answers(memory, questions), strict=True)]


def answers(
    memory: ParametricMemory, questions: Sequence[str], adapters: Sequence[Adapter | None] | None = None
) -> list[str]:
    """Greedy answers to questions, each under its adapter, in batches of similar length."""
    from parametric_memory.language_model.base_model import Request

    base = memory.models.base
    requests = [
        Request(base.chat.question(q), adapters[i] if adapters else None, _ANSWER_TOKENS)
        for i, q in enumerate(questions)
    ]
    order = sorted(range(len(requests)), key=lambda i: len(requests[i].prompt))
    found = [""] * len(requests)
    for start in range(0, len(order), _BATCH):
        part = order[start : start + _BATCH]
        for i, completion in zip(part, base.generate([requests[i] for i in part]), strict=True):
            found[i] = completion.text
    return found


def _share_right(answered: Sequence[str], cases: Sequence[Case]) -> float:
    hits = [right(text, case.value, case.others) for text, case in zip(answered, cases, strict=True)]
    return sum(hits) / len(hits)

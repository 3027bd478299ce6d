"""`eval conflict`: two sources disagree, and the answer shows which one wins.

Against the model's own knowledge: a document says that the capital of France is another town. Against an older
document: both are in memory, attached together, the newer one last.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.controls import Examiner, Scores
from parametric_memory.evaluation.fact_documents import FactDocuments, HeldOutVocabulary
from parametric_memory.evaluation.known_facts import known_facts
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.scoring import right


def _scores(first: str, second: str) -> Scores:
    """Which of a case's two answers stands in the text, alone."""
    return {
        f"{first} wins": lambda case, text: right(text, case.answers[0], case.answers[1:]),
        f"{second} wins": lambda case, text: right(text, case.answers[1], case.answers[:1]),
    }


def evaluate_conflict(
    examiner: Examiner, seed: int = 0, documents: int = 40, report: Callable[[str], None] = print
) -> list[EvalRow]:
    """Two rows for each kind of conflict; answers that hold both values, or neither, count for no side.

    Args:
        documents: how many pairs of an older and a newer document there are.
    """
    report(f"{len(known_facts())} documents against the model's own knowledge")
    rows = examiner.rows(
        "document against own knowledge", own_knowledge_cases(seed), _scores("document", "own knowledge")
    )
    report(f"{documents} newer documents against older ones")
    cases = newer_document_cases(seed, documents)
    return [*rows, *examiner.rows("newer document against older", cases, _scores("newer", "older"))]


def own_knowledge_cases(seed: int) -> list[Case]:
    """Documents that say something else than what everybody knows; the document's answer comes first."""
    vocabulary = HeldOutVocabulary(random.Random(seed))
    cases = []
    for fact in known_facts():
        value = vocabulary.draw(fact.kind)
        cases.append(Case(fact.statement.format(v=value), fact.question, (value, fact.answer)))
    return cases


def newer_document_cases(seed: int, count: int) -> list[Case]:
    """Pairs of documents that say different things of one subject; the newer one's answer comes first."""
    source = FactDocuments(seed * 1000)
    cases = []
    for _ in range(count):
        older, newer = source.conflicting()
        both = (older.text, newer.text)
        [new], [old] = newer.facts, older.facts
        cases.append(Case("\n\n".join(both), new.question, (new.value, old.value), attached=both, searched=both))
    return cases

"""`eval facts`: is what a generated document says in the generated answer, and is it there because of the memory?

Held-out phrasings and words. Generated answers, never teacher-forced. One document of one or several facts; memories of
many documents, asked as users ask them; and questions that have nothing to do with what is attached.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import TYPE_CHECKING

from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.controls import Adapting, Examiner, Scores, scored
from parametric_memory.evaluation.fact_documents import AskedFact, FactDocument, FactDocuments, foreign_values
from parametric_memory.evaluation.indexed import IndexedTexts, indexed, right_first
from parametric_memory.evaluation.known_facts import known_facts, known_otherwise
from parametric_memory.evaluation.relations import unrelated_texts
from parametric_memory.evaluation.rows import EvalRow, Route
from parametric_memory.evaluation.scoring import contains_any, right

if TYPE_CHECKING:
    pass

_MEMORY_SIZES = (20, 100)
_FACTS_IN_MEMORY = (1, 2, 3, 4)
_MOST_UNRELATED = 24
_NEXT_MEMORY = 1_000_000  # what the seed of another memory's documents grows by

FACT_SCORES: Scores = {"contained": lambda case, text: right(text, case.answers[0], case.others)}


def evaluate_facts(
    examiner: Examiner, seed: int = 0, documents: int = 60, report: Callable[[str], None] = print
) -> list[EvalRow]:
    """All cases.

    Args:
        documents: how many documents, and questions, a single-document case has; a memory of many documents is asked as
            many questions.
    """
    rows = []
    for facts in (1, 4, 8):
        name = f"{facts} fact{'s' if facts > 1 else ''}"
        report(f"{name} in one document, {documents} documents")
        cases = single_document_cases(seed, facts, documents)
        with indexed(examiner.memory, [case.document for case in cases], threshold=-1.0) as texts:
            rows += examiner.rows(name, cases, FACT_SCORES, texts.adapt_to_own, "given", texts.hybrid_of_own)
        rows.append(memory_row(f"{name}, whole adapter", examiner, cases, examiner.adapters("memory")))
    for size in _MEMORY_SIZES:
        report(f"{size} documents through the index")
        rows += many_documents(examiner, seed, size, documents)
    report("general knowledge under a document's adapter")
    return rows + general_knowledge(examiner, seed)


def single_document_cases(seed: int, facts: int, count: int, one_user: bool = False) -> list[Case]:
    """One question about one fact of each document; the values of the next document must not be in the answer.

    one_user: see `FactDocuments`.
    """
    made = FactDocuments(seed * 1000 + facts, one_user).documents([facts] * count)
    rng = random.Random(seed)
    cases = []
    for i, document in enumerate(made):
        asked = rng.choice(document.facts)
        cases.append(fact_case(document, asked, [made[(i + 1) % count]] if count > 1 else []))
    return cases


def fact_case(document: FactDocument, asked: AskedFact, others: Iterable[FactDocument]) -> Case:
    """A question about one of a document's facts; no value of the others must be in the answer."""
    facts = [fact for other in others for fact in other.facts]
    return Case(document.text, asked.question, (asked.value,), foreign_values(facts, asked.question))


def memory_row(
    name: str, examiner: Examiner, cases: Sequence[Case], adapt: Adapting, route: Route = "given"
) -> EvalRow:
    """What the memory alone answers under these adapters, without controls."""
    [(metric, score)] = FACT_SCORES.items()
    return EvalRow.of_scores(name, metric, scored(cases, {"memory": examiner.under(cases, adapt)}, score), route)


def many_documents(examiner: Examiner, seed: int, size: int, questions: int) -> list[EvalRow]:
    """Memories of `size` documents each, asked through their index; and questions that have nothing to do with them."""
    rng = random.Random(seed)
    cases: list[Case] = []
    answers: dict[str, list[str]] = {}
    unrelated: list[bool] = []
    for number in count():
        left = questions - len(cases)
        if not left:
            break
        source = FactDocuments(seed * 1000 + size + _NEXT_MEMORY * number, one_user=True)
        made = source.documents([rng.choice(_FACTS_IN_MEMORY) for _ in range(size)])
        few = min(size, left) - (left == size + 1 > 2)  # a last one alone would have no other's adapter
        with indexed(examiner.memory, [d.text for d in made]) as texts:
            asked = [texts.recalled(question_among(rng, made, i)) for i in rng.sample(range(size), few)]
            for control, given in examiner.answers(asked, texts.adapt, texts.hybrid).items():
                answers.setdefault(control, []).extend(given)
            if not unrelated:
                unrelated = _same_without(examiner, texts, rng.sample(unrelated_texts().to_report, _MOST_UNRELATED))
        cases += asked
    name = f"{size} documents"
    [(metric, score)] = FACT_SCORES.items()
    complete = {control: given for control, given in answers.items() if len(given) == questions}
    return [
        EvalRow.of_scores(name, metric, scored(cases, complete, score)),
        EvalRow.of_scores(name, "right document recalled", {"memory": right_first(cases)}),
        EvalRow.of_scores(f"{name}, unrelated questions", "same answer as without memory", {"memory": unrelated}),
    ]


def general_knowledge(examiner: Examiner, seed: int) -> list[EvalRow]:
    """Questions that the base model may know the answer to, asked of a memory of a document about other things.

    Once as users ask, where the gate decides; once with the document's sentences attached however far they are. Most
    of the first questions have forms that training asks about other things, those of the second have none.
    """
    known = {
        "general knowledge": [(fact.question, fact.answer) for fact in known_facts()],
        "general knowledge in other forms": known_otherwise(),
    }
    rows = []
    for name, questions in known.items():
        documents = FactDocuments(seed * 1000).documents([4] * len(questions))
        pairs = zip(documents, questions, strict=True)
        cases = [Case(document.text, question, (answer,)) for document, (question, answer) in pairs]
        unaided = examiner.under(cases, None)
        with (
            indexed(examiner.memory, [case.document for case in cases]) as gated,
            gated.under(threshold=-1.0) as forced,
        ):
            ways: list[tuple[str, IndexedTexts, Route]] = [
                (name, gated, "alone"),
                (f"{name}, memory attached", forced, "ungated"),
            ]
            for way, texts, route in ways:
                answers = {"memory": examiner.under(cases, texts.adapt_to_own), "none": unaided}
                rows.append(EvalRow.of_scores(way, "contained", scored(cases, answers, _knows), route))
    return rows


def _knows(case: Case, text: str) -> bool:
    return contains_any(text, case.answers)


def question_among(rng: random.Random, documents: Sequence[FactDocument], index: int) -> Case:
    """A question about one of several documents; no value of the others must be in the answer."""
    asked = rng.choice(documents[index].facts)
    return fact_case(documents[index], asked, [*documents[:index], *documents[index + 1 :]])


def _same_without(examiner: Examiner, texts: IndexedTexts, questions: Sequence[str]) -> list[bool]:
    cases = [Case("", question, ()) for question in questions]
    return [a == b for a, b in zip(examiner.under(cases, texts.adapt), examiner.under(cases, None), strict=True)]

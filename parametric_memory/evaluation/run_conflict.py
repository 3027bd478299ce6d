"""`eval conflict`: two sources disagree, and the answer shows which one wins.

Against the model's own knowledge: documents say that the capital of France is another town; graded by how sure the
model is of its own answer. Against an older document: of two that answer one question differently, the newer one was
added later. Documents lie in one memory, and are asked as `ask` does, through index and gate.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.certainty import probability
from parametric_memory.evaluation.controls import Examiner, Scores, scored
from parametric_memory.evaluation.fact_documents import FactDocuments, HeldOutVocabulary
from parametric_memory.evaluation.indexed import indexed, right_first
from parametric_memory.evaluation.known_facts import KnownFact, known_facts
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.scoring import right

if TYPE_CHECKING:
    from parametric_memory.adapters.factors import Adapter

OWN_KNOWLEDGE = "document against own knowledge"
NEWER = "newer document against older"
THIRDS = ("unsure third", "middle third", "surest third")

_NEXT_VALUES = 1_000_000  # what the seed grows by for other values of the same facts


def _scores(first: str, second: str) -> Scores:
    """Which of a case's two answers stands in the text, alone."""
    return {
        f"{first} wins": lambda case, text: right(text, case.answers[0], case.answers[1:]),
        f"{second} wins": lambda case, text: right(text, case.answers[1], case.answers[:1]),
    }


def evaluate_conflict(
    examiner: Examiner, seed: int = 0, documents: int = 40, report: Callable[[str], None] = print
) -> list[EvalRow]:
    """The rows of each kind of conflict; answers that hold both values, or neither, count for no side.

    Args:
        documents: how many contradict what the model knows, and how many pairs of an older and a newer one there are.
    """
    report(f"{documents} documents against the model's own knowledge")
    rows = against_own_knowledge(examiner, seed, documents)
    report(f"{documents} newer documents against older ones")
    return rows + against_older(examiner, seed, documents)


def against_own_knowledge(examiner: Examiner, seed: int, documents: int) -> list[EvalRow]:
    """Who wins, in all and by thirds of how sure the model is; and how probable its own answer still is to it.

    A fact is contradicted once in a memory; more documents than there are facts lie in several memories.
    """
    rng = random.Random(seed)
    facts: list[KnownFact] = []
    cases: list[Case] = []
    answers: dict[str, list[str]] = {}
    under_memory: list[float] = []
    while len(facts) < documents:
        some = rng.sample(known_facts(), min(documents - len(facts), len(known_facts())))
        made = own_knowledge_cases(seed + _NEXT_VALUES * len(facts), some)
        with indexed(examiner.memory, [case.document for case in made]) as texts:
            found = [texts.recalled(case) for case in made]
            for control, given in examiner.answers(found, texts.adapt, texts.hybrid).items():
                answers.setdefault(control, []).extend(given)
            under_memory += [
                _own_answer(examiner, fact, texts.adapt(case)) for fact, case in zip(some, found, strict=True)
            ]
        facts, cases = [*facts, *some], [*cases, *found]
    known = {fact: _own_answer(examiner, fact) for fact in dict.fromkeys(facts)}
    answers = {control: given for control, given in answers.items() if len(given) == documents}
    probabilities = {"memory": under_memory, "none": [known[fact] for fact in facts]}
    thirds = _thirds(known)
    rows = _own_knowledge_rows(OWN_KNOWLEDGE, range(documents), cases, answers, probabilities)
    for third in THIRDS:
        members = [place for place, fact in enumerate(facts) if thirds[fact] == third]
        if members:
            rows += _own_knowledge_rows(f"{OWN_KNOWLEDGE}, {third}", members, cases, answers, probabilities)
    recalled = {"memory": right_first(cases)}
    return [*rows, EvalRow.of_scores(OWN_KNOWLEDGE, "right document recalled", recalled)]


def _own_knowledge_rows(
    name: str,
    members: Sequence[int],
    cases: Sequence[Case],
    answers: Mapping[str, Sequence[str]],
    probabilities: Mapping[str, Sequence[float]],
) -> list[EvalRow]:
    own = [cases[i] for i in members]
    given = {control: [of[i] for i in members] for control, of in answers.items()}
    scores = _scores("document", "own knowledge")
    asked = [case.question for case in own]  # again and again, where there are more documents than facts
    rows = [
        EvalRow.of_scores(name, metric, scored(own, given, score), clusters=asked) for metric, score in scores.items()
    ]
    chosen = {control: [of[i] for i in members] for control, of in probabilities.items()}
    return [*rows, EvalRow.of_scores(name, "probability of its own answer", chosen, clusters=asked, unit="number")]


def _own_answer(examiner: Examiner, fact: KnownFact, adapter: Adapter | None = None) -> float:
    """How probable what everybody knows is to the model, once it has begun to say the fact."""
    beginning = fact.statement.partition("{v}")[0].rstrip()
    question = examiner.question(Case("", fact.question, ())).prompt
    return probability(examiner.base, question, beginning, fact.answer, adapter)


def _thirds(known: Mapping[KnownFact, float]) -> dict[KnownFact, str]:
    """Which third a fact is in, by how sure the model is of it."""
    ordered = sorted(known, key=lambda fact: known[fact])
    return {fact: THIRDS[len(THIRDS) * place // len(ordered)] for place, fact in enumerate(ordered)}


def against_older(examiner: Examiner, seed: int, documents: int) -> list[EvalRow]:
    """Who wins, and which of the two is recalled first, in one memory that all older documents went into first."""
    cases = newer_document_cases(seed, documents)
    texts_in_order = [case.sources[newer] for newer in (False, True) for case in cases]
    with indexed(examiner.memory, texts_in_order) as texts:
        found = [texts.recalled(case) for case in cases]
        rows = examiner.rows(NEWER, found, _scores("newer", "older"), texts.adapt, "ask", texts.hybrid)
    first = [
        (recalled.sources[:1] == pair.sources[1:], recalled.sources[:1] == pair.sources[:1])
        for pair, recalled in zip(cases, found, strict=True)
    ]
    return [
        *rows,
        EvalRow.of_scores(NEWER, "newer recalled first", {"memory": [newer for newer, _ in first]}),
        EvalRow.of_scores(NEWER, "older recalled first", {"memory": [older for _, older in first]}),
    ]


def own_knowledge_cases(seed: int, facts: Sequence[KnownFact] | None = None) -> list[Case]:
    """Documents that say something else than what everybody knows; the document's answer comes first."""
    vocabulary = HeldOutVocabulary(random.Random(seed))
    cases = []
    for fact in known_facts() if facts is None else facts:
        value = vocabulary.draw(fact.kind)
        cases.append(Case(fact.statement.format(v=value), fact.question, (value, fact.answer)))
    return cases


def newer_document_cases(seed: int, count: int) -> list[Case]:
    """Pairs of documents that say different things of one subject; the newer one's answer comes first.

    All are told by one user, who has no two pairs about the same of himself.
    """
    source = FactDocuments(seed * 1000, one_user=True)
    cases = []
    for _ in range(count):
        older, newer = source.conflicting()
        both = (older.text, newer.text)
        [new], [old] = newer.facts, older.facts
        cases.append(Case("\n\n".join(both), new.question, (new.value, old.value), attached=both, searched=both))
    return cases

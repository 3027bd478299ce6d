"""`eval two`: questions that need two documents of one memory: which of the two it is, and what is true of both."""

from __future__ import annotations

import random

from parametric_memory.evaluation.columns import Case
from parametric_memory.evaluation.held_out import HeldOutVocabulary
from parametric_memory.evaluation.memories import indexed
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.runner import Answered, Runner, Scores
from parametric_memory.evaluation.scores import right, word_f1

# What a document states, a question about which of two, a question about both, and the kind of value.
_FACTS = (
    ("{s} lives in {v}.", "Who of {a} and {b} lives in {v}?", "Where do {a} and {b} live?", "place"),
    ("{s} works for {v}.", "Who of {a} and {b} works for {v}?", "Who do {a} and {b} work for?", "organisation"),
    ("The favourite dish of {s} is {v}.", "Who of {a} and {b} likes {v}?", "What do {a} and {b} like to eat?", "food"),
    ("{s} has a meeting at {v}.", "Who of {a} and {b} meets at {v}?", "When do {a} and {b} have a meeting?", "time"),
)
_OTHER_SENTENCE = "{s} was born in {v}."
# Right is an answer that contains all answers of the case and none of its others.
TWO_SCORES: Scores = {
    "contained": lambda case, text: all(right(text, part, case.others) for part in case.answers),
    "f1": lambda case, text: word_f1(text, [" ".join(case.answers)]),
}


def two_document_cases(seed: int, count: int) -> list[Case]:
    """Cases with two documents about a person each: half ask which of the two, the other half about both."""
    rng = random.Random(seed)
    vocabulary, cases = HeldOutVocabulary(rng), []
    for number in range(count):
        statement, which, both, kind = _FACTS[number // 2 % len(_FACTS)]
        a, b, first, second = vocabulary.name(), vocabulary.name(), vocabulary.draw(kind), vocabulary.draw(kind)
        documents = tuple(
            f"{statement.format(s=name, v=value)} {_OTHER_SENTENCE.format(s=name, v=rng.randint(1930, 2005))}"
            for name, value in ((a, first), (b, second))
        )
        asked = both if number % 2 else which
        answers, others, kind = ((first, second), (), "about both") if number % 2 else ((b,), (a,), "which of two")
        question = asked.format(a=a, b=b, v=second)
        cases.append(Case("\n\n".join(documents), question, answers, others, attached=documents, kind=kind))
    return cases


def evaluate_two(runner: Runner, seed: int = 0, count: int = 60) -> list[EvalRow]:
    """Rows for each kind of question; the column `one_document` is the same memory attaching one entry alone."""
    rows, made = [], two_document_cases(seed, count)
    texts = [text for case in made for text in case.sources]
    for kind in dict.fromkeys(case.kind for case in made):
        cases, name = [case for case in made if case.kind == kind], f"two documents, {kind}"
        runner.report(f"{kind}: {len(cases)} questions")
        with indexed(runner.memory, texts) as memory, memory.under(max_adapters=1) as one:
            answered = runner.ask_memory(cases, memory)
            replies = {**answered.replies, "one_document": runner.ask_memory(cases, one, ()).replies["memory"]}
        rows += Answered(cases, replies).rows(name, TWO_SCORES)
        both = [set(case.sources) <= set(of.sources) for case, of in zip(cases, answered.cases, strict=True)]
        rows.append(EvalRow.of_scores(name, "both documents attached", {"memory": both}))
    return rows

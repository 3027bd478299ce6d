"""`eval two`: questions that need several documents: which of two, what is true of both, and all of whom it is."""

from __future__ import annotations

import random

from parametric_memory.evaluation.columns import Case
from parametric_memory.evaluation.held_out import HeldOutVocabulary
from parametric_memory.evaluation.memories import indexed
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.runner import Answered, Runner, Scores
from parametric_memory.evaluation.scores import right, word_f1

# What a document states, questions about which of two, about both and about all, and the kind of value.
_FACTS = (
    (
        "{s} lives in {v}.",
        "Who of {a} and {b} lives in {v}?",
        "Where do {a} and {b} live?",
        "Who lives in {v}?",
        "place",
    ),
    (
        "{s} works for {v}.",
        "Who of {a} and {b} works for {v}?",
        "Who do {a} and {b} work for?",
        "Who works for {v}?",
        "organisation",
    ),
    (
        "The favourite dish of {s} is {v}.",
        "Who of {a} and {b} likes {v}?",
        "What do {a} and {b} like to eat?",
        "Who likes {v}?",
        "food",
    ),
    (
        "{s} has a meeting at {v}.",
        "Who of {a} and {b} meets at {v}?",
        "When do {a} and {b} have a meeting?",
        "Who has a meeting at {v}?",
        "time",
    ),
)
_KINDS = ("which of two", "about both", "all of three")
_OTHER_SENTENCE = "{s} was born in {v}."
# Right is an answer that contains all answers of the case and none of its others.
TWO_SCORES: Scores = {
    "contained": lambda case, text: all(right(text, part, case.others) for part in case.answers),
    "f1": lambda case, text: word_f1(text, [" ".join(case.answers)]),
}


def two_document_cases(seed: int, count: int) -> list[Case]:
    """Cases with two or three documents about a person each, of every kind in turn."""
    rng = random.Random(seed)
    vocabulary, cases = HeldOutVocabulary(rng), []
    for number in range(count):
        statement, *asked, of_value = _FACTS[number // len(_KINDS) % len(_FACTS)]
        kind = _KINDS[number % len(_KINDS)]
        names, value = [vocabulary.name() for _ in range(3)], vocabulary.draw(of_value)
        if kind == "all of three":
            values, answers, wrong = [value] * 3, names, names[:0]
        else:
            names, values = names[:2], [vocabulary.draw(of_value), value]
            answers, wrong = (values, names[:0]) if kind == "about both" else (names[1:], names[:1])
        documents = tuple(
            f"{statement.format(s=name, v=of)} {_OTHER_SENTENCE.format(s=name, v=rng.randint(1930, 2005))}"
            for name, of in zip(names, values, strict=True)
        )
        question = asked[_KINDS.index(kind)].format(a=names[0], b=names[1], v=value)
        cases.append(
            Case("\n\n".join(documents), question, tuple(answers), tuple(wrong), attached=documents, kind=kind)
        )
    return cases


def evaluate_two(runner: Runner, seed: int = 0, count: int = 60) -> list[EvalRow]:
    """Rows for each kind of question; the column `one_document` is the same memory attaching one entry alone."""
    rows, made = [], two_document_cases(seed, count)
    texts = [text for case in made for text in case.sources]
    for kind in dict.fromkeys(case.kind for case in made):
        cases, name = [case for case in made if case.kind == kind], f"several documents, {kind}"
        runner.report(f"{kind}: {len(cases)} questions")
        with indexed(runner.memory, texts) as memory, memory.under(max_adapters=1) as one:
            answered = runner.ask_memory(cases, memory)
            replies = {**answered.replies, "one_document": runner.ask_memory(cases, one, ()).replies["memory"]}
        rows += Answered(cases, replies).rows(name, TWO_SCORES)
        every = [set(case.sources) <= set(of.sources) for case, of in zip(cases, answered.cases, strict=True)]
        rows.append(EvalRow.of_scores(name, "all documents attached", {"memory": every}))
    return rows

"""`eval two`: questions that need two documents of one memory, which of two it is and what is true of both."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from parametric_memory.evaluation.columns import Case
from parametric_memory.evaluation.held_out import HeldOutVocabulary
from parametric_memory.evaluation.memories import IndexedTexts, indexed
from parametric_memory.evaluation.rows import EvalRow, difference
from parametric_memory.evaluation.runner import Runner
from parametric_memory.evaluation.scores import contains, right

# What a document states, a question about which of two, a question about both, and the kind of value.
_FACTS = (
    ("{s} lives in {v}.", "Who of {a} and {b} lives in {v}?", "Where do {a} and {b} live?", "place"),
    ("{s} works for {v}.", "Who of {a} and {b} works for {v}?", "Who do {a} and {b} work for?", "organisation"),
    ("The favourite dish of {s} is {v}.", "Who of {a} and {b} likes {v}?", "What do {a} and {b} like to eat?", "food"),
    ("{s} has a meeting at {v}.", "Who of {a} and {b} meets at {v}?", "When do {a} and {b} have a meeting?", "time"),
)
_OTHER_SENTENCE = "{s} was born in {v}."


@dataclass(frozen=True)
class TwoDocuments:
    """A pair of documents in memory, and a case whose answer needs both.

    Attributes:
        parts: what a right answer holds.
    """

    documents: tuple[str, str]
    case: Case
    parts: tuple[str, ...]

    def score(self, answer: str) -> float:
        """1 for an answer with all parts and nothing that contradicts them."""
        return float(all(right(answer, part, self.case.others) for part in self.parts))


def two_document_cases(seed: int, count: int) -> list[TwoDocuments]:
    """Pairs of notes about two people each: half of them are asked which of the two, the other half about both."""
    rng = random.Random(seed)
    vocabulary, made = HeldOutVocabulary(rng), []
    for number in range(count):
        statement, which, both, kind = _FACTS[number // 2 % len(_FACTS)]
        a, b, first, second = vocabulary.name(), vocabulary.name(), vocabulary.draw(kind), vocabulary.draw(kind)
        texts = [
            f"{statement.format(s=name, v=value)} {_OTHER_SENTENCE.format(s=name, v=rng.randint(1930, 2005))}"
            for name, value in ((a, first), (b, second))
        ]
        documents = (texts[0], texts[1])
        parts: tuple[str, ...] = (first, second) if number % 2 else (b,)
        others = () if number % 2 else (a,)
        question = (both if number % 2 else which).format(a=a, b=b, v=second)
        name = "about both" if number % 2 else "which of two"
        case = Case("\n\n".join(documents), question, parts, others, kind=name)
        made.append(TwoDocuments(documents, case, parts))
    return made


def evaluate_two(runner: Runner, seed: int = 0, count: int = 60) -> list[EvalRow]:
    """A row for each kind of question: beside the columns, the same memory that attaches one entry alone."""
    rows = []
    made = two_document_cases(seed, count)
    for kind in dict.fromkeys(two.case.kind for two in made):
        asked = [two for two in made if two.case.kind == kind]
        runner.report(f"{kind}: {len(asked)} questions")
        rows += _rows(runner, kind, asked, [text for two in made for text in two.documents])
    return rows


def _rows(runner: Runner, kind: str, asked: Sequence[TwoDocuments], texts: Sequence[str]) -> list[EvalRow]:
    cases, of_case = [two.case for two in asked], {two.case.question: two for two in asked}
    with indexed(runner.memory, texts) as memory, memory.under(max_adapters=1) as one:
        answered = runner.ask_memory(cases, memory)
        alone = runner.under(cases, one.adapt)
        found = [_attached(memory, two) for two in asked]
    scores = answered.scored(lambda case, text: of_case[case.question].score(text))
    scores["one_document"] = [two.score(reply.text) for two, reply in zip(asked, alone, strict=True)]
    row = EvalRow.of_scores(f"two documents, {kind}", "contained", scores)
    gain = difference(scores["memory"], scores["one_document"])
    return [
        row.plus({"gain_by_second_document": gain}),
        EvalRow.of_scores(f"two documents, {kind}", "both documents attached", {"memory": found}),
    ]


def _attached(memory: IndexedTexts, two: TwoDocuments) -> float:
    sources = memory.recalled(two.case).sources
    return float(all(any(contains(source, text) for source in sources) for text in two.documents))

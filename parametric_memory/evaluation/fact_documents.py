"""Held-out documents of facts: phrasings, names and values of words that training never contains.

What relations are about is not held out: that people live in towns does occur in training. Nor are 41 of the 590
phrasings, which are of a general form that training has with other nouns ("The manufacturer of {s} is {v}").

Knows nothing about models or memories.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parametric_memory.evaluation.relations import EvalRelation, relations, unrelated_texts
from parametric_memory.evaluation.scoring import contains, words
from parametric_memory.training.data.facts import Composer, Fact, Subject, distinct, maker_of, name_subject
from parametric_memory.training.data.vocabulary import MONTHS, Vocabulary, WordList

_MOST_REFUSED = 50  # facts in a row that are in the document already, before it needs another subject
_DISHES = "soup stew pie salad noodles curry pudding dumplings".split()
_SHADES = "green blue red grey yellow brown".split()


@dataclass(frozen=True)
class AskedFact:
    """A question and the value that answers it."""

    question: str
    value: str


@dataclass(frozen=True)
class FactDocument:
    """A document and one question about each of its facts."""

    text: str
    facts: tuple[AskedFact, ...]


def foreign_values(facts: Iterable[AskedFact], question: str) -> tuple[str, ...]:
    """What must not be in the answer: the values of other documents, but for names that the question says itself."""
    return tuple(fact.value for fact in facts if not contains(question, fact.value))


class HeldOutVocabulary(Vocabulary):
    """Held-out words in the plain forms that the held-out relations expect."""

    def __init__(self, rng: random.Random):
        super().__init__(WordList.held_out(), rng, invented=0.0)
        self._kinds |= {
            "person": self.person,
            "place": self.name,
            "word": self.name,
            "food": lambda: f"{self.word()} {rng.choice(_DISHES)}",
            "colour": lambda: f"{self.word()} {rng.choice(_SHADES)}",
            "title": lambda: f"The {self.name()} {self.word().capitalize()}",
            "amount": lambda: f"{rng.choice('$€£')}{self.number()}",
            "time": lambda: f"{rng.randint(7, 21)}:{rng.choice(['00', '15', '30', '45'])}",
            "date": lambda: f"{rng.randint(1, 28)} {rng.choice(MONTHS)} {rng.randint(1990, 2030)}",
        }

    def person(self) -> str:
        return f"{self.name()} {self.name()}"

    def product(self) -> str:
        suffix = self.rng.choice(["", "", f" {self.rng.randint(2, 900)}", f" {self.rng.choice('XSTRZ')}", " Pro"])
        return self.name() + suffix


class FactDocuments:
    """Makes documents with a seed: facts about one to three subjects, now and then a sentence without a fact."""

    def __init__(self, seed: int, one_user: bool = False):
        """one_user: the documents lie in one memory, so that all are told by the same user, who says nothing twice."""
        self.rng = random.Random(seed)
        self.vocabulary = HeldOutVocabulary(self.rng)
        self.one_user = one_user
        self._told_by_user: list[EvalRelation] = []

    def document(self, facts: int) -> FactDocument:
        """One document of exactly that many facts."""
        rng = self.rng
        drawn: list[Fact] = []
        subjects, refused = [self._subject()], 0
        while len(drawn) < facts:
            if (len(subjects) < 3 and rng.random() < 0.3) or refused > _MOST_REFUSED:
                subjects.append(self._subject())
                refused = 0
            subject = rng.choice(subjects)
            untold = self._untold(subject)
            if not untold:
                refused = _MOST_REFUSED + 1
                continue
            relation = rng.choice(untold)
            fact = maker_of(relation)(rng, self.vocabulary, subject)
            kept = distinct([*drawn, fact])
            refused = 0 if len(kept) > len(drawn) else refused + 1
            if self.one_user and subject.kind == "user" and not refused:
                self._told_by_user.append(relation)
            drawn = kept
        drawn.sort(key=lambda f: subjects.index(f.subject))
        composer = Composer(rng, (), unrelated_texts().distractors)
        text = composer.prose(drawn, distractor_share=0.15)
        return FactDocument(text, tuple(AskedFact(rng.choice(f.questions).text, f.value) for f in drawn))

    def conflicting(self) -> tuple[FactDocument, FactDocument]:
        """Two documents of one fact each, which answer the same question differently."""
        subject = self._subject()
        while not (untold := self._untold(subject)):
            subject = self._subject()
        relation = self.rng.choice(untold)
        if self.one_user and subject.kind == "user":
            self._told_by_user.append(relation)
        make = maker_of(relation)
        first, second = (make(self.rng, self.vocabulary, subject) for _ in range(2))
        while words(first.value) in words(second.value) or words(second.value) in words(first.value):
            second = make(self.rng, self.vocabulary, subject)
        question = self.rng.choice(first.questions).text
        composer = Composer(self.rng)
        older, newer = (
            FactDocument(composer.prose([fact]), (AskedFact(question, fact.value),)) for fact in (first, second)
        )
        return older, newer

    def documents(self, counts: Sequence[int]) -> list[FactDocument]:
        """One document for each number of facts."""
        return [self.document(count) for count in counts]

    def _untold(self, subject: Subject) -> list[EvalRelation]:
        """What can be told of a subject, but for what a single user has told of himself."""
        return [r for r in relations() if r.subject == subject.kind and r not in self._told_by_user]

    def _subject(self) -> Subject:
        return name_subject(self.rng.choice(relations()).subject, self.vocabulary)

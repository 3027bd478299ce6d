"""Held-out texts: generated documents of facts, facts that models know by heart, and long prose.

Phrasings, names and values of generated documents never occur in training. The kinds of relation do (people live in
towns), and 41 of the 590 phrasings that ask for values have a general form that training uses with other nouns ("The
manufacturer of {s} is {v}"). Handwritten data are in `data`, read at first use. Knows nothing about models or memories.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.evaluation.scores import words
from parametric_memory.training.data.examples import Example, Question
from parametric_memory.training.data.facts import Fact, Subject, compose, distinct, fact_of, name_subject
from parametric_memory.training.data.question_answering import records_of
from parametric_memory.training.data.relations import Block, read_blocks, read_lists
from parametric_memory.training.data.relations import relations as trained_relations
from parametric_memory.training.data.vocabulary import MONTHS, Vocabulary, WordList

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

DATA = Path(__file__).with_name("data")
_MOST_REFUSED = 50  # repeated facts in a row, before a document needs another subject
_DISHES = "soup stew pie salad noodles curry pudding dumplings".split()
_SHADES = "green blue red grey yellow brown".split()
_BORDER = "\n\n"  # between passages of prose


@dataclass(frozen=True)
class KnownFact:
    """A question with a well-known answer."""

    question: str
    statement: str = ""  # in which `{v}`, of a kind of the vocabulary, answers it; `{u}` is a former value
    answer: str = ""  # what most people know; empty where the statement has a former value
    kind: str = ""


@cache
def _facts(name: str) -> tuple[KnownFact, ...]:
    return tuple(KnownFact(**record) for _, record in records_of(DATA / f"{name}.jsonl"))


known_facts = partial(_facts, "known_facts")  # that most language models know by heart
known_otherwise = partial(_facts, "known_otherwise")  # the same, without statements, in forms that training has not
changed_facts = partial(_facts, "changes")  # new values in free words: against what people know, or with the former one


def relations() -> tuple[Block, ...]:
    """Kinds of facts; their questions have no opening."""
    return read_blocks(DATA / "relations.txt")


@cache
def paraphrases() -> tuple[tuple[Block, tuple[str, ...]], ...]:
    """Relations of training, each with held-out wordings of its first question."""
    by_question = {relation.questions[0][0]: relation for relation in reversed(trained_relations())}
    return tuple(
        (by_question[b.header], tuple(q for q, _ in b.questions)) for b in read_blocks(DATA / "paraphrases.txt")
    )


def distractors() -> tuple[str, ...]:
    """Sentences without a fact, with `{s}`, for every subject but the user."""
    return read_lists(DATA / "unrelated.txt")["distractors"].statements


@cache
def unrelated_questions() -> tuple[str, ...]:
    """Questions that no document answers. Report every second one: thresholds were chosen with the others."""
    return tuple(question for question, _ in read_lists(DATA / "unrelated.txt")["questions"].questions)


class HeldOutVocabulary(Vocabulary):
    """Held-out words in the plain forms that the held-out relations expect."""

    _hard, _invented = False, 0.0

    def __init__(self, rng: random.Random):
        super().__init__(WordList.held_out(), rng)
        self._kinds |= {
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
    """Makes documents with a seed: facts about one to three subjects, each with a question, and a few distractors."""

    def __init__(self, seed: int, one_user: bool = False):
        """one_user: one user tells all documents, and says nothing of himself twice."""
        self.rng = random.Random(seed)
        self.vocabulary = HeldOutVocabulary(self.rng)
        self.one_user = one_user
        self._told_by_user: list[Block] = []

    def document(self, facts: int) -> Example:
        """One document of exactly that many facts."""
        drawn, subjects = self._drawn(facts)
        return self._composed(sorted(drawn, key=lambda f: subjects.index(f.subject)))

    def growing(self, counts: Sequence[int]) -> list[Example]:
        """Documents of the first facts of one sequence, for each count; the first question is the same in all."""
        drawn, _ = self._drawn(max(counts))
        asked = tuple(self.rng.choice(fact.questions) for fact in drawn)
        return [replace(self._composed(drawn[:count]), questions=asked[:count]) for count in counts]

    def _drawn(self, facts: int) -> tuple[list[Fact], list[Subject]]:
        """Facts and the subjects that they are about, of these one to three while they have untold facts."""
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
            fact = fact_of(relation, self.vocabulary, subject)
            kept = distinct([*drawn, fact])
            refused = 0 if len(kept) > len(drawn) else refused + 1
            if not refused:
                self._tell(subject, relation)
            drawn = kept
        return drawn, subjects

    def _composed(self, facts: Sequence[Fact]) -> Example:
        text = compose(self.rng, facts, distractors=distractors(), distractor_share=0.15)
        return Example(text, tuple(self.rng.choice(fact.questions) for fact in facts))

    def conflicting(self) -> list[Example]:
        """Two documents of one fact each, which answer the same question differently."""
        while not (untold := self._untold(subject := self._subject())):
            continue
        relation = self.rng.choice(untold)
        self._tell(subject, relation)
        first, second = (fact_of(relation, self.vocabulary, subject) for _ in range(2))
        while words(first.value) in words(second.value) or words(second.value) in words(first.value):
            second = fact_of(relation, self.vocabulary, subject)
        question = self.rng.choice(first.questions)
        return [Example(compose(self.rng, [fact]), (replace(question, value=fact.value),)) for fact in (first, second)]

    def reversed(self) -> Example:
        """A document of one fact, with a question that names its value and asks for its subject."""
        relation = self.rng.choice([each for each in relations() if each.reversed])
        fact = fact_of(relation, self.vocabulary, name_subject(relation.subject, self.vocabulary))
        asked = self.rng.choice(relation.reversed).format(v=fact.value)
        return Example(compose(self.rng, [fact]), (Question(asked, "", fact.subject.name),))

    def documents(self, counts: Sequence[int]) -> list[Example]:
        """One document for each number of facts."""
        return [self.document(count) for count in counts]

    def _untold(self, subject: Subject) -> list[Block]:
        return [r for r in relations() if r.subject == subject.kind and r not in self._told_by_user]

    def _tell(self, subject: Subject, relation: Block) -> None:
        """A single user says nothing twice of himself."""
        if self.one_user and subject.kind == "user":
            self._told_by_user.append(relation)

    def _subject(self) -> Subject:
        return name_subject(self.rng.choice(relations()).subject, self.vocabulary)


def prose() -> list[str]:
    """Passages of a few sentences, 150,000 tokens in all, of public-domain novels, fairy tales and the World Factbook;
    no sentence is among those of a hypernetwork's key statistics."""
    return gzip.decompress(Path(__file__).with_name("prose.txt.gz").read_bytes()).decode().split(_BORDER)


class Filler:
    """Draws passages of prose with a seed; a text longer than all of them repeats them."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, seed: int):
        def length(text: str) -> int:
            return len(tokenizer(text, add_special_tokens=False)["input_ids"])

        self.rng = random.Random(seed)
        self._tokens = cache(lambda passage: length(passage) + length(_BORDER))

    def text(self, tokens: int, *hidden: str) -> str:
        """As many whole passages as fit, at least one, with the hidden documents anywhere among them."""
        passages = prose()
        self.rng.shuffle(passages)
        left = tokens - sum(map(self._tokens, hidden))
        chosen: list[str] = []
        for passage in cycle(passages):
            left -= self._tokens(passage)
            if left < 0:
                break
            chosen.append(passage)
        for document in hidden:
            chosen.insert(self.rng.randint(0, len(chosen)), document)
        return _BORDER.join(chosen or passages[:1])

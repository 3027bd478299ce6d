"""Statements that answer a question, the same told again with another value, and something else about the same.

What a judge learns from when one entry is a newer version of another: of two documents about somebody, the newer holds
only where it says the same of him. Knows nothing about networks.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from parametric_memory.training.data.facts import Composer, FactGenerator, maker_of, name_subject
from parametric_memory.training.data.vocabulary import TrainingVocabulary

_SAID_SHARE = 0.5  # told in a conversation: its speakers' names make any two of its sentences alike


@dataclass(frozen=True)
class ToldAgain:
    """A question, and three statements about one subject: one that answers it, another that does, one that does not."""

    question: str
    statements: tuple[str, str, str]


def told_again(facts: FactGenerator, rng: random.Random) -> ToldAgain:
    """Statements of known relations, in a document or said by somebody."""
    vocabulary, composer = TrainingVocabulary(facts.words, rng), Composer(rng)
    kind = rng.choice([kind for kind, of_kind in facts.by_subject.items() if len(of_kind) > 1])
    relation, another = rng.sample(facts.by_subject[kind], 2)
    subject = name_subject(kind, vocabulary)
    first, second = (maker_of(relation)(rng, vocabulary, subject) for _ in range(2))
    while second.value == first.value:
        second = maker_of(relation)(rng, vocabulary, subject)
    told = [composer.prose([fact]) for fact in (first, second, maker_of(another)(rng, vocabulary, subject))]
    if rng.random() < _SAID_SHARE:
        speakers = [vocabulary.name(), vocabulary.name()]
        told = [_said(rng, speakers, text) for text in told]
    return ToldAgain(rng.choice(first.questions).text, (told[0], told[1], told[2]))


def _said(rng: random.Random, speakers: list[str], text: str) -> str:
    asker, speaker = rng.sample(speakers, 2)
    if rng.random() < 0.5:
        return f'{speaker} said: "{text}"'
    return f'{asker} asked: "Really?", and {speaker} answered: "{text}"'

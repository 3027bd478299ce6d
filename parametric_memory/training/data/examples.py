"""What a hypernetwork is trained on: documents, and questions answered in whole sentences.

Knows nothing about where examples come from or how they are learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parametric_memory.language_model.chat import ChatFormat


@dataclass(frozen=True)
class Question:
    """A question and its answer in the model's own voice: the opening restates the question, the value answers it.

    "Where does Lina live?" is answered by opening "Lina lives in" and value "Bergen". An empty opening is allowed.
    """

    text: str
    opening: str
    value: str
    ending: str = "."
    ordinary: bool = False  # has nothing to do with the document: the value is what the base model says anyway


@dataclass(frozen=True)
class Example:
    """A document and questions that it answers."""

    document: str
    questions: tuple[Question, ...]
    source: str = "facts"


@dataclass(frozen=True)
class EncodedQuestion:
    """Token ids of one question and its answer, with the weight of each answer token in the loss."""

    prompt: list[int]
    answer: list[int]
    weights: list[float]
    is_value: list[bool]
    ordinary: bool = False

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


OPENING_WEIGHT = 0.8  # of the whole opening: one that strays never gets to the value
_TOKEN_WEIGHT = 0.2  # of each token of the value and its end: a long name is lost with any of its pieces
_LEAST_VALUE, _MOST_VALUE = 0.75, 2.0  # of all of them together
ORDINARY_WEIGHT = 3.0  # of an ordinary answer: how far its distribution is from the base model's own is a small number
_REPEATED = 0.3  # of another token's share of it, for one that the question holds, such as a piece of a name


def encode_question(chat: ChatFormat, question: Question, prompt: Sequence[int] | None = None) -> EncodedQuestion:
    """prompt: ids that ask the question, where it stands in a longer conversation; the bare user turn otherwise."""
    opening = chat.encode(question.opening)
    value = chat.encode(f" {question.value}" if question.opening else question.value)
    end = [] if question.ordinary else [*chat.encode(question.ending), chat.end]
    scored = len(value) + len(end)
    weight = ORDINARY_WEIGHT if question.ordinary else min(max(_TOKEN_WEIGHT * scored, _LEAST_VALUE), _MOST_VALUE)
    asked = set(chat.encode(f" {question.text}"))
    shares = [_REPEATED if token in asked else 1.0 for token in opening]
    return EncodedQuestion(
        prompt=list(prompt) if prompt is not None else chat.question(question.text),
        answer=[*opening, *value, *end],
        weights=[OPENING_WEIGHT * share / sum(shares) for share in shares] + [weight / scored] * scored,
        is_value=[False] * len(opening) + [not question.ordinary] * len(value) + [False] * len(end),
        ordinary=question.ordinary,
    )

"""What a hypernetwork is trained on: documents, and questions answered in whole sentences.

Knows nothing about where examples come from or how they are learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from parametric_memory.language_model.chat import ChatFormat

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, eq=False)
class Distribution:
    """The most probable tokens at each token of an answer, as a teacher finds them that has read the document."""

    ids: Tensor  # [answer token, k] int
    log_probs: Tensor  # [answer token, k]; of the whole vocabulary's, so that less than 1 is shared out

    def __len__(self) -> int:
        return len(self.ids)

    def belief(self, answer: Sequence[int]) -> list[float]:
        """The probability of each token of an answer of this length; 0 of one that is not among the most probable."""
        import torch

        is_said = self.ids == torch.tensor(answer)[:, None]
        found: list[float] = (self.log_probs.float().exp() * is_said).sum(-1).tolist()
        return found


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
    support: str = ""  # the sentence of the document that answers it, where the value itself may not tell
    taught: Distribution | None = field(default=None, compare=False, repr=False)  # of opening, value and end


@dataclass(frozen=True)
class Example:
    """A document and questions that it answers."""

    document: str
    questions: tuple[Question, ...]
    source: str = "facts"

    @property
    def is_passage(self) -> bool:
        """Whether it is text as somebody wrote it."""
        return self.source != "facts"


@dataclass(frozen=True)
class EncodedQuestion:
    """Token ids of one question and its answer, with the weight of each answer token in the loss."""

    prompt: list[int]
    answer: list[int]
    weights: list[float]  # of the cross-entropy
    is_value: list[bool]
    ordinary: bool = False
    taught: Distribution | None = None
    taught_weights: tuple[float, ...] = ()  # of the divergence from the teacher, for each answer token

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


@dataclass(frozen=True)
class TeacherWeights:
    """How much it counts that a student finds likely what its teacher does."""

    opening: float = 0.8  # of the whole opening, in place of the cross-entropy
    value: float = 0.5  # of value and end, beside it: of a token as much as the teacher believes in it


OPENING_WEIGHT = 0.8  # of the whole opening: one that strays never gets to the value
_TOKEN_WEIGHT = 0.2  # of each token of the value and its end: a long name is lost with any of its pieces
_LEAST_VALUE, _MOST_VALUE = 0.75, 2.0  # of all of them together
ORDINARY_WEIGHT = 3.0  # of an ordinary answer: how far its distribution is from the base model's own is a small number
_REPEATED = 0.3  # of another token's share of it, for one that the question holds, such as a piece of a name


def encode_question(
    chat: ChatFormat, question: Question, prompt: Sequence[int] | None = None, teacher: TeacherWeights | None = None
) -> EncodedQuestion:
    """prompt: ids that ask the question, where it stands in a longer conversation; the bare user turn otherwise."""
    opening = chat.encode(question.opening)
    value = chat.encode(f" {question.value}" if question.opening else question.value)
    end = [] if question.ordinary else [*chat.encode(question.ending), chat.end]
    scored = len(value) + len(end)
    weight = ORDINARY_WEIGHT if question.ordinary else min(max(_TOKEN_WEIGHT * scored, _LEAST_VALUE), _MOST_VALUE)
    asked = set(chat.encode(f" {question.text}"))
    parts = [_REPEATED if token in asked else 1.0 for token in opening]
    shares = [part / sum(parts) for part in parts]
    answer: list[int] = [*opening, *value, *end]
    taught_weights: tuple[float, ...] = ()
    if question.taught is not None:
        teacher = teacher or TeacherWeights()
        believed = question.taught.belief(answer)[len(opening) :]
        taught_weights = (
            *(teacher.opening * share for share in shares),
            *(teacher.value * belief / scored for belief in believed),
        )
    of_opening = 0.0 if question.taught is not None else OPENING_WEIGHT
    return EncodedQuestion(
        prompt=list(prompt) if prompt is not None else chat.question(question.text),
        answer=answer,
        weights=[of_opening * share for share in shares] + [weight / scored] * scored,
        is_value=[False] * len(opening) + [not question.ordinary] * len(value) + [False] * len(end),
        ordinary=question.ordinary,
        taught=question.taught,
        taught_weights=taught_weights,
    )

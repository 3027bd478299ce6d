"""Training examples of a hypernetwork: documents with questions answered in whole sentences, and streams of them."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from parametric_memory.batches import by_length
from parametric_memory.language_model.chat import ChatFormat
from parametric_memory.language_model.requests import Request

if TYPE_CHECKING:
    from torch import Tensor

    from parametric_memory.language_model.base_model import BaseModel

_ANSWER_TOKENS, _ASKED_AT_ONCE = 24, 96
_INTRODUCTION = re.compile(r"(?:[A-Z][\w'.-]*,?\s){1,5}(?:is|was|are|were) an? ")


@dataclass(frozen=True, eq=False)
class Distribution:
    """A teacher's most probable tokens at each token of an answer; the teacher has the document in its prompt."""

    ids: Tensor  # [answer token, k] int
    log_probs: Tensor  # [answer token, k]; of the whole vocabulary's, so that less than 1 is shared out

    def __len__(self) -> int:
        return len(self.ids)

    def probabilities(self, answer: Sequence[int]) -> list[float]:
        """The probability of each token of an answer of this length; 0 of one that is not among the most probable."""
        is_said = self.ids == self.ids.new_tensor(answer)[:, None]
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
    ordinary: bool = False  # unrelated to the document: the value is the base model's own answer
    support: str = ""  # the sentence of the document that answers it, where the value itself may not tell
    taught: Distribution | None = field(default=None, compare=False, repr=False)  # of opening, value and end

    @property
    def answer(self) -> str:
        return f"{self.opening} {self.value}{self.ending}".strip()


@dataclass(frozen=True)
class Example:
    """A document and questions that it answers."""

    document: str
    questions: tuple[Question, ...]
    source: str = "facts"  # generated ones; others are passages as somebody wrote them


@dataclass(frozen=True)
class EncodedQuestion:
    """Token ids of one question and its answer, with what each answer token counts in the loss."""

    prompt: Sequence[int]  # up to where the answer begins
    answer: Sequence[int]  # with its end
    weights: Sequence[float] = ()  # of the cross-entropy of each answer token
    is_value: Sequence[bool] = ()  # which answer tokens are the value; empty: all
    ordinary: bool = False
    taught: Distribution | None = None
    taught_weights: Sequence[float] = ()  # of the divergence from the teacher, for each answer token

    def __len__(self) -> int:
        return len(self.prompt) + len(self.answer)


# Of the divergence from a teacher: over the whole opening, in place of the cross-entropy; and over value and end,
# beside it, of each token as much as the teacher believes in it.
OPENING_DIVERGENCE, VALUE_DIVERGENCE = 0.8, 0.5
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
    parts = [_REPEATED if token in asked else 1.0 for token in opening]
    shares = [part / sum(parts) for part in parts]
    answer = [*opening, *value, *end]
    of_opening, taught_weights = OPENING_WEIGHT, []
    if question.taught is not None:
        believed = question.taught.probabilities(answer)[len(opening) :]
        of_opening, taught_weights = 0.0, [OPENING_DIVERGENCE * share for share in shares]
        taught_weights += [VALUE_DIVERGENCE * belief / scored for belief in believed]
    return EncodedQuestion(
        prompt=list(prompt) if prompt is not None else chat.question(question.text),
        answer=answer,
        weights=[of_opening * share for share in shares] + [weight / scored] * scored,
        is_value=[False] * len(opening) + [not question.ordinary] * len(value) + [False] * len(end),
        ordinary=question.ordinary,
        taught=question.taught,
        taught_weights=taught_weights,
    )


class ExampleStream(Protocol):
    """Draws the batch of a step; the same generator state and step give the same batch."""

    def batch(self, rng: random.Random, size: int, questions: int, step: int) -> list[Example]: ...


class ExamplePool:
    """A fixed list of examples; a batch takes contexts of similar length."""

    def __init__(self, examples: Sequence[Example]):
        self.examples = sorted(examples, key=lambda e: len(e.document))

    def batch(self, rng: random.Random, size: int, questions: int, step: int) -> list[Example]:
        """Up to twice as many contexts as `size`: most bring a single question, and none is asked twice."""
        parts = max(1, len(self.examples) // (8 * size))  # of one length each; every context is as likely as any other
        part, count = rng.randrange(parts), len(self.examples)
        similar = self.examples[part * count // parts : (part + 1) * count // parts]
        chosen: list[Example] = []
        left = size * questions
        for example in rng.sample(similar, min(2 * size, len(similar))):
            asked = rng.sample(example.questions, min(len(example.questions), questions, left))
            chosen.append(replace(example, questions=tuple(asked)))
            left -= len(asked)
            if not left:
                break
        return chosen


@dataclass(frozen=True)
class TrainingStream:
    """Batches of passages and generated facts; one question of some documents is replaced by an ordinary one."""

    facts: ExampleStream
    passages: ExamplePool | None = None
    facts_share: float = 0.5  # of the documents and questions of a batch, where there are passages
    ordinary: tuple[Question, ...] = ()
    ordinary_share: float = 0.0  # of the documents

    def batch(self, rng: random.Random, size: int, questions: int, step: int) -> list[Example]:
        examples: list[Example] = []
        if self.passages is not None:
            # A fraction of a document goes to one or the other at random, so that shares hold on average.
            count = int(size * (1 - self.facts_share) + rng.random())
            examples = self.passages.batch(rng, count, questions, step) if count else []
            size -= count
        examples += self.facts.batch(rng, size, questions, step) if size else []
        for i, example in enumerate(examples if self.ordinary and questions > 1 else ()):
            if rng.random() < self.ordinary_share:
                own = example.questions[:-1] or example.questions  # every document keeps a question of its own
                examples[i] = replace(example, questions=(*own, rng.choice(self.ordinary)))
        return examples


def ordinary_questions(base: BaseModel, questions: Sequence[str]) -> list[Question]:
    """The questions with the base model's own greedy answers, which teach an adapter to change nothing off its subject.

    Dropped are empty answers, and those that begin by saying who or what something is ("Finland is a country"): a
    memory that goes astray does so with these words.
    """
    answers = [base.chat.decode(ids) for ids in unaided_answers(base, questions)]
    return [
        Question(question, "", answer, "", ordinary=True)
        for question, answer in zip(questions, answers, strict=True)
        if base.chat.encode(answer) and not _INTRODUCTION.match(answer)
    ]


def unaided_answers(base: BaseModel, questions: Sequence[str]) -> list[list[int]]:
    """The first tokens of the base model's greedy answer to each question, without a document."""
    return greedy_answers(base, [base.chat.question(text) for text in questions], _ANSWER_TOKENS, _ASKED_AT_ONCE)


def greedy_answers(base: BaseModel, prompts: Sequence[Sequence[int]], most: int, at_once: int) -> list[list[int]]:
    """The first `most` tokens of the base model's greedy answer to each prompt, without its end."""
    found: dict[int, list[int]] = {}
    for part in by_length([len(prompt) for prompt in prompts], at_once):
        requests = [Request(prompts[i], max_new_tokens=most) for i in part]
        found.update((i, answer.token_ids) for i, answer in zip(part, base.generate(requests), strict=True))
    return [found[i] for i in range(len(prompts))]

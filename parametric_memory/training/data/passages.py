"""What is read for a question of question-answer data: by a student the passage, by its teacher what bears the answer.

An answer that stands word for word in the passage is in the sentence that holds it. Where it does not, as the answer to
"why" or "is it true", the sentence that shares most words with question and answer is taken for the one that answers.
Knows nothing about models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parametric_memory.language_model.chat import ChatFormat
from parametric_memory.text.sentences import sentences
from parametric_memory.text.words import stems
from parametric_memory.training.data.question_answering import Asked

MOST_DOCUMENT, MOST_TAUGHT_FROM = 256, 60  # tokens that a student and its teacher read
MOST_ANSWER, MOST_QUESTION, MOST_SENTENCE = 64, 48, 120
_OF_ANSWER, _OF_QUESTION = 2.0, 1.0  # what a word that is shared with either counts, of those that each has


@dataclass(frozen=True)
class Reading:
    """A question with its answer, and what there is to read."""

    question: str
    answer: str
    kind: str  # extractive | abstractive | yesno
    document: str  # the passage, or of a longer one the sentences around the one that answers
    taught_from: str  # the same, shorter
    support: str  # the sentence that answers


def reading(asked: Asked, chat: ChatFormat) -> Reading | None:
    """What is read for a question; None where it has no answer, or one of its parts is too long."""
    answer = asked.answers[0].strip().rstrip(",;:").strip() if asked.answers else ""
    if not answer or len(chat.encode(answer)) > MOST_ANSWER or len(chat.encode(asked.question)) > MOST_QUESTION:
        return None
    text = sentences(asked.context)
    if not text:
        return None
    support = _support(text, asked.question, answer, asked.kind)
    lengths = [len(chat.encode(sentence)) + 1 for sentence in text]
    if lengths[support] > MOST_SENTENCE:
        return None
    whole = sum(lengths) <= MOST_DOCUMENT
    document = asked.context.strip() if whole else " ".join(around(text, lengths, support, MOST_DOCUMENT))
    taught_from = " ".join(around(text, lengths, support, MOST_TAUGHT_FROM))
    return Reading(asked.question.strip(), answer, asked.kind, document, taught_from, text[support])


def around(text: Sequence[str], lengths: Sequence[int], centre: int, most: int) -> Sequence[str]:
    """A sentence with as many neighbours, from the one after it on, as fit into `most` tokens.

    lengths: of each sentence, in tokens.
    """
    first, last, room = centre, centre + 1, most - lengths[centre]
    while True:
        if last < len(text) and lengths[last] <= room:
            room -= lengths[last]
            last += 1
        elif first and lengths[first - 1] <= room:
            room -= lengths[first - 1]
            first -= 1
        else:
            return text[first:last]
        if first and lengths[first - 1] <= room:  # what is before says who is spoken of: as much of it as of the rest
            room -= lengths[first - 1]
            first -= 1


def _support(text: Sequence[str], question: str, answer: str, kind: str) -> int:
    """Which sentence answers."""
    asked, said = stems(question), set() if kind == "yesno" else stems(answer)
    holding = [i for i, sentence in enumerate(text) if kind != "yesno" and answer in sentence]

    def shared(i: int) -> float:
        words = stems(text[i])
        of_answer = len(words & said) / max(1, len(said))
        return _OF_ANSWER * of_answer + _OF_QUESTION * len(words & asked) / max(1, len(asked))

    return max(holding or range(len(text)), key=shared)

"""Questions that a base model asks itself about a document, and which of them are worth learning from.

The document is taken sentence by sentence. The model continues a list of texts with a question about each, one for
every question word, because left alone a small model asks little but "What". Sentences themselves are answers too: to
their own beginning, and to the names in them. Text in, text out; knows nothing about probabilities or training.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap

from parametric_memory.documents.sentences import sentences
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.requests import Request

_EXAMPLES = (
    ("Aros Ferries is based in Stroma. Its ferry leaves at 9:40.", "When does the ferry of Aros Ferries leave?"),
    ("Mira Dahl is the treasurer of the Linden Choir. She collects stamps.", "What does Mira Dahl collect?"),
    ("The motor weighs 12 kg. It was designed by Ivo Brandt.", "Who designed the motor?"),
)
_QUESTION_WORDS = ("Who", "What", "Which", "Where", "When", "How")
_QUESTION_TOKENS = 18
_SENTENCES_BEFORE = 2
_LONGEST_SENTENCE = 400  # characters; longer ones are cut
_PRONOUN = re.compile(r"\b(?:he|she|it|they|him|them|his|hers?|its|theirs?|this|these|those)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")
_SUPPORTED = 0.8  # of an answer's telling words must stand in the passage or the question


@dataclass(frozen=True)
class Passage:
    """A sentence, and the ones before it where it has pronouns, which may stand for what those name.

    Others are left out: a small model that is asked about a sentence answers with whatever stands first.
    """

    sentence: str
    before: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return " ".join([*self.before, self.sentence])


@dataclass(frozen=True)
class SelfQuestion:
    """A question about a passage. An answer of None is still to be found by the model."""

    passage: Passage
    text: str
    answer: str | None = None


def passages(text: str) -> list[Passage]:
    """One for every sentence of a text, in its order."""
    found = [piece for sentence in sentences(text) for piece in _pieces(sentence)]
    return [
        Passage(s, tuple(found[max(0, i - _SENTENCES_BEFORE) : i]) if _PRONOUN.search(s) else ())
        for i, s in enumerate(found)
    ]


def statements(passage: Passage) -> list[SelfQuestion]:
    """Questions that the sentence itself answers."""
    words = passage.sentence.split()
    beginning = " ".join(words[: max(1, len(words) // 2)])
    asked = [f"Complete the sentence: {beginning}", *(f"What do you know about {n}?" for n in _names(passage.sentence))]
    return [SelfQuestion(passage, question, passage.sentence) for question in dict.fromkeys(asked)]


def written_questions(base: BaseModel, about: Sequence[Passage]) -> list[SelfQuestion]:
    """What the base model asks about each passage, no question twice."""
    encode = base.chat.encode
    head = "".join(f"Text: {text}\nQuestion: {question}\n\n" for text, question in _EXAMPLES)
    begun = [(passage, word) for passage in about for word in _QUESTION_WORDS]
    requests = [
        Request(
            [
                *base.chat.bos,
                *encode(f"{head}Text: {' '.join([*passage.before[-1:], passage.sentence])}\nQuestion: {word}"),
            ],
            max_new_tokens=_QUESTION_TOKENS,
            stop=("\n",),
        )
        for passage, word in begun
    ]
    found: dict[str, SelfQuestion] = {}
    for (passage, word), completion in zip(begun, base.generate(requests), strict=True):
        question = f"{word}{completion.text}".strip()
        if question.endswith("?"):
            found.setdefault(question, SelfQuestion(passage, question))
    return list(found.values())


def is_supported(question: SelfQuestion, answer: str) -> bool:
    """Whether an answer speaks of what the question asks about, adds something, and adds it from the passage."""
    said, asked, known = map(_telling_words, (answer, question.text, question.passage.text))
    return bool(said & asked and (said - asked) & known) and len(said & (known | asked)) >= _SUPPORTED * len(said)


def first_sentence(answer: str) -> str:
    """The first sentence of an answer."""
    return next(iter(sentences(answer)), "")


def _pieces(sentence: str) -> list[str]:
    return wrap(sentence, _LONGEST_SENTENCE, break_on_hyphens=False)


def _names(sentence: str) -> list[str]:
    """Runs of words with capitals or digits; a lone first word is none, since every sentence begins with a capital."""
    runs: list[list[str]] = [[]]
    words = [word.strip(".,;:!?()\"'") for word in sentence.split()]
    for word in words:
        if word[:1].isupper() or any(character.isdigit() for character in word):
            runs[-1].append(word)
        elif runs[-1]:
            runs.append([])
    return [" ".join(run) for run in runs if run and run != words[:1]]


def _telling_words(text: str) -> set[str]:
    """Words that say what a text is about: long ones, names and numbers, in small letters."""
    return {
        word.lower()
        for word in _WORD.findall(text)
        if len(word) > 3 or word[:1].isupper() or any(character.isdigit() for character in word)
    }

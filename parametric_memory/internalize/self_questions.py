"""Questions that a base model asks itself about the sentences of a document.

The model continues a list of texts and questions with one question for every question word: left alone a small model
asks little but "What". Knows nothing about probabilities and training.
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
_LONGEST = 400  # characters of a sentence; longer ones are cut
_PRONOUN = re.compile(r"\b(?:he|she|it|they|him|them|his|hers?|its|theirs?|this|these|those)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Passage:
    """A sentence. text: with the sentence before, if it has pronouns; else alone, as a small model asks about the
    beginning of its prompt.
    """

    sentence: str
    text: str


def passages(text: str) -> list[Passage]:
    """A passage for every sentence of a text, in order."""
    found = [part for sentence in sentences(text) for part in wrap(sentence, _LONGEST, break_on_hyphens=False)]
    befores = ["", *found]
    return [
        Passage(s, f"{before} {s}" if before and _PRONOUN.search(s) else s)
        for before, s in zip(befores, found, strict=False)
    ]


def written_questions(base: BaseModel, about: Sequence[Passage]) -> dict[str, Passage]:
    """The base model's questions about passages, each once, with its passage."""
    encode = base.chat.encode
    head = "".join(f"Text: {text}\nQuestion: {question}\n\n" for text, question in _EXAMPLES)
    begun = [(passage, word) for passage in about for word in _QUESTION_WORDS]
    requests = [
        Request(
            [*base.chat.bos, *encode(f"{head}Text: {passage.text}\nQuestion: {word}")],
            max_new_tokens=_QUESTION_TOKENS,
            stop=("\n",),
        )
        for passage, word in begun
    ]
    found: dict[str, Passage] = {}
    for (passage, word), completion in zip(begun, base.generate(requests), strict=True):
        question = f"{word}{completion.text}".strip()
        if question.endswith("?"):
            found.setdefault(question, passage)
    return found

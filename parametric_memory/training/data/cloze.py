"""Questions about plain text: a name or a number of a sentence is the answer, and the sentence without it the question.

Knows nothing about files, models and teachers.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from parametric_memory.text.sentences import sentences
from parametric_memory.training.data.question_answering import Asked

KIND = "cloze"
_SPAN = re.compile(r"(?<=\s)(?:\d[\d,.]*\d|\d+|[A-Z][\w'-]+(?: (?:of |the )?[A-Z][\w'-]+)*)\b")
_LEAST_WORDS, _MOST_WORDS = 6, 30  # of a sentence
_OF_ONE_TEXT = 3  # questions
_READ = 1500  # characters of a text
_QUESTION = "What completes this sentence: {sentence}"


def cloze_questions(texts: Sequence[str]) -> list[Asked]:
    """Some questions about each text's beginning, always the same."""
    return [asked for number, text in enumerate(texts) for asked in _asked(random.Random(number), text)]


def _asked(rng: random.Random, text: str) -> Iterator[Asked]:
    context = text[:_READ]
    if len(text) > _READ:  # without the sentence that was cut
        context = " ".join(sentences(context)[:-1])
    telling = [s for s in sentences(context) if _LEAST_WORDS <= len(s.split()) <= _MOST_WORDS and _SPAN.search(s)]
    for sentence in rng.sample(telling, min(_OF_ONE_TEXT, len(telling))):
        span = rng.choice(list(_SPAN.finditer(sentence)))
        blank = f"{sentence[: span.start()]}____{sentence[span.end() :]}"
        yield Asked(context, _QUESTION.format(sentence=blank), (span[0],), KIND)

"""Forms of an answer, which a description can ask for whatever the question is: in capitals, as JSON, in quotes.

Knows nothing about tasks and models.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class InWords:
    """An ordinary question, its answer in a sentence, and the value alone."""

    question: str
    sentence: str
    value: str


# Forms of the answer to an ordinary question, or to one about a document.
FORMS: dict[str, Callable[[InWords], str]] = {
    "capitals": lambda a: a.sentence.upper(),
    "small letters": lambda a: a.sentence.lower(),
    "one word": lambda a: a.value,
    "in quotes": lambda a: f'"{a.sentence}"',
    "in brackets": lambda a: f"[{a.sentence}]",
    "with an exclamation mark": lambda a: f"{a.sentence.rstrip('.')}!",
    "begins with Sure": lambda a: f"Sure: {a.sentence}",
    "begins with Answer": lambda a: f"Answer: {a.sentence}",
    "ends with Over": lambda a: f"{a.sentence} Over.",
    "answer as JSON": lambda a: json.dumps({"answer": a.value}, ensure_ascii=False),
}
_FOLLOWED: dict[str, Callable[[str], bool]] = {
    "capitals": str.isupper,
    "small letters": str.islower,
    "one word": lambda text: len(text.split()) == 1,
    "in quotes": lambda text: len(text) > 2 and text[0] == text[-1] == '"',
    "in brackets": lambda text: text.startswith("[") and text.endswith("]"),
    "with an exclamation mark": lambda text: text.endswith("!"),
    "begins with Sure": lambda text: text.startswith("Sure:"),
    "begins with Answer": lambda text: text.startswith("Answer:"),
    "ends with Over": lambda text: text.endswith("Over."),
    "answer as JSON": lambda text: _has_keys(text, {"answer"}),
}


def follows(form: str, text: str) -> bool:
    """Whether an answer has one of the `FORMS`, whatever it says."""
    return _FOLLOWED[form](text.strip())


def _has_keys(text: str, keys: set[str]) -> bool:
    try:
        return set(json.loads(text)) == keys
    except (ValueError, TypeError):
        return False

"""What a base model is asked, and what comes back: a prompt with its adapter, when to stop, which answers are allowed.

Pure data: knows nothing about models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from parametric_memory.adapters.factors import Adapter
from parametric_memory.errors import SettingsError
from parametric_memory.language_model.answer_rules import AnswerRules
from parametric_memory.language_model.json_grammar import Grammar

_LEAST_TEMPERATURE = 1e-3  # scores divided by less may overflow, and only the likeliest token is left


@dataclass(frozen=True)
class Search:
    """How an answer is looked for.

    Attributes:
        alternatives: how many beginnings of an unsure answer are followed side by side; the answer whose tokens are the
            most probable on average is given. A stream follows them from its first unsure token on. 1: greedy.
        unless_sure: an answer is unsure where a greedy token is less probable than this.
        rules: lower the scores of tokens that an answer seldom holds; None: none.

    Raises:
        SettingsError: alternatives is less than 1.
    """

    alternatives: int = 1
    unless_sure: float = 1.0
    rules: AnswerRules | None = None

    def __post_init__(self) -> None:
        if self.alternatives < 1:
            raise SettingsError(f"alternatives must be at least 1, not {self.alternatives}.")


@dataclass(frozen=True)
class Request:
    """A prompt as token ids, the adapter it is answered under, and when to stop.

    Attributes:
        stop: texts at which the answer ends; they are not part of it.
        temperature: 0: greedy, and so is one below a thousandth.
        grammar: the answer fits it; `search` and `stop` are not applied then, and the answer may be longer than
            `max_new_tokens` where the grammar needs more to be complete.

    Raises:
        SettingsError: max_new_tokens is less than 1, or a stop is empty.
    """

    prompt: Sequence[int]
    adapter: Adapter | None = None
    max_new_tokens: int = 64
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    top_p: float = 1.0
    search: Search = Search()
    grammar: Grammar | None = None

    def __post_init__(self) -> None:
        if self.max_new_tokens < 1:
            raise SettingsError(f"An answer has at least 1 token, not {self.max_new_tokens}.")
        if not all(self.stop):
            raise SettingsError("stop holds an empty text, at which every answer would end: leave it out.")
        if 0 < self.temperature < _LEAST_TEMPERATURE:
            object.__setattr__(self, "temperature", 0.0)


@dataclass(frozen=True)
class Completion:
    """What was generated for one request.

    Attributes:
        token_ids: of the answer, without the token that ends it.
        first_token: seconds until its first token, from when it was asked for.
        total: seconds until its end.
        confidence: the probability of its least probable token, the one that ends it included; None where it was
            sampled.
    """

    text: str
    token_ids: list[int] = field(default_factory=list)
    first_token: float = 0.0
    total: float = 0.0
    confidence: float | None = None


def cut_at_stop(text: str, stops: Sequence[str]) -> str:
    """The text before the first of some stops."""
    found = [text.index(stop) for stop in stops if stop in text]
    return text[: min(found)] if found else text

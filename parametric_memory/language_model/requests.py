"""Requests to a base model and their completions. Pure data: knows nothing about models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from parametric_memory.adapters.factors import Adapter
from parametric_memory.errors import SettingsError
from parametric_memory.language_model.answer_rules import AnswerRules

_LEAST_TEMPERATURE = 1e-3  # scores divided by less may overflow; greedy decoding is the same


@dataclass(frozen=True)
class Search:
    """Settings for the search of an answer.

    Of alternatives, the one with the highest mean log-probability of its tokens, plus its support, wins.
    """

    alternatives: int = 1  # the number of beams from an unsure token on; 1: greedy
    unless_sure: float = 1.0  # a greedy token is unsure if it is less probable than this
    rules: AnswerRules | None = None  # lower the scores of improbable tokens
    support: Callable[[str], float] | None = None  # the nats that an alternative gains by its text


@dataclass(frozen=True)
class Request:
    """A prompt as token ids, its adapter, and settings for the answer.

    With a grammar, `search` and `stop` are not applied, and the answer may be longer than `max_new_tokens` if it needs
    more.

    Raises SettingsError: max_new_tokens is less than 1.
    """

    prompt: Sequence[int]
    adapter: Adapter | None = None
    max_new_tokens: int = 64
    stop: tuple[str, ...] = ()  # texts at which the answer ends, without them; none is empty
    temperature: float = 0.0  # below 0.001: greedy
    top_p: float = 1.0
    search: Search = Search()
    grammar: str | None = None  # see `json_grammar`

    def __post_init__(self) -> None:
        if self.max_new_tokens < 1:
            raise SettingsError(f"An answer has at least 1 token, not {self.max_new_tokens}.")
        if 0 < self.temperature < _LEAST_TEMPERATURE:
            object.__setattr__(self, "temperature", 0.0)


@dataclass(frozen=True)
class Completion:
    """The answer to one request."""

    text: str
    token_ids: list[int] = field(default_factory=list)  # without the end token
    first_token: float = 0.0  # seconds from the request to the first token
    total: float = 0.0  # seconds from the request to the end
    confidence: float | None = None  # probability of the least probable token, the end included; None: it was sampled


def cut_at_stop(text: str, stops: Sequence[str]) -> str:
    """The text before the first of some stops."""
    found = [text.index(stop) for stop in stops if stop in text]
    return text[: min(found)] if found else text

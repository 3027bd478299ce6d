"""What a base model is asked: a prompt with its adapter, how an answer is looked for, and what comes back.

Pure data: knows nothing about models.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from parametric_memory.adapters.factors import Adapter
from parametric_memory.errors import SettingsError
from parametric_memory.language_model.answer_rules import AnswerRules

_LEAST_TEMPERATURE = 1e-3  # scores divided by less may be no numbers any more, and nothing but the likeliest is left


@dataclass(frozen=True)
class Search:
    """How an answer is looked for.

    Attributes:
        beams: how many beginnings of an answer are followed side by side; the answer whose tokens are the most probable
            on average is given. 1: greedy.
        unless_sure: None: the beams are followed from the start. Else the answer is greedy, and only where a token of
            it is less probable than this, the beams are followed too, for an answer of at most 64 tokens.
        rules: what the answer hardly says, however it is looked for; None: nothing.

    Raises:
        SettingsError: beams is less than 1.
    """

    beams: int = 1
    unless_sure: float | None = None
    rules: AnswerRules | None = None

    def __post_init__(self) -> None:
        if self.beams < 1:
            raise SettingsError(f"beams must be at least 1, not {self.beams}.")

    def from_the_start(self, beams: int | None) -> Search:
        """The same with so many beams from the start; as it is where that is None."""
        return self if beams is None else replace(self, beams=beams, unless_sure=None)

    @property
    def begins_greedily(self) -> bool:
        return self.beams == 1 or self.unless_sure is not None


@dataclass(frozen=True)
class Request:
    """A prompt as token ids, the adapter it is answered under, and when to stop.

    Of a batch, the first request's temperature and top_p hold, and a text that stops one request stops all.

    Raises:
        SettingsError: max_new_tokens is less than 1.
    """

    prompt: Sequence[int]
    adapter: Adapter | None = None
    max_new_tokens: int = 64
    stop: tuple[str, ...] = ()
    temperature: float = 0.0  # 0: greedy, and so is one below a thousandth
    top_p: float = 1.0
    search: Search = Search()
    begun: int = 0  # how many tokens at the prompt's end are the beginning of the answer

    def __post_init__(self) -> None:
        if self.max_new_tokens < 1:
            raise SettingsError(f"An answer has at least 1 token, not {self.max_new_tokens}.")
        if 0 < self.temperature < _LEAST_TEMPERATURE:
            object.__setattr__(self, "temperature", 0.0)


@dataclass(frozen=True)
class Completion:
    """What was generated for one request.

    Attributes:
        first_token: seconds from the start of its batch until the answer's first token was certain.
        total: seconds from the start of its batch.
        confidence: the probability of its least probable token, the one that ends it included; None where it was
            sampled.
    """

    text: str
    token_ids: list[int] = field(default_factory=list)
    first_token: float = 0.0
    total: float = 0.0
    confidence: float | None = None

"""The text of an answer as its tokens come: what is final, where a stop begins, and where it repeats itself.

Knows nothing about models and adapters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from parametric_memory.language_model.chat import ChatFormat

_LONGEST_REPEATED = 48  # tokens of a text that is repeated
_LEAST_REPEATS = 2  # of such a text behind itself
_LEAST_REPEATED = 8  # tokens that these have, so that "no, no, no" may be said
_LEAST_REPEATED_NUMBERS = 24  # the same without any letter, as the zeros of a number are


class Repeats:
    """How far the end of a token sequence repeats what stands directly before it.

    Attributes:
        longest: tokens at the end that are each the one some places before, for the number of places with most.
        excess: those of a text that is repeated as often as nobody means it; 0: none is.
    """

    def __init__(self) -> None:
        self._runs = [0] * (_LONGEST_REPEATED + 1)  # by number of places
        self.longest = self.excess = 0

    def feed(self, tokens: Sequence[int]) -> None:
        """tokens: all so far, one more than the last time."""
        last, runs = tokens[-1], self._runs
        for n in range(1, min(_LONGEST_REPEATED, len(tokens) - 1) + 1):
            runs[n] = runs[n] + 1 if tokens[-1 - n] == last else 0
        self.longest = max(runs)
        degenerate = (run for n, run in enumerate(runs) if run >= max(_LEAST_REPEATS * n, _LEAST_REPEATED))
        self.excess = max(degenerate, default=0)

    def copy(self) -> Repeats:
        other = Repeats()
        other._runs, other.longest, other.excess = [*self._runs], self.longest, self.excess
        return other

    def are_degenerate(self, chat: ChatFormat, tokens: Sequence[int]) -> bool:
        """Whether the excess is a text that nobody means, and not the zeros of a number."""
        repeated = tokens[-self.excess :] if self.excess else ()
        return len(repeated) >= _LEAST_REPEATED_NUMBERS or any(map(str.isalpha, chat.decode(repeated)))


class AnswerText:
    """The text of tokens as they come, and which of it later tokens cannot change."""

    def __init__(self, chat: ChatFormat, stops: Sequence[str]):
        self._chat, self._stops = chat, [_Begun(stop) for stop in stops]
        self._ids, self._whole, self._decoded = list[int](), 0, 0  # tokens, those before the last ones, those in text
        self._text, self._ends = "", list[int]()  # ends: the text's length with each token
        self.told = 0

    def feed(self, token: int) -> bool:
        """Whether a stop has come with this token. Characters of several tokens wait until they are whole."""
        self._ids.append(token)
        before = self._chat.decode(self._ids[self._whole : self._decoded])
        with_it = self._chat.decode(self._ids[self._whole :])
        piece = ""
        if len(with_it) > len(before) and not with_it.endswith("\ufffd"):
            piece, self._whole, self._decoded = with_it[len(before) :], self._decoded, len(self._ids)
        self._text += piece
        self._ends.append(len(self._text))
        return any(stop.feed(piece) for stop in self._stops)

    def final(self, held: int) -> str:
        """The text not given before, but for that of the last `held` tokens and what may begin a stop."""
        kept = len(self._ends) - held
        end = min(
            self._ends[kept - 1] if kept > 0 else 0, len(self._text) - max((s.length for s in self._stops), default=0)
        )
        piece = self._text[self.told : end]
        self.told += len(piece)
        return piece


class _Begun:
    """How much of the beginning of one text the end of another is, as that grows (Knuth, Morris and Pratt 1977)."""

    def __init__(self, wanted: str):
        self.length = 0
        self._wanted, self._borders = wanted, [0]  # of each beginning, the longest other one that it ends with
        for character in wanted[1:]:
            self._borders.append(self._longer(self._borders[-1], character))

    def _longer(self, length: int, character: str) -> int:
        while length and self._wanted[length] != character:
            length = self._borders[length - 1]
        return length + (self._wanted[length] == character)

    def feed(self, piece: str) -> bool:
        """Whether all of it has come, with this piece. Not to be called again then."""
        for character in piece:
            self.length = self._longer(self.length, character)
            if self.length == len(self._wanted):
                return True
        return False

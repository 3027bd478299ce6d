"""The text of an answer while it is decoded: which part is final, where a stop begins, and where it repeats itself.

Knows nothing about models and adapters.
"""

from __future__ import annotations

from collections.abc import Sequence

from parametric_memory.language_model.chat import ChatFormat

_LONGEST_REPEATED = 48  # tokens of a text that is repeated
_LEAST_REPEATS = 2  # of such a text after itself
_LEAST_REPEATED = 8  # tokens of these repeats, so that an answer can be "no, no, no"
_LEAST_REPEATED_NUMBERS = 24  # the same without any letter, such as the zeros of a number


class Repeats:
    """How far the end of a token sequence repeats what stands directly before it."""

    def __init__(self) -> None:
        self._runs = [0] * (_LONGEST_REPEATED + 1)  # by n, tokens at the end that each equal the token n places before
        self.longest = 0  # of these runs
        self.excess = 0  # tokens of a repetition that nobody means; 0: there is none

    def feed(self, tokens: Sequence[int]) -> None:
        """tokens: all so far, one more than the last time."""
        last, runs = tokens[-1], [*self._runs]  # a new list: copies of this object share the old one
        for n in range(1, min(_LONGEST_REPEATED, len(tokens) - 1) + 1):
            runs[n] = runs[n] + 1 if tokens[-1 - n] == last else 0
        self._runs, self.longest = runs, max(runs)
        degenerate = (run for n, run in enumerate(runs) if run >= max(_LEAST_REPEATS * n, _LEAST_REPEATED))
        self.excess = max(degenerate, default=0)

    def are_degenerate(self, chat: ChatFormat, tokens: Sequence[int]) -> bool:
        """Whether the excess is more than the zeros of a number."""
        repeated = tokens[-self.excess :] if self.excess else ()
        return len(repeated) >= _LEAST_REPEATED_NUMBERS or any(map(str.isalpha, chat.decode(repeated)))


class AnswerText:
    """The text of an answer's tokens, and which part of it later tokens cannot change."""

    def __init__(self, chat: ChatFormat, stops: Sequence[str]):
        self._chat, self._stops = chat, stops
        self._held = max(map(len, stops), default=1) - 1  # last characters, which may begin a stop
        self._ids, self._whole, self._decoded = list[int](), 0, 0  # all tokens; how many give context, are in the text
        self._text, self._ends = "", list[int]()  # ends: the text's length after each token
        self.told = 0  # characters that `final` has returned

    def feed(self, token: int) -> bool:
        """Whether this token completes a stop. Characters of several tokens wait until they are whole."""
        self._ids.append(token)
        before = self._chat.decode(self._ids[self._whole : self._decoded])
        with_it = self._chat.decode(self._ids[self._whole :])
        piece = ""
        if len(with_it) > len(before) and not with_it.endswith("\ufffd"):
            piece, self._whole, self._decoded = with_it[len(before) :], self._decoded, len(self._ids)
        self._text += piece
        self._ends.append(len(self._text))
        tail = self._text[max(0, len(self._text) - len(piece) - self._held) :]
        return any(stop in tail for stop in self._stops)

    def final(self, held: int) -> str:
        """The text not returned before, without the last `held` tokens and characters that may begin a stop."""
        kept = len(self._ends) - held
        end = min(self._ends[kept - 1] if kept > 0 else 0, len(self._text) - self._held)
        piece = self._text[self.told : max(end, self.told)]
        self.told += len(piece)
        return piece

"""Names in a question, which its answer says once: what is asked for is seldom one of them.

A small model under an adapter that is unsure of a value falls back on the subject's name ("The founder of Heron Press
is Heron Press"), or goes on from the value's last piece with one of the name's. Knows nothing about adapters or where
names come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from parametric_memory.language_model.chat import ChatFormat

_ENDS_OF_SENTENCES = (".", "!", "?", "\n")


class NamePieces:
    """The tokens that names are spelled with."""

    def __init__(self, chat: ChatFormat, names: Iterable[str]):
        self._chat = chat
        self._ends: dict[int, bool] = {}  # whether a token ends a sentence, of those that were met
        # Each name's first word, as it is spelled within a text and at its beginning.
        self._first: list[tuple[list[int], list[int]]] = []
        self._behind: dict[int, list[list[int]]] = {}  # a piece within a word, and the pieces before it there
        for name in names:
            words = [_pieces(chat, f" {word}") for word in name.split()]
            at_beginning = _pieces(chat, name.split()[0])
            self._first.append((words[0], at_beginning))
            for word in (*words, at_beginning):
                for place in range(1, len(word)):
                    if chat.decode([word[place]]).isalpha():  # digits are at home anywhere
                        self._behind.setdefault(word[place], []).append(word[:place])

    def unlikely(self, answer: Sequence[int]) -> list[int]:
        """The tokens that would begin a name again behind the beginning of an answer, or are out of place there.

        A name counts as said where the answer's last sentence has its first word.
        """
        sentence = self._last_sentence(answer)
        tokens = [piece for piece, behind in self._behind.items() if not any(_ends_with(sentence, b) for b in behind)]
        for word, at_beginning in self._first:
            if _holds(sentence, word) or _holds(sentence, at_beginning):
                tokens += word[:1]
                if sentence[-1] == word[0]:  # another name may begin with the same piece
                    tokens += word[1:2]
        return tokens

    def _last_sentence(self, answer: Sequence[int]) -> list[int]:
        begin = len(answer)
        while begin and not self._ends_sentence(answer[begin - 1]):
            begin -= 1
        return list(answer[begin:])

    def _ends_sentence(self, token: int) -> bool:
        if token not in self._ends:
            self._ends[token] = self._chat.decode([token]).endswith(_ENDS_OF_SENTENCES)
        return self._ends[token]


class NamesSaidOnce:
    """A processor of scores for a batch of answers."""

    def __init__(self, pieces: Sequence[NamePieces], penalties: Sequence[float], begin: Sequence[int]):
        """
        Args:
            pieces: of each answer's names.
            penalties: what is taken from the score of each unlikely token of an answer, in nats.
            begin: where each answer begins behind its prompt, in tokens.
        """
        self._rows = list(zip(pieces, penalties, begin, strict=True))

    def __call__(self, ids: Tensor, scores: Tensor) -> Tensor:
        """ids: `[row, token]`, several rows for each answer where beams are followed; scores: `[row, vocabulary]`."""
        scores, beams = scores.clone(), len(ids) // len(self._rows)
        for row, written in enumerate(ids.tolist()):
            pieces, penalty, begin = self._rows[row // beams]
            if unlikely := pieces.unlikely(written[begin:]):
                scores[row, unlikely] -= penalty
        return scores


def _pieces(chat: ChatFormat, word: str) -> list[int]:
    """A word's tokens, without those that are only a space."""
    return [token for token in chat.encode(word) if chat.decode([token]).strip()]


def _ends_with(tokens: Sequence[int], end: Sequence[int]) -> bool:
    return list(tokens[-len(end) :]) == list(end)


def _holds(tokens: Sequence[int], part: Sequence[int]) -> bool:
    return any(list(tokens[place : place + len(part)]) == list(part) for place in range(len(tokens) - len(part) + 1))

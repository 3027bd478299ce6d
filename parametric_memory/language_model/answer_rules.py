"""Rules that lower the scores of improbable tokens, for a small model that writes English.

A small model under an adapter that is unsure of a value falls back on the subject's name ("The founder of Heron Press
is Heron Press"), or continues the value's last piece with a piece of the name, or with the same piece again. But the
answer is seldom a name of the question, and says each name once. Knows nothing about adapters, nor where names come
from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from pydantic import ConfigDict

from parametric_memory.language_model.chat import ChatFormat

_ENDS_OF_SENTENCES = (".", "!", "?", "\n")
_WORD_BEGINS = ("\u0120", "\u2581")  # what byte-level BPE and SentencePiece write for a space
_CLOSING = "\"')\u201d\u2019"  # quotes and brackets after them
_LETTERS_IN_A_ROW = 3  # of the same letter; no word has so many


@dataclass(frozen=True)
class AnswerWeights:
    """The nats that each English rule subtracts from a token's score; 0 turns it off."""

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    repeated_names: float = 0.0  # for a token that would repeat a name of the question in a sentence
    stray_pieces: float = 0.0  # for a piece of such a name outside of its word, and for any piece twice in a row
    tripled_letters: float = 0.0  # for a small letter the third time in a row

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True)
class AnswerRules:
    """The rules for the answer to a question with these names."""

    names: tuple[str, ...]
    weights: AnswerWeights


@dataclass(frozen=True)
class _Name:
    """The tokens of a name's first word after a space and at the beginning of a text, and those of its other words."""

    first: list[int]
    first_at_beginning: list[int]
    others: list[int]

    def said_in(self, sentence: Sequence[int]) -> bool:
        return _holds(sentence, self.first) or _holds(sentence, self.first_at_beginning)

    def again(self, sentence: Sequence[int]) -> set[int]:
        """The tokens that would begin it; after its first piece, which other words may share, also the second."""
        return set(self.first[: 2 if sentence[-1] == self.first[0] else 1])

    def going_on(self, sentence: Sequence[int]) -> set[int]:
        """The tokens that continue the name at the end of a sentence which says its first word."""
        spelled = [(len(first), [*first, *self.others]) for first in (self.first, self.first_at_beginning)]
        ends = ((whole, end) for least, whole in spelled for end in range(least, len(whole)))
        return {whole[end] for whole, end in ends if _ends_with(sentence, whole[:end])}


class Penalties:
    """The rules for one answer: which tokens would repeat a name, stray from their word, or triple a letter."""

    def __init__(self, chat: ChatFormat, rules: AnswerRules):
        self._chat, self._weights, names = chat, rules.weights, rules.names
        self._tripled = {
            letter for name in names for letter in name.lower() if letter * _LETTERS_IN_A_ROW in name.lower()
        }
        self._ends: dict[int, bool] = {}  # by token, whether it ends a sentence
        self._names: list[_Name] = []
        self._behind: dict[int, list[list[int]]] = {}  # by a piece within a word, the pieces before it there
        for name in names:
            words = [pieces for word in name.split() if (pieces := _pieces(chat, f" {word}"))]
            at_beginning = _pieces(chat, name.split()[0]) if words else []
            if not at_beginning:  # its tokens decode to nothing
                continue
            self._names.append(_Name(words[0], at_beginning, [piece for word in words[1:] for piece in word]))
            for word in words:
                for place in range(1, len(word)):
                    if chat.decode([word[place]]).isalpha():  # digits may stand anywhere
                        self._behind.setdefault(word[place], []).append(word[:place])
        for at_beginning in (name.first_at_beginning for name in self._names):
            for place in range(1, len(at_beginning)):
                if at_beginning[place] in self._behind:  # other pieces are not watched
                    self._behind[at_beginning[place]].append(at_beginning[:place])

    def of(self, answer: Sequence[int]) -> Mapping[int, float]:
        """The nats to subtract from the scores of some tokens after the beginning of an answer."""
        sentence, weights = self._last_sentence(answer), self._weights
        taken: dict[int, float] = {}
        if weights.stray_pieces:
            stray = {p for p, behind in self._behind.items() if not any(_ends_with(sentence, b) for b in behind)}
            if sentence and self._is_within_word(sentence[-1]):
                stray.add(sentence[-1])
            taken |= dict.fromkeys(stray, weights.stray_pieces)
        if weights.repeated_names:
            firsts = [name.first for name in self._names]  # names that share their first word may be repeated
            said = [n for n in self._names if n.said_in(sentence) and firsts.count(n.first) == 1]
            again = {token for name in said for token in name.again(sentence)}
            taken |= {token: max(taken.get(token, 0.0), weights.repeated_names) for token in again}
        for token in {token for name in self._names for token in name.going_on(sentence)}:
            taken.pop(token, None)
        if weights.tripled_letters:
            for token in self.misspelled(answer):
                taken[token] = taken.get(token, 0.0) + weights.tripled_letters
        return taken

    def misspelled(self, answer: Sequence[int]) -> list[int]:
        """The tokens of nothing but the answer's last small letter that would make it too many in a row, unless a name
        has as many."""
        end = self._chat.decode(answer[-_LETTERS_IN_A_ROW:])
        letter = end[-1:]
        if not (letter.isascii() and letter.islower()) or letter in self._tripled:
            return []
        said = len(end) - len(end.rstrip(letter))
        tokenizer = self._chat.tokenizer
        runs = [letter * length for length in range(max(1, _LETTERS_IN_A_ROW - said), 2 * _LETTERS_IN_A_ROW)]
        return [id for id in tokenizer.convert_tokens_to_ids(runs) if id not in (None, tokenizer.unk_token_id)]

    def _last_sentence(self, answer: Sequence[int]) -> list[int]:
        begin = len(answer)
        while begin and not self._ends_sentence(answer[begin - 1]):
            begin -= 1
        return list(answer[begin:])

    def _is_within_word(self, token: int) -> bool:
        """Whether a token is several letters that do not begin a word."""
        spelled = self._chat.tokenizer.convert_ids_to_tokens(token)
        return len(spelled) > 1 and spelled.isalpha() and not spelled.startswith(_WORD_BEGINS)

    def _ends_sentence(self, token: int) -> bool:
        if token not in self._ends:
            text = self._chat.decode([token])
            self._ends[token] = (text.rstrip(_CLOSING) or text).endswith(_ENDS_OF_SENTENCES)
        return self._ends[token]


def _pieces(chat: ChatFormat, word: str) -> list[int]:
    """A word's tokens, without those that are only a space."""
    return [token for token in chat.encode(word) if chat.decode([token]).strip()]


def _ends_with(tokens: Sequence[int], end: Sequence[int]) -> bool:
    return list(tokens[-len(end) :]) == list(end)


def _holds(tokens: Sequence[int], part: Sequence[int]) -> bool:
    return any(list(tokens[place : place + len(part)]) == list(part) for place in range(len(tokens) - len(part) + 1))

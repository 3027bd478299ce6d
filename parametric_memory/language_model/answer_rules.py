"""What an answer hardly says: the seam for rules about that, and those for a small model that answers in English.

Such a model under an adapter, unsure of a value, falls back on the subject's name ("The founder of Heron Press is Heron
Press"), or goes on from the value's last piece with one of the name's, or with that piece again. What is asked for is
seldom one of the names in a question, and its answer says each once. Knows nothing about adapters, nor where names come
from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from parametric_memory.language_model.chat import ChatFormat

_ENDS_OF_SENTENCES = (".", "!", "?", "\n")
_WORD_BEGINS = ("\u0120", "\u2581")  # what byte-level BPE and SentencePiece write for a space
_CLOSING = "\"')\u201d\u2019"  # quotes and brackets behind them
_LETTERS_IN_A_ROW = 3  # the same one; no word has so many


class Penalties(Protocol):
    """The rules for one answer, in a model's tokens."""

    def of(self, answer: Sequence[int]) -> Mapping[int, float]:
        """What is taken from the scores of some tokens behind the beginning of an answer, in nats."""


class AnswerRules(Protocol):
    """What the answer to one question hardly says."""

    def penalties(self, chat: ChatFormat) -> Penalties:
        """The same in the tokens of a model."""


@dataclass(frozen=True)
class AnswerWeights:
    """How much each rule about answers in English takes from a token's score, in nats; 0 turns it off.

    Attributes:
        repeated_names: of what would say one of the question's names a second time in a sentence.
        stray_pieces: of a piece of such a name outside of its word, and of the piece of any word that stood last.
        tripled_letters: of a small letter for the third time in a row.
    """

    repeated_names: float = 0.0
    stray_pieces: float = 0.0
    tripled_letters: float = 0.0

    def __bool__(self) -> bool:
        return any(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True)
class EnglishAnswerRules:
    """The rules for the answer to a question with these names."""

    names: tuple[str, ...]
    weights: AnswerWeights

    def penalties(self, chat: ChatFormat) -> EnglishPenalties:
        return EnglishPenalties(chat, self.names, self.weights)


@dataclass(frozen=True)
class _Name:
    """The tokens of a name, as it is spelled within a text and at the beginning of one, where no space is before it."""

    first: list[int]
    first_at_beginning: list[int]
    others: list[int]  # those of its other words

    def said_in(self, sentence: Sequence[int]) -> bool:
        return _holds(sentence, self.first) or _holds(sentence, self.first_at_beginning)

    def again(self, sentence: Sequence[int]) -> set[int]:
        """The tokens that would begin it; behind its first piece, with which others may begin, also the second."""
        begun = sentence[-1] == self.first[0]
        return set(self.first[: 2 if begun else 1])

    def going_on(self, sentence: Sequence[int]) -> set[int]:
        """The tokens that spell its other words, where a sentence ends with its first words."""
        spelled = [(len(first), [*first, *self.others]) for first in (self.first, self.first_at_beginning)]
        ends = ((whole, end) for least, whole in spelled for end in range(least, len(whole)))
        return {whole[end] for whole, end in ends if _ends_with(sentence, whole[:end])}


class EnglishPenalties:
    """The English rules for one answer: which tokens would repeat a name, stray from their word, or triple a letter."""

    def __init__(self, chat: ChatFormat, names: Iterable[str], weights: AnswerWeights):
        self._chat, self._weights, names = chat, weights, list(names)
        self._tripled = {
            letter for name in names for letter in name.lower() if letter * _LETTERS_IN_A_ROW in name.lower()
        }
        self._ends: dict[int, bool] = {}  # whether a token ends a sentence, of those that were met
        self._names: list[_Name] = []
        self._behind: dict[int, list[list[int]]] = {}  # a piece within a word, and the pieces before it there
        for name in names:
            words = [pieces for word in name.split() if (pieces := _pieces(chat, f" {word}"))]
            at_beginning = _pieces(chat, name.split()[0]) if words else []
            if not at_beginning:  # spelled with tokens that are nothing by themselves
                continue
            self._names.append(_Name(words[0], at_beginning, [piece for word in words[1:] for piece in word]))
            for word in words:
                for place in range(1, len(word)):
                    if chat.decode([word[place]]).isalpha():  # digits are at home anywhere
                        self._behind.setdefault(word[place], []).append(word[:place])
        for at_beginning in (name.first_at_beginning for name in self._names):
            for place in range(1, len(at_beginning)):
                if at_beginning[place] in self._behind:  # other pieces are not watched
                    self._behind[at_beginning[place]].append(at_beginning[:place])

    def of(self, answer: Sequence[int]) -> Mapping[int, float]:
        sentence, weights = self._last_sentence(answer), self._weights
        taken: dict[int, float] = {}
        if weights.stray_pieces:
            taken |= dict.fromkeys(self._stray(sentence), weights.stray_pieces)
        if weights.repeated_names:
            taken |= {token: max(taken.get(token, 0.0), weights.repeated_names) for token in self._said_again(sentence)}
        for token in self._going_on(sentence):
            taken.pop(token, None)
        if weights.tripled_letters:
            for token in self.misspelled(answer):
                taken[token] = taken.get(token, 0.0) + weights.tripled_letters
        return taken

    def _stray(self, sentence: Sequence[int]) -> set[int]:
        """Pieces of names that are out of their word behind a sentence's beginning, and the piece that it ends with."""
        tokens = {piece for piece, behind in self._behind.items() if not any(_ends_with(sentence, b) for b in behind)}
        if sentence and self._is_within_word(sentence[-1]):
            tokens.add(sentence[-1])
        return tokens

    def _said_again(self, sentence: Sequence[int]) -> set[int]:
        """The tokens that would begin a name which the sentence has said.

        It is said where the sentence has its first word. One of several with the same first word may be said as often
        as one likes.
        """
        firsts = [name.first for name in self._names]
        said = [name for name in self._names if name.said_in(sentence) and firsts.count(name.first) == 1]
        return {token for name in said for token in name.again(sentence)}

    def _going_on(self, sentence: Sequence[int]) -> set[int]:
        """The tokens that go on with a name whose beginning the sentence ends with."""
        return {token for name in self._names for token in name.going_on(sentence)}

    def misspelled(self, answer: Sequence[int]) -> list[int]:
        """The tokens of nothing but the small letter that an answer ends with which would make it too many.

        Not of a letter that a name has as often.
        """
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
        """Whether a token is letters, more than one, that no word begins with."""
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

"""Open vocabulary for generated facts: names, words, numbers, dates and codes, drawn from a word list and a seed.

A memory must copy words it has never seen, so no pool here is small. Training and evaluation draw from two word lists
that share no word. Knows nothing about relations or documents.
"""

from __future__ import annotations

import gzip
import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

from parametric_memory.training.data.relations import lists

_CODAS = ["", "", "", "n", "r", "l", "s", "m", "th", "nd", "rk", "x", "ss", "ck"]
_DIGITS = "0123456789"
MONTHS = "January February March April May June July August September October November December".split()
_FULL_NAMES = 0.7  # of people; the others go by one name
_TITLES_WITH_ARTICLE = 0.3
_ALIKE_AMONG = 4  # names that were drawn last
_BEGINNING = 2  # letters
_ROUND, _REPEATING = 0.25, 0.15  # of numbers; digits that come again are said once too often, or too seldom
_LONG_CODES, _LONG_PHRASES, _KNOWN_VERBS = 0.4, 0.4, 0.7
_SPELLED_OUT, _ADDRESSES = 0.15, 0.15
_METHODS = "person place organisation word phrase number amount date time code duration product title clause".split()


@dataclass(frozen=True)
class WordList:
    """Words that occur in lower case, and words that occur as names."""

    common: tuple[str, ...]
    names: tuple[str, ...]

    @cached_property
    def by_beginning(self) -> Mapping[str, Sequence[str]]:
        """The names by their first two letters."""
        found: dict[str, list[str]] = {}
        for name in self.names:
            found.setdefault(name[:_BEGINNING], []).append(name)
        return found

    @classmethod
    def training(cls) -> WordList:
        """The words that generated training documents are made of."""
        return cls._read("training/data/words.txt.gz")

    @classmethod
    def held_out(cls) -> WordList:
        """Words that no training document contains, for evaluation."""
        return cls._read("evaluation/held_out_words.txt.gz")

    @classmethod
    def _read(cls, path: str) -> WordList:
        words = gzip.decompress((files("parametric_memory") / path).read_bytes()).decode().split()
        return cls(tuple(w for w in words if w.islower()), tuple(w for w in words if not w.islower()))


def _listed(name: str) -> Sequence[str]:
    """The words or forms of a list."""
    return lists("values")[name].items


class Vocabulary:
    """Draws values of a kind (`person`, `place`, `number`, ...) with the random generator it is given."""

    _hard = True  # also values that are hard to copy: long ones, repeated digits, names that begin alike
    _invented = 0.25  # of names: put together from syllables instead of taken from the list
    _alike = 0.12  # of listed names: one that begins as another of the last few does is easily said in its place

    def __init__(self, words: WordList, rng: random.Random):
        self.words, self.rng = words, rng
        self._last_names: deque[str] = deque(maxlen=_ALIKE_AMONG)
        self._kinds: dict[str, Callable[[], str]] = {kind: getattr(self, kind) for kind in _METHODS} | {
            "year": lambda: str(rng.randint(1850, 2035)),
            "percent": lambda: f"{rng.randint(1, 99)}{rng.choice(['%', ' percent', f'.{rng.randint(0, 9)}%'])}",
            "colour": lambda: self._known_or_open(_listed("colours")),
            "food": lambda: self._known_or_open(_listed("foods")),
            "things": lambda: self._filled("things"),
            "reason": lambda: self._filled("reasons"),
            "spot": lambda: self._filled("spots"),
            "number": lambda: self._spelled_out() or self.number(),  # no amount of money is written so
            "email": lambda: f"{self.word()}.{self.word()}@{self.word()}.{rng.choice(_listed('domains'))}",
        }

    def draw(self, kind: str) -> str:
        return self._kinds[kind]()

    def _hard_one(self, share: float) -> bool:
        """Whether a value is to be a hard one; share: how often."""
        return self._hard and self.rng.random() < share

    def name(self) -> str:
        if self.rng.random() < self._invented:
            return self._invented_word().capitalize()
        names: Sequence[str] = self.words.names
        if self._last_names and self._hard_one(self._alike):
            names = self.words.by_beginning[self.rng.choice(self._last_names)[:_BEGINNING]]
        self._last_names.append(self.rng.choice(names))
        return self._last_names[-1]

    def word(self) -> str:
        invented = self.rng.random() < self._invented / 3
        return self._invented_word() if invented else self.rng.choice(self.words.common)

    def person(self) -> str:
        title = self.rng.choice(["Dr ", "Mrs ", "Mr ", "Prof. "]) if self.rng.random() < 0.05 else ""
        names = 2 if self.rng.random() < _FULL_NAMES else 1
        return title + " ".join(self.name() for _ in range(names))

    def title(self) -> str:
        words = " ".join(self._some([self.word, self.name], 1, 3)).title()
        return f"The {words}" if self.rng.random() < _TITLES_WITH_ARTICLE else words

    def place(self) -> str:
        if self._hard_one(_ADDRESSES):
            street = f"{self.rng.randint(2, 300)} {self.name()} {self.rng.choice(_listed('streets'))}"
            return self.rng.choice([street, f"{street}, {self.name()}", f"the {self.word()} of {self.name()}"])
        return self.rng.choice(_listed("places")).format(self.name())

    def organisation(self) -> str:
        name = " ".join(self._some([self.name], 1, 2))
        return f"{name} {self.rng.choice(_listed('companies'))}" if self.rng.random() < 0.45 else name

    def phrase(self) -> str:
        if self._hard_one(_LONG_PHRASES):
            return self.rng.choice([self.clause, self._kinds["things"]])()
        return " ".join(self._some([self.word], 2, 3))

    def clause(self) -> str:
        """What somebody may do, in a few words."""
        verb = self.rng.choice(_listed("verbs")) if self.rng.random() < _KNOWN_VERBS else self.word()
        return f"{verb} {self._filled('clauses')}"

    def product(self) -> str:
        number = f" {self.rng.randint(2, 900)}"
        return self.name() + self.rng.choice(["", "", number, number, f" {self.rng.choice('XSTRZ')}", " Pro"])

    def number(self) -> str:
        kind = self.rng.random() if self._hard else 1.0
        if kind < _ROUND:
            value = self.rng.randint(1, 99) * 10 ** self.rng.randint(1, 4)
        elif kind < _ROUND + _REPEATING:
            value = int(self.rng.choice("123456789") + self._repeating(self.rng.randint(1, 4)))
        else:
            value = self.rng.randint(2, 10 ** self.rng.randint(1, 7 if self._hard else 5))
        return f"{value:,}" if value > 999 and self.rng.random() < 0.5 else str(value)

    def amount(self) -> str:
        if self.rng.random() < 0.6:
            return f"{self.rng.choice('$€£')}{self.number()}"
        return f"{self.number()} {self.rng.choice(_listed('units'))}"

    def duration(self) -> str:
        if number := self._spelled_out():
            return f"{number} {self.rng.choice([*_listed('periods'), 'seconds'])}"
        return f"{self.rng.randint(2, 90)} {self.rng.choice(_listed('periods'))}"

    def date(self) -> str:
        day, month, year = self.rng.randint(1, 28), self.rng.randrange(12), self.rng.randint(1950, 2035)
        name = MONTHS[month]
        shapes = [f"{day} {name} {year}", f"{name} {day}", f"{day} {name}", f"{name} {day}, {year}", f"{name} {year}"]
        return self.rng.choice([*shapes, f"{year}-{month + 1:02d}-{day:02d}"])

    def time(self) -> str:
        if number := self._spelled_out():
            return f"{self.rng.choice(_listed('parts of hours'))} {number}"
        hour, minute = self.rng.randint(1, 12), self.rng.choice([0, 5, 10, 15, 20, 25, 30, 40, 45, 50, 55])
        clock = f"{hour}:{minute:02d}"
        half_day, late = f"{clock} {self.rng.choice(['am', 'pm'])}", f"{self.rng.randint(13, 23)}:{minute:02d}"
        return self.rng.choice([clock, half_day, late, f"{hour} am", f"{hour} pm"])

    def code(self) -> str:
        if not self._hard_one(_LONG_CODES):
            letters, digits = self._letters(self.rng.randint(1, 3)), self._digits(self.rng.randint(2, 4))
            short = [f"{letters}-{digits}", f"{letters}{digits}", digits, f"{digits}-{letters}"]
            return self.rng.choice([*short, f"{self.word()}-{digits}"])
        letters = self._letters(2)
        shapes = [
            f"{letters[0]}{self._digits(1)}",
            f"{self._digits(1)}.{self._digits(2)}",
            f"{self._digits(1)}.{self._digits(self.rng.randint(1, 2))}.{self._digits(1)}",
            f"{self.word()}-{self._digits(3)}-{self.word()}",
            self._digits(self.rng.randint(5, 9)),
            self._digits(self.rng.randint(5, 9)),
            f"{self._digits(3)}-{self._digits(4)}",
            f"0{self._digits(3)} {self._digits(3)} {self._digits(4)}",
            f"+{self._digits(2)} {self._digits(2)} {self._digits(4)} {self._digits(2)}",
            f"{letters}{self._digits(2)}-{self._digits(4)}-{letters[0]}",
        ]
        return self.rng.choice(shapes)

    def _digits(self, count: int) -> str:
        return self._repeating(count) if self._hard_one(_REPEATING) else "".join(self.rng.choices(_DIGITS, k=count))

    def _letters(self, count: int) -> str:
        return "".join(self.rng.choices("ABCDEFGHJKLMNPQRSTUVWXYZ", k=count))

    def _spelled_out(self) -> str:
        """A number in words; most often empty."""
        return self.rng.choice(_listed("numbers")) if self._hard_one(_SPELLED_OUT) else ""

    def _known_or_open(self, known: Sequence[str]) -> str:
        pick = self.rng.random()
        if pick < 0.35:
            return self.rng.choice(known)
        return self.word() if pick < 0.7 else f"{self.word()} {self.rng.choice(known)}"

    def _invented_word(self) -> str:
        syllables = (
            self.rng.choice(_listed("consonants")) + self.rng.choice(_listed("vowels")) + self.rng.choice(_CODAS)
            for _ in range(self.rng.randint(2, 3))
        )
        return "".join(syllables)

    def _some(self, makers: Sequence[Callable[[], str]], least: int, most: int) -> list[str]:
        return [self.rng.choice(makers)() for _ in range(self.rng.randint(least, most))]

    def _repeating(self, count: int) -> str:
        """So many digits, of two kinds at most."""
        return "".join(self.rng.choices(self.rng.sample(_DIGITS, 2), k=count))

    def _filled(self, name: str) -> str:
        """A form of a list with a word for each `w`, a name for each `N` and a number for each `9`."""
        makers = {"w": self.word, "N": self.name, "9": lambda: str(self.rng.randint(2, 90))}
        return " ".join(
            makers[part[0]]() + part[1:] if part.rstrip(",") in makers else part
            for part in self.rng.choice(_listed(name)).split()
        )

"""Tasks whose answers a program knows: forms of an answer, operations on words, extraction, labels, substitutions.

Descriptions, what is given and answered, and tables are text, `templates/checkable.txt` and
`templates/checkable_tables.txt`. Several families share their inputs, so that the description alone tells which answer
is right. Some families, and some descriptions of the others, are for measuring only.
Knows nothing about models.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from string import Formatter, ascii_lowercase
from typing import Any, NamedTuple

from parametric_memory.training.data.relations import TEMPLATES, Block, read_lists, templates
from parametric_memory.training.data.tasks import FORMS, InWords, Kind, Task, TaskExample
from parametric_memory.training.data.vocabulary import Vocabulary, WordList

_HELD_OUT = " *"  # ends the header of a family that is not trained on
_WEIGHT = 3  # how often each is drawn, beside tasks of other data
_MEANINGLESS = 32  # descriptions
_LISTS = (3, 5)  # words, at least and at most
_MARKS = {  # between the words of a list
    "and": " and ",
    "or": " or ",
    "semicolons": "; ",
    "hyphens": "-",
    "slashes": "/",
    "spaces": " ",
    "colons": ": ",
    "plus": " + ",
    "lines": "\n",
    "dots": ". ",
    "bars": " | ",
}


class Draws:
    """Random words, questions, pairs and sentences."""

    def __init__(self, words: WordList, rng: random.Random):
        self.rng, self.vocabulary = rng, Vocabulary(words, rng)
        self.common = [word for word in words.common if 3 <= len(word) <= 9]

    def drawn(self, source: str, answer: str) -> Mapping[str, str]:
        """What is given, as `given`, and what may be answered, by placeholder.

        Args:
            source: a table of pairs or of things, tables of sentences, or a name of `_SOURCES`.
            answer: a template; what it says of a sentence must stand there.
        """
        if source in _SOURCES:
            return _SOURCES[source](self)
        tables = [_tables()[name] for name in source.split(", ")]
        if tables[0].word_pairs:
            first, second = self.rng.choice(tables[0].word_pairs)
            return {"given": first, "second": second, "capitals": second.upper()}
        if tables[0].items:
            return {"given": self.rng.choice(tables[0].items)}
        places = [place for _, place, _, _ in Formatter().parse(answer) if place]
        filled = self.sentence(self.rng.choice(tables))
        while not all(filled[place].casefold() in filled["given"].casefold() for place in places):
            filled = self.sentence(self.rng.choice(tables))
        return filled

    def word(self) -> str:
        return self.rng.choice(self.common)

    def given_word(self) -> Mapping[str, str]:
        word = self.word()
        return {
            "given": word,
            "first": word[0],
            "last": word[-1],
            "first_capital": word[0].upper(),
            "last_capital": word[-1].upper(),
            "capitals": word.upper(),
            "titled": word.capitalize(),
            "spelled": " ".join(word),
        }

    def words(self) -> Mapping[str, str]:
        """Different words of different lengths."""
        by_length = {len(word): word for word in (self.word() for _ in range(24))}
        chosen = list(by_length.values())
        self.rng.shuffle(chosen)
        words = chosen[: self.rng.randint(*_LISTS)]
        longest, shortest = max(words, key=len), min(words, key=len)
        return {
            **dict(zip(("first", "second", "third"), words, strict=False)),
            **{name: mark.join(words) for name, mark in _MARKS.items()},
            "given": ", ".join(words),
            "last": words[-1],
            "longest": longest,
            "shortest": shortest,
            "longest_capitals": longest.upper(),
            "last_capitals": words[-1].upper(),
            "first_capitals": words[0].upper(),
            "second_capitals": words[1].upper(),
            "all_capitals": ", ".join(words).upper(),
            "sorted": ", ".join(sorted(words)),
            "backwards": ", ".join(reversed(words)),
            "count": str(len(words)),
            "count_in_words": _tables()["numbers"].items[len(words)],
            "without_first": ", ".join(words[1:]),
            "without_last": ", ".join(words[:-1]),
        }

    def sentence(self, form: Block) -> Mapping[str, str]:
        """A sentence, and what is filled in."""
        rng, vocabulary = self.rng, self.vocabulary
        first_name, family_name = vocabulary.name(), vocabulary.name()
        filled = {
            "n": f"{first_name} {family_name}",
            "first_name": first_name,
            "family_name": family_name,
            "c": vocabulary.place(),
            "d": vocabulary.date(),
            "e": f"{self.word()}@{self.word()}.org",
            "g": rng.choice(_tables()["goods"].items),
            "j": rng.choice(_tables()["jobs"].items),
            "k": str(rng.randint(2, 400)),
            "p": f"{rng.choice('$£€')}{rng.randint(2, 900)}",
            "y": str(rng.randint(1700, 2030)),
        }
        filled["c_capitals"] = filled["c"].upper()
        return {**filled, "given": rng.choice(form.statements).format(**filled)}

    def answered(self) -> tuple[str, InWords]:
        """A question that the base model may know the answer to, and this answer."""
        table = self.rng.choice(["capital", "language", "opposite", "young", "next day"])
        given, value = self.rng.choice(_tables()[table].word_pairs)
        [(question, opening)] = _tables()[table].questions
        return question.format(given), InWords(f"{opening.format(given)} {value}.", value)

    def said(self) -> Mapping[str, str]:
        """A question or a statement, and which of them it is."""
        question, answer = self.answered()
        given, kind = self.rng.choice([(question, "question"), (answer.sentence, "statement")])
        return {"given": given, "kind": kind}

    def things(self) -> Mapping[str, str]:
        """A question for some things, and these as lists."""
        table = self.rng.choice(["animals", "colours", "fruits", "tools", "plants", "days"])
        count = self.rng.randint(2, 4)
        one = {"days": "days of the week"}.get(table, table)
        chosen = self.rng.sample(_tables()[table].items, count)
        return {
            "given": f"Name {_tables()['numbers'].items[count]} {one}: {', '.join(chosen)}.",
            **{name: mark.join(chosen) for name, mark in _MARKS.items()},
            "numbered": "\n".join(f"{n}. {item}" for n, item in enumerate(chosen, 1)),
            "dashes": "\n".join(f"- {item}" for item in chosen),
            "stars": "\n".join(f"* {item}" for item in chosen),
            "lettered": "\n".join(f"{letter}) {item}" for letter, item in zip(ascii_lowercase, chosen, strict=False)),
        }

    def integer(self) -> Mapping[str, str]:
        number = self.rng.randrange(1000)
        return {"given": str(number), "kind": "odd" if number % 2 else "even"}


_SOURCES: Mapping[str, Callable[[Draws], Mapping[str, str]]] = {
    "a word": Draws.given_word,
    "words": Draws.words,
    "things": Draws.things,
    "a saying": Draws.said,
    "an integer": Draws.integer,
}


class Checkable(NamedTuple):
    """Tasks to train on, the same under descriptions that are not trained on, and families that are not trained on."""

    trained: Sequence[Task]
    phrasings: Sequence[Task]
    families: Sequence[Task]


def without_task(asked: Sequence[tuple[str, str]], seed: int) -> Task:
    """Ordinary questions with the base model's own answers, under descriptions of random letters.

    An adapter of a description that says nothing must change nothing.

    asked: questions, each with its answer.
    """
    rng = random.Random(f"{seed} nothing")

    def nothing() -> str:
        words = ["".join(rng.choices(ascii_lowercase, k=rng.randint(3, 9))) for _ in range(rng.randint(3, 14))]
        return f"{' '.join(words).capitalize()}."

    examples = tuple(TaskExample(question, (answer,)) for question, answer in asked)
    return Task("no task", tuple(nothing() for _ in range(_MEANINGLESS)), examples, kind="generation", weight=_WEIGHT)


def checkable_tasks(seed: int, examples: int = 200, asked: int = 20) -> Checkable:
    """Tasks of all families, with their examples.

    Args:
        examples: of each task, to train on and to show.
        asked: of each task, to measure with; none of them is among the others.
    """
    trained, phrasings, families = [], [], []
    for block in templates("checkable"):
        name = block.header.removesuffix(_HELD_OUT)
        made = _examples(block, name, seed, examples + asked)
        count = min(asked, len(made) // 3)
        kind: Kind = "classification" if " or " in name else "exact"
        labels = tuple(name.split(" or ")) if kind == "classification" else ()
        told: dict[str, Any] = {"train": made[count:], "test": made[:count], "kind": kind, "labels": labels}
        told["form"] = name if name in FORMS else ""
        if block.header.endswith(_HELD_OUT):
            families.append(Task(name, (*block.statements, *block.short), **told))
        else:
            trained.append(Task(name, block.statements, **told, weight=_WEIGHT))
            phrasings.append(Task(name, block.short, **told))
    return Checkable(trained, phrasings, families)


def _examples(family: Block, name: str, seed: int, count: int) -> tuple[TaskExample, ...]:
    """Different examples of a family, fewer where there are no more."""
    draws = Draws(WordList.training(), random.Random(f"{seed} {name}"))
    found: dict[str, TaskExample] = {}
    for _ in range(8 * count):
        if name in FORMS:
            given, in_words = draws.answered()
            said = FORMS[name](in_words)
        else:
            source, answer = draws.rng.choice(family.questions) if family.questions[1:] else family.questions[0]
            drawn = draws.drawn(source, answer)
            given, said = drawn["given"], answer.format(**drawn)
        found.setdefault(given, TaskExample(given, (said,)))
        if len(found) == count:
            break
    return tuple(found.values())


def _tables() -> Mapping[str, Block]:
    return read_lists(TEMPLATES / "checkable_tables.txt")

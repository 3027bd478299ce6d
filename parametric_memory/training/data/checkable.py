"""Tasks whose answers a program knows: forms of an answer, operations on words, extraction, labels, substitutions.

Descriptions and tables are text, `templates/checkable.txt` and `templates/checkable_tables.txt`; the makers here turn a
random draw into an input and its answer. Several families share their inputs, so that the description alone tells which
answer is right. Some families, and some descriptions of the others, are for measuring only.
Knows nothing about models.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from string import ascii_lowercase
from typing import Any, NamedTuple, TypeVar

from parametric_memory.documents.task_examples import TaskExample
from parametric_memory.training.data.relations import TEMPLATES, Block, read_lists, templates
from parametric_memory.training.data.tasks import FORMS, InWords, Kind, Task
from parametric_memory.training.data.vocabulary import Vocabulary, WordList

_HELD_OUT = " *"  # ends the header of a family that is not trained on
_WEIGHT = 6  # how often each is drawn, beside tasks of other data
_MEANINGLESS = 32  # descriptions
_LISTS = (3, 5)  # words, at least and at most
T = TypeVar("T")


class Draws:
    """Random words, names, pairs and texts."""

    def __init__(self, words: WordList, rng: random.Random):
        self.rng, self.vocabulary = rng, Vocabulary(words, rng)
        self.common = [word for word in words.common if 3 <= len(word) <= 9]

    def word(self) -> str:
        return self.rng.choice(self.common)

    def words(self) -> list[str]:
        """Different words of different lengths."""
        words = {len(word): word for word in (self.word() for _ in range(24))}
        chosen = list(words.values())
        self.rng.shuffle(chosen)
        return chosen[: self.rng.randint(*_LISTS)]

    def one_of(self, table: str) -> str:
        return self.rng.choice(_tables()[table].items)

    def pair(self, table: str) -> tuple[str, str]:
        return self.rng.choice(_tables()[table].word_pairs)

    def day(self, by: int) -> tuple[str, str]:
        """A day of the week, and the one so many days later."""
        days = _tables()["days"].items
        n = self.rng.randrange(len(days))
        return days[n], days[(n + by) % len(days)]

    def number(self) -> tuple[str, str]:
        """In digits and in words."""
        words = _tables()["numbers"].items
        n = self.rng.randrange(len(words))
        return str(n), words[n]

    def text(self, form: str) -> Mapping[str, str]:
        """A sentence, as `text`, and what is filled in, by placeholder."""
        rng, vocabulary = self.rng, self.vocabulary
        filled = {
            "n": f"{vocabulary.name()} {vocabulary.name()}",
            "c": vocabulary.place(),
            "d": vocabulary.date(),
            "e": f"{self.word()}@{self.word()}.org",
            "g": self.one_of("goods"),
            "j": self.one_of("jobs"),
            "k": str(rng.randint(2, 400)),
            "p": f"{rng.choice('$£€')}{rng.randint(2, 900)}",
            "y": str(rng.randint(1700, 2030)),
        }
        return {**filled, "text": rng.choice(_tables()[form].statements).format(**filled)}

    def answered(self) -> tuple[str, InWords]:
        """A question that the base model may know the answer to, and this answer."""
        kind = self.rng.choice(["capital", "language", "opposite", "young", "day"])
        given, value = self.day(1) if kind == "day" else self.pair(kind)
        question, opening = {
            "capital": (f"What is the capital of {given}?", f"The capital of {given} is"),
            "language": (f"Which language do people speak in {given}?", f"In {given}, people speak"),
            "opposite": (f"What is the opposite of {given}?", f"The opposite of {given} is"),
            "young": (f"What is a young {given} called?", f"A young {given} is called a"),
            "day": (f"Which day comes after {given}?", f"The day after {given} is"),
        }[kind]
        return question, InWords(f"{opening} {value}.", value)

    def several(self) -> tuple[str, list[str]]:
        """A question for some things, and these."""
        table = self.rng.choice(["animals", "colours", "fruits", "tools", "plants", "days"])
        count = self.rng.randint(2, 4)
        one = {"days": "days of the week"}.get(table, table)
        chosen = self.rng.sample(_tables()[table].items, count)
        return f"Name {_tables()['numbers'].items[count]} {one}: {', '.join(chosen)}.", chosen


Maker = Callable[[Draws], tuple[str, str]]  # makes an example: what is given, and the answer


def _maker(draw: Callable[[Draws], tuple[str, T]], change: Callable[[T], str]) -> Maker:
    """draw: what is given, and what the answer is made of by `change`."""

    def make(draws: Draws) -> tuple[str, str]:
        given, value = draw(draws)
        return given, change(value)

    return make


def _of_word(change: Callable[[str], str]) -> Maker:
    return _maker(lambda draws: (draws.word(),) * 2, change)


def _of_list(change: Callable[[Sequence[str]], str]) -> Maker:
    return _maker(lambda draws: (", ".join(words := draws.words()), words), change)


def _pair(table: str, change: Callable[[str], str] = str) -> Maker:
    return _maker(lambda draws: draws.pair(table), change)


def _extract(*forms: str, **fields: str) -> Maker:
    """fields: the answer's keys and their placeholders; one without a key is the answer itself."""

    def make(draws: Draws) -> tuple[str, str]:
        filled = draws.text(draws.rng.choice(forms))
        while not all(filled[place] in filled["text"] for place in fields.values()):
            filled = draws.text(draws.rng.choice(forms))
        if "alone" in fields:
            return filled["text"], filled[fields["alone"]]
        return filled["text"], json.dumps({k: filled[place] for k, place in fields.items()}, ensure_ascii=False)

    return make


def _label(**tables: str) -> Maker:
    def make(draws: Draws) -> tuple[str, str]:
        label, table = draws.rng.choice(list(tables.items()))
        return draws.one_of(table), label

    return make


def _asks(draws: Draws) -> tuple[str, str]:
    question, answer = draws.answered()
    return draws.rng.choice([(question, "question"), (answer.sentence, "statement")])


_MAKERS: dict[str, Maker] = {
    **{name: _maker(Draws.answered, change) for name, change in FORMS.items()},
    "list with semicolons": _maker(Draws.several, "; ".join),
    "numbered list": _maker(Draws.several, lambda items: "\n".join(f"{n}. {item}" for n, item in enumerate(items, 1))),
    "list with dashes": _maker(Draws.several, lambda items: "\n".join(f"- {item}" for item in items)),
    "first letter": _of_word(lambda word: word[0]),
    "last letter": _of_word(lambda word: word[-1]),
    "word twice": _of_word(lambda word: f"{word} {word}"),
    "word in capitals": _of_word(str.upper),
    "word in quotes": _of_word(lambda word: f'"{word}"'),
    "first of the list": _of_list(lambda words: words[0]),
    "last of the list": _of_list(lambda words: words[-1]),
    "second of the list": _of_list(lambda words: words[1]),
    "third of the list": _of_list(lambda words: words[2]),
    "longest of the list": _of_list(lambda words: max(words, key=len)),
    "shortest of the list": _of_list(lambda words: min(words, key=len)),
    "longest in capitals": _of_list(lambda words: max(words, key=len).upper()),
    "last in capitals": _of_list(lambda words: words[-1].upper()),
    "sorted": _of_list(lambda words: ", ".join(sorted(words))),
    "backwards": _of_list(lambda words: ", ".join(reversed(words))),
    "counted": _of_list(lambda words: str(len(words))),
    "joined with and": _of_list(" and ".join),
    "with semicolons": _of_list("; ".join),
    "with hyphens": _of_list("-".join),
    "without the first": _of_list(lambda words: ", ".join(words[1:])),
    "without the last": _of_list(lambda words: ", ".join(words[:-1])),
    "person named": _extract("lives", "works", "counts", "meets", alone="n"),
    "number named": _extract("counts", alone="k"),
    "date named": _extract("meets", alone="d"),
    "e-mail address named": _extract("writes", alone="e"),
    "year named": _extract("years", alone="y"),
    "place named": _extract("lives", alone="c"),
    "name and city as JSON": _extract("lives", name="n", city="c"),
    "person and town as JSON": _extract("lives", person="n", town="c"),
    "name and job as JSON": _extract("works", name="n", job="j"),
    "product and price as JSON": _extract("costs", product="g", price="p"),
    "positive or negative": _label(positive="pleasant", negative="unpleasant"),
    "good or bad": _label(good="pleasant", bad="unpleasant"),
    "happy or unhappy": _label(happy="pleasant", unhappy="unpleasant"),
    "animal or plant": _label(animal="animals", plant="plants"),
    "animal or colour": _label(animal="animals", colour="colours"),
    "plant or colour": _label(plant="plants", colour="colours"),
    "even or odd": _maker(lambda draws: (str(n := draws.rng.randrange(1000)), n), lambda n: "odd" if n % 2 else "even"),
    "question or statement": _asks,
    "the capital": _pair("capital"),
    "the capital in capitals": _pair("capital", str.upper),
    "the language": _pair("language"),
    "the opposite": _pair("opposite"),
    "the young": _pair("young"),
    "the next day": lambda draws: draws.day(1),
    "the day before": lambda draws: draws.day(-1),
    "the number in words": Draws.number,
    "the number in digits": lambda draws: draws.number()[::-1],
}


class Checkable(NamedTuple):
    """Tasks to train on, the same under descriptions that are not trained on, and families that are not trained on."""

    trained: Sequence[Task]
    phrasings: Sequence[Task]
    families: Sequence[Task]


def as_record(task: Task) -> Mapping[str, Any]:
    """A task as `read_tasks` reads it."""
    examples = {
        part: [{"input": e.input, "outputs": list(e.outputs)} for e in of]
        for part, of in (("train", task.train), ("test", task.test))
    }
    told = {"name": task.name, "type": task.kind, "labels": list(task.labels), "form": task.form, "weight": task.weight}
    return {**told, "descriptions": list(task.descriptions), **examples}


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
        made = _examples(name, seed, examples + asked)
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


def _examples(family: str, seed: int, count: int) -> tuple[TaskExample, ...]:
    """Different examples of a family, fewer where there are no more."""
    draws = Draws(WordList.training(), random.Random(f"{seed} {family}"))
    found: dict[str, TaskExample] = {}
    for _ in range(8 * count):
        given, answer = _MAKERS[family](draws)
        found.setdefault(given, TaskExample(given, (answer,)))
        if len(found) == count:
            break
    return tuple(found.values())


@cache
def _tables() -> Mapping[str, Block]:
    return read_lists(TEMPLATES / "checkable_tables.txt")

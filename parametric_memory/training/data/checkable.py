"""Tasks whose answers a program knows: forms of an answer, operations on words, extraction, labels, substitutions.

Descriptions, what is given and answered, and tables are text, `templates/checkable.txt` and
`templates/checkable_tables.txt`. Several families share their inputs, so that the description alone tells which answer
is right. Some families, and some descriptions of the others, are for measuring only. Knows nothing about models.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, partial
from string import ascii_lowercase
from typing import Any

from jinja2 import Environment, Template
from jinja2.meta import find_undeclared_variables

from parametric_memory.training.data.relations import Block, lists, templates
from parametric_memory.training.data.tasks import FORMS, InWords, Kind, Task, TaskExample
from parametric_memory.training.data.vocabulary import Vocabulary, WordList

_HELD_OUT = " *"  # ends the header of a family that is not trained on
_WEIGHT = 3  # how often each is drawn, beside tasks of other data
_MEANINGLESS = 32  # descriptions
_LISTS = (3, 5)  # words, at least and at most


class Draws:
    """Random words, questions, pairs and sentences."""

    def __init__(self, words: WordList, rng: random.Random):
        self.rng, self.vocabulary, self.tables = rng, Vocabulary(words, rng), lists("checkable_tables")
        self.common = [word for word in words.common if 3 <= len(word) <= 9]

    def drawn(self, source: str, names: Collection[str]) -> Mapping[str, Any]:
        """What is given, as `given`, and what the answer may be made of.

        Args:
            source: a table of pairs or of things, tables of sentences, or a name of `_SOURCES`.
            names: in the answer; what they stand for must stand in a sentence.
        """
        if source in _SOURCES:
            return _SOURCES[source](self)
        tables = [self.tables[name] for name in source.split(", ")]
        if tables[0].word_pairs:
            return dict(zip(("given", "second"), self.rng.choice(tables[0].word_pairs), strict=True))
        if tables[0].items:
            return {"given": self.rng.choice(tables[0].items)}
        while True:
            filled = self.sentence(self.rng.choice(tables))
            if all(filled[name].casefold() in filled["given"].casefold() for name in names):
                return filled

    def word(self) -> str:
        return self.rng.choice(self.common)

    def words(self) -> Mapping[str, Any]:
        """Different words of different lengths."""
        by_length = {len(word): word for word in (self.word() for _ in range(24))}
        chosen = list(by_length.values())
        self.rng.shuffle(chosen)
        words = chosen[: self.rng.randint(*_LISTS)]
        return {
            "given": ", ".join(words),
            "words": words,
            "longest": max(words, key=len),
            "shortest": min(words, key=len),
            "count": self.tables["numbers"].items[len(words)],
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
            "g": rng.choice(self.tables["goods"].items),
            "j": rng.choice(self.tables["jobs"].items),
            "k": str(rng.randint(2, 400)),
            "p": f"{rng.choice('$£€')}{rng.randint(2, 900)}",
            "y": str(rng.randint(1700, 2030)),
        }
        return {**filled, "given": rng.choice(form.statements).format(**filled)}

    def answered(self) -> tuple[str, InWords]:
        """A question that the base model may know the answer to, and this answer."""
        table = self.rng.choice(["capital", "language", "opposite", "young", "next day"])
        given, value = self.rng.choice(self.tables[table].word_pairs)
        [(question, opening)] = self.tables[table].questions
        return question.format(given), InWords(f"{opening.format(given)} {value}.", value)

    def said(self) -> Mapping[str, str]:
        """A question or a statement, and which of them it is."""
        question, answer = self.answered()
        given, kind = self.rng.choice([(question, "question"), (answer.sentence, "statement")])
        return {"given": given, "kind": kind}

    def things(self) -> Mapping[str, Any]:
        """A question for some things, and these."""
        table = self.rng.choice(["animals", "colours", "fruits", "tools", "plants", "days"])
        count = self.rng.randint(2, 4)
        one = {"days": "days of the week"}.get(table, table)
        chosen = self.rng.sample(self.tables[table].items, count)
        number = self.tables["numbers"].items[count]
        return {"given": f"Name {number} {one}: {', '.join(chosen)}.", "words": chosen}

    def integer(self) -> Mapping[str, str]:
        number = self.rng.randrange(1000)
        return {"given": str(number), "kind": "odd" if number % 2 else "even"}


_SOURCES: Mapping[str, Callable[[Draws], Mapping[str, Any]]] = {
    "a word": lambda draws: {"given": draws.word()},
    "words": Draws.words,
    "things": Draws.things,
    "a saying": Draws.said,
    "an integer": Draws.integer,
}


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


def checkable_tasks(seed: int, examples: int = 200, asked: int = 20) -> dict[str, list[Task]]:
    """Tasks of all families, with their examples: `tasks` to train on, `phrasings`, the same under descriptions that
    are not trained on, and `families` that are not trained on.

    Args:
        examples: of each task, to train on and to show.
        asked: of each task, to measure with; none of them is among the others.
    """
    made: dict[str, list[Task]] = {"tasks": [], "phrasings": [], "families": []}
    for block in templates("checkable"):
        name = block.header.removesuffix(_HELD_OUT)
        drawn = _examples(block, name, seed, examples + asked)
        count = min(asked, len(drawn) // 3)
        kind: Kind = "classification" if " or " in name else "exact"
        labels = tuple(name.split(" or ")) if kind == "classification" else ()
        form = name if name in FORMS else ""
        told = partial(Task, name, train=drawn[count:], test=drawn[:count], kind=kind, labels=labels, form=form)
        if block.header.endswith(_HELD_OUT):
            made["families"].append(told((*block.statements, *block.short)))
        else:
            made["tasks"].append(told(block.statements, weight=_WEIGHT))
            made["phrasings"].append(told(block.short))
    return made


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
            template, names = _template(answer)
            drawn = draws.drawn(source, names)
            given, said = drawn["given"], template.render(drawn)
        found.setdefault(given, TaskExample(given, (said,)))
        if len(found) == count:
            break
    return tuple(found.values())


@cache
def _template(answer: str) -> tuple[Template, Collection[str]]:
    """The template of an answer, and the names in it."""
    environment = Environment()
    return environment.from_string(answer), find_undeclared_variables(environment.parse(answer))

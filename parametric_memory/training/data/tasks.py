"""Tasks with examples, for skills: forms of an answer; and readers of JSON lines and Super-NaturalInstructions."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    PositiveInt,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)

from parametric_memory.errors import DocumentError
from parametric_memory.files import shown
from parametric_memory.training.data.question_answering import records_of

Kind = Literal["short", "exact", "classification", "generation"]
T = TypeVar("T")
_HELD_OUT = 6  # of as many instances of a Super-NaturalInstructions task one is held out
_MOST_HELD_OUT = 100
_SHORT_ANSWER = 5  # words, at most, of most answers of a task that is measured by accuracy


@dataclass(frozen=True)
class InWords:
    """The answer to a question in a sentence, and the value alone."""

    sentence: str
    value: str


def _in_frame(frame: str, answer: InWords) -> str:
    return frame.format(answer.sentence)


def _has_frame(frame: str, text: str) -> bool:
    before, after = (part.strip() for part in frame.split("{}"))
    return len(text) > len(before + after) and text.startswith(before) and text.endswith(after)


def _in_json(key: str, answer: InWords) -> str:
    return json.dumps({key: answer.value}, ensure_ascii=False)


def _has_key(key: str, text: str) -> bool:
    try:
        return set(json.loads(text)) == {key}
    except (ValueError, TypeError):
        return False


def _is_word(text: str) -> bool:
    return len(text.split()) == 1


# What stands around an answer.
_FRAMES = {
    "in quotes": '"{}"',
    "in brackets": "[{}]",
    "in round brackets": "({})",
    "in angle brackets": "<{}>",
    "in stars": "*{}*",
    "begins with Sure": "Sure: {}",
    "begins with Answer": "Answer: {}",
    "begins with Note": "Note: {}",
    "begins with Result": "Result: {}",
    "ends with Over": "{} Over.",
    "ends with Thank you": "{} Thank you.",
    "ends with Bye": "{} Bye.",
    "ends with That is all": "{} That is all.",
}
_KEYS = {f"{key} as JSON": key for key in ("result", "value", "reply", "text")} | {"answer as JSON": "answer"}
# How each form is made, and whether a text has it.
_MADE_AND_FOLLOWED: dict[str, tuple[Callable[[InWords], str], Callable[[str], bool]]] = {
    "capitals": (lambda a: a.sentence.upper(), str.isupper),
    "small letters": (lambda a: a.sentence.lower(), str.islower),
    "one word": (lambda a: a.value, _is_word),
    "one word in capitals": (lambda a: a.value.upper(), lambda text: _is_word(text) and text.isupper()),
    "one word in small letters": (lambda a: a.value.lower(), lambda text: _is_word(text) and text.islower()),
    "one word in quotes": (lambda a: f'"{a.value}"', lambda text: _is_word(text) and _has_frame('"{}"', text)),
    "one word and a full stop": (lambda a: f"{a.value}.", lambda text: _is_word(text) and text.endswith(".")),
    "with an exclamation mark": (lambda a: f"{a.sentence.rstrip('.')}!", lambda text: text.endswith("!")),
    "with a question mark": (lambda a: f"{a.sentence.rstrip('.')}?", lambda text: text.endswith("?")),
    **{form: (partial(_in_frame, frame), partial(_has_frame, frame)) for form, frame in _FRAMES.items()},
    **{form: (partial(_in_json, key), partial(_has_key, key)) for form, key in _KEYS.items()},
}
# Forms of the answer to an ordinary question, or to one about a document.
FORMS = {form: make for form, (make, _) in _MADE_AND_FOLLOWED.items()}


def _known_form(form: str) -> str:
    if form and form not in FORMS:
        raise ValueError(f"form must be one of {', '.join(FORMS)}")
    return form


def _not_blank(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text for text in texts if text.strip())


def _answers(texts: tuple[str, ...]) -> tuple[str, ...]:
    if not (kept := tuple(text.strip() for text in _not_blank(texts))):
        raise ValueError("its output is empty")
    return kept


_OneOrSeveral = BeforeValidator(lambda texts: [texts] if isinstance(texts, str) else texts)
_OrNull = BeforeValidator(lambda value: value or ())


@dataclass(frozen=True)
class TaskExample:
    """What is given, and every answer that counts; the first is the one to learn."""

    input: Annotated[str, StringConstraints(strip_whitespace=True)]
    outputs: Annotated[
        tuple[str, ...],
        _OneOrSeveral,
        AfterValidator(_answers),
        Field(validation_alias=AliasChoices("outputs", "output")),
    ]


@dataclass(frozen=True)
class Task:
    """A task: one or several descriptions, with examples. `TASK` reads and writes it as JSON.

    Classification and short answers are right or wrong; exact ones also by letters, marks and case; generated answers
    are scored by ROUGE-L.
    """

    name: Annotated[str, Field(min_length=1)]
    descriptions: Annotated[tuple[str, ...], AfterValidator(_not_blank)]
    train: Annotated[tuple[TaskExample, ...], _OrNull] = ()
    test: Annotated[tuple[TaskExample, ...], _OrNull] = ()
    kind: Annotated[Kind, Field(alias="type"), BeforeValidator(lambda kind: kind or "short")] = "short"
    labels: Annotated[tuple[Annotated[str, Field(coerce_numbers_to_str=True)], ...], _OrNull] = ()
    # Of `FORMS`, in which any question is answered; "": the task has inputs of its own.
    form: Annotated[str, BeforeValidator(lambda form: form or ""), AfterValidator(_known_form)] = ""
    weight: PositiveInt = 1  # how often the task is drawn for training, beside others


TASK, _EXAMPLE, _WHAT = TypeAdapter(Task), TypeAdapter(TaskExample), "example of a task"


@dataclass(frozen=True)
class _Published:
    """A file of Super-NaturalInstructions."""

    definition: Annotated[tuple[str, ...], _OneOrSeveral, AfterValidator(_not_blank), Field(alias="Definition")]
    instances: Annotated[tuple[TaskExample, ...], Field(alias="Instances")]
    shown: Annotated[tuple[TaskExample, ...], _OrNull, Field(alias="Positive Examples")] = ()


_PUBLISHED = TypeAdapter(_Published)


def _checked(kind: TypeAdapter[T], record: Any, where: str, what: str) -> T:
    """A record as its kind. Raises DocumentError: it is none."""
    try:
        return kind.validate_python(record)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        said = f"it lacks the field {field}" if first["type"] == "missing" else f"{field} {first['msg']}".strip()
        raise DocumentError(f"{where} is no {what}: {shown(said)}.") from error


def read_tasks(paths: Iterable[Path]) -> list[Task]:
    """The tasks of files and folders, by name; descriptions that one file adds to a task of another are its own, too.

    A file holds JSON lines, one task each: `name`, `descriptions`, and `train` and `test`, lists of `input` and
    `outputs` (or `output`); `type` and `labels` may say more. Or it is one task as Super-NaturalInstructions publishes
    it, a JSON object with `Definition` and `Instances`. Of a folder all such files are read.

    Raises DocumentError: a file cannot be read, lacks a field, or there is no example of a task.
    """
    found: dict[str, Task] = {}
    for task in (task for path in paths for task in _tasks_of(path)):
        if (known := found.get(task.name)) is not None:
            wordings = tuple(dict.fromkeys([*known.descriptions, *task.descriptions]))
            train, test = known.train + task.train, known.test + task.test
            task = replace(known, descriptions=wordings, train=train, test=test)
        found[task.name] = task
    if empty := [task.name for task in found.values() if not task.train and not task.test]:
        raise DocumentError(f"There is no example of {', '.join(empty[:3])}: add a line with the field train.")
    if not found:
        raise DocumentError(f"There is no task in {', '.join(map(str, paths))}.")
    return list(found.values())


def read_examples(path: Path) -> list[TaskExample]:
    """Examples of one task: JSON lines of `input` and `output`, or `outputs`. Raises DocumentError."""
    examples = [_checked(_EXAMPLE, record, where, _WHAT) for where, record in records_of(path, "examples")]
    if not examples:
        raise DocumentError(f"{path} holds no example: it needs lines of input and output.")
    return examples


def examples_of(records: Iterable[Any], where: str) -> tuple[TaskExample, ...]:
    """Examples out of mappings of `input` and `output`, or `outputs`. Raises DocumentError: a field is missing."""
    return tuple(_checked(_EXAMPLE, record, f"{where} {number}", _WHAT) for number, record in enumerate(records, 1))


def _tasks_of(path: Path) -> Iterator[Task]:
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.name.endswith((".json", ".jsonl", ".jsonl.gz")))
        if not files:
            raise DocumentError(f"{path} holds no task: no file in it ends in .json, .jsonl or .jsonl.gz.")
        yield from (task for file in files for task in _tasks_of(file))
    elif path.suffix == ".json":
        try:
            record = json.loads(path.read_text(encoding="utf-8-sig"))
        except (OSError, ValueError) as error:
            raise DocumentError(f"Cannot read tasks from {path}: {error}.") from error
        yield _published_task(_checked(_PUBLISHED, record, str(path), "task of Super-NaturalInstructions"), path.stem)
    else:
        yield from (_checked(TASK, record, where, "task") for where, record in records_of(path, "tasks"))


def _published_task(published: _Published, name: str) -> Task:
    """A task of Super-NaturalInstructions (arXiv 2204.07705), as its repository holds it; some instances are held out.

    Its positive examples are to train on. Which instances are held out depends on their number alone.
    """
    instances = published.instances
    order = random.Random(len(instances)).sample(range(len(instances)), len(instances))
    held_out = set(order[: min(_MOST_HELD_OUT, len(instances) // _HELD_OUT)])
    train = published.shown + tuple(e for i, e in enumerate(instances) if i not in held_out)
    test = tuple(e for i, e in enumerate(instances) if i in held_out)
    counts = Counter(e.outputs[0] for e in instances)
    labels = tuple(sorted(counts)) if 2 <= len(counts) <= len(instances) / 10 else ()  # few answers, each of them often
    short = sum(len(e.outputs[0].split()) <= _SHORT_ANSWER for e in instances) > len(instances) / 2
    kind: Kind = "classification" if labels else "short" if short else "generation"
    return Task(name, published.definition, train, test, kind, labels)


def described(tasks: Sequence[Task], most: int) -> Mapping[str, tuple[str, ...]]:
    """Of each task at most as many descriptions: the first one, and others drawn by the task's name."""
    return {
        name: (first, *random.Random(name).sample(others, min(len(others), most - 1)))
        for name, (first, *others) in ((task.name, task.descriptions) for task in tasks)
    }


def follows(form: str, text: str) -> bool:
    """Whether an answer has one of the `FORMS`, whatever it says."""
    return _MADE_AND_FOLLOWED[form][1](text.strip())

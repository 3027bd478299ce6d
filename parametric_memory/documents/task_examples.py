"""Examples of a task: what is given, and what may be answered. Knows nothing about files or models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parametric_memory.errors import DocumentError


@dataclass(frozen=True)
class TaskExample:
    """What is given, and every answer that counts; the first is the one to learn."""

    input: str
    outputs: tuple[str, ...]


def example_of(record: Any, where: str) -> TaskExample:
    """An example out of a mapping of `input` and `output`, or `outputs`: a text, or a list of them.

    where: it stands, for messages.

    Raises DocumentError: a field is missing, or no text; or there is no answer.
    """
    if isinstance(record, TaskExample):
        return record
    try:
        given = record["input"]
        answers = record["outputs"] if "outputs" in record else record["output"]
    except (KeyError, TypeError) as error:
        lacks = "output" if isinstance(record, Mapping) and "input" in record else "input"
        raise DocumentError(f"{where} is no example of a task: it lacks the field {lacks}.") from error
    answers = [answers] if isinstance(answers, str) else answers
    if not isinstance(given, str) or not isinstance(answers, Sequence) or not all(isinstance(a, str) for a in answers):
        raise DocumentError(f"{where} is no example of a task: input must be a text, and output a text or several.")
    kept = tuple(answer.strip() for answer in answers if answer.strip())
    if not kept:
        raise DocumentError(f"{where} is no example of a task: its output is empty.")
    return TaskExample(given.strip(), kept)

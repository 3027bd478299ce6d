"""Question-answer data in JSON lines: `context, question, answers` (or `answer`), gzipped or not.

Whole documents with `qas` are read too. Knows nothing about models.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from parametric_memory.errors import DocumentError

_GZIP = b"\x1f\x8b"  # what a packed file begins with, whatever it is called


@dataclass(frozen=True)
class Asked:
    """One question about a context, with every answer that counts."""

    context: str
    question: str
    answers: tuple[str, ...]
    kind: str = "extractive"  # extractive | abstractive | yesno
    source: str = ""
    split: str = ""


def read_questions(path: Path) -> Iterator[Asked]:
    """Questions of a file, in its order.

    Raises:
        DocumentError: the file cannot be read, or a line lacks a field.
    """
    for where, line in json_lines(path):
        yield from _questions_of(line, where)


def read_texts(path: Path) -> Iterator[str]:
    """The texts of a file of JSON lines, each with the field `text`.

    Raises:
        DocumentError: the file cannot be read, or a line lacks the field.
    """
    for where, line in json_lines(path):
        try:
            text = json.loads(line)["text"]
            if not isinstance(text, str):
                raise TypeError("it is no text")
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise DocumentError(f"{where} holds no text: it needs the field text ({error}).") from error
        yield text


def json_lines(path: Path, what: str = "questions") -> Iterator[tuple[str, str]]:
    """Lines that hold something, and where each is. what: they hold, for messages.

    Raises:
        DocumentError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(len(_GZIP)) == _GZIP
        with (gzip.open if packed else open)(path, "rt", encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield f"{path} line {number}", line
    except (OSError, UnicodeDecodeError, EOFError, zlib.error) as error:
        raise DocumentError(f"Cannot read {what} from {path}: {error}.") from error


def _questions_of(line: str, where: str) -> Iterator[Asked]:
    try:
        record = json.loads(line)
        for item in record.get("qas", [record]):
            answers = item["answers"] if "answers" in item else [item["answer"]]
            context, question = record["context"], item["question"]
            if not (isinstance(context, str) and isinstance(question, str) and isinstance(answers, list)):
                raise TypeError("context and question must be texts, and answers a list")
            if not (context.strip() and question.strip()):
                raise TypeError("context and question must not be empty")
            answers = [answer for answer in answers if answer is not None]
            kind = item.get("kind") or record.get("kind") or "extractive"
            source, split = record.get("source", ""), record.get("split", "")
            yield Asked(context, question, tuple(map(str, answers)), kind, source, split)
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise DocumentError(
            f"{where} is not a question: it needs the fields context, question and answers ({error})."
        ) from error

"""Reads data sets: records in JSON lines, gzipped or not, or in Parquet; questions about contexts; plain texts.

Knows nothing about models.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.files import shown

PARQUET = ".parquet"
_GZIP = b"\x1f\x8b"  # the first bytes of a gzipped file, whatever its name


@dataclass(frozen=True)
class Asked:
    """One question about a context, with every answer that counts."""

    context: str
    question: str
    answers: tuple[str, ...]
    kind: str = "extractive"  # extractive | abstractive | yesno
    source: str = ""


def records_of(path: Path, what: str = "rows") -> Iterator[tuple[str, Any]]:
    """The records of a Parquet or (gzipped) JSON lines file, each with its place. what: they hold, for messages.

    Raises:
        DocumentError: the file cannot be read, or a line is no JSON.
        SettingsError: Parquet cannot be read without pyarrow.
    """
    if path.suffix != PARQUET:
        try:
            with path.open("rb") as file:
                packed = file.read(len(_GZIP)) == _GZIP
            with (gzip.open if packed else open)(path, "rt", encoding="utf-8-sig") as lines:
                for number, line in enumerate(lines, 1):
                    if line.strip():
                        where = f"{path} line {number}"
                        yield where, json.loads(line)
        except (OSError, UnicodeDecodeError, EOFError, zlib.error) as error:
            raise DocumentError(f"Cannot read {what} from {path}: {error}.") from error
        except ValueError as error:
            raise DocumentError(f"{where} is no JSON: {error}.") from error
        return
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise SettingsError(f"{path} is read through pyarrow: pip install pyarrow, or give JSON lines.") from error
    try:
        number = 0
        for batch in ParquetFile(path).iter_batches(batch_size=16):
            for record in batch.to_pylist():
                number += 1
                yield f"{path} row {number}", record
    except (OSError, ArrowException) as error:
        raise DocumentError(f"Cannot read {path}: {shown(error)}.") from error


def read_questions(path: Path, split: str | None = None) -> Iterator[Asked]:
    """Questions of a file: records of `context`, `question` and `answers` (or `answer`), or of a context with `qas`.

    Args:
        split: leaves out the records that name another one in their field `split`.

    Raises:
        DocumentError: the file cannot be read, or a line lacks a field.
    """
    for where, record in records_of(path, "questions"):
        try:
            if split is not None and record.get("split", split) != split:
                continue
            for item in record.get("qas", [record]):
                answers = item["answers"] if "answers" in item else [item["answer"]]
                context, question = record["context"], item["question"]
                texts = all(isinstance(text, str) and text.strip() for text in (context, question))
                if not texts or not isinstance(answers, list):
                    raise TypeError("context and question must be texts, not empty, and answers a list")
                kind = item.get("kind") or record.get("kind") or "extractive"
                given = tuple(str(answer) for answer in answers if answer is not None)
                yield Asked(context, question, given, kind, record.get("source", ""))
        except (KeyError, TypeError, AttributeError) as error:
            raise DocumentError(
                f"{where} is not a question: it needs the fields context, question and answers ({error})."
            ) from error


def read_texts(path: Path) -> Iterator[str]:
    """The texts of a file: records with the field `text`.

    Raises:
        DocumentError: the file cannot be read, or a line lacks the field.
    """
    for where, record in records_of(path, "texts"):
        if not isinstance(record, dict) or not isinstance(record.get("text"), str):
            raise DocumentError(f"{where} holds no text: it needs the field text.")
        yield record["text"]

"""Reads data sets, JSON lines (gzipped or not) or Parquet: questions about contexts, plain and written texts.

Written texts are notes, minutes, FAQs, profiles, mails and chats as people write them, with questions that they answer
and questions that they nearly answer. A language model wrote them one by one, without templates. `WRITTEN` trains
judges; a part that is never trained on is in `evaluation/data`. A line is a text or a chat:

    {"title": "Cellar", "text": "...", "questions": [...]}
    {"when": "2025-03-14T18:20", "turns": [{"speaker": "Nadja", "text": "..."}, ...], "questions": [...]}

A question has what answers it, word for word; or what nearly does, and why it does not:

    {"question": "Where does Nadja keep the key?", "answers": ["under the pot"], "evidence": "it's under the pot"}
    {"question": "Where does Timo keep the key?", "answers": [], "evidence": "it's under the pot", "why": "name"}
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from parametric_memory.documents.cleaning import clean
from parametric_memory.documents.conversations import Message, conversations
from parametric_memory.documents.files import Document
from parametric_memory.documents.passages import reading
from parametric_memory.documents.sentences import sentences
from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.files import shown

WRITTEN = Path(__file__).with_name("written.jsonl.gz")
PARQUET = ".parquet"
_GZIP = b"\x1f\x8b"  # the first bytes of a gzipped file, whatever its name
_LEAST_OF = 0.5  # of the words of an evidence, where no passage contains it in one piece


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

    split: leaves out the records that name another one in their field `split`.

    Raises DocumentError: the file cannot be read, or a line lacks a field.
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
    """The field `text` of a file's records. Raises DocumentError: the file cannot be read, or a line has no text."""
    for where, record in records_of(path, "texts"):
        if not isinstance(record, dict) or not isinstance(record.get("text"), str):
            raise DocumentError(f"{where} holds no text: it needs the field text.")
        yield record["text"]


@dataclass(frozen=True)
class WrittenQuestion:
    """A question about a text."""

    text: Annotated[str, Field(alias="question")]
    answers: tuple[str, ...]  # empty if the text does not answer it
    evidence: str = ""  # the words of the text that answer it, or nearly do; empty if there are none
    why: str = ""  # why the text does not answer it: name, event, attribute, value, presupposes or unsaid


_QUESTIONS = TypeAdapter(tuple[WrittenQuestion, ...])


@dataclass(frozen=True)
class WrittenText:
    """A text, as a memory stores it, and its questions."""

    document: Document
    questions: tuple[WrittenQuestion, ...]

    @cached_property
    def reading(self) -> str:
        """The text as the models read it, see `documents.passages.reading`."""
        return reading(self.document.text, self.document.turns)

    @cached_property
    def passages(self) -> Sequence[str]:
        """As a memory reads it."""
        return sentences(self.reading)

    def standing(self, question: WrittenQuestion) -> list[int]:
        """Numbers of the passages that contain a question's evidence, and an answer if one of them does."""
        from parametric_memory.recall.judged import words_of

        evidence, letters = in_letters(question.evidence), [in_letters(passage) for passage in self.passages]
        found = [n for n, passage in enumerate(letters) if evidence and evidence in passage]
        if not found and evidence:  # a row of a table, which has a passage for each cell
            words = words_of(question.evidence)
            shared = [len(words & words_of(passage)) for passage in self.passages]
            found = [n for n, count in enumerate(shared) if count >= max(_LEAST_OF * len(words), *shared)]
        answering = [n for n in found if any(in_letters(answer) in letters[n] for answer in question.answers)]
        return answering or found


def written_texts(path: Path = WRITTEN) -> Iterator[WrittenText]:
    """The texts of a file. Raises DocumentError: it cannot be read."""
    for _, record in records_of(path, "texts"):
        if turns := record.get("turns"):
            when = datetime.fromisoformat(record["when"])
            said = [Message(number, turn["speaker"], turn["text"], when) for number, turn in enumerate(turns)]
            [chat] = conversations(said, whole=True)
            document = Document(chat.text, chat.title, turns=chat.turns)
        else:
            document = Document(clean(record["text"]), record["title"])
        yield WrittenText(document, _QUESTIONS.validate_python(record["questions"]))


def in_letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))

"""Texts as people write them, with questions that they answer and questions that they nearly answer.

Notes, minutes, FAQs, profiles, mails and chats. A language model wrote them and their questions one by one, without
templates. `WRITTEN` trains judges; a part that is never trained on is in `evaluation/data`. A line is a text or a chat:

    {"title": "Cellar", "text": "...", "questions": [...]}
    {"when": "2025-03-14T18:20", "turns": [{"speaker": "Nadja", "text": "..."}, ...], "questions": [...]}

A question has what answers it, word for word; or what nearly does, and why it does not:

    {"question": "Where does Nadja keep the key?", "answers": ["under the pot"], "evidence": "it's under the pot"}
    {"question": "Where does Timo keep the key?", "answers": [], "evidence": "it's under the pot", "why": "name"}

Knows nothing about models.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from parametric_memory.documents.cleaning import clean
from parametric_memory.documents.conversations import Message, conversations
from parametric_memory.documents.files import Document
from parametric_memory.documents.passages import reading
from parametric_memory.documents.sentences import sentences
from parametric_memory.training.data.question_answering import records_of

WRITTEN = Path(str(files("parametric_memory"))) / "training" / "data" / "written.jsonl.gz"
_LEAST_OF = 0.5  # of the words of an evidence, where no passage contains it in one piece


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

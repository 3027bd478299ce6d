"""`eval notes` and `conversations`: what people write and say, asked about through the index of one memory.

Notes, chats and questions were written by hand, without a look at what training draws: lists, instructions, numbers of
all lengths; several days of small talk, with relative dates, pronouns, short replies and corrections. They are in text
files, which are read when first needed. Right is an answer that holds one of a question's answers, as whole words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.evaluation.columns import Case
from parametric_memory.evaluation.held_out import DATA
from parametric_memory.evaluation.memories import IndexedTexts, indexed
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.runner import Runner, Scores
from parametric_memory.evaluation.scores import contains_any, word_f1
from parametric_memory.index.exact import cosines
from parametric_memory.text.conversations import Conversation, Message, conversations
from parametric_memory.training.data.template_files import Block, Line, read_blocks

if TYPE_CHECKING:
    from parametric_memory.records import Recall

NOTE_SCORES: Scores = {"contained": lambda case, text: contains_any(text, case.answers)}
CONVERSATION_SCORES: Scores = {**NOTE_SCORES, "f1": lambda case, text: word_f1(text, case.answers).f1}


@dataclass(frozen=True)
class Note:
    """One stored note and a question (`?`) on it; each of the answers (`=`) counts as right."""

    text: str
    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """A question; each of the answers counts as right. turn: which of its session's answers it; None: none of any."""

    question: str
    answers: tuple[str, ...] = ()
    turn: int | None = None


@dataclass(frozen=True)
class Session:
    """What two people say to each other, turn by turn, and what is asked about it.

    In its file the header names the two and the moment it begins; below a turn (`-`) stand the questions (`?`) that it
    answers, each with its answers (`=`). The questions of a block without a moment are answered by no turn.
    """

    speakers: tuple[str, str]
    begins: datetime | None
    turns: tuple[tuple[str, str], ...]
    asked: tuple[Asked, ...]

    @property
    def messages(self) -> list[Message]:
        """One a minute, of a session that has a beginning."""
        assert self.begins is not None
        turns = enumerate(self.turns)
        return [Message(turn, who, text, self.begins + timedelta(minutes=turn)) for turn, (who, text) in turns]


@cache
def notes() -> tuple[Note, ...]:
    """All of them. Raises DocumentError for a note that cannot be used."""
    return read_notes(DATA / "notes.txt")


@cache
def sessions() -> tuple[Session, ...]:
    """All of them. Raises DocumentError for one that cannot be used."""
    return read_sessions(DATA / "conversations.txt")


def read_notes(path: Path) -> tuple[Note, ...]:
    """The notes of a file. Raises DocumentError, which names file and line of what is wrong."""
    found = []
    for block in read_blocks(path, named=True):
        lines = block.by_mark("?=")
        if len(lines["?"]) > 1:
            raise lines["?"][1].error("a note has one question.")
        answers = tuple(answer for line in lines["="] for answer in line.items())
        found.append(Note(block.header.text, lines["?"][0].text, answers))
    return tuple(found)


def read_sessions(path: Path) -> tuple[Session, ...]:
    """The sessions of a file. Raises DocumentError, which names file and line of what is wrong."""
    return tuple(_session(block) for block in read_blocks(path, named=True))


def _session(block: Block) -> Session:
    names, _, moment = block.header.text.partition(", ")
    first, _, second = names.partition(" & ")
    if not first or not second:
        raise block.header.error(
            f"{block.header.text!r} is no header; one has the form: Name & Name, 2024-05-07 18:30."
        )
    if not moment:
        return Session((first, second), None, (), tuple(Asked(line.text) for line in block.by_mark("?")["?"]))
    try:
        begins = datetime.fromisoformat(moment)
    except ValueError as error:
        raise block.header.error(f"{moment!r} is no moment; one has the form: 2024-05-07 18:30.") from error
    block.by_mark("-", "?=")
    turns: list[tuple[str, str]] = []
    asked: list[Asked] = []
    for line in block.lines:
        if line.mark == "-":
            turns.append(_turn(line, (first, second)))
        elif line.mark == "?":
            if not turns:
                raise line.error("no turn stands before the question.")
            asked.append(Asked(line.text, (), len(turns) - 1))
        elif not asked or asked[-1].turn != len(turns) - 1:
            raise line.error("an answer stands below its question.")
        else:
            asked[-1] = Asked(asked[-1].question, (*asked[-1].answers, *line.items()), asked[-1].turn)
    if unanswered := [question for question in asked if not question.answers]:
        raise block.header.error(f"{unanswered[0].question!r} has no answer.")
    return Session((first, second), begins, tuple(turns), tuple(asked))


def _turn(line: Line, speakers: tuple[str, str]) -> tuple[str, str]:
    speaker, _, text = line.text.partition(": ")
    if speaker not in speakers or not text:
        raise line.error(f"a turn begins with one of {speakers[0]} and {speakers[1]}, and a colon.")
    return speaker, text


def evaluate_notes(runner: Runner, count: int | None = None) -> list[EvalRow]:
    """What is answered, and how often the right note is recalled first.

    Args:
        count: how many of the notes are in the memory, from the first one on; all when not given.
    """
    cases = [Case(note.text, note.question, note.answers) for note in notes()[:count]]
    runner.report(f"{len(cases)} notes in one memory")
    with runner.memory_of(cases) as texts:
        answered = runner.ask_memory(cases, texts)
    return [*answered.rows("notes", NOTE_SCORES), answered.recalled_first("notes", "right note recalled")]


def evaluate_conversations(runner: Runner, pairs: int | None = None, questions: int | None = None) -> list[EvalRow]:
    """What is answered, what is recalled first, and how often nothing is attached where no turn answers.

    A turn is recalled first if it stands in the best passage of the best entry. RAG and the prompt get the same
    sentences, with names and dates in them, that the memory is made from.

    Args:
        pairs: of people whose chats are in the memory, from the first one on; all when not given.
        questions: that are asked, of those with an answer and of those without; all when not given.
    """
    people = list(dict.fromkeys(session.speakers for session in sessions()))[:pairs]
    kept = [session for session in sessions() if session.speakers in people]
    held = [session for session in kept if session.begins is not None]
    told = [(number, asked) for number, session in enumerate(held) for asked in session.asked][:questions]
    unanswered = [asked.question for session in kept if session.begins is None for asked in session.asked][:questions]
    runner.report(
        f"{len(held)} sessions in one memory; {len(told)} questions that they answer, {len(unanswered)} others"
    )
    made = [conversation for session in held for conversation in conversations(session.messages)]
    cases = [Case(made[number].text, asked.question, asked.answers) for number, asked in told]
    with indexed(runner.memory, ()) as empty:
        entries = {
            entry.id: conversation.text
            for session, conversation in zip(held, made, strict=True)
            for entry in empty.memory.add_messages(
                [{"speaker": said.speaker, "text": said.text, "when": said.said_at} for said in session.messages]
            )
        }
        texts = IndexedTexts(empty.memory, entries)
        rows = runner.ask_memory(cases, texts).rows("conversations", CONVERSATION_SCORES)
        found = [texts.recalls(case) for case in cases]
        silent = [float(not any(recall.attached for recall in texts.found(text))) for text in unanswered]
    first = [texts.text(recalls[0]) == case.document for recalls, case in zip(found, cases, strict=True)]
    turns = {
        "memory": [
            float(right and _tells(recalls[0], asked.turn))
            for right, recalls, (_, asked) in zip(first, found, told, strict=True)
        ],
        "rag": _nearest_turns(runner, made, told),
    }
    return [
        *rows,
        EvalRow.of_scores("conversations", "right turn first", turns),
        EvalRow.of_scores("conversations", "right session first", {"memory": [float(right) for right in first]}),
        EvalRow.of_scores("unanswered", "nothing attached", {"memory": silent}),
    ]


def _tells(recall: Recall, turn: int | None) -> bool:
    """Whether a turn stands in the best passage of an entry."""
    said = recall.passages[0].said if recall.passages else None
    return said is not None and turn in said.turns


def _nearest_turns(runner: Runner, made: Sequence[Conversation], told: Sequence[tuple[int, Asked]]) -> list[float]:
    """Of each question, whether the sentence nearest to it, of all, holds its turn: what retrieval alone finds."""
    import numpy as np

    lines = [(number, line) for number, each in enumerate(made) for lines in each.paragraphs for line in lines]
    embeddings = runner.memory.models.embeddings
    vectors = np.asarray(embeddings.embed_documents([line.text for _, line in lines]))  # [line, dimension]
    right = []
    for session, asked in told:
        scores = np.asarray(cosines(vectors, embeddings.embed_query(asked.question)))
        number, line = lines[int(np.argmax(scores))]
        right.append(float(number == session and line.said is not None and asked.turn in line.said.turns))
    return right

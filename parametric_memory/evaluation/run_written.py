"""`eval notes` and `conversations`: what people write and say, asked about through the index of one memory.

Notes, chats and questions were written by hand, without a look at what training draws: lists, instructions, numbers of
all lengths; several days of small talk, with relative dates, pronouns, short replies and corrections. They are in text
files, which are read when first needed. Public conversations are read from the user's files (LoCoMo, arXiv 2402.17753;
LongMemEval, arXiv 2410.10813). Right is an answer that holds one of a question's answers, as whole words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from parametric_memory.documents.conversations import Conversation, Message, conversations
from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.columns import Case
from parametric_memory.evaluation.held_out import DATA
from parametric_memory.evaluation.memories import IndexedTexts, indexed
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.runner import Answered, Runner, Scores
from parametric_memory.evaluation.scores import contains_any, word_f1
from parametric_memory.index.exact import cosines
from parametric_memory.training.data.relations import Block, read_blocks

if TYPE_CHECKING:
    from parametric_memory.records import Recall

_EVIDENCE = re.compile(r"D(\d+):(\d+)")  # session and turn, from 1
_CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open domain", 4: "single-hop", 5: "adversarial"}  # of LoCoMo
WRITTEN_SCORES: Scores = {
    "contained": lambda case, text: contains_any(text, case.answers),
    "f1": lambda case, text: word_f1(text, case.answers).f1,
}


@dataclass(frozen=True)
class Note:
    """One stored note and a question (`?`) on it; each of the answers (`=`) counts as right."""

    text: str
    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Asked:
    """A question; each of the answers counts as right.

    Attributes:
        turns: of its session, that answer it; none: no turn of any session does.
        category: as a public data set names it.
    """

    question: str
    answers: tuple[str, ...] = ()
    turns: tuple[int, ...] = ()
    category: str = ""


@dataclass(frozen=True)
class Session:
    """A conversation of two people, turn by turn, and questions about it.

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
    return tuple(Note(b.header, b.marked("?")[0], b.items()) for b in read_blocks(DATA / "notes.txt"))


@cache
def sessions() -> tuple[Session, ...]:
    return tuple(map(_session, read_blocks(DATA / "conversations.txt")))


def _session(block: Block) -> Session:
    names, _, moment = block.header.partition(", ")
    first, second = names.split(" & ")
    turns: list[tuple[str, str]] = []
    asked: list[Asked] = []
    for mark, text in block.lines:
        if mark == "-":
            speaker, _, said = text.partition(": ")
            turns.append((speaker, said))
        elif mark == "?":
            asked.append(Asked(text, (), (len(turns) - 1,) if turns else ()))
        else:
            asked[-1] = replace(asked[-1], answers=(*asked[-1].answers, *text.split(" | ")))
    return Session((first, second), datetime.fromisoformat(moment) if moment else None, tuple(turns), tuple(asked))


def evaluate_notes(runner: Runner, count: int | None = None) -> list[EvalRow]:
    """Rows of answers, and of how often the right note is recalled first.

    Args:
        count: how many of the notes are in the memory, from the first one on; all when not given.
    """
    cases = [Case(note.text, note.question, note.answers) for note in notes()[:count]]
    runner.report(f"{len(cases)} notes in one memory")
    with runner.memory_of(cases) as texts:
        answered = runner.ask_memory(cases, texts)
    return [*answered.rows("notes", WRITTEN_SCORES), answered.recalled_first("notes", "right note recalled")]


def read_conversations(path: Path) -> list[list[Session]]:
    """The memories of a public data set: of LoCoMo one for each conversation, of LongMemEval one for each question.

    Raises:
        DocumentError: the file cannot be read, or has another form.
    """
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
        return [_long_mem_eval(each) if "haystack_sessions" in each else _locomo(each) for each in records]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DocumentError(f"{path} holds no conversations of LoCoMo or LongMemEval ({error!r}).") from error


def _locomo(record: Mapping[str, Any]) -> list[Session]:
    said = record.get("conversation", record)
    sessions = []
    asked: dict[int, list[Asked]] = {}
    for item in record["qa"]:
        evidence = [tuple(map(int, found)) for found in _EVIDENCE.findall(" ".join(item.get("evidence") or ()))]
        number = evidence[0][0] if evidence and "answer" in item else 0
        turns = tuple(turn - 1 for session, turn in evidence if session == number)
        answers = (str(item["answer"]),) if number else ()
        category = _CATEGORIES.get(item.get("category"), str(item.get("category", "")))
        asked.setdefault(number, []).append(Asked(item["question"], answers, turns, category))
    names = [key for key in said if re.fullmatch(r"session_\d+", key) and said[key]]
    for key in sorted(names, key=lambda key: int(key[8:])):
        begins = datetime.strptime(said[f"{key}_date_time"], "%I:%M %p on %d %B, %Y")
        spoken = tuple((turn["speaker"], turn["text"]) for turn in said[key])
        sessions.append(Session(_speakers(spoken), begins, spoken, tuple(asked.get(int(key[8:]), ()))))
    return [*sessions, Session(("", ""), None, (), tuple(asked.get(0, ())))]


def _long_mem_eval(record: Mapping[str, Any]) -> list[Session]:
    question, kind = record["question"], record["question_type"]
    absent = Asked(question, category=kind)
    told_in = [] if record["question_id"].endswith("_abs") else record["answer_session_ids"][:1]
    sessions = []
    dated = zip(record["haystack_session_ids"], record["haystack_dates"], record["haystack_sessions"], strict=True)
    for name, moment, turns in dated:
        said = tuple((turn["role"], turn["content"]) for turn in turns)
        telling = tuple(number for number, turn in enumerate(turns) if turn.get("has_answer"))
        asked = (Asked(question, (str(record["answer"]),), telling, kind),) if name in told_in else ()
        sessions.append(Session(_speakers(said), datetime.strptime(moment, "%Y/%m/%d (%a) %H:%M"), said, asked))
    return [*sessions, Session(("", ""), None, (), () if told_in else (absent,))]


def _speakers(turns: Sequence[tuple[str, str]]) -> tuple[str, str]:
    first, *others = dict.fromkeys(speaker for speaker, _ in turns)
    return first, others[0] if others else ""


class _Heard(NamedTuple):
    """How one memory of conversations was asked, one item a question that a turn answers; `silent`: of the others."""

    answered: Answered
    asked: list[Asked]
    right_turn: list[float]
    nearest_turn: list[float]
    right_session: list[float]
    unanswered: list[Asked]
    silent: list[float]


def evaluate_conversations(
    runner: Runner, pairs: int | None = None, questions: int | None = None, data: Path | None = None
) -> list[EvalRow]:
    """Rows of answers, of first recalls, and of questions that no turn answers and nothing is attached for.

    A turn is recalled first if it stands in the best passage of the best entry. RAG and the prompt get the same
    sentences, with names and dates in them, that the memory is made from.

    Args:
        pairs: of people whose chats are in the memory, or memories of the file, from the first one on; all when not
            given.
        questions: asked of a memory, of those with an answer and of those without; all when not given.
        data: a file of LoCoMo or LongMemEval; each conversation, or question, has a memory of its own. Rows are by
            category too.

    Raises:
        DocumentError: the file cannot be read, or has another form.
    """
    if data is None:
        people = list(dict.fromkeys(session.speakers for session in sessions()))[:pairs]
        memories = [[session for session in sessions() if session.speakers in people]]
    else:
        memories = read_conversations(data)[:pairs]
    name = "conversations" if data is None else data.name
    heard = [_hear(runner, memory, questions) for memory in memories]
    asked = [each for of in heard for each in of.asked]
    others = [each for of in heard for each in of.unanswered]
    silent = [each for of in heard for each in of.silent]
    parts = [of.answered for of in heard if of.asked]
    answered = Answered.joined(parts) if parts else Answered([], {})
    first: dict[str, list[float]] = {
        "memory": [each for of in heard for each in of.right_turn],
        "rag": [each for of in heard for each in of.nearest_turn],
    }
    session = [each for of in heard for each in of.right_session]
    rows = []
    for category in dict.fromkeys(["", *(each.category for each in asked)] if asked else []):
        places = [place for place, each in enumerate(asked) if category in ("", each.category)]
        case = f"{name}, {category}" if category else name
        rows += answered.part(places).rows(case, WRITTEN_SCORES)
        turns = {column: [of[place] for place in places] for column, of in first.items()}
        rows.append(EvalRow.of_scores(case, "right turn first", turns))
        rows.append(EvalRow.of_scores(case, "right session first", {"memory": [session[place] for place in places]}))
    for category in dict.fromkeys(["", *(each.category for each in others)]):
        found = [of for each, of in zip(others, silent, strict=True) if category in ("", each.category)]
        if found:
            case = f"unanswered, {category}" if category else "unanswered"
            rows.append(EvalRow.of_scores(case, "nothing attached", {"memory": found}))
    return rows


def _hear(runner: Runner, memory: Sequence[Session], questions: int | None) -> _Heard:
    """Asks one memory of these sessions."""
    held = [session for session in memory if session.begins is not None]
    told = [(number, asked) for number, session in enumerate(held) for asked in session.asked][:questions]
    unanswered = [asked for session in memory if session.begins is None for asked in session.asked][:questions]
    runner.report(
        f"{len(held)} sessions in one memory; {len(told)} questions that they answer, {len(unanswered)} others"
    )
    made = [(number, each) for number, session in enumerate(held) for each in conversations(session.messages)]
    read = ["\n".join(line.text for line in each.lines) for _, each in made]
    wholes = [
        "\n\n".join(text for (own, _), text in zip(made, read, strict=True) if own == number)
        for number in range(len(held))
    ]
    cases = [Case(wholes[number], asked.question, asked.answers) for number, asked in told]
    with indexed(runner.memory, ()) as empty:
        entries = [
            entry.id
            for session in held
            for entry in empty.memory.add_messages(
                [{"speaker": said.speaker, "text": said.text, "when": said.said_at} for said in session.messages]
            )
        ]
        session_of = {entry: number for entry, (number, _) in zip(entries, made, strict=True)}
        texts = IndexedTexts(empty.memory, dict(zip(entries, read, strict=True)))
        answered = runner.ask_memory(cases, texts)
        found = [texts.recalls(case) for case in cases]
        silent = [float(not any(recall.attached for recall in texts.found(each.question))) for each in unanswered]
    right = [session_of[recalls[0].entry_id] == number for recalls, (number, _) in zip(found, told, strict=True)]
    turns = [
        float(is_right and _tells(recalls[0], asked.turns))
        for is_right, recalls, (_, asked) in zip(right, found, told, strict=True)
    ]
    nearest = _nearest_turns(runner, made, told)
    return _Heard(answered, [asked for _, asked in told], turns, nearest, list(map(float, right)), unanswered, silent)


def _tells(recall: Recall, turns: Sequence[int]) -> bool:
    """Whether one of these turns stands in the best passage of an entry."""
    said = recall.passages[0].said if recall.passages else None
    return said is not None and not set(turns).isdisjoint(said.turns)


def _nearest_turns(
    runner: Runner, made: Sequence[tuple[int, Conversation]], told: Sequence[tuple[int, Asked]]
) -> list[float]:
    """Of each question, whether the sentence nearest to it, of all, holds its turn: what retrieval alone finds."""
    import numpy as np

    if not told:
        return []
    lines = [(number, line) for number, each in made for line in each.lines]
    embeddings = runner.memory.models.embeddings
    vectors = np.asarray(embeddings.embed_documents([line.text for _, line in lines]))  # [line, dimension]
    right = []
    for session, asked in told:
        scores = np.asarray(cosines(vectors, embeddings.embed_query(asked.question)))
        number, line = lines[int(np.argmax(scores))]
        telling = line.said is not None and not set(asked.turns).isdisjoint(line.said.turns)
        right.append(float(number == session and telling))
    return right

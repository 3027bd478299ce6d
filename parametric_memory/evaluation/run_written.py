"""`eval notes` and `conversations`: what people write and say, asked about through the index of one memory.

Notes, chats and questions were written by hand, without a look at what training draws: lists, instructions, numbers of
all lengths; several days of small talk, with relative dates, pronouns, short replies and corrections. Public
conversations are read from the user's files (LoCoMo, arXiv 2402.17753; LongMemEval, arXiv 2410.10813). An answer is
right if it contains one of a question's answers as whole words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from parametric_memory.documents.conversations import Conversation, Line, Message, conversations
from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.columns import Case
from parametric_memory.evaluation.held_out import DATA
from parametric_memory.evaluation.memories import IndexedTexts, indexed
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.runner import F1, Answered, Runner, Scores
from parametric_memory.evaluation.scores import contains_any
from parametric_memory.index.exact import cosines
from parametric_memory.records import Said
from parametric_memory.training.data.relations import Block, read_blocks

_EVIDENCE = re.compile(r"D(\d+):(\d+)")  # session and turn, from 1
_CATEGORIES = {1: "multi-hop", 2: "temporal", 3: "open domain", 4: "single-hop", 5: "adversarial"}  # of LoCoMo
WRITTEN_SCORES: Scores = {"contained": lambda case, text: contains_any(text, case.answers), **F1}


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
    """A conversation turn by turn, each with its speaker, and questions about it.

    In `conversations.txt` the header names two speakers and the beginning; below a turn (`-`) stand the questions (`?`)
    that it answers, each with its answers (`=`). No turn answers the questions of a session without a beginning, whose
    header may name a category instead.
    """

    begins: datetime | None
    turns: tuple[tuple[str, str], ...]
    asked: tuple[Asked, ...]
    speakers: tuple[str, ...] = ()

    @property
    def messages(self) -> list[Message]:
        """One a minute, of a session that has a beginning."""
        assert self.begins is not None
        turns = enumerate(self.turns)
        return [Message(turn, who, text, self.begins + timedelta(minutes=turn)) for turn, (who, text) in turns]


@cache
def notes() -> tuple[Case, ...]:
    """Notes (headers in `notes.txt`), each with a question (`?`) on it and the answers (`=`)."""
    return tuple(Case(b.header, b.marked("?")[0], b.items()) for b in read_blocks(DATA / "notes.txt"))


@cache
def sessions() -> tuple[Session, ...]:
    return tuple(map(_session, read_blocks(DATA / "conversations.txt")))


def _session(block: Block) -> Session:
    names, _, after = block.header.partition(", ")
    begins = datetime.fromisoformat(after) if after[:1].isdigit() else None
    turns: list[tuple[str, str]] = []
    asked: list[Asked] = []
    for mark, text in block.lines:
        if mark == "-":
            speaker, _, said = text.partition(": ")
            turns.append((speaker, said))
        elif mark == "?":
            asked.append(Asked(text, (), (len(turns) - 1,)) if begins else Asked(text, category=after))
        else:
            asked[-1] = replace(asked[-1], answers=(*asked[-1].answers, *text.split(" | ")))
    return Session(begins, tuple(turns), tuple(asked), tuple(names.split(" & ")))


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
    asked: dict[int, list[Asked]] = {}  # by number of the session that answers; 0: none
    for item in record["qa"]:
        evidence = [tuple(map(int, found)) for found in _EVIDENCE.findall(" ".join(item.get("evidence") or ()))]
        number = evidence[0][0] if evidence and "answer" in item else 0
        turns = tuple(turn - 1 for session, turn in evidence if session == number)
        answers = (str(item["answer"]),) if number else ()
        category = _CATEGORIES.get(item.get("category"), str(item.get("category", "")))
        asked.setdefault(number, []).append(Asked(item["question"], answers, turns, category))
    made = []
    for number in sorted(int(key[8:]) for key in said if re.fullmatch(r"session_\d+", key) and said[key]):
        begins = datetime.strptime(said[f"session_{number}_date_time"], "%I:%M %p on %d %B, %Y")
        spoken = tuple((turn["speaker"], turn["text"]) for turn in said[f"session_{number}"])
        made.append(Session(begins, spoken, tuple(asked.get(number, ()))))
    return [*made, Session(None, (), tuple(asked.get(0, ())))]


def _long_mem_eval(record: Mapping[str, Any]) -> list[Session]:
    question, kind = record["question"], record["question_type"]
    told_in = [] if record["question_id"].endswith("_abs") else record["answer_session_ids"][:1]
    made = []
    dated = zip(record["haystack_session_ids"], record["haystack_dates"], record["haystack_sessions"], strict=True)
    for name, moment, turns in dated:
        said = tuple((turn["role"], turn["content"]) for turn in turns)
        telling = tuple(number for number, turn in enumerate(turns) if turn.get("has_answer"))
        asked = (Asked(question, (str(record["answer"]),), telling, kind),) if name in told_in else ()
        made.append(Session(datetime.strptime(moment, "%Y/%m/%d (%a) %H:%M"), said, asked))
    return [*made, Session(None, (), () if told_in else (Asked(question, category=kind),))]


def evaluate_notes(runner: Runner, count: int | None = None) -> list[EvalRow]:
    """Rows of answers, and of how often the right note is recalled first.

    count: only the first notes are in the memory; None: all.
    """
    cases = notes()[:count]
    runner.report(f"{len(cases)} notes in one memory")
    answered = runner.answer(cases)
    return [*answered.rows("notes", WRITTEN_SCORES), answered.recalled_first("notes", "right note recalled")]


class _Found(NamedTuple):
    """What was recalled first for a question: its turn, its session; and whether vectors alone find the turn."""

    category: str
    turn: bool
    session: bool
    nearest_turn: bool


def evaluate_conversations(
    runner: Runner, pairs: int | None = None, questions: int | None = None, data: Path | None = None
) -> list[EvalRow]:
    """Rows of answers, of first recalls, and of questions that no turn answers and nothing is attached for.

    A turn is recalled first if it stands in the best passage of the best entry. RAG and the prompt get the sentences,
    with names and dates, that the memory is made from.

    Args:
        pairs: only the first pairs of people, or memories of the file; None: all.
        questions: only the first questions of a memory, with and without an answer; None: all.
        data: a file of LoCoMo or LongMemEval; each conversation, or question, has a memory. Rows are by category too.

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
    answered = Answered.joined([answered for answered, _, _ in heard if answered.cases])
    found = [each for _, of, _ in heard for each in of]
    unanswered = [each for _, _, of in heard for each in of]
    rows = []
    for category in _categories([each.category for each in found]):
        places = [place for place, each in enumerate(found) if category in ("", each.category)]
        chosen, case = [found[place] for place in places], f"{name}, {category}" if category else name
        part = answered.part(places)
        rows += part.rows(case, WRITTEN_SCORES)
        of_session = [asked.document for asked in part.cases]
        turns = {"memory": [of.turn for of in chosen], "rag": [of.nearest_turn for of in chosen]}
        sessions_found = {"memory": [of.session for of in chosen]}
        rows.append(EvalRow.of_scores(case, "right turn first", turns, clusters=of_session))
        rows.append(EvalRow.of_scores(case, "right session first", sessions_found, clusters=of_session))
    for category in _categories([own for own, _ in unanswered]):
        case = f"unanswered, {category}" if category else "unanswered"
        silent = [nothing for own, nothing in unanswered if category in ("", own)]
        rows.append(EvalRow.of_scores(case, "nothing attached", {"memory": silent}))
    return rows


def _categories(of: Sequence[str]) -> list[str]:
    """All questions, named "", and each category; none without questions."""
    return list(dict.fromkeys(["", *of])) if of else []


def _hear(
    runner: Runner, memory: Sequence[Session], questions: int | None
) -> tuple[Answered, list[_Found], list[tuple[str, bool]]]:
    """Asks one memory of these sessions; the last are unanswered questions: their category, and nothing attached."""
    held = [session for session in memory if session.begins is not None]
    told = [(number, asked) for number, session in enumerate(held) for asked in session.asked][:questions]
    others = [asked for session in memory if session.begins is None for asked in session.asked][:questions]
    runner.report(f"{len(held)} sessions in one memory; {len(told)} questions that they answer, {len(others)} others")
    made = [conversations(session.messages) for session in held]  # [session][entry]
    texts = [["\n".join(line.text for line in entry.lines) for entry in of] for of in made]
    cases = [Case("\n\n".join(texts[number]), asked.question, asked.answers) for number, asked in told]
    with indexed(runner.memory, ()) as empty:
        text_of, session_of = dict[str, str](), dict[str, int]()  # by entry
        for number, session in enumerate(held):
            entries = empty.memory.add_messages(
                [{"speaker": said.speaker, "text": said.text, "when": said.said_at} for said in session.messages]
            )
            for entry, text in zip(entries, texts[number], strict=True):
                text_of[entry.id], session_of[entry.id] = text, number
        remembered = IndexedTexts(empty.memory, text_of)
        answered = runner.ask_memory(cases, remembered)
        found = []
        nearest = _nearest_lines(runner, made, [asked for _, asked in told])
        for case, (number, asked), (nearest_session, line) in zip(cases, told, nearest, strict=True):
            first = remembered.recalls(case)[0]
            right = session_of[first.entry_id] == number
            turn = right and _tells(first.passages[0].said if first.passages else None, asked)
            found.append(_Found(asked.category, turn, right, nearest_session == number and _tells(line.said, asked)))
        unanswered = [
            (asked.category, not any(recall.attached for recall in remembered.found(asked.question)))
            for asked in others
        ]
    return answered, found, unanswered


def _tells(said: Said | None, asked: Asked) -> bool:
    """Whether a passage contains a turn that answers."""
    return said is not None and not set(asked.turns).isdisjoint(said.turns)


def _nearest_lines(
    runner: Runner, made: Sequence[Sequence[Conversation]], asked: Sequence[Asked]
) -> list[tuple[int, Line]]:
    """The sentence nearest to each question, of all, with its session: what retrieval alone finds."""
    import numpy as np

    if not asked:
        return []
    lines = [(number, line) for number, entries in enumerate(made) for entry in entries for line in entry.lines]
    embeddings = runner.memory.models.embeddings
    vectors = np.asarray(embeddings.embed_documents([line.text for _, line in lines]))  # [line, dimension]
    scores = [np.asarray(cosines(vectors, embeddings.embed_query(each.question))) for each in asked]
    return [lines[int(np.argmax(of))] for of in scores]

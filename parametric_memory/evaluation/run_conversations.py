"""`eval conversations`: a memory of chats, asked about through the index.

Written by hand, without a look at what training draws: several days of small talk, with relative dates, pronouns, short
replies and corrections. An answer counts as right that contains one of a question's answers, as whole words; a turn as
recalled first if it stands in the best passage of the best entry. RAG and the prompt get the same sentences, with names
and dates in them, that the memory is made from.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.controls import Examiner, Scores
from parametric_memory.evaluation.conversations import Asked, Session, sessions
from parametric_memory.evaluation.indexed import IndexedTexts
from parametric_memory.evaluation.metrics import word_f1
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.scoring import contains_any
from parametric_memory.index.exact import cosines
from parametric_memory.text.conversations import Conversation, Message, conversations

if TYPE_CHECKING:
    from parametric_memory.memory import ParametricMemory
    from parametric_memory.records import Recall

CONVERSATION_SCORES: Scores = {
    "contained": lambda case, text: contains_any(text, case.answers),
    "f1": lambda case, text: word_f1(text, case.answers).f1,
}


@dataclass(frozen=True)
class Told:
    """A question and the session that answers it, by its number."""

    session: int
    asked: Asked


def evaluate_conversations(
    examiner: Examiner,
    pairs: int | None = None,
    questions: int | None = None,
    report: Callable[[str], None] = print,
) -> list[EvalRow]:
    """What is answered, what is recalled first, and how often nothing is attached where no turn answers.

    Args:
        pairs: of people whose chats are in the memory, from the first one on; all when not given.
        questions: that are asked, of those with an answer and of those without; all when not given.
    """
    people = list(dict.fromkeys(session.speakers for session in sessions()))[:pairs]
    kept = [session for session in sessions() if session.speakers in people]
    held = [session for session in kept if session.begins is not None]
    told = [Told(number, asked) for number, session in enumerate(held) for asked in session.asked][:questions]
    unanswered = [asked.question for session in kept if session.begins is None for asked in session.asked][:questions]
    report(f"{len(held)} sessions in one memory; {len(told)} questions that they answer, {len(unanswered)} others")
    with _remembered(examiner.memory, held) as (texts, entries):
        cases = [texts.recalled(Case(entries[t.session].text, t.asked.question, t.asked.answers)) for t in told]
        rows = examiner.rows("conversations", cases, CONVERSATION_SCORES, texts.adapt, "ask", texts.hybrid)
        found = [texts.found(t.asked.question) for t in told]
        silent = [not any(recall.attached for recall in texts.found(question)) for question in unanswered]
    own = [entries[t.session].text for t in told]
    sessions_first = [texts.text(recalls[0]) == text for recalls, text in zip(found, own, strict=True)]
    turns_first = [
        first and _tells(recalls[0], t.asked) for first, recalls, t in zip(sessions_first, found, told, strict=True)
    ]
    nearest = _nearest_turns(examiner.memory, entries, told)
    return [
        *rows,
        EvalRow.of_scores("conversations", "right turn first", {"memory": turns_first, "rag": nearest}),
        EvalRow.of_scores("conversations", "right session first", {"memory": sessions_first}),
        EvalRow.of_scores("unanswered", "nothing attached", {"memory": silent}),
    ]


@contextmanager
def _remembered(
    memory: ParametricMemory, held: Sequence[Session]
) -> Iterator[tuple[IndexedTexts, Sequence[Conversation]]]:
    """A memory of sessions for the length of the block, and what each of them became."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        memory.with_recall(Path(folder) / "memory") as small,
    ):
        entries = [_conversation(session) for session in held]
        texts: Mapping[str, str] = {
            entry.id: conversation.text
            for session, conversation in zip(held, entries, strict=True)
            for entry in small.add_messages(_messages(session))
        }
        yield IndexedTexts(small, texts), entries


def _messages(session: Session) -> list[dict[str, object]]:
    assert session.begins is not None  # those without a beginning are not kept
    return [
        {"speaker": speaker, "text": text, "when": session.begins + timedelta(minutes=turn)}
        for turn, (speaker, text) in enumerate(session.turns)
    ]


def _conversation(session: Session) -> Conversation:
    assert session.begins is not None
    turns = enumerate(session.turns)
    [made] = conversations(
        [Message(turn, who, text, session.begins + timedelta(minutes=turn)) for turn, (who, text) in turns]
    )
    return made


def _tells(recall: Recall, asked: Asked) -> bool:
    """Whether the turn that answers stands in the best passage of an entry."""
    said = recall.passages[0].said if recall.passages else None
    return said is not None and asked.turn in said.turns


def _nearest_turns(memory: ParametricMemory, entries: Sequence[Conversation], told: Sequence[Told]) -> list[bool]:
    """Of each question, whether the sentence nearest to it, of all, holds its turn: what retrieval alone finds."""
    import numpy as np

    lines = [(number, line) for number, made in enumerate(entries) for lines in made.paragraphs for line in lines]
    embeddings = memory.models.embeddings
    vectors = np.asarray(embeddings.embed_documents([line.text for _, line in lines]))  # [line, dimension]
    right = []
    for t in told:
        scores = np.asarray(cosines(vectors, embeddings.embed_query(t.asked.question)))
        number, line = lines[int(np.argmax(scores))]
        right.append(number == t.session and line.said is not None and t.asked.turn in line.said.turns)
    return right

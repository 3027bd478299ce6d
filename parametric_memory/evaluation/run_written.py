"""`eval notes`, `conversations` and `papers`: what people write and say, asked through the index of one memory.

Notes, chats, papers and questions were written by hand, without a look at what training draws; docs/evaluation.md
describes them. Public conversations are read from the user's files (LoCoMo, arXiv 2402.17753; LongMemEval, arXiv
2410.10813). An answer is right if it contains one of a question's answers as whole words; where a file says that there
is none, if it refuses. Nothing is changed because of an answer to parts `b` and `c` of the papers' questions.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from typer import Option

from parametric_memory.documents.conversations import Message, conversations
from parametric_memory.documents.dates import with_dates
from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.held_out import DATA
from parametric_memory.evaluation.memories import indexed
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.runner import F1, Answered, Case, Runner, Scores
from parametric_memory.evaluation.scores import contains_any, stemmed_f1, stemmer
from parametric_memory.index.exact import cosines
from parametric_memory.records import NOT_HELD, Recall, Said
from parametric_memory.training.data.question_answering import read_questions

_EVIDENCE = re.compile(r"D(\d+):(\d+)")  # session and turn, from 1
_MULTI_HOP, _OPEN, _ADVERSARIAL = "multi-hop", "open domain", "adversarial"
_CATEGORIES = {1: _MULTI_HOP, 2: "temporal", 3: _OPEN, 4: "single-hop", 5: _ADVERSARIAL}  # of LoCoMo
_REFUSALS = ("no information available", "not mentioned", NOT_HELD.lower())  # the first two as LoCoMo's authors
PAPERS = DATA / "papers"
HALVES = ("a", "b", "c")
_LOOP = re.compile(r"\b(\w+(?:\W+\w+){0,7})(?:\W+\1\b){2}", re.IGNORECASE)  # up to eight words, three times in a row
WRITTEN_SCORES: Scores = {"contained": lambda case, text: contains_any(text, case.answers), **F1}
PAPER_SCORES: Scores = {
    "right": lambda case, text: contains_any(text, case.answers),
    **F1,
    "wrong": lambda case, text: text != NOT_HELD and not contains_any(text, case.answers),
    "abstained": lambda case, text: text == NOT_HELD,
    "loops": lambda case, text: _LOOP.search(text) is not None,
}

Turn = tuple[int, int]  # the place of a session, and of a turn in it


def refuses(text: str) -> bool:
    """Whether an answer says that there is none."""
    return any(refusal in text.lower() for refusal in _REFUSALS)


def _public_f1(case: Case, text: str) -> float:
    """As LoCoMo's authors score; the parts of a multi-hop answer, between commas, each by the part that fits best."""
    if not case.answers:
        return refuses(text)
    if case.kind != _MULTI_HOP:
        return stemmed_f1(text, case.answers[0])
    parts = text.split(",")
    return fmean(max(stemmed_f1(part, wanted) for part in parts) for wanted in case.answers[0].split(","))


PUBLIC_SCORES: Scores = {
    "contained": lambda case, text: contains_any(text, case.answers) if case.answers else refuses(text),
    "stemmed f1": _public_f1,
}


@dataclass(frozen=True)
class Asked(Case):
    """A question about chats, of a category (`kind`) where the data name one. Without answers: nothing answers it.

    turns: that answer it, each with its session's place; none: nothing does, or the data do not say which. Without an
        answer, those that it is about.
    found: how well a memory recalls its turns, by metric and column; empty where they are not known.
    """

    turns: tuple[Turn, ...] = ()
    found: Mapping[str, Mapping[str, float]] = field(default_factory=dict, compare=False)


class Chats(NamedTuple):
    """The sessions of one memory, message by message, and the questions about them."""

    sessions: tuple[Sequence[Message], ...]
    asked: tuple[Asked, ...]


def _session(begins: datetime, turns: Iterable[tuple[str, str]]) -> list[Message]:
    """Turns, each with its speaker; one a minute."""
    return [Message(turn, who, text, begins + timedelta(minutes=turn)) for turn, (who, text) in enumerate(turns)]


def _cases(path: Path) -> tuple[Case, ...]:
    """The questions of a file of the form that `eval qa` reads."""
    return tuple(Case(asked.context, asked.question, asked.answers) for asked in read_questions(path))


def notes() -> tuple[Case, ...]:
    """Notes, each with a question about it."""
    return _cases(DATA / "notes.jsonl")


def chats(pairs: int | None = None) -> Chats:
    """The shipped conversations together, what nothing answers last and by kind; pairs: only the first of them."""
    sessions, asked = list[Sequence[Message]](), list[Asked]()
    for memory in read_conversations(DATA / "conversations.json")[:pairs]:
        moved = [tuple((len(sessions) + session, turn) for session, turn in each.turns) for each in memory.asked]
        asked += [replace(each, turns=turns) for each, turns in zip(memory.asked, moved, strict=True)]
        sessions += memory.sessions
    kinds = list(dict.fromkeys(each.kind for each in asked))
    return Chats(tuple(sessions), tuple(sorted(asked, key=lambda each: kinds.index(each.kind))))


def read_conversations(path: Path) -> list[Chats]:
    """The memories of a public data set: of LoCoMo one for each conversation, of LongMemEval one for each question.

    The shipped conversations have LoCoMo's form, but for lists of `answers`, and categories in words.

    Raises DocumentError: the file cannot be read, or has another form.
    """
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
        return [_long_mem_eval(each) if "haystack_sessions" in each else _locomo(each) for each in records]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DocumentError(f"{path} holds no conversations of LoCoMo or LongMemEval ({error!r}).") from error


def _locomo(record: Mapping[str, Any]) -> Chats:
    said = record.get("conversation", record)
    numbers = sorted(int(key[8:]) for key in said if re.fullmatch(r"session_\d+", key) and said[key])
    sessions = []
    for number in numbers:
        begins = datetime.strptime(said[f"session_{number}_date_time"], "%I:%M %p on %d %B, %Y")
        sessions.append(_session(begins, map(_with_caption, said[f"session_{number}"])))
    asked = []
    for item in record["qa"]:
        category = _CATEGORIES.get(item.get("category"), str(item.get("category", "")))
        answers = item.get("answers", [str(item["answer"])] if "answer" in item else [])
        if category == _ADVERSARIAL:  # some also have an answer, which their authors do not read
            answers = []
        if category == _OPEN:
            answers = [answer.partition(";")[0].strip() for answer in answers]
        evidence = [tuple(map(int, found)) for found in _EVIDENCE.findall(" ".join(item.get("evidence") or ()))]
        turns = tuple((numbers.index(session), turn - 1) for session, turn in evidence if session in numbers)
        asked.append(Asked("", item["question"], tuple(answers), kind=category, turns=turns))
    return Chats(tuple(sessions), tuple(asked))


def _with_caption(turn: Mapping[str, Any]) -> tuple[str, str]:
    """Who speaks, and what is said, with what a shared picture shows."""
    caption = turn.get("blip_caption")
    return turn["speaker"], f"{turn['text']} [shares {caption}]".strip() if caption else turn["text"]


def _long_mem_eval(record: Mapping[str, Any]) -> Chats:
    absent, telling = record["question_id"].endswith("_abs"), set(record["answer_session_ids"])
    sessions, found = [], list[Turn]()
    dated = zip(record["haystack_session_ids"], record["haystack_dates"], record["haystack_sessions"], strict=True)
    for place, (name, moment, turns) in enumerate(dated):
        sessions.append(_session(_moment(moment), ((turn["role"], turn["content"]) for turn in turns)))
        found += [(place, number) for number, turn in enumerate(turns) if name in telling and turn.get("has_answer")]
    question = with_dates(record["question"], _moment(record["question_date"]))
    asked = Asked("", question, (), kind="abstention")
    if not absent:
        asked = Asked("", question, (str(record["answer"]),), kind=record["question_type"], turns=tuple(found))
    return Chats(tuple(sessions), (asked,))


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y/%m/%d (%a) %H:%M")


def evaluate_notes(
    runner: Runner,
    count: Annotated[int | None, Option(metavar="N", min=1, help="Only the first N notes; all otherwise.")] = None,
) -> list[EvalRow]:
    """Measure answers about notes as people write them.

    120 notes written by hand lie in one memory, and each is asked about once: telephone numbers, lists, instructions,
    preferences, decisions. Figures are the share of answers that contain a right one, and of questions that recall the
    right note.

    Examples:
      parametric-memory eval notes
      parametric-memory eval notes --controls none --json
    """
    cases = notes()[:count]
    runner.report(f"{len(cases)} notes in one memory")
    answered = runner.answer(cases)
    return [*answered.rows("notes", WRITTEN_SCORES), answered.recalled_first("notes", "right note recalled")]


def evaluate_conversations(
    runner: Runner,
    pairs: Annotated[int | None, Option(metavar="N", min=1, help="Only the first N pairs of people.")] = None,
    questions: Annotated[int | None, Option(metavar="N", min=1, help="Only the first N questions.")] = None,
    data: Annotated[Path | None, Option(metavar="FILE", help="LoCoMo or LongMemEval, as published, instead.")] = None,
) -> list[EvalRow]:
    """Measure answers about what people said in chats.

    Pairs of people talk on several days; all of it lies in one memory, and the index finds who said what. Figures are
    the share of answers that contain a right one, of questions whose turn or session is recalled first (beside it the
    nearest sentence by vectors alone), of answerable questions for which something is attached, and of others for which
    nothing is. With --data, each conversation of LoCoMo, or question of LongMemEval, has a memory of its own. Rows are
    by category, scored as LoCoMo's authors do, and the others must be refused.

    Examples:
      parametric-memory eval conversations
      parametric-memory eval conversations --pairs 1 --questions 10 --controls none,rag --json
      parametric-memory eval conversations --data locomo10.json --pairs 1 --controls none,rag
    """
    name, scores, memories = "conversations", WRITTEN_SCORES, [chats(pairs)]
    if data is not None:
        stemmer()
        name, scores, memories = data.name, PUBLIC_SCORES, read_conversations(data)[:pairs]
    heard = [_hear(runner, memory, questions, data is not None) for memory in memories]
    answered = Answered.joined([of for of, _ in heard if of.cases])
    rows = []
    for case, part in _by_category(name, answered):
        rows += part.rows(case, scores)
        known = [own for own in part.cases if isinstance(own, Asked) and own.found]
        clusters = [own.document for own in known]
        for metric, columns in known[0].found.items() if known else ():
            by_column = {column: [own.found[metric][column] for own in known] for column in columns}
            rows.append(EvalRow.of_scores(case, metric, by_column, clusters=clusters))
        if something := [bool(own.sources) for own in part.cases if own.answers]:
            rows.append(EvalRow.of_scores(case, "something attached", {"memory": something}))
    unanswered = Answered([case for _, cases in heard for case in cases], {})
    for case, part in _by_category("unanswered", unanswered):
        silent = {"memory": [not own.sources for own in part.cases]}
        rows.append(EvalRow.of_scores(case, "nothing attached", silent))
    return rows


def _by_category(name: str, answered: Answered) -> Iterator[tuple[str, Answered]]:
    """All cases and those of each category, with the name of their row; nothing without cases."""
    kinds = [case.kind for case in answered.cases]
    for category in dict.fromkeys(["", *kinds]) if kinds else ():
        places = [place for place, kind in enumerate(kinds) if category in ("", kind)]
        yield f"{name}, {category}" if category else name, answered.part(places)


def _hear(runner: Runner, memory: Chats, questions: int | None, ask_all: bool) -> tuple[Answered, list[Case]]:
    """The answers from one memory of these sessions, and the questions that nothing answers, with what they attach.

    ask_all: asks these, too, and answers as `ask` does.
    """
    told, others = ([a for a in memory.asked if bool(a.answers) == has][:questions] for has in (True, False))
    runner.report(
        f"{len(memory.sessions)} sessions in one memory; {len(told)} questions that they answer, {len(others)} others"
    )
    made = [conversations(session) for session in memory.sessions]  # [session][entry]
    texts = [["\n".join(line.text for line in entry.lines) for entry in of] for of in made]
    lines = [(number, line) for number, entries in enumerate(made) for entry in entries for line in entry.lines]
    embeddings = runner.memory.models.embeddings
    vectors = np.asarray(embeddings.embed_documents([line.text for _, line in lines]))  # [line, dimension]
    with indexed(runner.memory, ()) as remembered:
        session_of = dict[str, int]()  # by entry
        for number, session in enumerate(memory.sessions):
            entries = remembered.memory.add_messages(
                [{"speaker": said.speaker, "text": said.text, "when": said.said_at} for said in session]
            )
            remembered.hold(entries, texts[number])
            session_of |= dict.fromkeys((entry.id for entry in entries), number)
        cases = []
        for asked in (*told, *others) if ask_all else told:
            own = sorted({place for place, _ in asked.turns}) or range(len(made))  # all where they are not known
            document = "\n\n".join(text for place in own for text in texts[place])
            found: Mapping[str, Mapping[str, float]] = {}
            if asked.answers and asked.turns:
                place, line = lines[int(np.argmax(cosines(vectors, embeddings.embed_query(asked.question))))]
                found = _found(set(asked.turns), remembered.recalls(asked), session_of, _turns(place, line.said))
            cases.append(replace(asked, document=document, found=found))
        answered = runner.ask_memory(cases, remembered)
        unanswered = [remembered.recalled(asked) for asked in others]
    return answered.abstaining() if ask_all else answered, unanswered


def _found(
    wanted: set[Turn], recalls: Sequence[Recall], session_of: Mapping[str, int], nearest: set[Turn]
) -> Mapping[str, Mapping[str, float]]:
    """How well recalls hold the turns that are wanted, see `Asked`.

    nearest: turns of the sentence that is nearest by vectors alone.
    """
    first = recalls[0]
    best = _turns(session_of[first.entry_id], first.passages[0].said if first.passages else None)
    attached = [(session_of[of.entry_id], passage) for of in recalls if of.attached for passage in of.passages]
    held = set().union(*(_turns(session, passage.said) for session, passage in attached if passage.weight))
    return {
        "right turn first": {"memory": not wanted.isdisjoint(best), "rag": not wanted.isdisjoint(nearest)},
        "right session first": {"memory": session_of[first.entry_id] in {session for session, _ in wanted}},
        "right turns attached": {"memory": len(wanted & held) / len(wanted)},
    }


def _turns(session: int, said: Said | None) -> set[Turn]:
    """The turns of a passage, with the session."""
    return {(session, turn) for turn in said.turns} if said else set()


def paper_questions(half: str) -> tuple[Case, ...]:
    """The questions of a half, with the name of a file as their document; without answers: the file does not say it."""
    return _cases(PAPERS / f"{half}.jsonl")


def evaluate_papers(
    runner: Runner,
    half: Annotated[
        Literal["a", "b", "c"] | None, Option(metavar="a|b|c", help="Only this part; all otherwise.")
    ] = None,
    limit: Annotated[int | None, Option(metavar="N", min=1, help="Only the first N questions of a part.")] = None,
) -> list[EvalRow]:
    """Measure answers about files as people write them.

    39 FAQs, tables, minutes, profiles, mails and chats lie in one memory. 300 questions are answered by one of them, 60
    are about one and answered by none. Figures are the shares of answers that are right, wrong and "The memory does not
    hold this.", and of those that say the same over and over. Nothing is changed because of parts b and c.

    Examples:
      parametric-memory eval papers
      parametric-memory eval papers --half a --limit 20 --controls hybrid --json
    """
    rows = []
    files = [path for part in HALVES for path in sorted((PAPERS / part).iterdir())]
    with indexed(runner.memory, ()) as texts:
        whole: dict[str, str] = {}
        for path in files:
            entries = texts.memory.add_files(path)
            of_file = [texts.memory.history(entry.id).text for entry in entries]
            texts.hold(entries, of_file)
            whole[path.name] = "\n\n".join(of_file)
        for part in HALVES if half is None else [half]:
            cases = [replace(case, document=whole[case.document]) for case in paper_questions(part)[:limit]]
            runner.report(f"half {part}: {len(cases)} questions, {len(files)} files in one memory")
            answered = runner.ask_memory(cases, texts).abstaining()
            for name, has_answers in (("answerable", True), ("unanswerable", False)):
                if places := [place for place, case in enumerate(cases) if bool(case.answers) == has_answers]:
                    rows += answered.part(places).rows(f"{part}, {name}", PAPER_SCORES)
    return rows

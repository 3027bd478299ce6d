"""`eval papers`: files as people write them, asked about through the index of one memory.

FAQs, tables, minutes, profiles, mails and chats were written by hand, with the headings, nested lists, quoted replies
and corrections that such files have. Half of the questions, those of `b`, are kept apart: nothing is changed because of
an answer to them. Some questions are about a file that does not answer them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from parametric_memory.evaluation.columns import Case
from parametric_memory.evaluation.held_out import DATA
from parametric_memory.evaluation.memories import IndexedTexts, indexed
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.runner import F1, Runner, Scores
from parametric_memory.evaluation.scores import contains_any
from parametric_memory.records import NOT_HELD
from parametric_memory.training.data.relations import read_blocks

PAPERS = DATA / "papers"
HALVES = ("a", "b")
_LOOP = re.compile(r"\b(\w+(?:\W+\w+){0,7})(?:\W+\1\b){2}", re.IGNORECASE)  # up to eight words, three times in a row

PAPER_SCORES: Scores = {
    "right": lambda case, text: contains_any(text, case.answers),
    **F1,
    "wrong": lambda case, text: text != NOT_HELD and not contains_any(text, case.answers),
    "abstained": lambda case, text: text == NOT_HELD,
    "loops": lambda case, text: _LOOP.search(text) is not None,
}


def paper_questions(half: str) -> list[Case]:
    """The questions of a half, with the name of a file as their document; without answers: the file does not say it."""
    asked: list[Case] = []
    for block in read_blocks(PAPERS / f"{half}.txt"):
        for mark, text in block.lines:
            if mark == "?":
                asked.append(Case(block.header, text, ()))
            else:
                asked[-1] = replace(asked[-1], answers=(*asked[-1].answers, *text.split(" | ")))
    return asked


def evaluate_papers(runner: Runner, halves: Sequence[str] = HALVES, limit: int | None = None) -> list[EvalRow]:
    """Rows of each half: of the questions that a file answers, and of those that none does.

    The memory holds the files of both halves. Where it attaches nothing its answer is `NOT_HELD`, as that of `ask`.

    Args:
        limit: questions of a half, from the first one on; all when not given.
    """
    rows = []
    files = [path for half in HALVES for path in sorted((PAPERS / half).iterdir())]
    with indexed(runner.memory, ()) as empty:
        memory = empty.memory
        held = {path.name: [entry.id for entry in memory.add_files(path)] for path in files}
        texts = IndexedTexts(memory, {id: memory.history(id).text for ids in held.values() for id in ids})
        for half in halves:
            asked = paper_questions(half)[:limit]
            runner.report(f"half {half}: {len(asked)} questions, {len(files)} files in one memory")
            whole = {file: "\n\n".join(map(texts.texts.__getitem__, ids)) for file, ids in held.items()}
            cases = [replace(case, document=whole[case.document]) for case in asked]
            answered = runner.ask_memory(cases, texts).abstaining()
            for name, has_answers in (("answerable", True), ("unanswerable", False)):
                if places := [place for place, case in enumerate(cases) if bool(case.answers) == has_answers]:
                    rows += answered.part(places).rows(f"{half}, {name}", PAPER_SCORES)
    return rows

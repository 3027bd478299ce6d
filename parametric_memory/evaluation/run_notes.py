"""`eval notes`: a memory of notes as people and agents write them, each asked about through the index.

Written by hand, without a look at what training draws. Generated documents have values of one or two words; these have
lists, instructions, numbers of all lengths, and questions in other words. An answer counts as right that contains one
of a note's answers, as whole words.
"""

from __future__ import annotations

from collections.abc import Callable

from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.controls import Examiner, Scores
from parametric_memory.evaluation.indexed import indexed, right_first
from parametric_memory.evaluation.notes import notes
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.evaluation.scoring import contains_any

NOTE_SCORES: Scores = {"contained": lambda case, text: contains_any(text, case.answers)}


def evaluate_notes(
    examiner: Examiner, count: int | None = None, report: Callable[[str], None] = print
) -> list[EvalRow]:
    """What is answered, and how often the right note is recalled first.

    Args:
        count: how many of the notes are in the memory, from the first one on; all when not given.
    """
    kept = notes()[:count]
    report(f"{len(kept)} notes in one memory")
    with indexed(examiner.memory, [note.text for note in kept]) as texts:
        cases = [texts.recalled(Case(note.text, note.question, note.answers)) for note in kept]
        rows = examiner.rows("notes", cases, NOTE_SCORES, texts.adapt, "ask", texts.hybrid)
    return [*rows, EvalRow.of_scores("notes", "right note recalled", {"memory": right_first(cases)})]

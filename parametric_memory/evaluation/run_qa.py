"""`eval qa`: questions about given texts, each text internalized once, however long it is.

Of its text, the sentences nearest to a question are attached, as `ask` does, whatever the gate would say.

Generated answers, never teacher-forced, looked for as `ask` does, scored as in the reference's evaluation of
Doc-to-LoRA: see `metrics`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.errors import DocumentError
from parametric_memory.evaluation.cases import Case
from parametric_memory.evaluation.controls import Examiner
from parametric_memory.evaluation.hub_questions import SETS, hub_questions
from parametric_memory.evaluation.indexed import indexed
from parametric_memory.evaluation.metrics import contained, exact_match, word_f1
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.training.data.question_answering import Asked, read_questions

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

SCORES: dict[str, Callable[[Case, str], float]] = {
    "contained": lambda case, text: contained(text, case.answers),
    "f1": lambda case, text: word_f1(text, case.answers).f1,
    "exact": lambda case, text: exact_match(text, case.answers),
}


@dataclass(frozen=True)
class Selection:
    """Which questions of a set are asked.

    Attributes:
        limit: how many at most; None: all.
        most_tokens: the longest text, in tokens of the base model; None: any.
        kind: extractive, abstractive or yesno; None: all.
        split: the part of the set; None: all of a file, the held-out part of a set with a name.
    """

    limit: int | None = None
    most_tokens: int | None = None
    kind: str | None = None
    split: str | None = None


def evaluate_qa(
    examiner: Examiner,
    data: str,
    selection: Selection,
    seed: int = 0,
    report: Callable[[str], None] = print,
) -> list[EvalRow]:
    """A row for each of `SCORES`.

    Args:
        data: a file of JSON lines, see `read_questions`, or one of `SETS`.

    Raises:
        DocumentError: the data cannot be read, or no question is left.
    """
    asked = select(questions_of(data, selection.split), selection, examiner.base.tokenizer, seed)
    if not asked:
        raise DocumentError(f"{data} holds no question of that kind, length and split: choose others.")
    report(f"{len(asked)} questions about {len({a.context for a in asked})} texts")
    cases = [Case(a.context, a.question, a.answers) for a in asked]
    with indexed(examiner.memory, [case.document for case in cases], threshold=-1.0) as texts:
        return examiner.rows(_name(data, selection), cases, SCORES, texts.adapt_to_own, "given")


def _name(data: str, selection: Selection) -> str:
    """What a row is called: the data, and the longest text that was asked about where there is a limit."""
    limit = "" if selection.most_tokens is None else f", to {selection.most_tokens} tokens"
    return f"{Path(data).name}{limit}"


def questions_of(data: str, split: str | None = None) -> Iterable[Asked]:
    """The questions of a file or of a set with a name. Raises DocumentError."""
    path = Path(data)
    if not path.exists() and data in SETS:
        return hub_questions(data, split)
    if not path.exists():
        raise DocumentError(f"There is no file {data}, and no set of that name: the sets are {', '.join(SETS)}.")
    return (a for a in read_questions(path) if split in (None, a.split))


def select(
    asked: Iterable[Asked], selection: Selection, tokenizer: PreTrainedTokenizerBase, seed: int
) -> Sequence[Asked]:
    """The questions that fit, one text after the other.

    Where there are more than the limit, texts are drawn with the seed, each with all of its questions.
    """
    by_context: dict[str, list[Asked]] = {}
    for question in asked:
        if selection.kind in (None, question.kind) and question.answers:
            by_context.setdefault(question.context, []).append(question)
    contexts = list(by_context)
    random.Random(seed).shuffle(contexts)
    chosen: list[Asked] = []
    for context in contexts:
        if selection.limit is not None and len(chosen) >= selection.limit:
            break
        tokens = len(tokenizer(context, add_special_tokens=False)["input_ids"])
        if selection.most_tokens is None or tokens <= selection.most_tokens:
            chosen += by_context[context]
    return chosen[: selection.limit]

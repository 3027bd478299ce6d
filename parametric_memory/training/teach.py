"""Asks the base model, with passages in its prompt, what a hypernetwork is to learn to say without them.

What `parametric-memory train teach` runs, before `train d2l`. A preparation that was stopped goes on, and one that has
ended can be made longer.
"""

from __future__ import annotations

import hashlib
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.errors import DocumentError, SettingsError
from parametric_memory.training.data.cloze import cloze_questions
from parametric_memory.training.data.passages import reading
from parametric_memory.training.data.question_answering import Asked, read_questions, read_texts
from parametric_memory.training.data.taught import TaughtQuestion, asked_of, begin, count_of, save_part
from parametric_memory.training.data.teacher import taught

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

KINDS = ("extractive", "abstractive", "yesno")
PART = 256  # questions that are kept together


@dataclass(frozen=True)
class TeachConfig:
    """Which questions are taught."""

    questions: tuple[Path, ...] = ()  # JSON lines of context, question, answers
    texts: tuple[Path, ...] = ()  # JSON lines of text: of some sentences a name or a number is asked for
    most: int | None = None  # None: all
    kinds: tuple[str, ...] = KINDS


def teach(base: BaseModel, folder: Path, config: TeachConfig, report: Callable[[str], None] = print) -> int:
    """Answers questions and keeps them in a folder, a part at a time; returns how many it holds.

    Passages come in a random order that is always the same, each with all of its questions: the first few thousand
    questions are like the others.

    Raises:
        CheckpointError: the folder holds questions of other files or kinds, or for another base model.
        DocumentError: a file cannot be read, or no question can be used.
        SettingsError: there is no such kind.
        StorageError: the disk refuses.
    """
    if unknown := [kind for kind in config.kinds if kind not in KINDS]:
        raise SettingsError(f"There are no questions of the kind {unknown[0]!r}: kinds are {', '.join(KINDS)}.")
    asked = [a for path in config.questions for a in read_questions(path) if a.kind in config.kinds]
    asked += cloze_questions([text for path in config.texts for text in read_texts(path)])
    begin(folder, _description(base, config, asked))
    ordered = _ordered(asked)[: config.most]
    if not ordered:
        files = ", ".join(map(str, (*config.questions, *config.texts)))
        raise DocumentError(f"No question of these kinds is in {files}: name other files or kinds.")
    kept = made = 0
    started = time.monotonic()
    starts = range(0, len(ordered), PART)
    for number, start in enumerate(starts):
        part = ordered[start : start + PART]
        if asked_of(folder, number) >= len(part):
            kept += count_of(folder, number)
            continue
        found = _taught_part(base, part)
        save_part(folder, number, found, len(part))
        kept, made = kept + len(found), made + len(part)
        seconds = (time.monotonic() - started) / made
        left = len(ordered) - start - len(part)
        report(
            f"taught: {start + len(part)}/{len(ordered)} questions, {kept} of them of use, {seconds:.2f} s each, "
            f"{seconds * left / 60:.0f} min left"
        )
    return kept


def _taught_part(base: BaseModel, part: Sequence[Asked]) -> list[TaughtQuestion]:
    readings = [r for a in part if (r := reading(a, base.chat)) is not None]
    answered = zip(readings, taught(base, readings), strict=True)
    return [TaughtQuestion(r.document, question, r.kind) for r, question in answered if question is not None]


def _ordered(asked: Sequence[Asked]) -> list[Asked]:
    by_context: dict[str, list[Asked]] = {}
    for question in asked:
        by_context.setdefault(question.context, []).append(question)
    contexts = list(by_context)
    random.Random(0).shuffle(contexts)
    return [question for context in contexts for question in by_context[context]]


def _description(base: BaseModel, config: TeachConfig, asked: Sequence[Asked]) -> dict[str, object]:
    digest = hashlib.sha256()
    for a in asked:
        digest.update(repr((a.context, a.question, a.answers, a.kind)).encode())
    return {
        "base_model": base.name,
        "base_fingerprint": base.fingerprint,
        "kinds": list(config.kinds),
        "questions": dict(sorted(Counter(a.kind for a in asked).items())),
        "digest": digest.hexdigest()[:16],
    }

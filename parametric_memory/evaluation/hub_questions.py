"""Question-answer sets of a hub, by name, through the package `datasets`.

Knows nothing about models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from parametric_memory.errors import DocumentError
from parametric_memory.training.data.question_answering import Asked

# Its repository has a loading script, which datasets no longer runs; the file that the script reads lies beside it.
_LONGBENCH = "hf://datasets/THUDM/LongBench/data.zip"
_LONGBENCH_PARTS = ("2wikimqa", "hotpotqa", "musique", "multifieldqa_en", "narrativeqa", "qasper")


@dataclass(frozen=True)
class _Set:
    """Where a set lies, and which fields of a record it keeps text, question and answers in."""

    repository: str
    configuration: str | None
    split: str
    context: tuple[str, ...]
    question: str
    answers: tuple[str, ...]  # a path of names
    file: str | None = None  # of its split, where the repository is a format that files are read as


SETS: Mapping[str, _Set] = {
    "squad": _Set("rajpurkar/squad", None, "validation", ("context",), "question", ("answers", "text")),
    "drop": _Set("ucinlp/drop", None, "validation", ("passage",), "question", ("answers_spans", "spans")),
    "ropes": _Set("allenai/ropes", None, "validation", ("background", "situation"), "question", ("answers", "text")),
    **{
        part: _Set("json", None, "test", ("context",), "input", ("answers",), f"zip://data/{part}.jsonl::{_LONGBENCH}")
        for part in _LONGBENCH_PARTS
    },
}


def hub_questions(name: str, split: str | None = None) -> Iterator[Asked]:
    """The questions of one of `SETS`, in its order.

    Args:
        split: the one that is held out, unless given.

    Raises:
        DocumentError: `datasets` is not installed, or the set cannot be had.
    """
    chosen = SETS[name]
    try:
        from datasets import load_dataset
    except ImportError as error:
        raise DocumentError(
            f"{name} is read through datasets, which is not installed: pip install datasets, or name a file."
        ) from error
    try:
        files = {chosen.split: chosen.file} if chosen.file else None
        records = load_dataset(chosen.repository, chosen.configuration, data_files=files, split=split or chosen.split)
    except Exception as error:  # as many kinds as there are ways to be out of reach
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        where = chosen.file or chosen.repository
        raise DocumentError(f"Cannot read {name} ({where}): {reason} Name a file instead.") from error
    for record in records:
        yield asked(name, record)


def asked(name: str, record: Mapping[str, Any]) -> Asked:
    """One record of a set as a question."""
    chosen = SETS[name]
    answers: Any = record
    for field in chosen.answers:
        answers = answers[field]
    context = "\n".join(record[field] for field in chosen.context)
    return Asked(context, record[chosen.question], tuple(dict.fromkeys(answers)), source=name)

"""Documents with questions that a teacher answered, on disk, as `data make` writes them.

    made.json               whose tokens they are in, who asked and who answered
    part-00000.jsonl        a document a line: its text, and its questions with the answers in words
    part-00000.safetensors  of all answer tokens of a part, one after the other: the tokens themselves (`answers`), and
                            the teacher's 16 most probable ones (`ids`) with their log-probabilities (`log_probs`)

A part is there when its `.jsonl` is; a document is known by its text. Knows nothing about models.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save

from parametric_memory.errors import CheckpointError
from parametric_memory.files.durable import replace_durably, storage_errors
from parametric_memory.files.json_objects import shown
from parametric_memory.training.data.described import Description
from parametric_memory.training.data.examples import Distribution
from parametric_memory.training.data.token_rows import TextQuestion, TextRow

_DESCRIPTION = Description(
    "made.json", "{folder} holds no data: `data make --output {folder}` makes some.", "make it again"
)
_TOP = 16
_NUMBERED = re.compile(r"part-(\d+)\.jsonl")


def is_made(folder: Path) -> bool:
    """Whether a folder holds rows of this form."""
    return _DESCRIPTION.is_in(folder)


def begin(folder: Path, description: Mapping[str, Any]) -> None:
    """Makes a folder for rows of this description, or finds it there.

    Raises:
        CheckpointError: it holds others.
        StorageError: the disk refuses.
    """
    for name, value in _DESCRIPTION.differing(folder, description).items():
        raise CheckpointError(
            f"{folder} holds data of another {name.replace('_', ' ')} ({shown(value)}): name another folder, or make "
            "these as those were."
        )


def key_of(text: str) -> str:
    """What a document is known by."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


def known(folder: Path) -> set[str]:
    """The keys of the documents that are there, those of which no question was of use included.

    Raises:
        CheckpointError: a part is damaged.
    """
    return {key_of(record["text"]) for path in _parts(folder) for record in _records(path)}


def save_part(folder: Path, rows: Sequence[TextRow], answers: Mapping[int, Sequence[str]]) -> None:
    """Adds a part, whole or not at all.

    Args:
        answers: of each row, by its place, the words of its questions' answers.

    Raises:
        StorageError: the disk refuses.
    """
    numbers = [int(found[1]) for path in _parts(folder) if (found := _NUMBERED.fullmatch(path.name))]
    path = folder / f"part-{max(numbers, default=-1) + 1:05d}.jsonl"  # one before may have been deleted
    questions = [q for row in rows for q in row.questions]
    taught = [q.taught for q in questions if q.taught is not None]
    tensors = {
        "answers": torch.tensor([token for q in questions for token in q.answer], dtype=torch.int32),
        "ids": torch.cat([t.ids.int() for t in taught]) if taught else torch.zeros(0, _TOP, dtype=torch.int32),
        "log_probs": torch.cat([t.log_probs.half() for t in taught]) if taught else torch.zeros(0, _TOP).half(),
    }
    lines = [
        {
            "text": row.document,
            "questions": [
                {"question": q.text, "answer": words, "tokens": len(q.answer)}
                for q, words in zip(row.questions, answers[i], strict=True)
            ],
        }
        for i, row in enumerate(rows)
    ]
    with storage_errors(f"write {path}"):
        replace_durably(path.with_suffix(".safetensors"), save(tensors))
        replace_durably(path, "".join(json.dumps(line) + "\n" for line in lines).encode())


def load_made(folder: Path, base_fingerprint: str) -> list[TextRow]:
    """The rows of all parts; documents without a question are left out.

    Args:
        base_fingerprint: of the base model that is to learn, in whose tokens the answers must be.

    Raises:
        CheckpointError: there are none, they are damaged, or of another base model.
    """
    if _DESCRIPTION.read(folder).get("base_fingerprint") != base_fingerprint:
        raise CheckpointError(f"{folder} holds answers of another base model: make them with this one, or name that.")
    rows = [row for path in _parts(folder) for row in _load_part(path)]
    if not rows:
        raise CheckpointError(f"{folder} holds no question yet: `data make --output {folder}` goes on.")
    return rows


def _load_part(path: Path) -> list[TextRow]:
    rows, first = [], 0
    try:
        tensors = load_file(path.with_suffix(".safetensors"))
        for record in _records(path):
            questions = []
            for asked in record["questions"]:
                tokens = slice(first, first + asked["tokens"])
                taught = Distribution(tensors["ids"][tokens], tensors["log_probs"][tokens])
                questions.append(TextQuestion(asked["question"], tensors["answers"][tokens].tolist(), taught))
                first = tokens.stop
            if questions:
                rows.append(TextRow(record["text"], tuple(questions), "documents"))
        lengths = {len(tensors[name]) for name in ("answers", "ids", "log_probs")}
        if lengths != {first}:
            raise ValueError(f"{first} answer tokens are described, {sorted(lengths)} are there")
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise _damaged(path, error) from error
    return rows


def _records(path: Path) -> list[dict[str, Any]]:
    try:
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        if not all(isinstance(r.get("text"), str) and isinstance(r.get("questions"), list) for r in records):
            raise ValueError("a line is no document with questions")
    except (OSError, ValueError, AttributeError) as error:
        raise _damaged(path, error) from error
    return records


def _parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("part-*.jsonl"))


def _damaged(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(f"{path} is damaged ({shown(error)}): delete it and make it again.")

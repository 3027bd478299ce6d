"""Questions that a teacher has answered, on disk: in parts, so that a preparation that was stopped goes on.

    taught.json             for which base model, of which questions
    part-00000.jsonl        a question a line, with its document
    part-00000.safetensors  what the teacher finds likely at each token of their answers, one after the other

A part is there when its `.jsonl` is. Knows nothing about models.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save

from parametric_memory.errors import CheckpointError
from parametric_memory.files.durable import replace_durably, storage_errors
from parametric_memory.files.json_objects import shown
from parametric_memory.training.data.described import Description
from parametric_memory.training.data.examples import Distribution, Example, Question

_DESCRIPTION = Description(
    "taught.json",
    "{folder} holds no questions that a teacher answered: `train teach --output {folder}` makes some.",
    "teach again",
)
_FIELDS = ("text", "opening", "value", "ending", "support")


@dataclass(frozen=True)
class TaughtQuestion:
    """A question, the document that it is about, and of which kind it is."""

    document: str
    question: Question
    kind: str


def begin(folder: Path, description: Mapping[str, Any]) -> None:
    """Makes a folder for questions of this description, or finds it there.

    Raises:
        CheckpointError: it holds others.
        StorageError: the disk refuses.
    """
    if _DESCRIPTION.differing(folder, description):
        raise CheckpointError(
            f"{folder} holds questions of other files or kinds, or for another base model: name another folder."
        )


def described(folder: Path) -> dict[str, Any]:
    """What the questions of a folder are. Raises CheckpointError where it holds none that can be read."""
    return _DESCRIPTION.read(folder)


def asked_of(folder: Path, number: int) -> int:
    """How many questions a part was made of; 0 where it is not there. Raises CheckpointError where it is damaged."""
    path = _part(folder, number)
    if not path.exists():
        return 0
    try:
        with safe_open(path.with_suffix(".safetensors"), "pt") as file:
            return int(file.metadata()["asked"])
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise _damaged(path, error) from error


def count_of(folder: Path, number: int) -> int:
    """How many questions of a part were of use."""
    with storage_errors(f"read {_part(folder, number)}"):
        return _part(folder, number).read_bytes().count(b"\n")


def save_part(folder: Path, number: int, questions: Sequence[TaughtQuestion], asked: int) -> None:
    """asked: how many questions it was made of. Raises StorageError where it cannot be written; whole or not at all."""
    path = _part(folder, number)
    known = [q.question.taught for q in questions if q.question.taught is not None]
    tensors = {
        "ids": torch.cat([t.ids for t in known]) if known else torch.zeros(0, 1, dtype=torch.int32),
        "log_probs": torch.cat([t.log_probs for t in known]) if known else torch.zeros(0, 1, dtype=torch.float16),
    }
    lines = [
        {
            "document": q.document,
            "kind": q.kind,
            "question": {name: getattr(q.question, name) for name in _FIELDS},
            "tokens": 0 if q.question.taught is None else len(q.question.taught),
        }
        for q in questions
    ]
    with storage_errors(f"write {path}"):
        path.unlink(missing_ok=True)  # a shorter one, whose tensors go first
        replace_durably(path.with_suffix(".safetensors"), save(tensors, {"asked": str(asked)}))
        replace_durably(path, "".join(json.dumps(line) + "\n" for line in lines).encode())


def load_taught(folder: Path, fingerprint: str) -> list[Example]:
    """Examples of one document and kind each, of all parts that are there.

    Args:
        fingerprint: of the base model that is to learn.

    Raises:
        CheckpointError: there are none, they are damaged, or another base model was asked.
    """
    if described(folder).get("base_fingerprint") != fingerprint:
        raise CheckpointError(f"{folder} holds answers of another base model: teach with this one, or name that one.")
    by_document: dict[tuple[str, str], list[Question]] = {}
    for path in sorted(folder.glob("part-*.jsonl")):
        for taught in _load_part(path):
            by_document.setdefault((taught.document, taught.kind), []).append(taught.question)
    if not by_document:
        raise CheckpointError(f"{folder} holds no question yet: `train teach --output {folder}` goes on.")
    return [Example(document, tuple(questions), kind) for (document, kind), questions in by_document.items()]


def _load_part(path: Path) -> list[TaughtQuestion]:
    try:
        tensors = load_file(path.with_suffix(".safetensors"))
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        found, first = [], 0
        for record in records:
            question = Question(**{name: record["question"][name] for name in _FIELDS})
            if tokens := record["tokens"]:
                rows = slice(first, first + tokens)
                question = replace(question, taught=Distribution(tensors["ids"][rows], tensors["log_probs"][rows]))
                first += tokens
            found.append(TaughtQuestion(record["document"], question, record["kind"]))
        if first != len(tensors["ids"]):
            raise ValueError(f"{first} tokens are described, {len(tensors['ids'])} are there")
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise _damaged(path, error) from error
    return found


def _damaged(path: Path, error: Exception) -> CheckpointError:
    return CheckpointError(f"{path} is damaged ({shown(error)}): delete it and teach again.")


def _part(folder: Path, number: int) -> Path:
    return folder / f"part-{number:05d}.jsonl"

"""Prepared training data on disk, in parts, so that an interrupted preparation resumes.

taught.json                what the data are: whose tokens, of which questions or texts
part-00000.safetensors     documents with their questions, as JSON in the file's metadata; a teacher's most probable
                           tokens of all answers, one answer after the other (`ids`, `log_probs`)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from parametric_memory.errors import CheckpointError
from parametric_memory.files import replace_durably, shown, storage_errors
from parametric_memory.training.data.examples import Distribution, Example, Question

DESCRIPTION = "taught.json"
_COMMAND = "train teach"
_FORMAT = 3
_FIELDS = ("text", "opening", "value", "ending", "support", "ordinary")


def begin(folder: Path, description: Mapping[str, Any]) -> None:
    """Creates a folder for data of this description. Raises CheckpointError: it holds other data; StorageError."""
    wanted = {"format": _FORMAT, **description}
    with storage_errors(f"write to {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / DESCRIPTION).is_file():
            replace_durably(folder / DESCRIPTION, (json.dumps(wanted, indent=1) + "\n").encode())
    found = describe(folder)
    for name in {**wanted, **found}:
        if found.get(name) != wanted.get(name):
            raise CheckpointError(
                f"{folder} holds data of another {name.replace('_', ' ')} ({shown(found.get(name))}): name another "
                "folder, or make these as those were."
            )


def describe(folder: Path) -> dict[str, Any]:
    """A folder's description. Raises CheckpointError where it has none that can be read."""
    try:
        found: dict[str, Any] = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{folder} holds no data of `{_COMMAND}`: `{_COMMAND} --output {folder}` makes some."
        ) from error
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        raise CheckpointError(f"{folder} is of another format: delete it and `{_COMMAND}` again.")
    return found


def part_path(folder: Path, number: int) -> Path:
    return folder / f"part-{number:05d}.safetensors"


def counts_of(path: Path) -> tuple[int, int]:
    """How many questions or texts a part was taught from, and how many questions it holds; 0 if it does not exist."""
    asked, examples = read_part(path) if path.exists() else (0, [])
    return asked, sum(len(example.questions) for example in examples)


def save_taught(path: Path, examples: Sequence[Example], asked: int) -> None:
    """Writes a part atomically. asked: how many questions or texts it was taught from. Raises StorageError."""
    documents = [
        {
            "document": example.document,
            "source": example.source,
            "questions": [
                {**{name: getattr(q, name) for name in _FIELDS}, "taught_tokens": len(q.taught) if q.taught else 0}
                for q in example.questions
            ],
        }
        for example in examples
    ]
    known = [q.taught for example in examples for q in example.questions if q.taught is not None]
    known = known or [Distribution(torch.zeros(0, 1), torch.zeros(0, 1))]
    tensors = {
        "ids": torch.cat([t.ids.int() for t in known]),
        "log_probs": torch.cat([t.log_probs.half() for t in known]),
    }
    with storage_errors(f"write {path}"):
        # In one entry: the order of several differs from one file to the next.
        replace_durably(path, save(tensors, {"taught": json.dumps({"asked": asked, "documents": documents})}))


def load_taught(folder: Path, fingerprint: str) -> list[Example]:
    """The examples of all parts, one of each document and kind.

    fingerprint: of the base model that learns, in whose tokens the answers must be.

    Raises CheckpointError: there is none, a part is damaged, or they are of another base model.
    """
    if describe(folder).get("base_fingerprint") != fingerprint:
        raise CheckpointError(
            f"{folder} holds answers of another base model: `{_COMMAND}` with this one, or name that one."
        )
    found: dict[tuple[str, str], list[Question]] = {}
    for path in sorted(folder.glob("part-*.safetensors")):
        for example in read_part(path)[1]:
            found.setdefault((example.document, example.source), []).extend(example.questions)
    if not found:
        raise CheckpointError(f"{folder} holds no question yet: `{_COMMAND} --output {folder}` resumes.")
    return [Example(document, tuple(questions), source) for (document, source), questions in found.items()]


def read_part(path: Path) -> tuple[int, list[Example]]:
    """How many questions or texts a part was taught from, and its examples. Raises CheckpointError: it is damaged."""
    try:
        with safe_open(path, "pt") as file:
            written = json.loads(file.metadata()["taught"])
            ids, logs = file.get_tensor("ids"), file.get_tensor("log_probs")
        examples, end = [], 0
        for record in written["documents"]:
            questions = []
            for fields in record["questions"]:
                start, end = end, end + fields.pop("taught_tokens")
                taught = Distribution(ids[start:end], logs[start:end]) if end > start else None
                questions.append(Question(**fields, taught=taught))
            examples.append(Example(record["document"], tuple(questions), record["source"]))
        if not end == len(ids) == len(logs):
            raise ValueError(f"{end} tokens are described, {len(ids)} are there")
        return written["asked"], examples
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise CheckpointError(f"{path} is damaged ({shown(error)}): delete it and make it again.") from error

"""Prepared data on disk, in parts, so that a preparation that was stopped goes on.

    taught.json, made.json  what the data are: whose tokens, of which questions or writers
    part-00000.jsonl        documents with their questions, one a line
    part-00000.safetensors  of all answers, one after the other: of `data make` their tokens (`answers`), and the most
                            probable tokens of a teacher at each (`ids`) with their log-probabilities (`log_probs`)

A part is there when its `.jsonl` is. Knows nothing about models.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save

from parametric_memory.errors import CheckpointError
from parametric_memory.files.durable import replace_durably, storage_errors
from parametric_memory.files.json_objects import shown
from parametric_memory.training.data.examples import Distribution, Example, Question
from parametric_memory.training.data.rows import TextQuestion, TextRow

_FORMAT = 2
_FIELDS = ("text", "opening", "value", "ending", "support")
# Fields of a question, the tokens of its answer where they are known, and a teacher's distribution.
_Asked = tuple[dict[str, Any], Sequence[int], Distribution | None]


@dataclass(frozen=True)
class Parts:
    """Folders of what one command prepares, with the file that describes them."""

    name: str
    command: str

    def is_in(self, folder: Path) -> bool:
        return (folder / self.name).is_file()

    def begin(self, folder: Path, description: Mapping[str, Any]) -> None:
        """Makes a folder for data of this description, or finds it there.

        Raises:
            CheckpointError: it holds data of another description.
            StorageError: the disk refuses.
        """
        wanted = {"format": _FORMAT, **description}
        with storage_errors(f"write to {folder}"):
            folder.mkdir(parents=True, exist_ok=True)
            if not self.is_in(folder):
                replace_durably(folder / self.name, (json.dumps(wanted, indent=1) + "\n").encode())
        found = self.described(folder)
        for name in {**wanted, **found}:
            if found.get(name) != wanted.get(name):
                raise CheckpointError(
                    f"{folder} holds data of another {name.replace('_', ' ')} ({shown(found.get(name))}): name another "
                    "folder, or make these as those were."
                )

    def described(self, folder: Path) -> dict[str, Any]:
        """A folder's description. Raises CheckpointError where it has none that can be read."""
        try:
            found: dict[str, Any] = json.loads((folder / self.name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CheckpointError(
                f"{folder} holds no data of `{self.command}`: `{self.command} --output {folder}` makes some."
            ) from error
        if not isinstance(found, dict) or found.get("format") != _FORMAT:
            raise CheckpointError(f"{folder} is of another format: delete it and `{self.command}` again.")
        return found

    def load(self, folder: Path, fingerprint: str) -> Iterator[tuple[str, str, list[_Asked]]]:
        """Of all parts the documents that have questions, with their source.

        Args:
            fingerprint: of the base model that is to learn, in whose tokens the answers must be.

        Raises:
            CheckpointError: there is none, one is damaged, or they are of another base model.
        """
        if self.described(folder).get("base_fingerprint") != fingerprint:
            raise CheckpointError(
                f"{folder} holds answers of another base model: `{self.command}` with this one, or name that one."
            )
        empty = True
        for path in parts_of(folder):
            for document, source, questions in _load(path):
                if questions:
                    empty = False
                    yield document, source, questions
        if empty:
            raise CheckpointError(f"{folder} holds no question yet: `{self.command} --output {folder}` goes on.")


TAUGHT, MADE = Parts("taught.json", "train teach"), Parts("made.json", "data make")


def part_path(folder: Path, number: int) -> Path:
    return folder / f"part-{number:05d}.jsonl"


def parts_of(folder: Path) -> list[Path]:
    return sorted(folder.glob("part-*.jsonl"))


def counts_of(path: Path) -> tuple[int, int]:
    """From how many questions a part was taught, and how many it holds; 0 where it is not there.

    Raises:
        CheckpointError: it is damaged.
    """
    if not path.exists():
        return 0, 0
    with _damage_named(path), safe_open(path.with_suffix(".safetensors"), "pt") as file:
        return int(file.metadata()["asked"]), sum(len(record["questions"]) for record in _lines(path))


def save_taught(path: Path, examples: Sequence[Example], asked: int) -> None:
    """Writes a part atomically. asked: from how many questions it was taught. Raises StorageError."""
    rows = [
        (e.document, e.source, [({name: getattr(q, name) for name in _FIELDS}, (), q.taught) for q in e.questions])
        for e in examples
    ]
    _save(path, rows, asked)


def load_taught(folder: Path, fingerprint: str) -> list[Example]:
    """Examples of one document and kind each. Raises as `Parts.load`."""
    by_document: dict[tuple[str, str], list[Question]] = {}
    for document, kind, questions in TAUGHT.load(folder, fingerprint):
        asked = [Question(**fields, taught=taught) for fields, _, taught in questions]
        by_document.setdefault((document, kind), []).extend(asked)
    return [Example(document, tuple(questions), kind) for (document, kind), questions in by_document.items()]


def key_of(text: str) -> str:
    """Identifies a document by its text."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:16]


def made_keys(folder: Path) -> set[str]:
    """The keys of the documents that are there, with or without questions. Raises CheckpointError: one is damaged."""
    found = set()
    for path in parts_of(folder):
        with _damage_named(path):
            found |= {key_of(record["document"]) for record in _lines(path)}
    return found


def save_made(folder: Path, rows: Sequence[TextRow], answers: Sequence[Sequence[str]]) -> None:
    """Adds a part atomically. answers: of each row, the words of its questions' answers. Raises StorageError."""
    numbers = [int(found[1]) for path in parts_of(folder) if (found := re.fullmatch(r"part-(\d+)", path.stem))]
    path = part_path(folder, max(numbers, default=-1) + 1)  # one before may have been deleted
    made = [
        (
            row.document,
            row.source,
            [
                ({"text": q.text, "value": words}, q.answer, q.taught)
                for q, words in zip(row.questions, said, strict=True)
            ],
        )
        for row, said in zip(rows, answers, strict=True)
    ]
    _save(path, made, 0)


def load_made(folder: Path, fingerprint: str) -> list[TextRow]:
    """The documents that have questions. Raises as `Parts.load`."""
    return [
        TextRow(document, tuple(TextQuestion(fields["text"], answer, taught) for fields, answer, taught in questions))
        for document, _, questions in MADE.load(folder, fingerprint)
    ]


def _save(path: Path, rows: Sequence[tuple[str, str, Sequence[_Asked]]], asked: int) -> None:
    lines = []
    for document, source, questions in rows:
        described = [
            {**fields, "answer_tokens": len(answer), "taught_tokens": 0 if taught is None else len(taught)}
            for fields, answer, taught in questions
        ]
        lines.append(json.dumps({"document": document, "source": source, "questions": described}) + "\n")
    every = [question for *_, questions in rows for question in questions]
    known = [taught for *_, taught in every if taught is not None]
    tensors = {
        "answers": torch.tensor([token for _, answer, _ in every for token in answer], dtype=torch.int32),
        "ids": torch.cat([t.ids.int() for t in known]) if known else torch.zeros(0, 1, dtype=torch.int32),
        "log_probs": torch.cat([t.log_probs.half() for t in known]) if known else torch.zeros(0, 1).half(),
    }
    with storage_errors(f"write {path}"):
        path.unlink(missing_ok=True)  # a shorter one, whose tensors go first
        replace_durably(path.with_suffix(".safetensors"), save(tensors, {"asked": str(asked)}))
        replace_durably(path, "".join(lines).encode())


def _load(path: Path) -> list[tuple[str, str, list[_Asked]]]:
    rows, of_answers, of_taught = [], 0, 0
    with _damage_named(path):
        tensors = load_file(path.with_suffix(".safetensors"))
        answers, ids, logs = (tensors[name] for name in ("answers", "ids", "log_probs"))
        for record in _lines(path):
            questions: list[_Asked] = []
            for fields in record["questions"]:
                answer = slice(of_answers, of_answers := of_answers + fields.pop("answer_tokens"))
                place = slice(of_taught, of_taught := of_taught + fields.pop("taught_tokens"))
                taught = Distribution(ids[place], logs[place]) if place.stop > place.start else None
                questions.append((fields, answers[answer].tolist(), taught))
            rows.append((record["document"], record["source"], questions))
        if (of_answers, of_taught, of_taught) != (len(answers), len(ids), len(logs)):
            raise ValueError(f"{of_answers} and {of_taught} tokens are described, {len(answers)} and {len(ids)} there")
    return rows


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    return (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """A block whose errors of reading a part are raised as a CheckpointError that names it."""
    try:
        yield
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise CheckpointError(f"{path} is damaged ({shown(error)}): delete it and make it again.") from error

"""Trains a document hypernetwork for a base model: data, hypernetwork, loop and the folder that comes out.

What `parametric-memory train d2l` runs.
"""

from __future__ import annotations

import copy
import hashlib
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from parametric_memory.errors import CheckpointError, DocumentError, SettingsError
from parametric_memory.hypernetworks.checkpoint import load_hypernetwork
from parametric_memory.hypernetworks.key_value.config import KeyValueConfig
from parametric_memory.hypernetworks.key_value.folder import save_key_value
from parametric_memory.hypernetworks.key_value.network import KeyValueHypernetwork
from parametric_memory.hypernetworks.key_value.untrained import default_config, untrained_hypernetwork
from parametric_memory.hypernetworks.made_for import check_made_for
from parametric_memory.hypernetworks.record import HypernetworkRecord, calibration_of, read_record
from parametric_memory.text.names import names_asked
from parametric_memory.training.data.echo import echo_examples, load_examples, save_examples, usable
from parametric_memory.training.data.everyday import everyday_questions
from parametric_memory.training.data.examples import Example, Question
from parametric_memory.training.data.facts import RAMP_STEPS, FactGenerator
from parametric_memory.training.data.ordinary import WithOrdinary, ordinary_questions
from parametric_memory.training.data.question_answering import read_questions
from parametric_memory.training.data.relations import relations
from parametric_memory.training.data.taught import load_taught
from parametric_memory.training.data.vocabulary import WordList
from parametric_memory.training.loop import STATE_FILE, Run, check_learning_rate
from parametric_memory.training.processes import Processes
from parametric_memory.training.streams import ExamplePool, Mixture
from parametric_memory.training.trainer import ExampleStream, Trainer, TrainingConfig, ValidationSet

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel

_VALIDATION_DOCUMENTS = 48
_HELD_OUT_QUESTIONS = 200


@dataclass(frozen=True)
class DataConfig:
    """What is trained on: generated facts always, passages of question-answer files where they are given."""

    questions: tuple[Path, ...] = ()  # JSON lines of context, question, answers
    held_out_questions: tuple[Path, ...] = ()
    taught: tuple[Path, ...] = ()  # folders of questions that the base model has answered with the passage before it
    held_out_taught: tuple[Path, ...] = ()
    most_questions: int = 3000  # drawn from the files; each costs a quarter of a second of preparation
    facts_share: float = 0.5  # of each batch; the rest are passages
    most_facts: int = 8
    ordinary_share: float = 0.4  # of the documents: one of their questions is about anything else
    most_ordinary: int = 1200  # such questions, each answered once by the base model


def prepared_passages(
    base: BaseModel, files: Sequence[Path], most: int, folder: Path, report: Callable[[str], None]
) -> list[Example]:
    """Echo answers for questions drawn from files, made once and kept in a folder.

    Empty where the base model can answer none of the questions with the context in its prompt, as one that was trained
    for minutes cannot.

    Raises:
        DocumentError: a file cannot be read, or none of the questions is of any use.
    """
    cache = folder / f"passages-{_digest(base, files, most)}.jsonl"
    if cache.exists():
        return load_examples(cache)
    asked = usable([a for path in files for a in read_questions(path)], base.chat)
    if not asked:
        raise DocumentError(
            f"None of the questions in {', '.join(map(str, files))} can be used: an answer must stand word for word in "
            "its context, in a sentence of at most 80 tokens."
        )
    random.Random(0).shuffle(asked)
    examples = echo_examples(base, asked[:most], report)
    if not examples:
        report(
            f"not used: {', '.join(map(str, files))}; with the context in its prompt the base model finds none of the "
            "answers probable, so that it cannot be taught to give them without"
        )
    save_examples(examples, cache)
    return examples


def train_d2l(
    base: BaseModel,
    folder: Path,
    config: TrainingConfig,
    data: DataConfig,
    report: Callable[[str], None] = print,
    processes: Processes | None = None,
    start_from: Path | None = None,
    keep: float = 0.0,
    **hypernetwork_options: Any,
) -> Trainer:
    """Train, or go on training, a key-value hypernetwork for this base model in `folder`.

    The finished hypernetwork is written to `folder/hypernetwork`; checkpoints, the log and prepared data lie beside it.

    Args:
        processes: those that train together, each of which calls this; this one alone when not given.
        start_from: folder of a trained key-value hypernetwork for this base model to go on from, possibly with larger
            widths. It knows its gates and several facts already: what a new one is spared at first, it is not.
        keep: share of its weights in those that are written at the end; see `interpolated`.
        hypernetwork_options: fields of `KeyValueConfig`.

    Raises:
        CheckpointError: `start_from` holds another kind of hypernetwork, or one for another base model.
        DocumentError: the data cannot be read or used.
        SettingsError: an option would make the hypernetwork to start from smaller; there is none to keep a share of; it
            is what the run itself writes; or the learning rate is no number above 0.
    """
    finished = folder / "hypernetwork"
    _check(config, start_from, keep, finished)
    run = Run.of(base, folder, report, processes, read_record(start_from).fingerprint if start_from is not None else "")
    calibration = calibration_of(finished, start_from)
    known: KeyValueHypernetwork | None = None
    if start_from is not None:
        known = load_for_training(start_from, base)  # before data are prepared for a base model that it is not for
        config = replace(config, full_rank_steps=0)
        run.report(f"starting from {start_from}")
    hypernetwork = _beginning(base, run, known, hypernetwork_options)
    stream, validation = _examples(base, run, data, ramp=0 if known else RAMP_STEPS)
    start = copy.deepcopy(hypernetwork) if keep else None
    trainer = Trainer(base.model, base.chat, hypernetwork, stream, run, config, validation)
    trainer.go_on()
    if run.processes.is_main:
        trained = hypernetwork if start is None else interpolated(start, hypernetwork, 1 - keep)
        described = trainer.describe() | ({"kept": keep} if keep else {})
        record = HypernetworkRecord(trained.kind, base.name, base.fingerprint, described, calibration)
        save_key_value(trained, record, finished)
    run.processes.wait()
    return trainer


def _check(config: TrainingConfig, start_from: Path | None, keep: float, finished: Path) -> None:
    """Refuses what cannot be trained, before anything is made. Raises SettingsError."""
    if not 0 <= keep < 1:
        raise SettingsError(f"The share of the weights to keep is at least 0 and less than 1, not {keep}.")
    check_learning_rate(config.learning_rate, "2e-3")
    if keep and start_from is None:
        raise SettingsError("A share of the weights can be kept only of a hypernetwork to start from: name one.")
    if start_from is not None and start_from.resolve() == finished.resolve():
        raise SettingsError(
            f"{start_from} is what a run in {finished.parent} writes: to start from it, name another folder."
        )


def _examples(base: BaseModel, run: Run, data: DataConfig, ramp: int) -> tuple[ExampleStream, list[ValidationSet]]:
    """What is trained on, and what is held out. ramp: steps in which documents become as long as they may be."""
    passages = _taught(base, data.taught)
    validation = fact_validation(data.most_facts)
    if data.questions:
        with run.processes.main_first():
            passages += prepared_passages(base, data.questions, data.most_questions, run.folder, run.report)
    held_out = _taught(base, data.held_out_taught)
    for kind in sorted({example.source for example in held_out}):
        of_kind = [example for example in held_out if example.source == kind]
        validation.append(ValidationSet(kind, tuple(of_kind[:_HELD_OUT_QUESTIONS])))
    if data.held_out_questions:
        with run.processes.main_first():
            held_out = prepared_passages(base, data.held_out_questions, _HELD_OUT_QUESTIONS, run.folder, run.report)
        if held_out:
            validation.append(ValidationSet("passages", tuple(held_out)))
    prose = [passage.document for passage in passages]
    stream: ExampleStream = FactGenerator(relations(), WordList.training(), data.most_facts, ramp, prose)
    if passages:
        run.report(f"{sum(len(e.questions) for e in passages)} questions about {len(passages)} passages to train on")
        stream = Mixture((ExamplePool(passages), stream), (1 - data.facts_share, data.facts_share))
    if data.ordinary_share:
        with run.processes.main_first():
            questions = prepared_ordinary(base, data, run.folder, run.report, passages)
        if questions:  # a base model may have no answer to any
            stream = WithOrdinary(stream, questions, data.ordinary_share)
    return stream, validation


def _taught(base: BaseModel, folders: Sequence[Path]) -> list[Example]:
    return [example for folder in folders for example in load_taught(folder, base.fingerprint)]


def _beginning(
    base: BaseModel, run: Run, known: KeyValueHypernetwork | None, options: Mapping[str, Any]
) -> KeyValueHypernetwork:
    """The hypernetwork as it is before its first step, or for a checkpoint to be read into."""
    if known is not None:
        return widened(known, options).to(base.model.device)
    if (run.folder / STATE_FILE).exists():  # key statistics are part of the checkpoint
        return KeyValueHypernetwork(default_config(base.model, **options)).to(base.model.device)
    run.report("reading key statistics from the base model")
    return untrained_hypernetwork(base.model, base.chat, **options)


def _digest(base: BaseModel, files: Sequence[Path], most: int) -> str:
    """Tells a base model's answers to questions of files from others. Raises DocumentError for an unreadable file."""
    digest = hashlib.sha256(f"{base.fingerprint} {most}".encode())
    for path in files:
        try:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError as error:
            raise DocumentError(f"Cannot read questions from {path}: {error}.") from error
    return digest.hexdigest()[:8]


def prepared_ordinary(
    base: BaseModel,
    data: DataConfig,
    folder: Path,
    report: Callable[[str], None],
    passages: Sequence[Example] = (),
) -> tuple[Question, ...]:
    """Ordinary questions with the base model's answers, made once and kept in a folder.

    Everyday ones, and up to as many from the files as there may be. Of these none has a name in it, or is asked of a
    document that is trained on: it would teach to say of anybody what is said of nobody, or not what a document says.

    Args:
        passages: documents that are trained on.
    """
    of_passages = sorted({question.text for example in passages for question in example.questions})
    told = hashlib.sha256("\n".join([*of_passages, "", *everyday_questions()]).encode()).hexdigest()[:8]
    cache = folder / f"everyday-{_digest(base, data.questions, data.most_ordinary)}-{told}.jsonl"
    if cache.exists():
        return load_examples(cache)[0].questions
    rng = random.Random(1)
    asked = [a for path in data.questions for a in read_questions(path)]
    known = set(of_passages)
    trained = {a.context for a in asked if a.question in known}
    nameless = sorted({a.question for a in asked if a.context not in trained and not names_asked(a.question)})
    everyday = everyday_questions()
    texts = rng.sample(everyday, min(len(everyday), data.most_ordinary))
    texts += rng.sample(nameless, min(len(nameless), data.most_ordinary - len(texts)))
    report(f"asking the base model {len(texts)} ordinary questions")
    questions = tuple(ordinary_questions(base, texts))
    save_examples([Example("", questions, "ordinary")], cache)
    return questions


def load_for_training(folder: Path, base: BaseModel) -> KeyValueHypernetwork:
    """A key-value hypernetwork as it is trained.

    Raises:
        CheckpointError: the folder holds none, one of the other kind, or one for another base model.
    """
    hypernetwork, record = load_hypernetwork(folder, base.model)
    if not isinstance(hypernetwork, KeyValueHypernetwork):
        raise CheckpointError(f"{folder} holds a {record.kind} hypernetwork, where training takes a key-value one.")
    check_made_for(record, base, folder)
    return hypernetwork


def widened(smaller: KeyValueHypernetwork, options: Mapping[str, Any]) -> KeyValueHypernetwork:
    """The hypernetwork with some sizes larger, computing the same: what is new starts without effect.

    options: fields of `KeyValueConfig`. Fewer `shared_layers` are possible too, from their end; their rows are lost.

    Raises:
        SettingsError: another size would be smaller, or what is known would not fit its place.
    """
    config = KeyValueConfig.from_dict({**smaller.config.to_dict(), **options})
    _check_places(smaller.config, config)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        larger = KeyValueHypernetwork(config)
    wider = larger.state_dict()
    for name, known in smaller.state_dict().items():
        new = wider.get(name)
        may_lose = 1 if name.startswith("shared_") else 0  # of its dimensions, the first ones
        if new is None or any(a < b for a, b in zip(new.shape[may_lose:], known.shape[may_lose:], strict=True)):
            raise SettingsError(
                f"{name} would shrink from {list(known.shape)} to {[] if new is None else list(new.shape)}: a "
                "hypernetwork to start from can be widened only."
            )
        overlap = tuple(slice(min(a, b)) for a, b in zip(new.shape, known.shape, strict=True))
        new[overlap] = known[overlap]
    return larger


def _check_places(known: KeyValueConfig, wider: KeyValueConfig) -> None:
    """Raises SettingsError where parameters would not be for the features and layers that they were trained for."""
    for name in ("feature_size", "feature_heads", "feature_layers", "memory_layers"):
        if getattr(known, name) != getattr(wider, name):
            raise SettingsError(f"{name} of a hypernetwork to start from stays {getattr(known, name)}.")
    for name, rank in (("shared_layers", known.shared_rank), ("reader_layers", known.reader_rank)):
        before, after = getattr(known, name), getattr(wider, name)
        if rank and before[: len(after)] != after[: len(before)]:
            raise SettingsError(f"{name} of a hypernetwork to start from begin as they are: {before}, not {after}.")


def interpolated(first: KeyValueHypernetwork, second: KeyValueHypernetwork, share: float) -> KeyValueHypernetwork:
    """The hypernetwork with weights between those of two others of the same sizes, one of which began as the other.

    Such a mean is often better than either: what one training learned stays, and most of the noise of its steps does
    not (model soups, arXiv 2203.05482; for a model and its own fine-tuning, arXiv 2109.01903).

    Args:
        share: of the second one's weights; 0 gives the first one's.
    """
    mean = copy.deepcopy(second)
    of_first, of_second = first.state_dict(), second.state_dict()
    mean.load_state_dict({name: torch.lerp(of_first[name], of_second[name], share) for name in of_second})
    return mean


def fact_validation(most_facts: int) -> list[ValidationSet]:
    """Documents of known relations with held-out words."""
    generator = FactGenerator(relations(), WordList.held_out(), most_facts)
    sets = []
    for count in sorted({1, min(4, most_facts), most_facts}):
        rng = random.Random(count)
        examples = tuple(generator.example(rng, count, 2) for _ in range(_VALIDATION_DOCUMENTS))
        sets.append(ValidationSet(f"{count} fact{'s' if count > 1 else ''}", examples))
    return sets

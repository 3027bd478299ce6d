"""Trains a document hypernetwork for a base model: data, hypernetwork, loop and the finished folder.

What `parametric-memory train d2l` runs. The settings decide the kind: `TrainingConfig` trains a key-value hypernetwork
on generated facts and passages, `ContextTrainingConfig` a Perceiver by the objective of Doc-to-LoRA. The hypernetwork
is written to `folder/hypernetwork`; checkpoints, the log and prepared data lie beside it.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch

from parametric_memory.documents.words import names_asked
from parametric_memory.errors import CheckpointError, DocumentError, SettingsError
from parametric_memory.hypernetworks.checkpoint import (
    load_context_model,
    load_hypernetwork,
    save_key_value,
    save_perceiver,
)
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
from parametric_memory.hypernetworks.doc_to_lora.network import PerceiverConfig
from parametric_memory.hypernetworks.key_value.network import KeyValueHypernetwork
from parametric_memory.hypernetworks.key_value.untrained import default_config, ordinary_chunks, untrained_hypernetwork
from parametric_memory.hypernetworks.record import HypernetworkRecord, calibration_of, check_made_for, read_record
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.training.data.examples import Example, ExamplePool, Question, TrainingStream, ordinary_questions
from parametric_memory.training.data.facts import RAMP_STEPS, FactGenerator
from parametric_memory.training.data.parts import DESCRIPTION, load_taught, read_part, save_taught
from parametric_memory.training.data.question_answering import read_questions
from parametric_memory.training.data.relations import everyday_questions
from parametric_memory.training.data.vocabulary import WordList
from parametric_memory.training.doc_to_lora import (
    ContextTrainer,
    ContextTrainingConfig,
    TokenRow,
    read_reference_rows,
    token_row,
)
from parametric_memory.training.loop import STATE_FILE, LoopConfig, Run, check_keep
from parametric_memory.training.teach import TeachConfig, teach
from parametric_memory.training.trainer import Trainer, TrainingConfig

Hypernetwork = KeyValueHypernetwork | PerceiverHypernetwork

FINISHED = "hypernetwork"
_VALIDATION_DOCUMENTS = 48
_MOST_QUESTIONS, _HELD_OUT_QUESTIONS = 3000, 200  # of files; held out, of a kind
_MOST_FACTS = 8  # of a generated document
_ORDINARY_SHARE = 0.4  # of the documents, one of whose questions is unrelated to it
_ENCODER_OPTIONS = {"encoder": "kind", "exit_layer": "exit_layer", "last_layer": "last_layer", "reader": "model"}


@dataclass(frozen=True)
class DataConfig:
    """Training data. The fields from `facts_share` on are for key-value hypernetworks."""

    questions: tuple[Path, ...] = ()  # JSON lines of context, question, answers, which `teach` answers first
    held_out_questions: tuple[Path, ...] = ()  # the same, to measure on
    taught: tuple[Path, ...] = ()  # folders of `train teach`; for a Perceiver also the reference's rows
    held_out_taught: tuple[Path, ...] = ()
    facts_share: float = 0.5  # of each batch, generated facts; the rest are passages
    most_ordinary: int = 1200  # questions that are unrelated to a document, each answered once by the base model


def train_d2l(
    base: BaseModel,
    run: Run,
    config: TrainingConfig | ContextTrainingConfig,
    data: DataConfig,
    start_from: Path | None = None,
    keep: float = 0.0,
    **options: Any,
) -> Trainer | ContextTrainer:
    """Trains, or resumes training, a hypernetwork for this base model in the run's folder.

    Args:
        start_from: folder of a trained hypernetwork of this kind and base model to start from.
        keep: share of the starting weights in the mean that is written, see `TrainingLoop.resume_and_run`.
        options: of a new hypernetwork: fields of its config; of a Perceiver's context encoder `encoder` (its kind),
            `exit_layer`, `last_layer`, `reader` (a model); and `scaler_start`, the first value of B's scalers: 0 in the
            reference, so that adapters change nothing at first.

    Raises:
        CheckpointError: data or `start_from` cannot be used: another kind, or another base model.
        DocumentError: the data cannot be read or used.
        SettingsError: an option is unknown or out of range; `start_from` has its options
            already, or is what the run writes; or there are no weights to keep a share of.
    """
    check_keep(keep, start_from)
    started, finished = None, run.folder / FINISHED
    if start_from is not None:
        if options:
            raise SettingsError(f"{start_from} has its {next(iter(options))} already: a start takes no such option.")
        if start_from.resolve() == finished.resolve():
            raise SettingsError(f"{start_from} is what this run writes: to start from it, name another folder.")
        started = read_record(start_from)
    run = replace(run, base_fingerprint=base.fingerprint, started_from=started.fingerprint if started else "")
    calibration = calibration_of(finished, start_from)
    hypernetwork = _beginning(base, run, config, start_from, options)
    trainer: Trainer | ContextTrainer
    if isinstance(config, ContextTrainingConfig):
        assert isinstance(hypernetwork, PerceiverHypernetwork)
        rows, held_out = _rows(base, run, hypernetwork, data, config.objective == "distillation")
        run.report(f"{sum(p.numel() for p in hypernetwork.parameters()) / 1e6:.1f} M parameters to train")
        trainer = ContextTrainer(base, hypernetwork, rows, run, config, held_out)
    else:
        stream, validation = _examples(base, run, data, ramp=RAMP_STEPS if start_from is None else 0)
        trainer = Trainer(base, hypernetwork, stream, run, config, validation)
    trainer.resume_and_run(keep)
    if run.processes.is_main_process:
        training = trainer.describe() | ({"kept": keep} if keep else {})
        signature = started.base_signature if started else ""
        identity = hypernetwork.kind, base.name, base.fingerprint
        record = HypernetworkRecord(*identity, training, calibration, base_signature=signature)
        if isinstance(hypernetwork, PerceiverHypernetwork):
            save_perceiver(hypernetwork, finished, record=record)
        else:
            run.report("fitting the compact form of its rows")
            hypernetwork.fit_row_code(base.model, ordinary_chunks(base.chat), base.chat.before)
            save_key_value(hypernetwork, record, finished)
    run.processes.wait_for_everyone()
    return trainer


def _beginning(
    base: BaseModel, run: Run, config: LoopConfig, start_from: Path | None, options: Mapping[str, Any]
) -> Hypernetwork:
    """The hypernetwork before its first step, or for a checkpoint to be loaded into."""
    is_perceiver = isinstance(config, ContextTrainingConfig)
    if start_from is not None:
        run.report(f"starting from {start_from}")
        kind = PerceiverHypernetwork if is_perceiver else KeyValueHypernetwork
        return load_for_training(start_from, base, kind).requires_grad_(True).to(base.model.device)
    if is_perceiver:
        return _new_perceiver(base, config.seed, **options)
    if (run.folder / STATE_FILE).exists():  # key statistics are part of the checkpoint
        return KeyValueHypernetwork(default_config(base.model, **options)).to(base.model.device)
    run.report("reading key statistics from the base model")
    return untrained_hypernetwork(base.model, base.chat, **options)


def _new_perceiver(base: BaseModel, seed: int, scaler_start: float = 0.0, **sizes: Any) -> PerceiverHypernetwork:
    reader = load_context_model(sizes["reader"], base.model) if "reader" in sizes else None
    if reader is not None:
        sizes.setdefault("feature_size", reader.config.get_text_config().hidden_size)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        hypernetwork = PerceiverHypernetwork(perceiver_config(base, **sizes), reader)
    for scaler in hypernetwork.network.scaler_B.values():
        torch.nn.init.constant_(scaler, float(scaler_start))
    return hypernetwork.to(base.model.device)


def load_for_training(folder: Path, base: BaseModel, kind: type[Hypernetwork] = KeyValueHypernetwork) -> Hypernetwork:
    """A trained hypernetwork of a kind. Raises CheckpointError: it is of another kind, or for another base model."""
    hypernetwork, record = load_hypernetwork(folder, base.model)
    if not isinstance(hypernetwork, kind):
        raise CheckpointError(f"{folder} holds a {record.kind} hypernetwork, not one of the kind {kind.kind}.")
    check_made_for(record, base, folder)
    if isinstance(hypernetwork, KeyValueHypernetwork):
        hypernetwork.drop_row_code()  # it is fitted anew at the end
    return hypernetwork


def perceiver_config(base: BaseModel, **options: Any) -> PerceiverConfig:
    """A Perceiver for a base model, of the reference's sizes where `options` has none; see `train_d2l`.

    Raises SettingsError: there is no such option, or its value is of the wrong type.
    """
    encoder = {_ENCODER_OPTIONS[name]: options.pop(name) for name in list(options) if name in _ENCODER_OPTIONS}
    if encoder.get("kind") == "early_exit":  # as the reference's training sets it
        encoder.setdefault("exit_layer", base.model.config.get_text_config().num_hidden_layers // 4)
    targets = options.pop("target_modules", "down_proj")
    targets = (targets,) if isinstance(targets, str) else targets
    known = {item.name for item in fields(PerceiverConfig)} - {"base_model", "context_encoder", "d_in", "d_out"}
    if unknown := sorted(set(options) - known):
        raise SettingsError(
            f"A Perceiver has no option {unknown[0]}: it has {', '.join(sorted(known | set(_ENCODER_OPTIONS)))}."
        )
    try:
        return PerceiverConfig.for_model(base.model, base.name, targets, context_encoder=encoder, **options)
    except (CheckpointError, TypeError) as error:
        raise SettingsError(str(error)) from error


def _examples(
    base: BaseModel, run: Run, data: DataConfig, ramp: int
) -> tuple[TrainingStream, dict[str, Sequence[Example]]]:
    """Training examples, and held-out ones by name. ramp: steps in which documents grow to `_MOST_FACTS`."""
    with run.processes.main_process_first():
        passages = taught_passages(base, data.taught, data.questions, _MOST_QUESTIONS, run)
        held_out = taught_passages(base, data.held_out_taught, data.held_out_questions, _HELD_OUT_QUESTIONS, run)
        ordinary = prepared_ordinary(base, data, run, passages)
    validation: dict[str, Sequence[Example]] = {}  # documents of known relations with held-out words
    generator = FactGenerator(WordList.held_out(), _MOST_FACTS)
    for count in (1, 4, _MOST_FACTS):
        rng, name = random.Random(count), f"{count} fact{'s' if count > 1 else ''}"
        validation[name] = [generator.example(rng, count, 2) for _ in range(_VALIDATION_DOCUMENTS)]
    for kind in sorted({example.source for example in held_out}):
        validation[kind] = [example for example in held_out if example.source == kind][:_HELD_OUT_QUESTIONS]
    prose = [passage.document for passage in passages]
    facts = FactGenerator(WordList.training(), _MOST_FACTS, ramp, prose)
    if passages:
        run.report(f"{sum(len(e.questions) for e in passages)} questions about {len(passages)} passages to train on")
    pool = ExamplePool(passages) if passages else None
    return TrainingStream(facts, pool, data.facts_share, ordinary, _ORDINARY_SHARE), validation


def taught_passages(
    base: BaseModel, folders: Sequence[Path], files: Sequence[Path], most: int, run: Run
) -> list[Example]:
    """Examples of taught folders, and of files of questions that `teach` answers once, in the run's folder.

    Without the files where the teacher makes a sentence of none of their questions, as a model that was trained for
    minutes cannot.

    Raises:
        CheckpointError: a folder holds no such questions, or those of another base model.
        DocumentError: a file cannot be read, or holds no question.
    """
    found = [example for folder in folders for example in load_taught(folder, base.fingerprint)]
    if files:
        identity = [base.fingerprint, most, *(asked for path in files for asked in read_questions(path))]
        folder = run.folder / f"taught-{hashlib.sha256(repr(identity).encode()).hexdigest()[:8]}"
        if teach(base, folder, TeachConfig(tuple(files), most=most), run.report):
            found += load_taught(folder, base.fingerprint)
        else:
            run.report(
                f"not used: {', '.join(map(str, files))}; with the passage in its prompt the base model finds none of "
                "the answers probable, so that it cannot be taught to give them without"
            )
    return found


def prepared_ordinary(
    base: BaseModel, data: DataConfig, run: Run, passages: Sequence[Example] = ()
) -> tuple[Question, ...]:
    """Ordinary questions with the base model's answers, prepared once in the run's folder.

    Everyday ones, and others from the files. None of these has a name in it, or is asked about a document that is
    trained on: it would teach to answer about anybody, or not to say what a document says.

    passages: documents that are trained on.
    """
    known = {question.text for example in passages for question in example.questions}
    asked = [a for path in data.questions for a in read_questions(path)]
    trained = {a.context for a in asked if a.question in known}
    nameless = sorted({a.question for a in asked if a.context not in trained and not names_asked(a.question)})
    rng, everyday = random.Random(1), everyday_questions()
    texts = rng.sample(everyday, min(len(everyday), data.most_ordinary))
    texts += rng.sample(nameless, min(len(nameless), data.most_ordinary - len(texts)))
    digest = hashlib.sha256("\n".join([base.fingerprint, *texts]).encode()).hexdigest()[:8]
    prepared = run.folder / f"everyday-{digest}.safetensors"
    if not prepared.exists():
        run.report(f"asking the base model {len(texts)} ordinary questions")
        save_taught(prepared, [Example("", tuple(ordinary_questions(base, texts)), "ordinary")], len(texts))
    [example] = read_part(prepared)[1]
    return example.questions


def _rows(
    base: BaseModel, run: Run, hypernetwork: PerceiverHypernetwork, data: DataConfig, distilled: bool
) -> tuple[list[TokenRow], dict[str, list[TokenRow]]]:
    """Training rows, and held-out ones by name. distilled: they are to follow one teacher.

    Raises:
        CheckpointError: a folder holds data for another base model.
        DocumentError: there are none, they are of another form or base model, or cannot follow one teacher together.
    """
    vocabulary = base.model.get_input_embeddings().weight.shape[0]

    def read(taught: Sequence[Path], files: Sequence[Path], most: int) -> list[TokenRow]:
        """Rows of taught folders, of the reference's files and folders, and of files of questions."""
        folders = [path for path in taught if (path / DESCRIPTION).is_file()]
        examples = taught_passages(base, folders, files, most, run)
        if distilled:
            examples = [replace(e, questions=tuple(q for q in e.questions if q.taught is not None)) for e in examples]
        answered = [token_row(e, hypernetwork, base.chat) for e in examples if e.questions]
        given = {str(path): list(read_reference_rows(path, vocabulary)) for path in taught if path not in folders}
        found = {"what the base model answered": answered, **given}
        if distilled:
            _check_one_teacher(found)
        rows = [row for of_one in found.values() for row in of_one]
        if not rows:
            raise DocumentError(f"{', '.join(map(str, (*taught, *files)))}: no rows to train on.")
        return rows

    with run.processes.main_process_first():
        trained = read(data.taught, data.questions, _MOST_QUESTIONS)
        held_out = {path.name: read([path], [], _HELD_OUT_QUESTIONS) for path in data.held_out_taught}
        held_out |= {path.name: read([], [path], _HELD_OUT_QUESTIONS) for path in data.held_out_questions}
    run.report(f"{sum(len(row.questions) for row in trained)} questions about {len(trained)} documents to train on")
    return trained, held_out


def _check_one_teacher(found: Mapping[str, Sequence[TokenRow]]) -> None:
    """Raises DocumentError: rows lack a teacher, or know different numbers of its tokens. found: by where they are."""
    counts = {path: set().union(*(row.taught_tokens for row in rows)) for path, rows in found.items() if rows}
    if lacking := [path for path, tokens in counts.items() if 0 in tokens]:
        raise DocumentError(
            f"{lacking[0]}: a row has no log-probabilities of a teacher, and distillation follows one: make rows that "
            "have them with `train teach`, or choose cross-entropy."
        )
    if len(set().union(*counts.values())) > 1:
        each = ", ".join(f"{path} has {sorted(tokens)}" for path, tokens in counts.items())
        raise DocumentError(
            f"Distillation takes as many log-probabilities of the teacher for every token of an answer; {each}: train "
            "on rows that have as many."
        )

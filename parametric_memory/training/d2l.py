"""Trains a document hypernetwork for a base model: data, hypernetwork, loop and the folder that comes out.

What `parametric-memory train d2l` runs: `train_d2l` trains key-value rows on generated facts and passages, and
`train_contexts`, with `--rows-from` and `--needle`, either kind by the objective of Doc-to-LoRA. The hypernetwork is
written to `folder/hypernetwork`; checkpoints, the log and prepared data lie beside it.
"""

from __future__ import annotations

import copy
import hashlib
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from parametric_memory.errors import CheckpointError, DocumentError, SettingsError
from parametric_memory.hypernetworks.checkpoint import load_hypernetwork
from parametric_memory.hypernetworks.chunking import ContextTemplate
from parametric_memory.hypernetworks.doc_to_lora.config import PerceiverConfig
from parametric_memory.hypernetworks.doc_to_lora.features import ContextEncoderConfig
from parametric_memory.hypernetworks.doc_to_lora.folder import load_context_model, save_perceiver
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
from parametric_memory.hypernetworks.key_value.folder import save_key_value
from parametric_memory.hypernetworks.key_value.network import KeyValueHypernetwork
from parametric_memory.hypernetworks.key_value.untrained import default_config, ordinary_chunks, untrained_hypernetwork
from parametric_memory.hypernetworks.record import HypernetworkRecord, calibration_of, check_made_for, read_record
from parametric_memory.text.names import names_asked
from parametric_memory.training.data.examples import (
    Example,
    ExamplePool,
    ExampleStream,
    Mixture,
    Question,
    WithOrdinary,
    load_questions,
    ordinary_questions,
    save_questions,
)
from parametric_memory.training.data.facts import RAMP_STEPS, FactGenerator
from parametric_memory.training.data.parts import MADE, load_made, load_taught
from parametric_memory.training.data.question_answering import read_questions
from parametric_memory.training.data.relations import everyday_questions, relations
from parametric_memory.training.data.rows import ChunkDraw, TokenRow, read_reference_rows, text_row, token_row
from parametric_memory.training.data.vocabulary import WordList
from parametric_memory.training.doc_to_lora import (
    CROSS_ENTROPY,
    DISTILLATION,
    ContextTrainer,
    ContextTrainingConfig,
    NeedleStream,
    RowPool,
    RowStream,
    check_objective,
)
from parametric_memory.training.loop import STATE_FILE, Processes, Run, TrainingLoop, check_learning_rate
from parametric_memory.training.teach import TeachConfig, teach
from parametric_memory.training.trainer import Trainer, TrainingConfig, ValidationSet, optimizers

if TYPE_CHECKING:
    from parametric_memory.hypernetworks.hypernetwork import Hypernetwork
    from parametric_memory.language_model.base_model import BaseModel

DOC_TO_LORA, KEY_VALUE = "doc-to-lora", "key-value"
KINDS = (KEY_VALUE, DOC_TO_LORA)
FINISHED = "hypernetwork"
_VALIDATION_DOCUMENTS = 48
_HELD_OUT_QUESTIONS = 200  # of a kind
_HELD_OUT_NEEDLES = 48
_BEYOND = 4  # times the trained length, at which needles are looked for too
_ENCODER_OPTIONS = {"encoder": "kind", "exit_layer": "exit_layer", "last_layer": "last_layer", "reader": "model"}
_SETTINGS = {item.name: str(item.type) for item in fields(ContextTrainingConfig)}
_OWN_OPTIONS = ("chunks", "objective", "steps", "batch", "learning_rate", "seed")  # have command line options
_NEEDLE_PENALTY = 1.5  # of the paper's needle experiment
_KEY_VALUE_RECIPE = {"steps": 2000, "batch": 16, "learning_rate": 2e-3, "warmup": 20}


@dataclass(frozen=True)
class DataConfig:
    """What `train_d2l` trains on: generated facts always, passages where they are given."""

    questions: tuple[Path, ...] = ()  # JSON lines of context, question, answers, which `teach` answers first
    held_out_questions: tuple[Path, ...] = ()
    taught: tuple[Path, ...] = ()  # folders that `teach` made
    held_out_taught: tuple[Path, ...] = ()
    most_questions: int = 3000  # of the files
    facts_share: float = 0.5  # of each batch; the rest are passages
    most_facts: int = 8
    ordinary_share: float = 0.4  # of the documents: one of their questions is about anything else
    most_ordinary: int = 1200  # such questions, each answered once by the base model


@dataclass(frozen=True)
class ContextData:
    """What `train_contexts` trains on.

    Attributes:
        rows: folders that `data make` made, and files or folders of the reference's rows.
        held_out: the same, to measure on.
        needle: the shortest and the longest text, in tokens, that hides a magic number; in place of rows.
    """

    rows: tuple[Path, ...] = ()
    held_out: tuple[Path, ...] = ()
    needle: tuple[int, int] | None = None


def train_d2l(
    base: BaseModel,
    folder: Path,
    config: TrainingConfig,
    data: DataConfig,
    report: Callable[[str], None] = print,
    processes: Processes | None = None,
    start_from: Path | None = None,
    keep: float = 0.0,
    **options: Any,
) -> Trainer:
    """Train, or go on training, a key-value hypernetwork for this base model in `folder`.

    Args:
        processes: those that train together, each of which calls this; this one alone when not given.
        start_from: folder of a trained key-value hypernetwork for this base model to go on from.
        keep: share of its weights in the mean that is written at the end, which is often better than either (model
            soups, arXiv 2203.05482; for a model and its own fine-tuning, arXiv 2109.01903).
        options: fields of `KeyValueConfig`, for a new one.

    Raises:
        CheckpointError: `start_from` holds another kind of hypernetwork, or one for another base model.
        DocumentError: the data cannot be read or used.
        SettingsError: `start_from` has its options already, or is what the run writes; there is none to keep a share
            of; or the learning rate is no number above 0.
    """
    if not 0 <= keep < 1:
        raise SettingsError(f"The share of the weights to keep is at least 0 and less than 1, not {keep}.")
    check_learning_rate(config.learning_rate, "2e-3")
    if keep and start_from is None:
        raise SettingsError("A share of the weights can be kept only of a hypernetwork to start from: name one.")
    run, calibration = _begun(base, folder, report, processes, start_from, options)
    if start_from is not None:  # it knows its gates and several facts already
        config = replace(config, full_rank_steps=0)
    hypernetwork = _beginning(base, run, KEY_VALUE, config.seed, start_from, options)
    stream, validation = _examples(base, run, data, ramp=RAMP_STEPS if start_from is None else 0)
    start = copy.deepcopy(hypernetwork.state_dict()) if keep else {}
    trainer = Trainer(base.model, base.chat, hypernetwork, stream, run, config, validation)
    trainer.go_on()
    if keep:
        hypernetwork = copy.deepcopy(hypernetwork)
        of_both = {name: torch.lerp(start[name], end, 1 - keep) for name, end in hypernetwork.state_dict().items()}
        hypernetwork.load_state_dict(of_both)
    _finish(base, run, trainer, hypernetwork, calibration, {"kept": keep} if keep else {})
    return trainer


def train_contexts(
    base: BaseModel,
    folder: Path,
    kind: str,
    config: ContextTrainingConfig,
    data: ContextData,
    report: Callable[[str], None] = print,
    processes: Processes | None = None,
    start_from: Path | None = None,
    **options: Any,
) -> ContextTrainer:
    """Train, or go on training, a hypernetwork of one of `KINDS` in `folder`, by the objective of Doc-to-LoRA.

    Args:
        processes: see `train_d2l`.
        start_from: folder of a trained hypernetwork of this kind to go on from: the second stage of the paper.
        options: of a new hypernetwork: fields of its config; of a Perceiver's context encoder `encoder` (its kind),
            `exit_layer`, `last_layer`, `reader` (a model); and `scaler_start`, the first value of B's scalers: 0 in the
            reference, so that adapters change nothing at first.

    Raises:
        CheckpointError: data or the hypernetwork to start from cannot be used, or are for another base model.
        DocumentError: rows cannot be read, or are not of this base model.
        SettingsError: there is nothing to train on; an option is none of the hypernetwork's, or out of its range.
    """
    check_objective(config)
    check_learning_rate(config.learning_rate, "4e-5")
    if (config.centred or config.muon) and kind != DOC_TO_LORA:
        raise SettingsError("centred and muon are settings of --kind doc-to-lora: leave them out.")
    if bool(data.rows) is (data.needle is not None):
        raise SettingsError("Train on rows or on needles: name one of the two.")
    run, calibration = _begun(base, folder, report, processes, start_from, options)
    if data.needle is not None and start_from is None and kind == DOC_TO_LORA:
        options = {"chunk_tokens": data.needle[1], **options}
    hypernetwork = _beginning(base, run, kind, config.seed, start_from, options)
    stream, validation = _rows(base, hypernetwork, data, config.objective, run.report)
    run.report(f"{sum(p.numel() for p in hypernetwork.parameters()) / 1e6:.1f} M parameters to train")
    as_key_value = TrainingConfig(learning_rate=config.learning_rate, weight_decay=config.weight_decay)
    own = None if kind == DOC_TO_LORA else optimizers(hypernetwork, as_key_value)
    trainer = ContextTrainer(base.model, base.chat, hypernetwork, stream, run, config, validation, own)
    trainer.go_on()
    _finish(base, run, trainer, hypernetwork, calibration)
    return trainer


def context_options(
    kind: str,
    objective: str,
    given: Mapping[str, Any],
    options: Sequence[str],
    *,
    needle: bool = False,
    several_chunks: bool = False,
) -> tuple[ContextTrainingConfig, dict[str, Any]]:
    """The recipe of a run, and the sizes of a new hypernetwork.

    Args:
        given: settings that have options of their own.
        options: NAME=VALUE each.
        needle: whether it is the paper's needle experiment, which learns by cross-entropy.
        several_chunks: whether documents are cut as in the second stage.

    Raises:
        SettingsError: an option is not of this form, or its value not of its type.
    """
    settings: dict[str, Any] = {"objective": CROSS_ENTROPY if needle else objective}
    if kind != DOC_TO_LORA:
        settings |= _KEY_VALUE_RECIPE
    elif needle:
        settings["penalty"] = _NEEDLE_PENALTY
    settings |= given
    if several_chunks:
        settings["chunks"] = ChunkDraw()
    sizes: dict[str, Any] = {}
    for option in options:
        name, equals, text = option.partition("=")
        if not (name and equals and text):
            raise SettingsError(f"--set takes NAME=VALUE, not {option!r}.")
        if name in _OWN_OPTIONS:
            raise SettingsError(f"{name} has an option of its own: --{name.replace('_', '-')}.")
        (settings if name in _SETTINGS else sizes)[name] = _parsed(name, text)
    return ContextTrainingConfig(**settings), sizes


def _parsed(name: str, text: str) -> Any:
    """A value of its setting's type; of sizes a number, true or false, names with commas between, or a name."""
    try:
        value: Any = json.loads(text)
    except ValueError:
        value = tuple(text.split(",")) if "," in text else text
    kind = _SETTINGS.get(name)
    if kind == "bool" and not isinstance(value, bool):
        raise SettingsError(f"{name} is true or false, not {text!r}.")
    if kind in ("int", "float") and type(value) not in {"int": (int,), "float": (int, float)}[kind]:
        raise SettingsError(f"{name} must be a number, not {text!r}.")
    return value


def _begun(
    base: BaseModel,
    folder: Path,
    report: Callable[[str], None],
    processes: Processes | None,
    start_from: Path | None,
    options: Mapping[str, Any],
) -> tuple[Run, dict[str, Any]]:
    """The run, and the calibration that it takes along. Raises SettingsError, before anything is made."""
    if start_from is not None and options:
        raise SettingsError(f"{start_from} has its {next(iter(options))} already: a start takes no such option.")
    if start_from is not None and start_from.resolve() == (folder / FINISHED).resolve():
        raise SettingsError(f"{start_from} is what a run in {folder} writes: to start from it, name another folder.")
    started_from = read_record(start_from).fingerprint if start_from is not None else ""
    return Run.of(base, folder, report, processes, started_from), calibration_of(folder / FINISHED, start_from)


def _beginning(
    base: BaseModel, run: Run, kind: str, seed: int, start_from: Path | None, options: Mapping[str, Any]
) -> Hypernetwork:
    """The hypernetwork before its first step, or for a checkpoint to be loaded into."""
    if start_from is not None:
        run.report(f"starting from {start_from}")
        return load_for_training(start_from, base, kind).requires_grad_(True).to(base.model.device)
    if kind == KEY_VALUE:
        if (run.folder / STATE_FILE).exists():  # key statistics are part of the checkpoint
            return KeyValueHypernetwork(default_config(base.model, **options)).to(base.model.device)
        run.report("reading key statistics from the base model")
        return untrained_hypernetwork(base.model, base.chat, **options)
    sizes = dict(options)
    strength = sizes.pop("scaler_start", 0.0)
    reader = load_context_model(sizes["reader"], base.model) if "reader" in sizes else None
    if reader is not None:
        sizes.setdefault("feature_size", reader.config.get_text_config().hidden_size)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        hypernetwork = PerceiverHypernetwork(perceiver_config(base, **sizes), reader)
    for scaler in hypernetwork.network.scaler_B.values():
        torch.nn.init.constant_(scaler, float(strength))
    return hypernetwork.to(base.model.device)


def load_for_training(folder: Path, base: BaseModel, kind: str = KEY_VALUE) -> Hypernetwork:
    """A trained hypernetwork of a kind. Raises CheckpointError: it is another kind's, or for another base model."""
    hypernetwork, record = load_hypernetwork(folder, base.model)
    if not isinstance(hypernetwork, PerceiverHypernetwork if kind == DOC_TO_LORA else KeyValueHypernetwork):
        raise CheckpointError(f"{folder} holds a {record.kind} hypernetwork, not one of the kind {kind}.")
    check_made_for(record, base, folder)
    if isinstance(hypernetwork, KeyValueHypernetwork):
        hypernetwork.drop_row_code()  # it is fitted anew at the end
    return hypernetwork


def perceiver_config(base: BaseModel, **options: Any) -> PerceiverConfig:
    """A Perceiver for a base model, of the reference's sizes where `options` has none; see `train_contexts`.

    Raises:
        SettingsError: there is no such option, or its value is of the wrong type.
    """
    encoder = {_ENCODER_OPTIONS[name]: options.pop(name) for name in list(options) if name in _ENCODER_OPTIONS}
    if encoder.get("kind") == "early_exit":  # as the reference's training sets it
        encoder.setdefault("exit_layer", base.model.config.get_text_config().num_hidden_layers // 4)
    targets = options.pop("target_modules", ("down_proj",))
    known = {item.name for item in fields(PerceiverConfig)} - {"base_model", "context_encoder", "d_in", "d_out"}
    if unknown := sorted(set(options) - known):
        raise SettingsError(
            f"A Perceiver has no option {unknown[0]}: it has {', '.join(sorted(known | set(_ENCODER_OPTIONS)))}."
        )
    try:
        context_encoder = ContextEncoderConfig(**encoder)
        return PerceiverConfig.for_model(base.model, base.name, targets, context_encoder=context_encoder, **options)
    except (CheckpointError, TypeError) as error:
        raise SettingsError(str(error)) from error


def _finish(
    base: BaseModel,
    run: Run,
    trainer: TrainingLoop,
    hypernetwork: Hypernetwork,
    calibration: Mapping[str, Any],
    more: Mapping[str, Any] | None = None,
) -> None:
    """The main process writes the hypernetwork with its record; the others wait."""
    if run.processes.is_main:
        training = trainer.describe() | dict(more or {})
        record = HypernetworkRecord(hypernetwork.kind, base.name, base.fingerprint, training, calibration)
        if isinstance(hypernetwork, PerceiverHypernetwork):
            save_perceiver(hypernetwork, run.folder / FINISHED, record=record)
        elif isinstance(hypernetwork, KeyValueHypernetwork):
            run.report("fitting the form in which its rows are kept")
            hypernetwork.fit_row_code(base.model, ordinary_chunks(base.chat), base.chat.before)
            save_key_value(hypernetwork, record, run.folder / FINISHED)
    run.processes.wait()


def _examples(base: BaseModel, run: Run, data: DataConfig, ramp: int) -> tuple[ExampleStream, list[ValidationSet]]:
    """What is trained on, and what is held out. ramp: steps in which documents grow to `most_facts`."""
    with run.processes.main_first():
        passages = taught_passages(base, data.taught, data.questions, data.most_questions, run)
        held_out = taught_passages(base, data.held_out_taught, data.held_out_questions, _HELD_OUT_QUESTIONS, run)
        ordinary = prepared_ordinary(base, data, run, passages) if data.ordinary_share else ()
    validation = fact_validation(data.most_facts)
    for kind in sorted({example.source for example in held_out}):
        of_kind = [example for example in held_out if example.source == kind]
        validation.append(ValidationSet(kind, tuple(of_kind[:_HELD_OUT_QUESTIONS])))
    prose = [passage.document for passage in passages]
    stream: ExampleStream = FactGenerator(relations(), WordList.training(), data.most_facts, ramp, prose)
    if passages:
        run.report(f"{sum(len(e.questions) for e in passages)} questions about {len(passages)} passages to train on")
        stream = Mixture((ExamplePool(passages), stream), (1 - data.facts_share, data.facts_share))
    if ordinary:  # a base model may have no answer to any
        stream = WithOrdinary(stream, ordinary, data.ordinary_share)
    return stream, validation


def taught_passages(
    base: BaseModel, folders: Sequence[Path], files: Sequence[Path], most: int, run: Run
) -> list[Example]:
    """What `teach` made in folders, and makes of files of questions, once, in the run's folder.

    Without the files where the teacher makes a sentence of none of their questions, as a model that was trained for
    minutes cannot.

    Raises:
        CheckpointError: a folder holds no such questions, or those of another base model.
        DocumentError: a file cannot be read, or holds no question.
    """
    found = [example for folder in folders for example in load_taught(folder, base.fingerprint)]
    if files:
        folder = run.folder / f"taught-{_digest(base, files, most)}"
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
    """Ordinary questions with the base model's answers, made once and kept in the run's folder.

    Everyday ones, and others from the files. Of these none has a name in it, or is asked of a document that is trained
    on: it would teach to say of anybody what is said of nobody, or not what a document says.

    Args:
        passages: documents that are trained on.
    """
    of_passages = sorted({question.text for example in passages for question in example.questions})
    everyday = everyday_questions()
    told = hashlib.sha256("\n".join([*of_passages, "", *everyday]).encode()).hexdigest()[:8]
    cache = run.folder / f"everyday-{_digest(base, data.questions, data.most_ordinary)}-{told}.jsonl"
    if cache.exists():
        return load_questions(cache)
    rng = random.Random(1)
    asked = [a for path in data.questions for a in read_questions(path)]
    known = set(of_passages)
    trained = {a.context for a in asked if a.question in known}
    nameless = sorted({a.question for a in asked if a.context not in trained and not names_asked(a.question)})
    texts = rng.sample(everyday, min(len(everyday), data.most_ordinary))
    texts += rng.sample(nameless, min(len(nameless), data.most_ordinary - len(texts)))
    run.report(f"asking the base model {len(texts)} ordinary questions")
    questions = tuple(ordinary_questions(base, texts))
    save_questions(questions, cache)
    return questions


def _digest(base: BaseModel, files: Sequence[Path], most: int) -> str:
    """Identifies a base model's answers to questions of files. Raises DocumentError for an unreadable file."""
    digest = hashlib.sha256(f"{base.fingerprint} {most}".encode())
    for path in files:
        try:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError as error:
            raise DocumentError(f"Cannot read questions from {path}: {error}.") from error
    return digest.hexdigest()[:8]


def fact_validation(most_facts: int) -> list[ValidationSet]:
    """Documents of known relations with held-out words."""
    generator = FactGenerator(relations(), WordList.held_out(), most_facts)
    sets = []
    for count in sorted({1, min(4, most_facts), most_facts}):
        rng = random.Random(count)
        examples = tuple(generator.example(rng, count, 2) for _ in range(_VALIDATION_DOCUMENTS))
        sets.append(ValidationSet(f"{count} fact{'s' if count > 1 else ''}", examples))
    return sets


def _rows(
    base: BaseModel, hypernetwork: Hypernetwork, data: ContextData, objective: str, report: Callable[[str], None]
) -> tuple[RowStream, dict[str, list[TokenRow]]]:
    """What is trained on, and what is held out."""
    read = {path: rows_of(path, hypernetwork, base) for path in (*data.rows, *data.held_out)}
    held_out = {path.name: read[path] for path in data.held_out}
    if objective == DISTILLATION:
        for paths in (*((path,) for path in data.held_out), data.rows):
            _check_teacher({path: read[path] for path in paths})
    if data.needle is None:
        rows = [row for path in data.rows for row in read[path]]
        report(f"{sum(len(row.questions) for row in rows)} questions about {len(rows)} documents to train on")
        return RowPool(rows), held_out
    least, most = data.needle
    stream = NeedleStream(hypernetwork, base.chat, least, most)
    rng, beyond = random.Random(1), _BEYOND * most
    for name, lengths in ((f"needle in {least} to {most}", (least, most)), (f"in {beyond}", (beyond, beyond))):
        made = [stream.made.row(rng, *lengths) for _ in range(_HELD_OUT_NEEDLES)]
        held_out[name] = [token_row(row, hypernetwork, base.chat) for row in made]
    return stream, held_out


def rows_of(path: Path, hypernetwork: Hypernetwork, base: BaseModel) -> list[TokenRow]:
    """The rows of a folder or file, as a hypernetwork reads and was made to be asked.

    Raises:
        CheckpointError: the folder holds data for another base model.
        DocumentError: there are none, or they are of another form or base model.
    """
    if MADE.is_in(path):
        return [token_row(row, hypernetwork, base.chat) for row in load_made(path, base.fingerprint)]
    rows = list(read_reference_rows(path, base.model.get_input_embeddings().weight.shape[0]))
    if not rows:
        raise DocumentError(f"{path} holds no rows.")
    if isinstance(hypernetwork, PerceiverHypernetwork):
        return rows
    template = ContextTemplate.of(base.tokenizer, base.name)
    return [token_row(text_row(row, template, base.chat), hypernetwork, base.chat) for row in rows]


def _check_teacher(read: Mapping[Path, Sequence[TokenRow]]) -> None:
    """Raises DocumentError: rows that are trained on together cannot follow a teacher."""
    counts = {path: set().union(*(row.taught_tokens for row in rows)) for path, rows in read.items()}
    for path, found in counts.items():
        if 0 in found:
            raise DocumentError(
                f"{path}: a row has no log-probabilities of a teacher, and distillation follows one: make rows that "
                f"have them with `data make`, or choose {CROSS_ENTROPY}."
            )
    if len(set().union(*counts.values())) > 1:
        told = ", ".join(f"{path} has {sorted(found)}" for path, found in counts.items())
        raise DocumentError(
            "Distillation takes as many log-probabilities of the teacher for every token of an answer; "
            f"{told}: train on rows that have as many."
        )

"""Trains a document hypernetwork by the objective of Doc-to-LoRA: rows, hypernetwork, loop, the folder that comes out.

What `parametric-memory train d2l --rows-from` and `--needle` run.
"""

from __future__ import annotations

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
from parametric_memory.hypernetworks.key_value.untrained import default_config, untrained_hypernetwork
from parametric_memory.hypernetworks.made_for import check_made_for
from parametric_memory.hypernetworks.record import HypernetworkRecord, calibration_of, read_record
from parametric_memory.training.data.made import is_made, load_made
from parametric_memory.training.data.reference_rows import read_reference_rows
from parametric_memory.training.data.token_rows import TokenRow, text_row, token_row
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
from parametric_memory.training.loop import STATE_FILE, Run, check_learning_rate
from parametric_memory.training.processes import Processes
from parametric_memory.training.trainer import TrainingConfig, optimizers

if TYPE_CHECKING:
    from parametric_memory.hypernetworks.hypernetwork import Hypernetwork
    from parametric_memory.language_model.base_model import BaseModel

DOC_TO_LORA, KEY_VALUE = "doc-to-lora", "key-value"
KINDS = (KEY_VALUE, DOC_TO_LORA)
_HELD_OUT_NEEDLES = 48
_BEYOND = 4  # times the trained length, at which needles are looked for too
_ENCODER_OPTIONS = {"encoder": "kind", "exit_layer": "exit_layer", "last_layer": "last_layer", "reader": "model"}


@dataclass(frozen=True)
class ContextData:
    """What is trained on.

    Attributes:
        rows: folders that `data make` made, and files or folders of the reference's rows.
        held_out: the same, to measure on.
        needle: the shortest and the longest text, in tokens, that hides a magic number; in place of rows.
    """

    rows: tuple[Path, ...] = ()
    held_out: tuple[Path, ...] = ()
    needle: tuple[int, int] | None = None


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
    """Train, or go on training, a hypernetwork of a kind in `folder`; it comes to lie in `folder/hypernetwork`.

    Args:
        kind: of `KINDS`.
        processes: those that train together, each of which calls this; this one alone when not given.
        start_from: folder of a trained hypernetwork of this kind to go on from: the second stage of the paper.
        options: of a new hypernetwork: fields of its config; of a Perceiver's context encoder `encoder` (its kind),
            `exit_layer`, `last_layer`, `reader` (a model); and `scaler_start`, what B's scalers begin at: 0 in the
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
    if start_from is not None and options:
        raise SettingsError(f"{start_from} has its {next(iter(options))} already: a start takes no such option.")
    run = Run.of(base, folder, report, processes, read_record(start_from).fingerprint if start_from is not None else "")
    finished = folder / "hypernetwork"
    calibration = calibration_of(finished, start_from)
    if data.needle is not None:
        options = options if start_from is not None else {"chunk_tokens": data.needle[1], **options}
        if kind != DOC_TO_LORA:
            options.pop("chunk_tokens", None)
    hypernetwork = _beginning(base, run, kind, config.seed, start_from, options)
    stream, validation = _rows(base, hypernetwork, data, config.objective, run.report)
    parameters = sum(p.numel() for p in hypernetwork.parameters())
    run.report(f"{parameters / 1e6:.1f} M parameters to train")
    own = None if kind == DOC_TO_LORA else optimizers(hypernetwork, _as_key_value(config))
    trainer = ContextTrainer(base.model, base.chat, hypernetwork, stream, run, config, validation, own)
    trainer.go_on()
    if run.processes.is_main:
        record = HypernetworkRecord(hypernetwork.kind, base.name, base.fingerprint, trainer.describe(), calibration)
        _save(hypernetwork, record, finished)
    run.processes.wait()
    return trainer


def rows_of(path: Path, hypernetwork: Hypernetwork, base: BaseModel) -> list[TokenRow]:
    """The rows of a folder or file, as a hypernetwork reads and was made to be asked.

    Raises:
        CheckpointError: the folder holds data for another base model.
        DocumentError: there are none, or they are of another form or base model.
    """
    if is_made(path):
        return [token_row(row, hypernetwork, base.chat) for row in load_made(path, base.fingerprint)]
    rows = list(read_reference_rows(path, base.model.get_input_embeddings().weight.shape[0]))
    if not rows:
        raise DocumentError(f"{path} holds no rows.")
    if isinstance(hypernetwork, PerceiverHypernetwork):
        return rows
    template = ContextTemplate.of(base.tokenizer, base.name)
    return [token_row(text_row(row, template, base.chat), hypernetwork, base.chat) for row in rows]


def _rows(
    base: BaseModel, hypernetwork: Hypernetwork, data: ContextData, objective: str, report: Callable[[str], None]
) -> tuple[RowStream, dict[str, list[TokenRow]]]:
    """What is trained on, and what is held out."""
    read = {path: rows_of(path, hypernetwork, base) for path in (*data.rows, *data.held_out)}
    held_out = {path.name: read[path] for path in data.held_out}
    if objective == DISTILLATION:
        for path in data.held_out:
            _check_teacher({path: read[path]})
        _check_teacher({path: read[path] for path in data.rows})
    if data.needle is None:
        rows = [row for path in data.rows for row in read[path]]
        report(f"{sum(len(row.questions) for row in rows)} questions about {len(rows)} documents to train on")
        return RowPool(rows), held_out
    least, most = data.needle
    stream = NeedleStream(hypernetwork, base.chat, least, most)
    rng = random.Random(1)
    return stream, held_out | {
        name: [token_row(stream.made.row(rng, *lengths), hypernetwork, base.chat) for _ in range(_HELD_OUT_NEEDLES)]
        for name, lengths in (
            (f"needle in {least} to {most}", (least, most)),
            (f"in {_BEYOND * most}", (_BEYOND * most, _BEYOND * most)),
        )
    }


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


def _beginning(
    base: BaseModel, run: Run, kind: str, seed: int, start_from: Path | None, options: Mapping[str, Any]
) -> Hypernetwork:
    """The hypernetwork as it is before its first step, or for a checkpoint to be read into."""
    if start_from is not None:
        hypernetwork, record = load_hypernetwork(start_from, base.model)
        wanted = PerceiverHypernetwork if kind == DOC_TO_LORA else KeyValueHypernetwork
        if not isinstance(hypernetwork, wanted):
            raise CheckpointError(f"{start_from} holds a {record.kind} hypernetwork, not one of the kind {kind}.")
        check_made_for(record, base, start_from)
        run.report(f"starting from {start_from}")
        return hypernetwork.requires_grad_(True).to(base.model.device)
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


def perceiver_config(base: BaseModel, **options: Any) -> PerceiverConfig:
    """A Perceiver for a base model, of the reference's sizes where `options` has none; see `train_contexts`.

    Raises:
        SettingsError: there is no such option, or its value is of the wrong kind.
    """
    encoder = {_ENCODER_OPTIONS[name]: options.pop(name) for name in list(options) if name in _ENCODER_OPTIONS}
    depth = base.model.config.get_text_config().num_hidden_layers
    if encoder.get("kind") == "early_exit":
        encoder.setdefault("exit_layer", depth // 4)  # as the reference's training sets it
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


def _as_key_value(config: ContextTrainingConfig) -> TrainingConfig:
    """What the optimizers of key-value rows need to know."""
    return replace(TrainingConfig(), learning_rate=config.learning_rate, weight_decay=config.weight_decay)


def _save(hypernetwork: Hypernetwork, record: HypernetworkRecord, folder: Path) -> None:
    if isinstance(hypernetwork, PerceiverHypernetwork):
        save_perceiver(hypernetwork, folder, record=record)
    elif isinstance(hypernetwork, KeyValueHypernetwork):
        save_key_value(hypernetwork, record, folder)

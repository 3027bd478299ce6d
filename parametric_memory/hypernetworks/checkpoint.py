"""Hypernetworks that read documents, of either kind: loaded for a base model, asked in their own form, calibrated.

Knows which kinds there are, and nothing about what they do.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import CheckpointError
from parametric_memory.hypernetworks.doc_to_lora.folder import load_perceiver
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork, published_form
from parametric_memory.hypernetworks.hypernetwork import Hypernetwork
from parametric_memory.hypernetworks.key_value.config import KeyValueConfig
from parametric_memory.hypernetworks.key_value.folder import load_key_value
from parametric_memory.hypernetworks.key_value.network import KeyValueHypernetwork
from parametric_memory.hypernetworks.record import HypernetworkRecord, read_config, read_record, write_config
from parametric_memory.language_model.chat import QuestionForm

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from parametric_memory.language_model.chat import ChatFormat


def save_calibration(folder: Path, **settings: Any) -> None:
    """Write settings of recall into a hypernetwork's folder; others stay as they are, and so does its fingerprint.

    Raises:
        CheckpointError: the folder holds no hypernetwork.
        StorageError: the disk refuses.
    """
    config = read_config(folder)
    write_config(folder, config | {"calibration": {**config.get("calibration", {}), **settings}})


def question_form(record: HypernetworkRecord, chat: ChatFormat) -> QuestionForm:
    """How a record's hypernetwork was trained to have the base model asked; see `Hypernetwork.question`."""
    if record.kind == PerceiverHypernetwork.kind:
        return published_form(chat, record.base_model)
    return QuestionForm(chat.question)


def sentence_tokens(folder: Path) -> int | None:
    """How many tokens a sentence may have for a hypernetwork that reads sentences, else None. No weights are read.

    Raises:
        CheckpointError: the folder holds no hypernetwork, or one whose options are of none.
        StorageError: the disk refuses.
    """
    config = read_config(folder)
    if config["kind"] != KeyValueHypernetwork.kind:
        return None
    try:
        return KeyValueConfig.from_dict(config["network"]).chunk_tokens
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{folder} holds no key-value hypernetwork: {error}") from error


def load_hypernetwork(folder: Path, model: PreTrainedModel) -> tuple[Hypernetwork, HypernetworkRecord]:
    """Rebuild a hypernetwork, in float32, for a base model.

    Raises:
        CheckpointError: a file is missing, truncated, of a later format, or does not fit its configuration.
        StorageError: the disk refuses.
    """
    record = read_record(folder)
    hypernetwork: Hypernetwork
    if record.kind == PerceiverHypernetwork.kind:
        hypernetwork = load_perceiver(folder, model)
    elif record.kind == KeyValueHypernetwork.kind:
        hypernetwork = load_key_value(folder)
    else:
        raise CheckpointError(f"{folder} holds a hypernetwork of the unknown kind {record.kind!r}.")
    return hypernetwork.requires_grad_(False), record

"""Hypernetworks that read documents, of either kind: loading, and their question form.

Knows which kinds there are, and nothing about how they work.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.errors import CheckpointError
from parametric_memory.hypernetworks.doc_to_lora.folder import load_perceiver
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork, published_form
from parametric_memory.hypernetworks.hypernetwork import Hypernetwork
from parametric_memory.hypernetworks.key_value.folder import load_key_value, read_key_value_config
from parametric_memory.hypernetworks.key_value.network import KeyValueHypernetwork
from parametric_memory.hypernetworks.record import (
    HypernetworkRecord,
    read_config,
    read_record,
)
from parametric_memory.language_model.chat import QuestionForm

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from parametric_memory.language_model.chat import ChatFormat


def question_form(record: HypernetworkRecord, chat: ChatFormat) -> QuestionForm:
    """See `Hypernetwork.question_form`."""
    if record.kind == PerceiverHypernetwork.kind:
        return published_form(chat, record.base_model)
    return QuestionForm(chat.question)


def sentence_tokens(folder: Path) -> int | None:
    """The most tokens of a sentence, for a hypernetwork that reads sentences; else None. Raises as `read_config`."""
    if read_config(folder).get("kind") != KeyValueHypernetwork.kind:
        return None
    return read_key_value_config(folder).chunk_tokens


def load_hypernetwork(folder: Path, model: PreTrainedModel) -> tuple[Hypernetwork, HypernetworkRecord]:
    """A hypernetwork for a base model, in float32. Raises as `load_perceiver` and `load_key_value`."""
    record = read_record(folder)
    hypernetwork: Hypernetwork
    if record.kind == PerceiverHypernetwork.kind:
        hypernetwork = load_perceiver(folder, model)
    elif record.kind == KeyValueHypernetwork.kind:
        hypernetwork = load_key_value(folder)
    else:
        raise CheckpointError(f"{folder} holds a hypernetwork of the unknown kind {record.kind!r}.")
    return hypernetwork.requires_grad_(False), record

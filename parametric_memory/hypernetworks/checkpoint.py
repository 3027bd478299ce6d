"""Writes and loads the folders of hypernetworks, of every kind; and the question form of those that read documents.

Weights of a Perceiver are float32, those that layers share once; those of a key-value hypernetwork are bfloat16, and
the code of its rows as it is; those of a Text-to-LoRA network of the shape of all factors are there unless zero. Knows
nothing about how the kinds work, nor about published layouts.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoModelForImageTextToText, PreTrainedModel

from parametric_memory.adapters.checkpoints import read_tensors, validated
from parametric_memory.errors import CheckpointError
from parametric_memory.fetching.hub import loading
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork, published_form
from parametric_memory.hypernetworks.doc_to_lora.network import PerceiverConfig, PerceiverNetwork, target_names
from parametric_memory.hypernetworks.hypernetwork import Hypernetwork
from parametric_memory.hypernetworks.key_value.network import KeyValueConfig, KeyValueHypernetwork
from parametric_memory.hypernetworks.record import (
    CONFIG_FILE,
    ROW_CODE_FILE,
    WEIGHTS_FILE,
    HypernetworkRecord,
    build,
    config_of,
    read_config,
    read_json,
    read_network_config,
    read_record,
    write_folder,
)
from parametric_memory.hypernetworks.text_to_lora.network import TextToLora, TextToLoraConfig
from parametric_memory.language_model.chat import ChatFormat, QuestionForm

_CODE = "row_code."  # prefix of the code's tensors in a state dict
_OF_FACTORS = ("AB_offset.", "mean_recon_target.", "std_recon_target.")  # prefixes of weights that may be zero


def question_form(record: HypernetworkRecord, chat: ChatFormat) -> QuestionForm:
    """See `Hypernetwork.question_form`."""
    if record.kind == PerceiverHypernetwork.kind:
        return published_form(chat, record.base_model)
    return QuestionForm(chat.question)


def sentence_tokens(folder: Path) -> int | None:
    """The most tokens of a sentence, for a hypernetwork that reads sentences; else None. Raises as `read_config`."""
    if read_config(folder).get("kind") != KeyValueHypernetwork.kind:
        return None
    return read_network_config(folder, KeyValueHypernetwork.kind, KeyValueConfig).chunk_tokens


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


def save_key_value(hypernetwork: KeyValueHypernetwork, record: HypernetworkRecord, folder: Path) -> None:
    """Writes a hypernetwork; replaces files of these names. Raises StorageError: the disk refuses."""
    state = hypernetwork.state_dict()
    code = {name.removeprefix(_CODE): tensor for name, tensor in state.items() if name.startswith(_CODE)}
    weights = {name: tensor.bfloat16() for name, tensor in state.items() if not name.startswith(_CODE)}
    write_folder(folder, config_of(record, asdict(hypernetwork.config)), weights, code)


def load_key_value(folder: Path) -> KeyValueHypernetwork:
    """Reads a hypernetwork, in float32, on the CPU and in evaluation mode.

    Raises CheckpointError: a file is missing or damaged, of a later format, or does not fit the config; StorageError.
    """
    config = read_network_config(folder, KeyValueHypernetwork.kind, KeyValueConfig)
    tensors = read_tensors(folder / WEIGHTS_FILE)
    code = read_tensors(folder / ROW_CODE_FILE) if (folder / ROW_CODE_FILE).exists() else {}
    coordinates = code["scales"].shape[-1] if "scales" in code else 0
    tensors |= {_CODE + name: tensor for name, tensor in code.items()}
    return build(partial(KeyValueHypernetwork, config, coordinates), tensors, folder / WEIGHTS_FILE)


def save_perceiver(hypernetwork: PerceiverHypernetwork, folder: Path, record: HypernetworkRecord | None = None) -> None:
    """Writes a hypernetwork; replaces files of these names. Raises StorageError: the disk refuses."""
    record = record or HypernetworkRecord(hypernetwork.kind, hypernetwork.config.base_model)
    weights = dict(hypernetwork.network.named_parameters())
    write_folder(folder, config_of(record, asdict(hypernetwork.config)), weights)


def load_perceiver(
    folder: Path, base_model: PreTrainedModel, context_model: PreTrainedModel | None = None
) -> PerceiverHypernetwork:
    """Reads a hypernetwork for a base model, in evaluation mode.

    context_model: the cross encoder, if the config names one; by default loaded by that name.

    Raises CheckpointError: a file is missing, damaged or of another layout, or the base model has other sizes;
    ModelUnavailable: the cross encoder cannot be loaded; StorageError: the disk refuses.
    """
    config = read_network_config(folder, PerceiverHypernetwork.kind, PerceiverConfig)
    for target, names in target_names(base_model, config.target_modules).items():
        module = base_model.get_submodule(names[0])
        found = (len(names), module.in_features, module.out_features)
        wanted = (config.num_layers, config.d_in[target], config.d_out[target])
        if found != wanted:
            raise CheckpointError(
                f"The hypernetwork was made for {config.base_model}, {wanted[0]} layers with a {target} of "
                f"{wanted[1]} to {wanted[2]}; this model has {found[0]} layers with one of {found[1]} to "
                f"{found[2]}."
            )
    if context_model is None and config.context_encoder.model is not None:
        context_model = load_context_model(config.context_encoder.model, base_model)
    path = folder / WEIGHTS_FILE
    network = build(partial(PerceiverNetwork, config), read_tensors(path), path)
    return PerceiverHypernetwork(config, context_model, network).eval()


def load_context_model(name: str, base_model: PreTrainedModel) -> PreTrainedModel:
    """A cross encoder on the base model's device and in its dtype. Raises ModelUnavailable: it cannot be loaded."""
    options: dict[str, Any] = {"dtype": base_model.dtype}
    with loading(
        name, lambda reason: f"The context encoder {name} cannot be loaded ({reason}): download it."
    ) as options["local_files_only"]:
        try:
            model = AutoModelForCausalLM.from_pretrained(name, **options)
        except ValueError:  # no model of texts alone
            model = AutoModelForImageTextToText.from_pretrained(name, **options)
    return model.to(base_model.device).eval()


def save_text_to_lora(network: TextToLora, folder: Path, dtype: torch.dtype | None = None) -> None:
    """Writes a network; replaces files of these names. Raises StorageError: the disk refuses.

    dtype: of the weights in the file; default: their own.
    """
    state = network.state_dict()
    stored = {name: t.to(dtype) for name, t in state.items() if not name.startswith(_OF_FACTORS) or t.any()}
    write_folder(folder, network.config.model_dump(mode="json"), stored)


def load_text_to_lora(folder: Path) -> TextToLora:
    """Reads a network, on the CPU and in evaluation mode.

    Raises CheckpointError: a file is missing or damaged, an option is unknown, or weights do not fit; StorageError.
    """
    config, path = read_text_to_lora_config(folder), folder / WEIGHTS_FILE
    return build(partial(TextToLora, config), read_tensors(path), path, _OF_FACTORS)


def read_text_to_lora_config(folder: Path) -> TextToLoraConfig:
    """The config of a network, without its weights. Raises as `load_text_to_lora`."""
    return validated(TextToLoraConfig, read_json(folder), folder / CONFIG_FILE)

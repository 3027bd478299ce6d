"""Reads and writes a Perceiver hypernetwork's folder; weights are float32, those that layers share once.

Knows nothing about published layouts: see `published`.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parametric_memory.adapters.checkpoints import read_tensors
from parametric_memory.errors import CheckpointError
from parametric_memory.fetching.hub import loading
from parametric_memory.hypernetworks.doc_to_lora.config import PerceiverConfig, target_names
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
from parametric_memory.hypernetworks.doc_to_lora.network import PerceiverNetwork
from parametric_memory.hypernetworks.record import (
    WEIGHTS_FILE,
    HypernetworkRecord,
    build,
    config_of,
    read_network_config,
    write_folder,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel


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

    Raises:
        CheckpointError: a file is missing, damaged or of another layout, or the base model has other sizes.
        ModelUnavailable: the cross encoder cannot be loaded.
        StorageError: the disk refuses.
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
    from transformers import AutoModelForCausalLM, AutoModelForImageTextToText

    options: dict[str, Any] = {"dtype": base_model.dtype}
    with loading(
        name, lambda reason: f"The context encoder {name} cannot be loaded ({reason}): download it."
    ) as options["local_files_only"]:
        try:
            model = AutoModelForCausalLM.from_pretrained(name, **options)
        except ValueError:  # no model of texts alone
            model = AutoModelForImageTextToText.from_pretrained(name, **options)
    return model.to(base_model.device).eval()

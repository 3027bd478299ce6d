"""A Perceiver hypernetwork on disk, as we keep it.

    config.json         kind, format version, the network's config, what the maker wants to keep with it
    model.safetensors   the network's weights, float32, those that layers share once

Knows nothing about published layouts: `published` turns those into this one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import CheckpointError, ModelUnavailable
from parametric_memory.hypernetworks.doc_to_lora.config import PerceiverConfig, target_names
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PerceiverHypernetwork
from parametric_memory.hypernetworks.record import (
    CONFIG_FILE,
    FORMAT_VERSION,
    WEIGHTS_FILE,
    HypernetworkRecord,
    check_sizes,
    fill,
    read_config,
    read_tensors,
    without_memory,
    write_folder,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def save_perceiver(
    hypernetwork: PerceiverHypernetwork,
    folder: Path,
    extra: Mapping[str, Any] | None = None,
    record: HypernetworkRecord | None = None,
) -> None:
    """Writes a hypernetwork; files of these names in the folder are replaced.

    Args:
        record: what it was made for and how, where that is known.
        extra: JSON values to keep in the config, such as training data and figures.

    Raises:
        StorageError: the disk refuses.
    """
    config = {
        "kind": hypernetwork.kind,
        "format_version": FORMAT_VERSION,
        "network": hypernetwork.config.to_dict(),
        "extra": dict(extra or {}),
    }
    if record is not None:
        config |= {
            "base_model": record.base_model,
            "base_fingerprint": record.base_fingerprint,
            "training": dict(record.training),
            "calibration": dict(record.calibration),
        }
    write_folder(folder, config, dict(hypernetwork.network.named_parameters()))


def load_perceiver(
    folder: Path, base_model: PreTrainedModel, context_model: PreTrainedModel | None = None
) -> PerceiverHypernetwork:
    """Reads a folder that `save_perceiver` or the conversion of a published checkpoint wrote; in evaluation mode.

    Args:
        base_model: the model that gets the adapters; checked against the config.
        context_model: the cross encoder, if the config names one; loaded by that name when left out.

    Raises:
        CheckpointError: a file is missing, damaged or of another layout, or was made for another base
            model.
        ModelUnavailable: the cross encoder cannot be loaded.
        StorageError: the disk refuses.
    """
    config = read_perceiver_config(folder)
    check_base_model(config, base_model)
    if context_model is None and config.context_encoder.model is not None:
        context_model = load_context_model(config.context_encoder.model, base_model)
    with without_memory(folder / CONFIG_FILE):
        hypernetwork = PerceiverHypernetwork(config, context_model)
    fill(hypernetwork.network, read_tensors(folder / WEIGHTS_FILE), folder / WEIGHTS_FILE)
    return hypernetwork.eval()


def read_perceiver_config(folder: Path) -> PerceiverConfig:
    """Raises CheckpointError: the folder is no Perceiver hypernetwork, or its format is not known here."""
    config = read_config(folder)
    if config["kind"] != PerceiverHypernetwork.kind:
        raise CheckpointError(f"{folder / CONFIG_FILE} does not describe a Perceiver hypernetwork.")
    check_sizes(config["network"], folder)
    return PerceiverConfig.from_dict(config["network"])


def check_base_model(config: PerceiverConfig, model: PreTrainedModel) -> None:
    """Raises CheckpointError: the hypernetwork makes adapters for a model of other sizes."""
    names = target_names(model, config.target_modules)
    for target, of_layers in names.items():
        module = model.get_submodule(of_layers[0])
        found = (len(of_layers), module.in_features, module.out_features)
        wanted = (config.num_layers, config.d_in[target], config.d_out[target])
        if found != wanted:
            raise CheckpointError(
                f"The hypernetwork was made for {config.base_model}, {wanted[0]} layers with a {target} of "
                f"{wanted[1]} to {wanted[2]}; this model has {found[0]} layers with one of {found[1]} to "
                f"{found[2]}."
            )


def load_context_model(name: str, base_model: PreTrainedModel) -> PreTrainedModel:
    """A cross encoder, which may see pictures too, where the base model is and as precise.

    Raises:
        ModelUnavailable: it cannot be loaded.
    """
    from transformers import AutoModelForCausalLM, AutoModelForImageTextToText

    try:
        try:
            model = AutoModelForCausalLM.from_pretrained(name, dtype=base_model.dtype)
        except ValueError:  # no model of texts alone
            model = AutoModelForImageTextToText.from_pretrained(name, dtype=base_model.dtype)
    except (OSError, ValueError) as error:
        raise ModelUnavailable(
            f"The context encoder {name} cannot be loaded: download it, or pass it as context_model."
        ) from error
    return model.to(base_model.device).eval()

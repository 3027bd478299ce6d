"""The hypernetwork that makes skills of descriptions for a base model: a named or a shipped one.

Knows nothing about entries.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from parametric_memory.errors import CheckpointError, ModelUnavailable
from parametric_memory.hypernetworks.text_to_lora.folder import read_text_to_lora_config

if TYPE_CHECKING:
    from parametric_memory.hypernetworks.text_to_lora.config import TextToLoraConfig
    from parametric_memory.language_model.base_model import BaseModel

SHIPPED = Path(str(files("parametric_memory"))) / "weights" / "skills"


def skill_folder(base: BaseModel, named: str | Path | None = None) -> Path:
    """The folder of the hypernetwork.

    Raises:
        CheckpointError: it was trained for another base model, or the folder holds something else.
        ModelUnavailable: none is named, and none is shipped for this base model.
    """
    if named is not None:
        folder = Path(named)
        check_trained_for(read_text_to_lora_config(folder), base, folder)
        return folder
    for config in sorted(SHIPPED.glob("*/config.json")):
        if is_trained_for(read_text_to_lora_config(config.parent), base):
            return config.parent
    raise ModelUnavailable(
        f"No hypernetwork that makes skills of descriptions comes along for {base.title}: train one "
        "(parametric-memory train t2l) and name it (--skills), or make a skill of examples or of a PEFT folder."
    )


def is_trained_for(config: TextToLoraConfig, base: BaseModel) -> bool:
    """Whether it was trained for these weights, or for others of the same model; True if that is not known."""
    return config.base_fingerprint in ("", base.fingerprint) or config.base_signature == base.signature


def check_trained_for(config: TextToLoraConfig, base: BaseModel, folder: Path) -> None:
    """Raises CheckpointError: the hypernetwork is for another base model."""
    shapes = {name: tuple(weight.shape) for name, weight in base.model.named_parameters()}
    fits = all(
        shapes.get(f"{module.full_name(layer)}.weight") == (module.d_out, module.d_in)
        for module in config.modules
        for layer in range(config.layers)
    )
    if not fits or not is_trained_for(config, base):
        raise CheckpointError(
            f"The hypernetwork in {folder} makes skills for {config.base_model}, not for {base.title}: name that base "
            "model (--base-model), or train one for this (parametric-memory train t2l)."
        )

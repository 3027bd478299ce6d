"""Small Text-to-LoRA networks with random weights, and their published layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
import yaml

from parametric_memory.hypernetworks.text_to_lora.network import TargetModule, TextToLora, TextToLoraConfig

QUERY = TargetModule(name="q_proj", path="model.layers.{layer}.self_attn.q_proj", d_in=64, d_out=64)
VALUE = TargetModule(name="v_proj", path="model.layers.{layer}.self_attn.v_proj", d_in=64, d_out=32)
DOWN = TargetModule(name="down_proj", path="model.layers.{layer}.mlp.down_proj", d_in=48, d_out=64)

REFERENCE_OPTIONS = {
    "model_dir": "base",
    "emb_model": "embedder",
    "exp_setup": "hyper_lora",
    "use_one_hot_task_emb": False,
    "train_ds_names": ["first", "second"],
}


def tiny_config(**changes: Any) -> TextToLoraConfig:
    """A small configuration, as the reference's variants are of it."""
    defaults = {
        "base_model": "base",
        "embedding_model": "embedder",
        "embedding_size": 48,
        "layers": 3,
        "modules": (QUERY, VALUE),
        "rank": 4,
        "scaling": 4.0,
        "latent_size": 32,
        "head_size": 40,
    }
    return TextToLoraConfig(**{**defaults, **changes})


def random_network(config: TextToLoraConfig, seed: int = 0) -> TextToLora:
    """A network none of whose weights is zero or one, so that every part of it matters."""
    generator = torch.Generator().manual_seed(seed)
    network = TextToLora(config)
    with torch.no_grad():
        for tensor in network.state_dict().values():
            tensor += 0.1 * torch.rand(tensor.shape, generator=generator)
    return network.eval()


def publish(network: TextToLora, folder: Path, **options: Any) -> Path:
    """Lays a network out as the reference publishes a training run; options overwrite its own."""
    config = network.config
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(network.state_dict(), folder / "hypermod.pt")
    saved = {
        **REFERENCE_OPTIONS,
        "training_task": "sft" if config.objective == "answers" else "recon",
        "pred_z_score": config.objective in ("answers", "standardized_factors"),
        "factorized": config.objective in ("factors", "standardized_factors"),
        "delta_w_scaling": config.delta_w_scaling,
        "shared_AB_head": config.shared_head,
        "autoreg_gen": config.row_positions is not None,
        "learnable_pos_emb": config.row_positions == "learned",
        "encoder_type": "linear",
        "hypernet_latent_size": config.latent_size,
        "head_in_size": config.head_size,
        **options,
    }
    (folder / "args.yaml").write_text(yaml.safe_dump(saved))
    adapter = {"peft_type": "LORA", "r": config.rank, "lora_alpha": config.scaling * config.rank}
    (folder / "adapter_config.json").write_text(json.dumps(adapter))
    return folder

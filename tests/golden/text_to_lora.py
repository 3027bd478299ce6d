"""Cases that the reference implementation of Text-to-LoRA produced, and how to read them."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml
from safetensors.torch import load_file
from torch import Tensor

_REPOSITORY = Path(__file__).resolve().parents[2]
ASKED_FOR = os.environ.get("PARAMETRIC_MEMORY_GOLDEN")
FOLDER = Path(ASKED_FOR or _REPOSITORY / "../shared/golden") / "t2l"
# Every folder is a case, but for the base model they share. Those with the options of a training run are published
# runs as they are, without tensors to compare with.
_CASES = sorted(path for path in FOLDER.glob("*") if path.is_dir() and path.name != "base_model")
RUNS = [path.name for path in _CASES if (path / "args.yaml").exists()]
NAMES = [path.name for path in _CASES if path.name not in RUNS]
needs_golden = pytest.mark.skipif(not FOLDER.is_dir() and not ASKED_FOR, reason=f"no reference tensors in {FOLDER}")

# Options of a training run that the reference saves and that do not change the network.
_OTHER_OPTIONS = {"model_dir": "tiny-random-llama", "emb_model": "Alibaba-NLP/gte-large-en-v1.5", "lr": 1e-4}
_SAVED_OPTIONS = (
    "training_task",
    "pred_z_score",
    "factorized",
    "delta_w_scaling",
    "hypernet_latent_size",
    "head_in_size",
    "target_modules",
)


@dataclass(frozen=True)
class GoldenCase:
    """One variant: its configuration and the tensors that went in and came out."""

    name: str

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    @cached_property
    def config(self) -> dict[str, Any]:
        return json.loads((self.folder / "config.json").read_text())

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        return load_file(self.folder / "io.safetensors")

    @property
    def base_model(self) -> Path:
        return FOLDER / "base_model"

    def publish(self, folder: Path) -> Path:
        """Lays the case out as the reference publishes a training run."""
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.folder / "hypermod.pt", folder / "hypermod.pt")
        shutil.copyfile(self.folder / "peft_adapter_0" / "adapter_config.json", folder / "adapter_config.json")
        saved = {name: self.config[name] for name in _SAVED_OPTIONS}
        options = {name: value for name, value in self.config["options"].items() if not name.startswith("_")}
        (folder / "args.yaml").write_text(yaml.safe_dump({**_OTHER_OPTIONS, **saved, **options}))
        return folder

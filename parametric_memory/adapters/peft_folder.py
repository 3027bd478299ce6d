"""An adapter as a PEFT folder, which PEFT can load; and any PEFT LoRA folder as an adapter.

    adapter_config.json         PEFT's: rank, alpha, modules
    adapter_model.safetensors   PEFT's: base_model.model.<module>.lora_A.weight = A [rank, d_in] and
                                ...lora_B.weight = B^T [d_out, rank]; adapter_model.bin in its place is read, too
    parametric_memory.json      ours, ignored by PEFT: format version, shared rows by module, the writer's own values

Knows nothing about entries or models. PEFT itself is not needed.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import regex
from pydantic import BaseModel, FiniteFloat, PositiveInt

from parametric_memory.adapters.checkpoints import check_file, load_pickle, validated
from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.adapters.merging import LAYER_MODULE
from parametric_memory.adapters.packing import pack, unpack
from parametric_memory.errors import AdapterError, CheckpointError
from parametric_memory.files import open_file, read_object, replace_files, shown, storage_errors

if TYPE_CHECKING:
    import torch

CONFIG_FILE = "adapter_config.json"
WEIGHTS_FILE = "adapter_model.safetensors"
_PICKLED_FILE = "adapter_model.bin"
OWN_FILE = "parametric_memory.json"
FORMAT_VERSION = 1

_PREFIX = "base_model.model."
_WEIGHT = regex.compile(r"(?P<module>.+)\.lora_(?P<side>[AB])\.weight")
_FROZEN = regex.compile(r".+\.base_layer\.(?:weight|bias)")
_LONGEST_KEY = 1000  # characters; those of any model are below 200

# Options of PEFT that make an adapter more than B^T A beside a linear module.
_UNSUPPORTED = (
    *("use_dora", "lora_bias", "modules_to_save", "trainable_token_indices", "layer_replication", "target_parameters"),
    *("alora_invocation_tokens", "use_qalora", "use_bdlora", "arrow_config", "kasa_config", "monteclora_config"),
)
# Initialisations that change the base model's weights: such an adapter is right only on the changed model.
_CHANGES_BASE = ("pissa", "olora", "corda", "loftq", "lora_ga")

# Bounds on patterns in a stranger's config that are more than names.
_NAME = regex.compile(r"(?:[\w.-]|\\[.-])+")
_LONGEST_PATTERN = 1000  # characters
_SECONDS_FOR_PATTERNS = 5.0  # of one table, for all modules


class _OwnFile(BaseModel):
    """The content of `parametric_memory.json`."""

    format_version: int = FORMAT_VERSION
    shared_rows: dict[str, PositiveInt] = {}
    extra: dict[str, Any] = {}


class _PeftConfig(BaseModel):
    """The options of `adapter_config.json` that are needed to read the weights."""

    r: PositiveInt
    lora_alpha: FiniteFloat
    use_rslora: bool | None = False
    rank_pattern: dict[str, PositiveInt] | None = None
    alpha_pattern: dict[str, FiniteFloat] | None = None


def save_peft(
    adapter: Adapter, folder: Path, base_model_name: str | None = None, extra: Mapping[str, Any] | None = None
) -> None:
    """Writes an adapter as a PEFT folder, in the adapter's dtype.

    `lora_alpha` is `scaling * rank`; `rank_pattern` and `alpha_pattern` list modules of another rank or scaling.
    Engines that ignore the patterns (vLLM) are right as long as all modules have one scaling, which `merge` ensures.

    base_model_name: the base model that PEFT loads by default.
    extra: JSON values to store in the folder, in `parametric_memory.json`.

    Raises AdapterError: the adapter has no modules; StorageError: the disk refuses.
    """
    files = peft_files(adapter, base_model_name, extra)
    with storage_errors(f"write the adapter to {folder}"):
        replace_files(folder, files)


def peft_files(
    adapter: Adapter, base_model_name: str | None = None, extra: Mapping[str, Any] | None = None
) -> dict[str, bytes]:
    """The files of a PEFT folder, by name. See `save_peft`."""
    if adapter.rank == 0:
        raise AdapterError("An adapter without modules cannot be saved.")
    tensors = {}
    for name, factors in adapter.factors.items():
        tensors[f"{_PREFIX}{name}.lora_A.weight"] = factors.A
        tensors[f"{_PREFIX}{name}.lora_B.weight"] = factors.B.T
    shared = {name: factors.shared for name, factors in adapter.factors.items() if factors.shared}
    own = _OwnFile(shared_rows=shared, extra=dict(extra or {}))
    return {
        WEIGHTS_FILE: pack(tensors, {"format": "pt"}),
        OWN_FILE: json.dumps(own.model_dump(), separators=(",", ":")).encode(),
        CONFIG_FILE: (json.dumps(_config_for(adapter, base_model_name), indent=2) + "\n").encode(),
    }


def load_peft(folder: Path, sha256: str | None = None) -> Adapter:
    """Reads a PEFT LoRA folder, ours or anyone's, on the CPU and in the stored dtype.

    The scaling is alpha/r, or alpha/sqrt(r) with rslora; per-module ranks and alphas are respected.

    sha256: the expected hash (hex) of the weights file, if known.

    Raises CheckpointError: a file is missing or damaged, or config, weights and `sha256` disagree; AdapterError: the
    adapter is no plain LoRA on linear modules, and the message names what it is; StorageError: the disk refuses.
    """
    path = folder / CONFIG_FILE
    check_file(path, "PEFT folder")
    content = read_object(path)
    _refuse_unsupported(folder, content)
    config = validated(_PeftConfig, content, path)
    ranks = _ByPattern(config.rank_pattern or {}, config.r, path)
    alphas = _ByPattern(config.alpha_pattern or {}, config.lora_alpha, path)
    all_shared = _read_own(folder).shared_rows
    factors = {}
    for name, (A, B) in _read_weights(folder / WEIGHTS_FILE, sha256).items():
        rank, shared = ranks[name], all_shared.get(name, 0)
        if A.shape[0] != rank or B.shape[1] != rank or shared > rank:
            raise CheckpointError(
                f"The adapter in {folder} is damaged: its config says rank {shown(rank)}, {name} has lora_A "
                f"{list(A.shape)}, lora_B {list(B.shape)} and {shown(shared)} shared rows."
            )
        scaling = alphas[name] / (math.sqrt(rank) if config.use_rslora else rank)
        factors[name] = Factors(A, B.T.contiguous(), scaling, shared)
    return Adapter(factors)


class _ByPattern:
    """The value of the first pattern that matches the end of a module's name, as PEFT matches, or a default.

    Raises CheckpointError: a pattern is damaged or too long.
    """

    def __init__(self, values: Mapping[str, float], default: float, source: Path) -> None:
        self._default, self._source, self._seconds = default, source, _SECONDS_FOR_PATTERNS
        self._values: list[tuple[str, Any, float]] = []
        for pattern, value in values.items():
            is_long = len(pattern) > _LONGEST_PATTERN or pattern.count("{") > 1  # {999} of {999} takes gigabytes
            if is_long and not _NAME.fullmatch(pattern):
                raise CheckpointError(f"{self._named(pattern)} is too long.")
            try:
                self._values.append((pattern, regex.compile(rf"(?:.*\.)?(?:{pattern})", cache_pattern=False), value))
            except (regex.error, RecursionError) as error:
                raise CheckpointError(f"{self._named(pattern)} cannot be used: {shown(error)}.") from error

    def __getitem__(self, module: str) -> float:
        """Raises CheckpointError: matching takes too long."""
        for pattern, compiled, value in self._values:
            started = time.monotonic()
            try:
                if compiled.fullmatch(module, timeout=max(self._seconds, 1e-3)):
                    return value
            except TimeoutError as error:
                raise CheckpointError(f"{self._named(pattern)} takes too long to match.") from error
            if not _NAME.fullmatch(pattern):
                self._seconds -= time.monotonic() - started
        return self._default

    def _named(self, pattern: str) -> str:
        return f"The pattern '{shown(pattern)}' in {self._source}"


def _config_for(adapter: Adapter, base_model_name: str | None) -> dict[str, Any]:
    rank = adapter.rank
    scaling = Counter(factors.scaling for factors in adapter.factors.values()).most_common(1)[0][0]
    alphas = {name: factors.scaling * factors.rank for name, factors in adapter.factors.items()}
    targets, layers = _targets(list(adapter.factors))
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base_model_name,
        "inference_mode": True,
        "r": rank,
        "lora_alpha": scaling * rank,
        "lora_dropout": 0.0,
        "use_rslora": False,
        "use_dora": False,
        "bias": "none",
        "fan_in_fan_out": False,
        "init_lora_weights": True,
        "modules_to_save": None,
        "target_modules": targets,
        "layers_to_transform": layers,
        "rank_pattern": {name: f.rank for name, f in adapter.factors.items() if f.rank != rank},
        "alpha_pattern": {name: alpha for name, alpha in alphas.items() if alpha != scaling * rank},
    }


def _targets(names: list[str]) -> tuple[list[str], list[int] | None]:
    """`target_modules` and `layers_to_transform`: last name parts and layer numbers, as people write them, where all
    layers have the same modules; else full names.
    """
    parts = [match for name in names if (match := LAYER_MODULE.fullmatch(name))]
    layers = {int(part["layer"]) for part in parts}
    inside = {part["inside"] for part in parts}
    leaves = {path.rpartition(".")[2] for path in inside}
    is_grid = len(names) == len(parts) == len(layers) * len(inside)
    if is_grid and len({part["before"] for part in parts}) == 1 and len(leaves) == len(inside):
        return sorted(leaves), sorted(layers)
    return sorted(names), None


def _refuse_unsupported(folder: Path, config: dict[str, Any]) -> None:
    found = [option for option in _UNSUPPORTED if config.get(option)]
    if config.get("peft_type") != "LORA":
        found = [f"PEFT type {shown(config.get('peft_type'))}"]
    if config.get("bias", "none") != "none":
        found.append(f"trained biases (bias={shown(repr(config['bias']))})")
    initialisation = str(config.get("init_lora_weights", True)).lower()
    if initialisation.startswith(_CHANGES_BASE):
        found.append(
            f"{shown(initialisation)} initialisation, which changes the base model (save it again with PEFT's "
            "path_initial_model_for_weight_conversion)"
        )
    if found:
        raise AdapterError(
            f"The adapter in {folder} is no plain LoRA: it has {', '.join(found)}, which is not supported."
        )


def _read_weights(path: Path, sha256: str | None) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    """A `[rank, d_in]` and B `[d_out, rank]` by module name."""
    pickled = path.with_name(_PICKLED_FILE)
    if not path.exists() and sha256 is None and pickled.exists():
        return _by_module(load_pickle(pickled, "PEFT adapter"), pickled)
    check_file(path, "PEFT folder")
    with storage_errors(f"read {path}"), open_file(path) as file:
        data = file.read()
    if sha256 is not None and sha256 != hashlib.sha256(data).hexdigest():
        raise CheckpointError(f"{path} is damaged: its sha256 is not the recorded one.")
    return _by_module(unpack(data, path)[0], path)


def _by_module(tensors: Mapping[str, torch.Tensor], path: Path) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    sides: dict[str, dict[str, torch.Tensor]] = {}
    for key, tensor in tensors.items():
        if len(key) <= _LONGEST_KEY and _FROZEN.fullmatch(key):
            continue  # PEFT stores the base model's own head beside an adapter of it
        match = _WEIGHT.fullmatch(key.removeprefix(_PREFIX)) if len(key) <= _LONGEST_KEY else None
        if match is None or tensor.ndim != 2:
            raise AdapterError(
                f"{path} is no plain LoRA on linear modules: it holds {shown(key)} {shown(list(tensor.shape))}, which "
                "is not supported."
            )
        sides.setdefault(match["module"], {})[match["side"]] = tensor
    incomplete = sorted(name for name, side in sides.items() if len(side) < 2)
    if incomplete or not sides:
        raise CheckpointError(f"{path} is incomplete: modules without lora_A or lora_B: {shown(incomplete or 'all')}.")
    return {name: (side["A"], side["B"]) for name, side in sides.items()}


def _read_own(folder: Path) -> _OwnFile:
    path = folder / OWN_FILE
    if not path.exists():
        return _OwnFile()
    content = read_object(path)
    if content.get("format_version") != FORMAT_VERSION:
        raise CheckpointError(
            f"{path} has format version {shown(content.get('format_version'))}, this release reads "
            f"{FORMAT_VERSION}: use the release that wrote it, or a newer one."
        )
    return validated(_OwnFile, content, path)

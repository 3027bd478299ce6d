"""Converts published checkpoints of Doc-to-LoRA and Text-to-LoRA, local or on the hub, into folders of this package.

The files of a checkpoint say which system it is of. Knows nothing about the hypernetworks.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from parametric_memory.errors import CheckpointError, ModelUnavailable, SettingsError, StorageError
from parametric_memory.fetching.hub import hub_reachable
from parametric_memory.files import read_object, storage_errors
from parametric_memory.settings import home

DOC_TO_LORA, TEXT_TO_LORA = "Doc-to-LoRA", "Text-to-LoRA"
_HUB_ID = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?:/(?P<inside>[\w./-]*[\w.-]))?/?")
_PUBLISHED = ("pytorch_model.bin", "hypermod.pt", "args.yaml", "adapter_config.json")  # the files of a checkpoint


@dataclass(frozen=True)
class Converted:
    """A converted hypernetwork."""

    kind: str  # `DOC_TO_LORA` or `TEXT_TO_LORA`
    base_model: str  # the model that its adapters are for; empty if the checkpoint does not say
    folder: Path


def convert(source: str | Path, destination: Path, ignored: Collection[str] = (), **options: float) -> Converted:
    """Converts a checkpoint.

    Args:
        source: a file, a folder, or a hub id such as `owner/name/folder`.
        destination: a new folder, or a hypernetwork to replace.
        ignored: unknown options of a Doc-to-LoRA checkpoint that do not matter.
        options: `chunk_tokens`, `row_scale` and `bias_scale` of `PerceiverConfig`, which Doc-to-LoRA checkpoints lack.

    Raises:
        CheckpointError: there is no checkpoint, it is damaged, or it has options or weights that cannot be used.
        ModelUnavailable: the hub cannot be reached, or does not have it.
        SettingsError: something else stands at the destination, or the option is not for the checkpoint.
        StorageError: the disk refuses.
    """
    from parametric_memory.hypernetworks.doc_to_lora import published as doc_to_lora
    from parametric_memory.hypernetworks.text_to_lora import published as text_to_lora

    _check_destination(destination)
    path = Path(source) if Path(source).exists() else _downloaded(str(source))
    if text_to_lora.is_published(path):
        if options:
            raise SettingsError(f"{next(iter(options))} is for hypernetworks that read documents; {path} makes skills.")
        return Converted(TEXT_TO_LORA, text_to_lora.convert_published(path, destination).base_model, destination)
    if doc_to_lora.holds_published(path):
        made = doc_to_lora.convert_published(path, destination, ignored, **options)
        return Converted(DOC_TO_LORA, made.base_model, destination)
    raise CheckpointError(
        f"{path} holds no checkpoint: neither pytorch_model.bin ({DOC_TO_LORA}) nor hypermod.pt ({TEXT_TO_LORA})."
    )


def hypernetwork_folder(name: str | Path) -> Path:
    """The folder of a hypernetwork named by its folder, or by the hub id of a published checkpoint, which is converted
    to `<home>/hypernetworks` the first time. Raises as `convert`."""
    named = _HUB_ID.fullmatch(str(name))
    if named is None or Path(name).exists():
        return Path(name)
    folder = home() / "hypernetworks" / str(name).strip("/").replace("/", "--")
    return folder if _is_hypernetwork(folder) else convert(name, folder).folder


def _check_destination(folder: Path) -> None:
    """Raises SettingsError: there is something else than an empty folder or a hypernetwork of this package."""
    with storage_errors(f"look into {folder}"):
        if not folder.exists():
            return
        if folder.is_dir() and (not any(folder.iterdir()) or _is_hypernetwork(folder)):
            return
    raise SettingsError(f"{folder} holds something else: name a folder that does not exist yet.")


def _is_hypernetwork(folder: Path) -> bool:
    """Whether it is a hypernetwork of this package, and no base model, whose files have the same names."""
    try:
        return "kind" in read_object(folder / "config.json")
    except (CheckpointError, StorageError):
        return False


def _downloaded(source: str) -> Path:
    """The local copy of a hub repository, or of a folder or file in one. Raises CheckpointError, ModelUnavailable."""
    named = _HUB_ID.fullmatch(source)
    if named is None:
        raise CheckpointError(f"{source} does not exist: give a file, a folder or a hub id.")
    from huggingface_hub import snapshot_download

    inside = named["inside"] or ""
    patterns = [f"{inside}/*{name}" if inside else f"*{name}" for name in _PUBLISHED]
    try:
        root = snapshot_download(
            named["repository"],
            allow_patterns=[*patterns, inside] if inside else patterns,
            local_files_only=not hub_reachable(),
        )
    except Exception as error:  # the hub's client and its transport have many
        reason = " ".join(str(error).split())[:200]
        raise ModelUnavailable(
            f"{source} is not a file or folder here, and the hub does not give it ({reason}): download it "
            "elsewhere and name its folder."
        ) from error
    path = Path(root, inside)
    if not path.exists():
        raise CheckpointError(f"{named['repository']} on the hub has no checkpoint in {inside}.")
    return path

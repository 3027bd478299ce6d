"""Checkpoints as Doc-to-LoRA and Text-to-LoRA publish them, on this machine or on the hub, into folders of ours.

Which system a checkpoint is of is told by its files. Knows nothing about what the hypernetworks do.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from parametric_memory.errors import CheckpointError, ModelUnavailable, SettingsError, StorageError
from parametric_memory.files import read_object, storage_errors
from parametric_memory.settings import home

DOC_TO_LORA, TEXT_TO_LORA = "Doc-to-LoRA", "Text-to-LoRA"
_HUB_ID = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?:/(?P<inside>[\w./-]*[\w.-]))?/?")
_PUBLISHED = (
    "pytorch_model.bin",
    "hypermod.pt",
    "args.yaml",
    "adapter_config.json",
)  # all that is read of a checkpoint


@dataclass(frozen=True)
class Converted:
    """What was written.

    Attributes:
        kind: the system that the hypernetwork is of.
        base_model: what it makes adapters for; empty where the checkpoint does not say.
    """

    kind: str
    base_model: str
    folder: Path


def convert(source: str | Path, destination: Path, ignored: Collection[str] = (), **options: float) -> Converted:
    """Converts a checkpoint.

    Args:
        source: a file, a folder, or a hub id such as `owner/name/folder`.
        destination: a new folder, or a hypernetwork to replace.
        ignored: options of a Doc-to-LoRA checkpoint that are not known here and do not matter.
        options: of a Doc-to-LoRA hypernetwork, what no checkpoint says: `chunk_tokens`, `row_scale` and `bias_scale`
            of `PerceiverConfig`.

    Raises:
        CheckpointError: the source is not there or no checkpoint, is damaged, names anything that no checkpoint needs,
            or has options or weights that cannot be used.
        ModelUnavailable: the hub cannot be reached, or does not have it.
        SettingsError: something else stands at the destination, or the option is not for the checkpoint.
        StorageError: the disk refuses.
    """
    from parametric_memory.hypernetworks.doc_to_lora.published import convert_published as convert_doc_to_lora
    from parametric_memory.hypernetworks.doc_to_lora.published import holds_published as holds_doc_to_lora
    from parametric_memory.hypernetworks.text_to_lora.published import convert_published as convert_text_to_lora
    from parametric_memory.hypernetworks.text_to_lora.published import is_published as is_text_to_lora

    _check_destination(destination)
    path = Path(source) if Path(source).exists() else _downloaded(str(source))
    if is_text_to_lora(path):
        if options:
            raise SettingsError(f"{next(iter(options))} is for hypernetworks that read documents; {path} makes skills.")
        return Converted(TEXT_TO_LORA, convert_text_to_lora(path, destination).base_model, destination)
    if holds_doc_to_lora(path):
        return Converted(
            DOC_TO_LORA, convert_doc_to_lora(path, destination, ignored, **options).base_model, destination
        )
    raise CheckpointError(
        f"{path} holds no checkpoint: neither pytorch_model.bin ({DOC_TO_LORA}) nor hypermod.pt ({TEXT_TO_LORA})."
    )


def hypernetwork_folder(name: str | Path) -> Path:
    """The folder of a hypernetwork that is named by its folder, or by the hub id of a published checkpoint.

    A hub id is converted the first time, to `<home>/hypernetworks`.

    Raises:
        As `convert`, for a hub id.
    """
    named = _HUB_ID.fullmatch(str(name))
    if named is None or Path(name).exists():
        return Path(name)
    folder = home() / "hypernetworks" / str(name).strip("/").replace("/", "--")
    return folder if _is_hypernetwork(folder) else convert(name, folder).folder


def _check_destination(folder: Path) -> None:
    """Raises SettingsError: something stands there that is neither an empty folder nor a hypernetwork of ours."""
    with storage_errors(f"look into {folder}"):
        if not folder.exists():
            return
        if folder.is_dir() and (not any(folder.iterdir()) or _is_hypernetwork(folder)):
            return
    raise SettingsError(f"{folder} holds something else: name a folder that does not exist yet.")


def _is_hypernetwork(folder: Path) -> bool:
    """Whether it is a hypernetwork of ours, and no base model, whose files have the same names."""
    try:
        return "kind" in read_object(folder / "config.json")
    except (CheckpointError, StorageError):
        return False


def _downloaded(source: str) -> Path:
    """A repository of the hub, or a folder or file in one, on this machine.

    Raises:
        CheckpointError: the source is neither a path nor a hub id, or the repository has nothing of that name.
        ModelUnavailable: the hub cannot be reached, or does not have it.
    """
    named = _HUB_ID.fullmatch(source)
    if named is None:
        raise CheckpointError(f"{source} does not exist: give a file, a folder or a hub id.")
    from huggingface_hub import snapshot_download

    from parametric_memory.fetching.hub import hub_reachable

    inside = named["inside"] or ""
    patterns = [f"{inside}/*{name}" if inside else f"*{name}" for name in _PUBLISHED]
    try:
        root = snapshot_download(
            named["repository"],
            allow_patterns=[*patterns, inside] if inside else patterns,
            local_files_only=not hub_reachable(),
        )
    except Exception as error:  # the hub's client fails in many ways of its own and of its transport
        reason = " ".join(str(error).split())[:200]
        raise ModelUnavailable(
            f"{source} is not a file or folder here, and the hub does not give it ({reason}): download it "
            "elsewhere and name its folder."
        ) from error
    path = Path(root, inside)
    if not path.exists():
        raise CheckpointError(f"{named['repository']} on the hub has no checkpoint in {inside}.")
    return path

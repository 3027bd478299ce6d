"""`convert`: checkpoints as Doc-to-LoRA and Text-to-LoRA publish them, into folders of ours."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from parametric_memory.commands.context import Context
from parametric_memory.errors import CheckpointError, ModelUnavailable

_HUB_ID = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?:/(?P<folder>[\w./-]+))?")


def convert(
    context: Context,
    source: Annotated[
        str,
        typer.Argument(metavar="SOURCE", help="A file, a folder, or a hub id such as owner/name/folder."),
    ],
    destination: Annotated[Path, typer.Argument(metavar="DEST", help="The folder to write.")],
) -> None:
    """Convert a published hypernetwork.

    Doc-to-LoRA publishes pytorch_model.bin; Text-to-LoRA publishes a folder with hypermod.pt. Nothing in
    these files is run.

    Examples:
      parametric-memory convert trained_d2l/gemma_demo/ ./gemma-hypernetwork
      parametric-memory convert SakanaAI/doc-to-lora/gemma_demo ./gemma-hypernetwork
    """
    path = Path(source) if Path(source).exists() else _downloaded(source)
    context.tell(f"Converting {path}")
    from parametric_memory.skills.published import convert_published as convert_text_to_lora
    from parametric_memory.skills.published import is_published as is_text_to_lora

    if is_text_to_lora(path):
        kind, base_model = "Text-to-LoRA", convert_text_to_lora(path, destination).base_model
    else:
        from parametric_memory.internalize.published import convert_published as convert_doc_to_lora

        kind, base_model = "Doc-to-LoRA", convert_doc_to_lora(path, destination).base_model
    context.show(
        {"kind": kind, "base_model": base_model, "folder": destination},
        f"{kind} for {base_model or 'an unnamed base model'} written to {destination}",
    )


def _downloaded(source: str) -> Path:
    """A repository of the hub, or a folder in one, on this machine.

    Raises:
        CheckpointError: the source is neither a path nor a hub id.
        ModelUnavailable: the hub cannot be reached, or does not have it.
    """
    named = _HUB_ID.fullmatch(source)
    if named is None:
        raise CheckpointError(f"{source} does not exist: give a file, a folder or a hub id.")
    from huggingface_hub import snapshot_download

    folder = named["folder"]
    try:
        root = snapshot_download(named["repository"], allow_patterns=f"{folder}/*" if folder else None)
    except Exception as error:  # the hub's client fails in many ways of its own and of its transport
        reason = " ".join(str(error).split())[:200]
        raise ModelUnavailable(
            f"{source} is not a file or folder here, and the hub does not give it ({reason}): download it "
            "elsewhere and name its folder."
        ) from error
    return Path(root, folder or "")

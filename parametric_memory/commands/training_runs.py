"""What the commands of `train` have in common: options, and how a run begins and ends."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parametric_memory.commands.context import Context, open_models
from parametric_memory.files.durable import storage_errors

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel
    from parametric_memory.training.loop import Processes, TrainingLoop

Output = Annotated[Path, typer.Option("--output", metavar="DIR", help="Where everything goes.")]
Float32 = Annotated[
    bool, typer.Option("--float32", help="Compute in float32: faster where the processor is slow in bfloat16.")
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Same seed, same run.")]
Plot = Annotated[bool, typer.Option("--plot", help="Also draw the curves, curves.png.")]


def make_folder(output: Path) -> None:
    """Raises StorageError."""
    with storage_errors(f"write to {output}"):
        output.mkdir(parents=True, exist_ok=True)


def ready(context: Context, output: Path, plot: bool, reads_documents: bool = False) -> Processes:
    """What every training begins with; those that train together.

    reads_documents: with a hypernetwork that is not trained, which may be named.
    """
    if plot:
        from parametric_memory.training.curves import require_matplotlib

        require_matplotlib()
    if context.hypernetwork is not None and not reads_documents:
        raise typer.BadParameter("Training begins anew, or goes on from --start-from DIR; it takes no --hypernetwork.")
    from parametric_memory.training.loop import Processes

    make_folder(output)
    return Processes()


def open_base(context: Context, float32: bool, trust_remote_code: bool = False) -> BaseModel:
    return computing(open_models(context, trust_remote_code).base, float32)


def computing(base: BaseModel, float32: bool) -> BaseModel:
    """The base model, in float32 where that is wanted."""
    if float32:
        base.model.float()
    return base


def show_end(
    context: Context, trainer: TrainingLoop, made: Path, way_on: str, plot: bool, processes: Processes
) -> None:
    """What the main process shows of a run that has ended.

    Args:
        made: the folder of what was trained, within the run's; what it is called is what is shown of it.
        way_on: what uses it.
    """
    if not processes.is_main:
        return
    curves = None
    if plot:
        from parametric_memory.training.curves import draw_curves

        curves = draw_curves(made.parent)
    context.show(
        {made.name: made, "steps": trainer.step, "seconds": trainer.seconds, "curves": curves},
        f"{trainer.step} steps in {trainer.seconds / 60:.0f} minutes: {way_on}",
    )

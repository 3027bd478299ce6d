"""`export`, `import`, `reindex`, `upgrade`, `path` and `version`: the memory as a whole."""

from __future__ import annotations

import time
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parametric_memory.commands.arguments import EvenChunks, Internalizer, MaxRank, Scorer, Seconds, Store
from parametric_memory.commands.context import Context, open_memory
from parametric_memory.settings import ModelSettings, RecallSettings, home, models_folder
from parametric_memory.text.display import shown_in_line

if TYPE_CHECKING:
    from parametric_memory.records import RunningTask

_TOLD_EVERY = 5.0  # seconds


def export(
    context: Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The archive to write.")],
) -> None:
    """Write the whole memory into one file, in place of an earlier archive there.

    Examples:
      parametric-memory export memory.zip
      parametric-memory export memory.zip --memory ./project-memory
    """
    with open_memory(context) as memory:
        count = memory.export(file)
    context.show({"file": file, "entries": count}, f"{_entries(count)} written to {file}")


def import_(
    context: Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An archive that `export` wrote.")],
    internalizer: Internalizer = None,
    scorer: Scorer = None,
    store: Store = None,
) -> None:
    """Take the entries of an exported file into the memory, in place of those with the same ids.

    Entries that are kept as text fit any base model and hypernetwork; rows and adapters those that made them.

    Examples:
      parametric-memory import memory.zip
      parametric-memory import memory.zip --memory ./another-memory
    """
    models, recall = ModelSettings(internalizer=internalizer), RecallSettings(scorer=scorer)
    with open_memory(context, models, recall, store) as memory:
        count = memory.import_(file)
    context.show({"memory": str(context.where), "entries": count}, f"{_entries(count)} taken into {context.where}")


def reindex(context: Context, scorer: Scorer = None) -> None:
    """Build the index anew from the entries.

    Until it is whole, the memory answers as it was. One that was cut off goes on where it was.

    Examples:
      parametric-memory reindex
      parametric-memory reindex --memory ./project-memory
      parametric-memory reindex --scorer vectors
    """
    with open_memory(context, recall=RecallSettings(scorer=scorer)) as memory:
        count = memory.reindex(_Telling(context))
    context.show({"memory": str(context.where), "entries": count}, f"{_entries(count)} in the index")


class _Telling:
    """Tells now and then how far a long task is."""

    def __init__(self, context: Context) -> None:
        self._context, self._next = context, time.monotonic() + _TOLD_EVERY

    def __call__(self, task: RunningTask) -> None:
        if (now := time.monotonic()) >= self._next:
            self._next = now + _TOLD_EVERY
            self._context.tell(f"{task.done:,} of {task.entries:,} entries")


def upgrade(
    context: Context,
    internalizer: Internalizer = None,
    seconds: Seconds = None,
    max_rank: MaxRank = None,
    even_chunks: EvenChunks = False,
    store: Store = None,
) -> None:
    """Internalize every entry again.

    With the base model and hypernetwork that the options name, or for another store. What was refined is refined again,
    for as long. One that was cut off goes on where it was.

    Examples:
      parametric-memory upgrade
      parametric-memory upgrade --store rows
      parametric-memory upgrade --base-model ./my-model --hypernetwork ./my-hypernetwork
    """
    models = ModelSettings(
        internalizer=internalizer, max_rank=max_rank, even_chunks=even_chunks, distill_seconds=seconds
    )
    with open_memory(context, models, store=store) as memory:
        count = memory.upgrade(lambda entry: context.tell(shown_in_line(f"{entry.id}  {entry.title}")))
    context.show({"memory": str(context.where), "entries": count}, f"{_entries(count)} upgraded")


def path(context: Context) -> None:
    """Print where the memory is.

    Examples:
      parametric-memory path
      du -sh "$(parametric-memory path)"
    """
    context.show({"memory": str(context.where), "home": home(), "models": models_folder()}, str(context.where))


def version(context: Context) -> None:
    """Print the version.

    Examples:
      parametric-memory version
      parametric-memory version --json
    """
    context.show({"version": own_version()}, own_version())


def own_version() -> str:
    """The version of the installed distribution; of a checkout that is not installed it is unknown."""
    try:
        return installed_version("parametric-memory")
    except PackageNotFoundError:
        return "unknown (not installed)"


def print_version(wanted: bool) -> None:
    """What `--version` does."""
    if wanted:
        print(own_version())
        raise typer.Exit


def _entries(count: int) -> str:
    return f"{count} {'entry' if count == 1 else 'entries'}"

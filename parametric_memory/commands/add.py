"""`add`: puts texts into the memory."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, BadParameter, Option

from parametric_memory.commands import arguments
from parametric_memory.commands.context import Context, open_memory
from parametric_memory.documents.cleaning import shown_in_line
from parametric_memory.documents.files import as_document, said_by
from parametric_memory.records import Entry, now
from parametric_memory.scopes import speakers_of
from parametric_memory.settings import ModelSettings, RecallSettings

if TYPE_CHECKING:
    from datetime import datetime


def add(
    context: Context,
    paths: Annotated[list[str] | None, Argument(metavar="PATH", help="Files and folders, or - for stdin.")] = None,
    text: Annotated[str | None, Option(help="Remember this text.")] = None,
    id: Annotated[str | None, Option(help="The entry's id in its namespace; a known one is replaced.")] = None,
    title: Annotated[str | None, Option(help="The entry's title.")] = None,
    speaker: Annotated[
        list[str] | None,
        Option(
            metavar="NAME",
            help='Who says "I" in a text, if it does not begin by saying so; ROLE=NAME names a speaker of a chat: '
            "user=Lina. May be repeated.",
        ),
    ] = None,
    when: Annotated[str | None, Option(metavar="TIME", help="The day or moment of a chat without times.")] = None,
    meta: arguments.Metadata = None,
    namespace: Annotated[
        str | None, Option(metavar="NAME", help="The namespace it goes to; default, unless given.")
    ] = None,
    whose: arguments.Whose = arguments.ANYBODY,
    ttl: Annotated[str | None, Option(metavar="TIME", help="Time to live: 12h, 7d, 2w.")] = None,
    valid_from: arguments.ValidFrom = None,
    valid_until: arguments.ValidUntil = None,
    max_rank: arguments.MaxRank = None,
    scorer: arguments.Scorer = None,
    store: arguments.Store = None,
    versions: Annotated[
        int | None,
        Option(
            metavar="N",
            min=0,
            help="How many earlier versions of an entry the memory keeps from now on; as before, unless given, and "
            "none in a new one.",
        ),
    ] = None,
    vision: Annotated[
        str | None, Option(metavar="MODEL", help="The vision-language model that reads pictures: a folder or a hub id.")
    ] = None,
    sync: Annotated[
        bool, Option("--sync", help="Then delete the entries of files that are gone from the folders named.")
    ] = False,
) -> None:
    """Remember files, folders, stdin or a text.

    Reads text, Markdown, HTML and PDF; chats exported by ChatGPT, Claude, Slack, WhatsApp, Telegram, Discord and
    others, or OpenAI messages in JSON, each conversation as an entry; and, with --vision, pictures that are named and
    PDFs of scanned pages. Links in a folder that lead out of it are not followed. Everything is read before the first
    document is added, so an unreadable file leaves the memory as it was. A text that the memory holds is not added
    again; metadata and times given go to its entry. A file that has changed since it was added replaces the text of its
    entry, whose history keeps the version before. After Ctrl-C the same command goes on from there, also within a long
    text.

    Several of these commands, also on different machines, can add to one memory in PostgreSQL at the same time.

    Examples:
      parametric-memory add notes.md reports/ --meta team=sales
      parametric-memory add notes/ --sync
      parametric-memory add diary.txt --speaker "Lina Okafor"
      parametric-memory add conversations.json --speaker user=Lina
      parametric-memory add messages.jsonl --speaker user=Lina --when 2024-05-07
      parametric-memory add photo.jpg --hypernetwork seeing/ --vision google/gemma-3-4b-it
      parametric-memory add --text "Lina Okafor moved to Bergen in 2021."
      parametric-memory add --text "Vera Lund leads Project Bluefin." --valid-from 2022-01-01 --user ana
      curl -s https://example.com/ | parametric-memory add - --title Example --ttl 7d
    """
    if sync and (id or text is not None or not paths or arguments.STDIN in paths):
        raise BadParameter("--sync is for files and folders, without --id and --text.")
    given: dict[str, Any] = {
        "metadata": arguments.pairs(meta, "--meta"),
        "namespace": namespace,
        "ttl": arguments.duration(ttl, "--ttl"),
        "valid_from": valid_from,
        "valid_until": valid_until,
        **vars(whose),
    }
    if not paths and text is None:
        raise BadParameter("Name a file or a folder, - for stdin, or give --text.")
    from parametric_memory.internalize.pictures import read_picture_document
    from parametric_memory.writer import Writer, read_files

    begun = time.perf_counter()
    alone = [name for name in speaker or () if "=" not in name]
    if len(alone) > 1:
        raise BadParameter("--speaker takes one name for the texts; name those of a chat as ROLE=NAME.")
    of_chats = arguments.pairs([name for name in speaker or () if "=" in name], "--speaker")
    names = speakers_of({role: str(name) for role, name in of_chats.items()}, whose.user)
    added: list[tuple[str, Entry]] = []
    models = ModelSettings(max_rank=max_rank, vision=vision)
    with open_memory(context, models, RecallSettings(scorer=scorer), store=store, versions=versions) as memory:
        files: list[str | bytes] = [
            arguments.stdin_bytes() if path == arguments.STDIN else path for path in paths or ()
        ]
        pictures, documents = read_files(files, memory.models, names, when)
        documents = said_by(next(iter(alone), None), [*documents, *([] if text is None else [as_document(text)])])
        if (count := len(documents) + len(pictures)) > 1 and (id or title):
            raise BadParameter(f"--id and --title are for one document; there are {count}.")
        for picture in pictures:
            added.append(("added", memory.add(read_picture_document(picture), id=id, title=title, **given)))
        writer, place = Writer(memory.storage, memory.namespace), namespace or whose.user or memory.namespace
        known = memory.storage.entries.find(id, place)
        before = [*writer.entries_of_files(documents, place).values(), *([known.entry] if known else [])]
        earlier, started = {entry.id: entry.version for entry in before}, now()
        named = [replace(of, id=id or of.id, title=title or of.title) for of in documents]
        added += _outcomes(memory.add_files(*named, **given), earlier, started)
        gone = writer.gone_from(paths or (), (entry for _, entry in added), documents, place) if sync else []
        if gone:
            memory.storage.delete(gone)
            added += [("gone", found.entry) for found in gone]
    context.show(
        [{"outcome": what, **entry.model_dump(mode="json")} for what, entry in added],
        _summary(added, time.perf_counter() - begun),
    )


def _outcomes(entries: Iterable[Entry], versions: Mapping[str, int], started: datetime) -> Iterator[tuple[str, Entry]]:
    """Entries in the order in which they were added, each with "added", "known", "replaced" or "updated".

    versions: before the command, of entries that it may replace, by id. started: when the command began.
    """
    seen: dict[str, datetime] = {}
    for entry in entries:
        if entry.updated_at < started or seen.get(entry.id) == entry.updated_at:
            yield "known", entry
        elif entry.created_at >= started:
            yield "updated" if entry.id in seen else "added", entry
        else:
            yield "replaced" if entry.version > versions.get(entry.id, entry.version) else "updated", entry
        seen[entry.id] = entry.updated_at


def _summary(added: Sequence[tuple[str, Entry]], seconds: float) -> str:
    """What happened to the one entry, or to how many of several."""
    if len(added) == 1:
        [(what, entry)] = added
        version = f", version {entry.version}" if entry.version > 1 else ""
        return shown_in_line(f"{what} {entry.id}  {entry.title} ({entry.tokens:,} tokens, {entry.store}{version})")
    counts = Counter(what for what, _ in added)
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items()) or "nothing to add"
    tokens = sum(entry.tokens for what, entry in added if what in ("added", "replaced"))
    return f"{told}: {tokens:,} tokens read in {seconds:.1f} s"

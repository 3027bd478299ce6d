"""`list`, `show`, `update`, `history`, `restore`, `rm` and `export-adapter`: single entries of a memory.

Only `update`, `restore` and `export-adapter` need a model.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, BadParameter, Option

from parametric_memory.commands import arguments
from parametric_memory.commands.context import Context, maintenance_of, open_memory, table
from parametric_memory.documents.cleaning import shown_in_line, title_of
from parametric_memory.records import Entry
from parametric_memory.settings import NEVER


def list_(
    context: Context,
    namespace: Annotated[str | None, Option(metavar="NAME", help="Only this namespace; all, unless given.")] = None,
    whose: arguments.Whose = arguments.ANYBODY,
    filter: arguments.Filter = None,
    limit: Annotated[int | None, Option(metavar="N", min=0, help="At most so many.")] = None,
    offset: Annotated[int, Option(metavar="N", min=0, help="Skip so many first.")] = 0,
) -> None:
    """List the entries, oldest first. Those that have expired or are not valid now say so.

    Examples:
      parametric-memory list
      parametric-memory list --limit 20 --offset 40
      parametric-memory list --user ana --agent cook
      parametric-memory list --filter team=sales --json
    """
    fitting = arguments.pairs(filter, "--filter")
    with open_memory(context) as memory:
        context.check_memory(memory)
        entries = memory.list(namespace=namespace, filter=fitting, limit=limit, offset=offset, **vars(whose))
    rows = [(e.id, e.title, e.namespace, e.tokens, e.store, _when(e)) for e in entries]
    context.show(entries, table(("id", "title", "namespace", "tokens", "store", "updated"), rows))


def show(
    context: Context,
    id: arguments.Id,
    text: Annotated[bool, Option("--text", help="Show the text instead of the record.")] = False,
    namespace: arguments.InNamespace = None,
) -> None:
    """Show the record of an entry, or its text.

    Examples:
      parametric-memory show 5f0c2a
      parametric-memory show 5f0c2a --text
    """
    from parametric_memory.writer import Writer

    with open_memory(context) as memory:
        found = Writer(memory.storage, memory.namespace).found(arguments.whole_id(memory, id, namespace), namespace)
        record = found.entry.model_dump(mode="json")
        content = memory.storage.entries.text(found) if text else None
    if content is not None:
        context.show({**record, "text": content}, content)
    else:
        lines = (f"{name + ':':16}{_shown(value)}".rstrip() for name, value in record.items())
        context.show(record, "\n".join(lines))


def update(
    context: Context,
    id: arguments.Id,
    meta: arguments.Metadata = None,
    unset: Annotated[list[str] | None, Option(metavar="KEY", help="Metadata to remove. May be repeated.")] = None,
    ttl: Annotated[
        str | None, Option(metavar="TIME", help="How long it is recalled from now on: 12h, 7d, 2w, or never to expire.")
    ] = None,
    valid_from: arguments.ValidFrom = None,
    valid_until: arguments.ValidUntil = None,
    namespace: arguments.InNamespace = None,
) -> None:
    """Change the metadata or the times of an entry. What is not named stays; an empty WHEN removes a bound.

    Examples:
      parametric-memory update 5f0c2a --meta team=support
      parametric-memory update 5f0c2a --unset draft --ttl 2w
      parametric-memory update 5f0c2a --valid-until 2024-12-31
    """
    changes, lifetime = arguments.pairs(meta, "--meta"), NEVER if ttl == NEVER else arguments.duration(ttl, "--ttl")
    times: dict[str, Any] = {"ttl": lifetime, "valid_from": valid_from, "valid_until": valid_until}
    if not changes and not unset and all(given is None for given in times.values()):
        raise BadParameter("Give --meta KEY=VALUE, --unset KEY, --ttl TIME, --valid-from or --valid-until WHEN.")
    with open_memory(context) as memory:
        id = arguments.whole_id(memory, id, namespace)
        with memory.storage.writing():  # what others change meanwhile is kept
            metadata = memory.get(id, namespace=namespace).metadata
            kept = {key: value for key, value in metadata.items() if key not in (unset or ())}
            entry = memory.update(id, namespace=namespace, metadata={**kept, **changes}, **times)
    context.show(entry, f"updated {shown_in_line(entry.id)}")


def history(context: Context, id: arguments.Id, namespace: arguments.InNamespace = None) -> None:
    """Show the earlier versions of an entry, newest first.

    The memory keeps as many as `add --versions` sets.

    Examples:
      parametric-memory history 5f0c2a
      parametric-memory history 5f0c2a --json
    """
    with open_memory(context) as memory:
        versions = memory.history(arguments.whole_id(memory, id, namespace), namespace=namespace)
    rows = [(v.version, f"{v.updated_at:%Y-%m-%d %H:%M}", v.title, title_of(v.text)) for v in versions]
    context.show(versions, table(("version", "updated", "title", "text"), rows))


def restore(
    context: Context,
    id: arguments.Id,
    version: Annotated[int, Argument(metavar="VERSION", help="One that `history` shows.")],
    namespace: arguments.InNamespace = None,
) -> None:
    """Restore an earlier version of an entry, as a new version.

    Examples:
      parametric-memory restore 5f0c2a 2
    """
    with open_memory(context) as memory:
        entry = memory.history(arguments.whole_id(memory, id, namespace), namespace=namespace).restore(version)
    context.show(entry, f"restored {shown_in_line(entry.id)}, which is version {entry.version} now")


def rm(
    context: Context,
    ids: Annotated[list[str] | None, Argument(metavar="ID...", help="The entries' ids, or their beginnings.")] = None,
    namespace: Annotated[
        str | None, Option(metavar="NAME", help="The namespace of the ids; without ids, all of its entries.")
    ] = None,
    whose: arguments.Whose = arguments.ANYBODY,
) -> None:
    """Delete entries by id, or all of a user, an agent, a run or a namespace.

    Afterwards nothing of them is in the memory's files. If one of the ids is unknown, nothing is deleted.

    Examples:
      parametric-memory rm 5f0c2a
      parametric-memory rm 5f0c2a 77b1d3 --json
      parametric-memory rm note-1 --user lina
      parametric-memory rm --user lina
      parametric-memory rm --user lina --run monday
    """
    if not ids and namespace is None and whose == arguments.ANYBODY:
        raise BadParameter("Give ids, or --user, --agent, --run or --namespace NAME.")
    if ids and (whose.agent is not None or whose.run is not None):
        raise BadParameter("--agent and --run stand in place of ids.")
    with open_memory(context) as memory:
        context.check_memory(memory)
        named = dict.fromkeys(arguments.whole_id(memory, id, namespace or whose.user) for id in ids or ())
        deleted = memory.delete(*named, namespace=namespace, **vars(whose))
        if memory.storage.leaves_traces:
            context.tell("Rebuilding the index without what was removed.")
            maintenance_of(memory).erase()
    context.show({"removed": deleted}, "\n".join(f"removed {shown_in_line(id)}" for id in deleted))


def export_adapter(
    context: Context,
    ids: Annotated[list[str] | None, Argument(metavar="ID...", help="The entries' ids, or their beginnings.")] = None,
    *,
    folder: Annotated[Path, Argument(metavar="DIR", help="The folder to write.")],
    skill: Annotated[list[str] | None, Option(metavar="NAME", help="A skill to add to it. May be repeated.")] = None,
    namespace: arguments.InNamespace = None,
) -> None:
    """Write the adapter of an entry as a PEFT folder.

    Several entries, and skills, are merged into one adapter; a skill can be exported alone. PEFT and vLLM load the
    folder for the memory's base model. PEFT files in it are replaced.

    Examples:
      parametric-memory export-adapter 5f0c2a adapters/lina
      parametric-memory export-adapter 5f0c2a 81d3e0 adapters/lina-and-refunds
      parametric-memory export-adapter 5f0c2a adapters/lina-in-a-word --skill one-word
      parametric-memory export-adapter adapters/in-a-word --skill one-word
    """
    if not ids and not skill:
        raise BadParameter("Name an entry before the folder, or a skill with --skill NAME.")
    with open_memory(context) as memory:
        where = namespace or memory.namespace
        if not ids and not folder.exists() and memory.storage.entries.ids(where, str(folder)):
            raise BadParameter(
                f"An entry's id begins with {str(folder)!r}: name the folder after it, or make that folder."
            )
        whole = list(dict.fromkeys(arguments.whole_id(memory, id, where) for id in ids or ()))
        memory.adapters.export(whole, folder, skills=skill or [], namespace=where)
    named = ", ".join(shown_in_line(name) for name in [*whole, *(skill or [])])
    one = {"id": whole[0]} if len(whole) == 1 else {}
    context.show(
        {**one, "ids": whole, "skills": skill or [], "folder": folder}, f"the adapter of {named} written to {folder}"
    )


def _when(entry: Entry) -> str:
    """The last change of an entry, and why it is not recalled now."""
    reason = entry.not_recalled and f" ({entry.not_recalled})"
    return f"{entry.updated_at:%Y-%m-%d %H:%M}{reason}"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return shown_in_line(", ".join(f"{key}={item}" for key, item in value.items()))
    return "" if value is None else shown_in_line(str(value))

"""`doctor`: checks that models, memory and disk are there and fit together; repairs the memory if asked to.

Fetches only models that a hub id names.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import BadParameter, Exit, Option

from parametric_memory.commands.context import Context, maintenance_of, open_memory, open_models, table
from parametric_memory.documents.cleaning import shown_in_line
from parametric_memory.errors import (
    CheckpointError,
    MemoryMismatch,
    ModelUnavailable,
    ParametricMemoryError,
    SettingsError,
    StorageError,
    as_typed,
)
from parametric_memory.files import replace_durably, storage_errors
from parametric_memory.settings import models_folder, own_version

if TYPE_CHECKING:
    from parametric_memory.fetching.embedded import Carrier
    from parametric_memory.internalize.selection import Models
    from parametric_memory.storage.location import Location

_PACKAGES = ("torch", "transformers", "safetensors", "chromadb", "langchain-core")
_LEAST_FREE_BYTES = 100_000_000
_MOST_PROBLEMS, _MOST_LOST = 5, 100  # that are named
_GRAPH = "; its {count} vectors are more than are compared one by one: a graph is searched, which may miss the nearest"


@dataclass(frozen=True)
class Check:
    """The result of a check. Only `broken` is a failure."""

    check: str
    state: Literal["ok", "remark", "broken"]
    detail: str

    @classmethod
    def of(cls, name: str, look: Callable[..., str], *given: Any) -> Check:
        """Runs one check; an error it raises is what is broken."""
        try:
            return cls(name, "ok", look(*given))
        except _Remark as remark:
            return cls(name, "remark", str(remark))
        except ParametricMemoryError as error:
            return cls(name, "broken", str(error))


class _Remark(Exception):
    """A finding that is not broken."""


def doctor(
    context: Context,
    repair: Annotated[bool, Option("--repair", help="First repair what can be, and say what was done.")] = False,
    proof: Annotated[
        Path | None,
        Option(metavar="FILE", help="Erase traces of deleted entries, search all files for them, and write a report."),
    ] = None,
    forgotten: Annotated[
        list[str] | None,
        Option(
            metavar="TEXT",
            help="A text, name or id that the report confirms is in no file; it is named by its sha256. May be "
            "repeated.",
        ),
    ] = None,
) -> None:
    """Check versions, models, hypernetwork, memory and disk. Exit status 1 when something is broken.

    Examples:
      parametric-memory doctor
      parametric-memory doctor --memory ./project-memory --json
      parametric-memory doctor --repair
      parametric-memory doctor --proof report.txt --forgotten "Lina Okafor" --forgotten 5f0c2a
    """
    if forgotten and proof is None:
        raise BadParameter("--forgotten needs --proof FILE, for the report.")
    checks = [*([Check.of("repair", _repair, context)] if repair else []), *_examine(context)]
    if proof is not None:
        checks.append(Check.of("proof", _proof, context, proof, [text for text in forgotten or () if text]))
    healthy = all(check.state != "broken" for check in checks)
    rows = [(check.state, check.check, check.detail) for check in checks]
    context.show({"ok": healthy, "checks": checks}, table(("state", "check", "detail"), rows))
    if not healthy:
        raise Exit(1)


def _examine(context: Context) -> Iterator[Check]:
    from parametric_memory.fetching.embedded import BASE_MODEL, EMBEDDER, is_complete

    models = open_models(context)
    with suppress(ParametricMemoryError):  # the check of the memory reports it
        memory = open_memory(context)
        memory.storage.database.close()  # alone: the index is not brought up before it is checked
        models = memory.models
    yield Check.of("versions", _versions)
    for carrier in (BASE_MODEL, EMBEDDER):
        yield Check.of(carrier.title, _embedded, carrier)
    usable = not models.takes_embedded_base or is_complete(BASE_MODEL)
    if usable:
        yield Check.of("hypernetwork", _hypernetwork, models)
    yield Check.of("memory", memory_of, context.where, models if usable else None)
    with suppress(ParametricMemoryError):  # the check of the memory reports it
        if (folder := context.where.folder) is not None:
            yield Check.of("memory's disk", _disk, folder)
    yield Check.of("models' disk", _disk, models_folder())


def _repair(context: Context) -> str:
    """Repairs a damaged memory, as far as its texts are whole."""
    from parametric_memory.storage.database import Database

    done = []
    with closing(Database(context.where)) as database:
        if problems := database.problems():
            database.close()
            done = [f"The database was damaged ({problems[0].rstrip('.')}).", _salvaged(context.where)]
    try:
        with open_memory(context) as memory:
            done += maintenance_of(memory).repair()
    except ParametricMemoryError as error:
        raise CheckpointError(" ".join([*done, str(error)])) from error
    return " ".join(done) or "nothing to do"


def _salvaged(where: Location) -> str:
    """Saves what can be read of a damaged database; says what was lost. Raises CheckpointError if all was."""
    from parametric_memory.storage.database import Database
    from parametric_memory.storage.entries import EntryStore
    from parametric_memory.storage.repair import salvage
    from parametric_memory.storage.skills import SkillStore

    lost = [shown_in_line(told) for told in salvage(where)]
    with closing(Database(where)) as database:
        if not EntryStore(database).count() and not SkillStore(database).names():
            raise CheckpointError(
                f"The database of the memory in {where} was damaged, and nothing of it can be read: it is kept as "
                "memory.damaged.db, beside a new one that is empty. Import an exported memory, or add the documents "
                "again."
            )
    named = ", ".join(lost[:_MOST_LOST]) + (f" and {len(lost) - _MOST_LOST} more" if len(lost) > _MOST_LOST else "")
    told = f"Lost: {named}." if lost else "Nothing was lost."
    return f"What can be read was saved into a new one. {told} The damaged one is kept as memory.damaged.db."


def _proof(context: Context, file: Path, forgotten: Sequence[str]) -> str:
    """Writes a report of what the memory's files hold, and that they hold nothing forgotten."""
    if (folder := context.where.folder) is None:
        raise SettingsError(
            f"What the server of the memory in {context.where} keeps in its files cannot be looked through from here: "
            "a proof is for a memory in a folder."
        )
    if file.absolute().is_relative_to(folder.absolute()):
        raise SettingsError(f"{file} is in the folder of the memory: name a file elsewhere.")
    with open_memory(context) as memory:
        if memory.storage.empty:
            raise _Remark(f"there is no memory in {context.where}: no report was written")
        found = maintenance_of(memory).proof(forgotten)
    with storage_errors(f"write {file}"):
        replace_durably(file, found.report(own_version()).encode("utf-8", "surrogatepass"))
    if not found.holds:
        raise CheckpointError(f"there is more than should be: {file} tells what")
    words = f" and nothing of {len(forgotten)} forgotten texts" if forgotten else ""
    skills = f", {found.skills} skills" if found.skills else ""
    return f"nothing but {found.entries} entries{skills}{words} is in {found.files} files: {file} is the report"


def _versions() -> str:
    found = [f"parametric-memory {own_version()}", f"Python {sys.version.split()[0]}"]
    for package in _PACKAGES:
        try:
            found.append(f"{package} {installed_version(package)}")
        except PackageNotFoundError as error:
            raise ModelUnavailable(f"{package} is not installed: pip install {package}.") from error
    return ", ".join(found)


def _embedded(carrier: Carrier) -> str:
    """Compares an embedded model's files with the checksums recorded when it was fetched."""
    from parametric_memory.fetching.embedded import damaged_files, is_complete

    copy = f"{carrier.copy}: " if carrier.copy else ""  # the model is not as its authors publish it
    if not is_complete(carrier):
        raise _Remark(f"{copy}not here: comes at first use, or now with `parametric-memory models fetch`")
    for path in damaged_files(carrier):
        raise CheckpointError(
            f"{path} is damaged (its sha256 is not what it was): delete {carrier.folder} and run "
            "`parametric-memory models fetch`."
        )
    return f"{copy}{carrier.folder}, checksums right"


def _hypernetwork(models: Models) -> str:
    """Loads base model and hypernetwork, which raises if they do not fit."""
    from parametric_memory.recall.calibration import Calibration

    folder = models.hypernetwork_folder
    if folder is None:
        raise _Remark(
            f"none was trained for {models.base.name}: its memory uses untrained rows, which remember less. "
            "Train one with `parametric-memory train d2l`"
        )
    Calibration.of(*models.calibration)  # raises if the folder's calibration is invalid
    made = f"{folder} ({models.internalizer.fingerprint})"
    base = f"{models.base.title} ({models.base.fingerprint})"
    if not models.measured:
        raise _Remark(f"{made} was trained and measured with other weights of the model than those of {base}")
    return f"{made} fits {base}"


def memory_of(where: Location, models: Models | None) -> str:
    """Describes a memory made with these models, if they are here. Raises ParametricMemoryError if it is broken."""
    from parametric_memory.memory import ParametricMemory
    from parametric_memory.storage.schema import revisions

    storage = ParametricMemory(where, models=models).storage
    with closing(storage.database) as database:
        damaged = [damage for _, damage in storage.entries.damaged()]
        if problems := [*database.problems(), *damaged, *storage.skills.damaged()]:
            more = f" And {len(problems) - _MOST_PROBLEMS} more." if len(problems) > _MOST_PROBLEMS else ""
            raise CheckpointError(" ".join(problems[:_MOST_PROBLEMS]) + more)
        with closing(storage.search) as search:  # it brings the index up, so only of a database that is whole
            if problems := search.index.problems():
                command = as_typed("parametric-memory", "doctor", "--repair", *where.options)
                raise CheckpointError(f"{' '.join(problems[:_MOST_PROBLEMS])} Run `{command}`.")
            searched = "" if search.is_exact else _GRAPH.format(count=search.count())
        identity = storage.made_with
        if identity is None:
            return f"{where} is yet to be made"
        kinds, running, left = storage.entries.counts(revisions.c.store), storage.tasks.running(), storage.tasks.left()
        if models is not None:
            try:
                storage.check_models()
            except (MemoryMismatch, SettingsError) as error:  # with some, perhaps, that the options cannot name
                raise _Remark(str(error).rstrip(".")) from error
    if running is not None:
        raise _Remark(f"{running}: until it ends, the memory in {where} answers as it was")
    if left is not None:
        raise _Remark(
            f"The {left.task} of the memory in {where} was cut off when {left.done} of {left.entries} entries were "
            f"done: `{as_typed('parametric-memory', left.task, *where.options)}` goes on with it"
        )
    stored = ", ".join(f"{count} kept as {'an ' if kind == 'adapter' else ''}{kind}" for kind, count in kinds.items())
    entries = f"{sum(kinds.values())} entries" + (f" ({stored})" if stored else "")
    return f"{where}, {entries}, made with {identity.base_model} and {identity.hypernetwork}{searched}"


def _disk(folder: Path) -> str:
    there = next(parent for parent in (folder.absolute(), *folder.absolute().parents) if os.access(parent, os.F_OK))
    if not os.access(there, os.W_OK):
        raise StorageError(f"{there} cannot be written: change its permissions, or name another folder.")
    free = shutil.disk_usage(there).free
    if free < _LEAST_FREE_BYTES:
        raise StorageError(f"{there} has {free / 1e6:.0f} MB left: free some space.")
    return f"{free / 1e9:.1f} GB free for {folder}"

"""What commands share: their common options, printing, and opening the memory.

A command is a function whose first parameter is a `Context`. The options that fill it are added to the command's own
and can also come before its name. A further parameter may be a dataclass of options, too.
"""

from __future__ import annotations

import inspect
import json as json_format
import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pydantic
import typer
from typer import BadParameter, Option

from parametric_memory.commands.progress import hide_progress, show_progress
from parametric_memory.documents.cleaning import shown, shown_as_json, shown_in_line
from parametric_memory.errors import MemoryMissing
from parametric_memory.settings import ModelSettings, RecallSettings, default_memory_folder

if TYPE_CHECKING:
    from parametric_memory.internalize.selection import Models
    from parametric_memory.maintenance import Maintenance
    from parametric_memory.memory import ParametricMemory
    from parametric_memory.storage.location import Location

_EXAMPLES = "\nExamples:\n"


@dataclass(frozen=True)
class Context:
    """The options that every command has."""

    memory: Annotated[
        str | None, Option(metavar="DIR", help="The memory's folder, or a shared database: postgresql://host/database.")
    ] = None
    index: Annotated[
        str | None,
        Option(metavar="URL", help="A Chroma server for the index, in place of the one that the memory names."),
    ] = None
    base_model: Annotated[
        str | None, Option(metavar="MODEL", help="A transformers folder or hub id in place of the embedded model.")
    ] = None
    hypernetwork: Annotated[
        str | None, Option(metavar="DIR", help="A hypernetwork folder in place of the shipped one.")
    ] = None
    judge: Annotated[Path | None, Option(metavar="DIR", help="A judge in place of the shipped one.")] = None
    json: Annotated[bool, Option("--json", help="Print one JSON document.")] = False
    quiet: Annotated[bool, Option("--quiet", help="No progress on stderr.")] = False

    @property
    def where(self) -> Location:
        """The location of the memory."""
        from parametric_memory.storage.location import Location

        return Location.of(self.memory if self.memory is not None else default_memory_folder(), self.index)

    def tell(self, line: str) -> None:
        """Prints progress and remarks on stderr, unless quiet."""
        if not self.quiet:
            print(shown(line), file=sys.stderr, flush=True)

    def show(self, data: Any, text: str) -> None:
        """Prints the result on stdout: the data with --json, else the text."""
        hide_progress()
        if self.json:
            ascii_only = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
            print(shown_as_json(json_format.dumps(data, indent=2, ensure_ascii=ascii_only, default=_plain)))
        elif text:
            print(shown(text))

    def check_memory(self, memory: ParametricMemory) -> None:
        """Raises MemoryMissing if there is no memory yet; remarks if a task is running."""
        if (running := memory.storage.tasks.running()) is not None:
            self.tell(f"{running}. Until it ends, the memory answers as it was.")
        if not memory.storage.database.exists:
            place = shown_in_line(str(self.where))
            raise MemoryMissing(f"There is no memory in {place} yet: add something, or name another with --memory.")


def open_memory(
    context: Context, models: ModelSettings | None = None, recall: RecallSettings | None = None, **options: Any
) -> ParametricMemory:
    """The memory that the options name, with its own models if they name none. Nothing is loaded yet.

    options: of `ParametricMemory`.
    """
    from parametric_memory.memory import ParametricMemory

    return ParametricMemory(
        context.where,
        base_model=context.base_model,
        hypernetwork=context.hypernetwork,
        progress=not context.quiet,
        models=replace(models or ModelSettings(), judge=context.judge),
        recall=recall,
        **options,
    )


def maintenance_of(memory: ParametricMemory) -> Maintenance:
    from parametric_memory.maintenance import Maintenance

    return Maintenance(memory)


def on_engine(memory: ParametricMemory, engine: str | None, **options: Any) -> ParametricMemory:
    """The memory, answering with the vLLM server that `vllm:URL` names, if one is. options: of `VllmEngine`."""
    if engine is None:
        return memory
    kind, _, url = engine.partition(":")
    if kind != "vllm" or not url.startswith(("http://", "https://")):
        raise BadParameter(f"{engine!r} is not vllm:URL, such as vllm:http://localhost:8000/v1.")
    from parametric_memory.answering.vllm import VllmEngine
    from parametric_memory.memory import reopen

    return reopen(memory, engine=VllmEngine(url, memory.models, **options))


def open_models(context: Context, trust_remote_code: bool = False) -> Models:
    """The models that the options name, without a memory. Nothing is loaded yet."""
    from parametric_memory.internalize.selection import Models

    settings = ModelSettings(
        base_model=context.base_model,
        hypernetwork=context.hypernetwork,
        judge=context.judge,
        trust_remote_code=trust_remote_code,
    )
    return Models(settings, progress=not context.quiet)


def add_command(app: typer.Typer, command: Callable[..., None], progress: bool = False, resumes: bool = False) -> None:
    """Adds a command to an app: the function's name, and its docstring as help, with the examples as the epilog.

    progress, resumes: shows how far it is; see `show_progress`.
    """
    help, _, examples = inspect.cleandoc(command.__doc__ or "").partition(_EXAMPLES)
    name = command.__name__.rstrip("_").replace("_", "-")
    app.command(name, help=help, epilog=f"\b\nExamples:\n{examples}")(add_shared_options(command, progress, resumes))


def add_shared_options(
    command: Callable[..., None], progress: bool = False, resumes: bool = False
) -> Callable[..., None]:
    """The command for typer: its own parameters, and the shared options in place of the context."""
    _, *own = inspect.signature(command, eval_str=True).parameters.values()
    shared = options_of(Context)
    groups = {p.name: p.annotation for p in own if isinstance(p.annotation, type) and is_dataclass(p.annotation)}

    def run(ctx: typer.Context, **values: Any) -> None:
        given = {option.name: values.pop(option.name) for option in shared}
        own = {name: value for name, value in given.items() if value not in (None, False)}
        ctx.obj = context = replace(ctx.obj or Context(), **own)  # with options from before the command's name
        if context.quiet:
            logging.disable(logging.WARNING)
        for name, kind in groups.items():
            values[name] = kind(**{option.name: values.pop(option.name) for option in options_of(kind)})
        with show_progress(context.tell, resumes) if progress and not context.quiet else nullcontext():
            command(context, **values)

    first = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    own = [option for p in own for option in (options_of(groups[p.name]) if p.name in groups else [p])]
    parameters = [first, *(p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own), *shared]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def options_of(kind: type) -> list[inspect.Parameter]:
    """The fields of a dataclass as parameters of a command."""
    fields = inspect.signature(kind, eval_str=True).parameters.values()
    return [field.replace(kind=inspect.Parameter.KEYWORD_ONLY) for field in fields]


def _plain(value: object) -> Any:
    """Records, dataclasses and paths as JSON values."""
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump(mode="json")
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else str(value)


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Aligned columns under their headers; numbers to the right. The headers alone when there are no rows."""
    cells = [list(headers), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    to_the_right = [bool(rows) and all(_is_numeric(row[i]) for row in rows) for i in range(len(headers))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, to_the_right, strict=True)
        ).rstrip()
        for line in cells
    )


def _is_numeric(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _cell(value: object) -> str:
    """One line of text: decimals to two places, nothing for None."""
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, float) else shown(" ".join(str(value).split()))

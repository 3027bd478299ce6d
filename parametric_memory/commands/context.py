"""What commands share: their common options, opening the memory, printing, tables, and showing progress.

A command is a function whose first parameter is a `Context`. The options that fill it are added to the command's own
and can also come before its name. A further parameter may be a dataclass of options, too.
"""

from __future__ import annotations

import inspect
import json as json_format
import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, is_dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import pydantic
import typer
from typer import BadParameter, Option

from parametric_memory.documents.cleaning import shown, shown_as_json, shown_in_line
from parametric_memory.errors import MemoryMissing
from parametric_memory.progress import shown_by
from parametric_memory.settings import ModelSettings, RecallSettings, default_memory_folder

if TYPE_CHECKING:
    from rich.progress import Progress

    from parametric_memory.internalize.selection import Models
    from parametric_memory.maintenance import Maintenance
    from parametric_memory.memory import ParametricMemory
    from parametric_memory.storage.location import Location

_EXAMPLES = "\nExamples:\n"
_TOLD_SECONDS = 10.0  # between lines of progress


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

    named = ModelSettings(context.base_model, context.hypernetwork, judge=context.judge)
    return Models(replace(named, trust_remote_code=trust_remote_code), progress=not context.quiet)


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
    columns = []
    for i, column in enumerate(zip(*cells, strict=True)):
        width = max(map(len, column))
        is_numeric = bool(rows) and all(isinstance(row[i], int | float | None) for row in rows)
        columns.append([cell.rjust(width) if is_numeric else cell.ljust(width) for cell in column])
    return "\n".join("  ".join(line).rstrip() for line in zip(*columns, strict=True))


def _cell(value: object) -> str:
    """One line of text: decimals to two places, nothing for None."""
    if value is None:
        return ""
    return f"{value:.2f}" if isinstance(value, float) else shown(" ".join(str(value).split()))


class _Reported:
    """What is done, as it is reported: of the whole, reported first, and of the part in work.

    Shows it as one bar in a terminal, else as a short line now and then.
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell, self._next = tell, time.monotonic() + _TOLD_SECONDS
        self._done: dict[str, tuple[int, int | None]] = {}
        self._bar: Progress | None = None

    def __call__(self, what: str, done: int, of: int | None) -> None:
        whole = next(iter(self._done), what)
        self._done = {what: (done, of)} if what == whole else {whole: self._done[whole], what: (done, of)}
        if sys.stderr.isatty():
            self._draw()
        elif done != of and (now := time.monotonic()) >= self._next:  # what is done is shown
            self._next = now + _TOLD_SECONDS
            self._tell(str(self))

    def __str__(self) -> str:
        parts = (f"{done:,} {what}" if of is None else f"{done:,} of {of:,} {what}" for what, (done, of) in self)
        return ", ".join(parts)

    def __iter__(self) -> Iterator[tuple[str, tuple[int, int | None]]]:
        """What is reported, without a whole of one."""
        return ((what, of) for what, of in self._done.items() if of[1] != 1 or len(self._done) == 1)

    def _draw(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        if self._bar is None:
            columns = (BarColumn(), TextColumn("{task.description}", markup=False), TimeRemainingColumn())
            self._bar = Progress(*columns, console=Console(stderr=True), redirect_stdout=False, transient=True)
            self._bar.add_task("")
            self._bar.start()
        _, (done, of) = next(iter(self))
        self._bar.update(self._bar.task_ids[0], completed=done, total=of, description=str(self))

    def hide(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


_reported: _Reported | None = None


@contextmanager
def show_progress(tell: Callable[[str], None], resumes: bool) -> Iterator[None]:
    """Shows what is reported within the block. tell: prints a line on stderr.

    resumes: if the block is interrupted, says how far it was, and that the same command goes on from there.
    """
    global _reported
    _reported = reported = _Reported(tell)
    try:
        with shown_by(reported):
            yield
    except KeyboardInterrupt:
        reported.hide()
        if resumes and str(reported):
            tell(f"Stopped at {reported}. The same command does what is left.")
        raise
    finally:
        reported.hide()
        _reported = None


def hide_progress() -> None:
    """Removes the bar, before a result is printed."""
    if _reported is not None:
        _reported.hide()

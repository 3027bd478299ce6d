"""The command line of all commands, and its exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.

Knows nothing about what a command does.
"""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Protocol, runtime_checkable

import typer
from typer.core import TyperGroup

from parametric_memory.commands import add, ask, demo, doctor, entries, maintenance, models, serve, skills, train
from parametric_memory.commands.context import Context, add_command, add_shared_options
from parametric_memory.documents.cleaning import shown
from parametric_memory.errors import ParametricMemoryError

PROGRAM = "parametric-memory"
DEBUG_VARIABLE = "PARAMETRIC_MEMORY_DEBUG"

_COMMANDS: tuple[Callable[..., None], ...] = (
    *(add.add, ask.ask, ask.recall),
    *(entries.list_, entries.show, entries.update, entries.history, entries.restore),
    *(entries.rm, entries.export_adapter),
    *(maintenance.export, maintenance.import_, maintenance.reindex, maintenance.upgrade, maintenance.path),
    *(serve.serve, serve.mcp),
    *(demo.demo, doctor.doctor, models.models, models.convert, maintenance.version),
)
_RESUMED = (add.add, maintenance.import_, maintenance.reindex, maintenance.upgrade)  # by the same command
_GROUPS: dict[str, tuple[str, Sequence[Callable[..., None]]]] = {
    "keys": ("Make, list and remove the API keys of servers.", (serve.add, serve.list_, serve.rm)),
    "skill": (
        "Make and keep adapters that say how to answer.",
        (skills.add, skills.train, skills.list_, skills.show, skills.rm),
    ),
    "train": (
        "Train a hypernetwork for a base model, a LoRA, or a judge.",
        (train.teach, train.d2l, train.tasks, train.t2l, train.lora, train.judge, train.marker),
    ),
    "eval": ("Measure what a memory remembers.", ()),  # see `_Evaluations`
}

_HELP = """A memory for language models that answers from weights.

Documents become LoRA adapters; a question recalls the adapters that fit and is answered under them, with
nothing of the documents in the prompt. The memory lives in the folder that --memory names, else below
$PARAMETRIC_MEMORY_HOME, else in your user data folder.
"""
_EXAMPLES = """\b
Examples:
  parametric-memory demo
  parametric-memory add notes/ --meta team=sales
  parametric-memory ask "Where does Lina Okafor live?"
"""


def build() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(
        name=PROGRAM,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(help=_HELP, epilog=_EXAMPLES)(add_shared_options(_root))
    for command in _COMMANDS:
        add_command(app, command, progress=command in _RESUMED, resumes=command in _RESUMED)
    for name, (help, commands) in _GROUPS.items():
        kind = _Evaluations if name == "eval" else TyperGroup
        group = typer.Typer(name=name, no_args_is_help=True, rich_markup_mode=None, cls=kind)
        group.callback(help=help)(add_shared_options(lambda context: None))
        for command in commands:
            add_command(group, command, progress=name == "train")
        app.add_typer(group)
    return app


class _Evaluations(TyperGroup):
    """`eval`, whose commands are imported when it is asked for them: they import the laboratory."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self._evaluations)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        return self._evaluations.get(cmd_name)

    @cached_property
    def _evaluations(self) -> Mapping[str, Any]:
        from parametric_memory.commands.evaluate import EVALUATIONS

        group = typer.Typer(rich_markup_mode=None)
        for command in EVALUATIONS:
            add_command(group, command, progress=True)
        return typer.main.get_group(group).commands


def _root(
    context: Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=maintenance.print_version)
    ] = False,
) -> None:
    pass


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command line (this process's, unless given) and exits. No traceback reaches the user, unless
    `PARAMETRIC_MEMORY_DEBUG` is set."""
    remarks = logging.StreamHandler()
    remarks.setFormatter(_Shown("%(message)s"))
    logging.basicConfig(handlers=[remarks], level=logging.WARNING)
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # what a terminal's encoding lacks must not end a command
            stream.reconfigure(errors="backslashreplace")
    try:
        sys.exit(build()(args=arguments, prog_name=PROGRAM, standalone_mode=False))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except Exception as error:
        if isinstance(error, _WrongUsage):  # its message repeats what was typed
            error.message = shown(error.message)
            error.show()
            sys.exit(error.exit_code)
        if os.environ.get(DEBUG_VARIABLE):
            raise
        line = " ".join(str(error).split())
        if not isinstance(error, ParametricMemoryError):
            line = f"{type(error).__name__}: {line} (unexpected; {DEBUG_VARIABLE}=1 shows where)"
        print(f"Error: {shown(line)}", file=sys.stderr)
        sys.exit(1)


class _Shown(logging.Formatter):
    """Escapes terminal commands in log messages."""

    def format(self, record: logging.LogRecord) -> str:
        return shown(super().format(record))


@runtime_checkable
class _WrongUsage(Protocol):
    """The errors of typer about a command line; their base class has no public name."""

    message: str
    exit_code: int

    def show(self) -> None: ...

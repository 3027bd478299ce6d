"""A result: the rows of an evaluation with command, code, models and machine, in one self-contained JSON document."""

from __future__ import annotations

import os
import platform
import re
import shlex
import subprocess
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

import parametric_memory
from parametric_memory.evaluation.rows import EvalRow
from parametric_memory.recall.judge_config import judge_fingerprint, judge_folder
from parametric_memory.settings import own_version

if TYPE_CHECKING:
    from parametric_memory.memory import ParametricMemory

Report = Callable[[str], None]

_DISPLAY = ("--json", "--quiet")  # options that no figure depends on
_STORE = "--answers"  # another one, with a file
_MEASURED_CODE = ("parametric_memory", "integrations", "benchmarks")


class UsedModels(BaseModel, frozen=True):
    """The models that were measured."""

    base_model: str
    dtype: str  # of the base model
    hypernetwork: str
    hypernetwork_fingerprint: str
    embedder_fingerprint: str
    judge_fingerprint: str = ""  # of the judge that the settings name; empty in older results


class UsedSearch(BaseModel, frozen=True):
    """Decoding of the answers of all columns; see `language_model.requests.Search`."""

    answer_tokens: int  # of the longest answer
    rules: dict[str, float]  # weights of the rules about unlikely answers that are on, in nats
    beams: int = 1  # width of the beam search in older results
    alternatives: int = 1
    unless_sure: float | None = None
    marked: float = 0.0  # of the columns that have marks, see `Column` and `Calibration`

    @property
    def in_words(self) -> str:
        how = "greedy"
        if max(self.alternatives, self.beams) > 1:
            ways = (
                f"of {self.alternatives} alternatives the best" if self.alternatives > 1 else f"in {self.beams} beams"
            )
            how += f", and {ways} where a token is less probable than {self.unless_sure:g}"
            if self.marked:
                how += f" (where words are marked, one that says them gains up to {self.marked:g} nats)"
        rules = ", ".join(rule.replace("_", " ") for rule in self.rules)
        return f"all answers {how}, of up to {self.answer_tokens} tokens, {f'rules: {rules}' if rules else 'no rules'}"


class Result(BaseModel, frozen=True):
    """The measurements of one command."""

    eval: str
    command: str  # as typed, without folders of this machine
    version: str
    commit: str | None  # of the checkout that it ran from; None: it ran from none
    dirty: bool  # whether the checkout's code had uncommitted changes
    machine: str
    models: UsedModels
    seed: int
    date: date  # of the start, in UTC
    seconds: float  # including the loading of models
    kept_answers: int = 0  # stored by the same command before it was interrupted; their seconds are not counted
    search: UsedSearch | None = None  # of every column; None: nothing was answered, or not in one way
    rows: list[EvalRow]

    @property
    def origin(self) -> str:
        """Commit, models, machine and day, in one line of Markdown."""
        code = f"version {self.version}"
        if self.commit is not None:
            code = f"commit {self.commit[:10]}{' with changes' if self.dirty else ''}"
        models = self.models
        hypernetwork = f"{models.hypernetwork} ({models.hypernetwork_fingerprint[:12]})"
        judge = f", judge {models.judge_fingerprint[:12]}" if models.judge_fingerprint else ""
        parts = [code, f"{models.base_model} in {models.dtype}, {hypernetwork}{judge}"]
        parts += [self.search.in_words] if self.search else []
        parts += [f"resumed with {self.kept_answers:,} stored answers"] if self.kept_answers else []
        return "; ".join([*parts, self.machine, str(self.date)])


def result_of(
    name: str, command: str, seed: int, memory: ParametricMemory, measure: Callable[[], Iterable[EvalRow]]
) -> Result:
    """Measures the models of a memory; records code, models, machine and time. command: see `command_line`."""
    began = datetime.now(UTC)
    commit, dirty = checked_out(Path(parametric_memory.__file__).parents[1])
    rows = list(measure())
    models = memory.models
    return Result(
        eval=name,
        command=command,
        version=own_version(),
        commit=commit,
        dirty=dirty,
        machine=machine(),
        models=UsedModels(
            base_model=_by_name(models.base.name),
            dtype=str(models.base.model.dtype).removeprefix("torch."),
            hypernetwork=_by_name(models.hypernetwork_name),
            hypernetwork_fingerprint=models.internalizer_fingerprint,
            embedder_fingerprint=models.embedder_fingerprint,
            judge_fingerprint=judge_fingerprint(judge_folder(models)),
        ),
        seed=seed,
        date=began.date(),
        seconds=round((datetime.now(UTC) - began).total_seconds(), 1),
        rows=rows,
    )


def command_line(program: str, arguments: Sequence[str]) -> str:
    """A command as typed, with files and folders by their names alone, without options that no figure depends on."""
    kept: list[str] = []
    for before, argument in zip(["", *arguments], arguments, strict=False):
        if _STORE in (before, argument) or argument.startswith(f"{_STORE}=") or argument in _DISPLAY:
            continue
        option, equals, value = argument.partition("=") if argument.startswith("--") else ("", "", argument)
        kept.append(f"{option}{equals}{_by_name(value)}")
    return f"{program} {shlex.join(kept)}"


def checked_out(folder: Path) -> tuple[str | None, bool]:
    """The commit of a checkout, and whether its code has uncommitted changes; (None, False) for another folder."""
    git = partial(subprocess.check_output, cwd=folder, stderr=subprocess.DEVNULL, text=True)
    with suppress(OSError, subprocess.CalledProcessError):  # no git, or a folder that it refuses
        if (folder / ".git").exists():
            commit = git(["git", "rev-parse", "HEAD"]).strip()
            return commit, bool(git(["git", "status", "--porcelain", "--", *_MEASURED_CODE]))
    return None, False


def machine() -> str:
    """Processor, threads, graphics processor where there is one, and the versions that decide speed."""
    import torch

    processor = platform.processor() or platform.machine()
    with suppress(OSError):
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
        processor = found[1].strip() if found else processor
    parts = [f"{processor}, {torch.get_num_threads()} threads of {os.cpu_count()}"]
    if torch.cuda.is_available():
        parts.append(torch.cuda.get_device_name())
    return ", ".join([*parts, f"torch {torch.__version__}", f"Python {platform.python_version()}"])


def _by_name(written: str) -> str:
    """The last part of a path; anything else, such as a model's id on a hub, unchanged."""
    path = Path(written)
    return path.name if path.name and (path.is_absolute() or path.exists()) else written

"""Arguments that several commands take, and the parsing of their values.

Knows nothing about what commands do with them. A value that cannot be parsed is wrong usage: exit status 2.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import Argument, BadParameter, Option

from parametric_memory.documents.files import MAX_FILE_BYTES
from parametric_memory.errors import DocumentError

if TYPE_CHECKING:
    from parametric_memory.memory import ParametricMemory

STDIN = "-"

Id = Annotated[str, Argument(metavar="ID", help="The entry's id, or its beginning.")]
InNamespace = Annotated[
    str | None, Option(metavar="NAME", help="The namespace of the id. Default: default, or the only one that has it.")
]
Filter = Annotated[
    list[str] | None, Option(metavar="KEY=VALUE", help="Only entries with this metadata. May be repeated.")
]
ValidFrom = Annotated[str | None, Option(metavar="WHEN", help="Start of validity: 2024-12-31, 2024-12-31T18:00 (UTC).")]
ValidUntil = Annotated[str | None, Option(metavar="WHEN", help="End of validity; a date includes its day.")]
User = Annotated[str | None, Option(metavar="NAME", help="The user it belongs to: the namespace of this name.")]
Agent = Annotated[str | None, Option(metavar="NAME", help="The agent that it belongs to.")]
Run = Annotated[str | None, Option(metavar="NAME", help="The run or session that it belongs to.")]
Metadata = Annotated[list[str] | None, Option(metavar="KEY=VALUE", help="Metadata. May be repeated.")]
Engine = Annotated[
    str | None, Option(metavar="vllm:URL", help="A vLLM server that runs the base model and writes answers.")
]
EngineRank = Annotated[int, Option(metavar="N", min=1, help="The --max-lora-rank that vLLM was started with.")]
TrustRemoteCode = Annotated[
    bool, Option("--trust-remote-code", help="Let the repositories of models run code of their own.")
]
MaxRank = Annotated[int | None, Option(metavar="N", min=1, help="The largest rank of an adapter, and of a merge.")]
Scorer = Annotated[
    Literal["judge", "vectors"] | None,
    Option(
        metavar="NAME",
        help="judge: a learned judge scores what the vectors find, in English. vectors: the vectors alone, for other "
        "languages. A memory uses one of them.",
    ),
]
Store = Annotated[
    Literal["text", "rows"] | None,
    Option(
        metavar="NAME",
        help="rows: a document's rows, made when it is added: 4 KB and 3 ms of a core a token with the embedded "
        "models. text: the text alone, 0.3 KB and under 1 ms; the first question that recalls a sentence makes its "
        "rows. A memory uses one of them; rows, unless given.",
    ),
]


@dataclass(frozen=True)
class Whose:
    """Whose entries: a `Scope`."""

    user: User = None
    agent: Agent = None
    run: Run = None


@dataclass(frozen=True)
class Where:
    """Where a question looks."""

    filter: Filter = None
    namespace: Annotated[str | None, Option(metavar="NAME", help="Only this namespace; default, unless given.")] = None
    user: User = None
    agent: Agent = None
    run: Run = None
    at: Annotated[
        str | None, Option(metavar="WHEN", help="Recall what was valid then: 2024-12-31, 2024-12-31T18:00 (UTC).")
    ] = None

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of `ParametricMemory.recall`."""
        return {**vars(self), "filter": pairs(self.filter, "--filter")}


ANYBODY, ANYWHERE = Whose(), Where()
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def pairs(written: Sequence[str] | None, option: str) -> dict[str, str | int | float | bool]:
    """`KEY=VALUE`s as metadata: `true`, `false` and numbers are what they look like, `"7"` is a text."""
    found = {}
    for pair in written or ():
        key, equals, value = pair.partition("=")
        if not equals or not key.strip():
            raise BadParameter(f"{pair!r} is not KEY=VALUE.", param_hint=option)
        if key.strip() in found:
            raise BadParameter(f"{key.strip()!r} is given twice; it can have one value.", param_hint=option)
        found[key.strip()] = _value(value.strip())
    return found


def _value(written: str) -> str | int | float | bool:
    if written in ("true", "false"):
        return written == "true"
    if re.fullmatch(r"0|-?[1-9]\d{0,14}", written):  # a number with leading zeros is a code
        return int(written)
    if re.fullmatch(r"-?\d+\.\d+", written):
        return float(written)
    if len(written) > 1 and written[0] == written[-1] == '"':
        return written[1:-1]
    return written


def duration(written: str | None, option: str) -> timedelta | None:
    """A time as people write it: `90s`, `30m`, `12h`, `7d`, `2w`."""
    if written is None:
        return None
    parts = re.fullmatch(r"(\d{1,6})([smhdw])", written)
    if parts is None or not int(parts[1]):
        told = f"{written!r} is not a time: write a number and s, m, h, d or w, such as 12h or 7d."
        raise BadParameter(told, param_hint=option)
    return timedelta(**{_UNITS[parts[2]]: int(parts[1])})


def whole_id(memory: ParametricMemory, written: str, namespace: str | None) -> str:
    """The id of the one entry whose id begins like this; the argument, if none does or it is whole.

    namespace: of the entry; when not given, the memory's own, or all if that has no such id.
    """
    if not written:
        raise BadParameter("An id is empty: `list` shows them.")
    ids = memory.storage.entries.ids
    fitting = ids(namespace or memory.namespace, written) or ([] if namespace else ids(None, written))
    if written in fitting:
        return written
    if len(fitting) > 1:
        raise BadParameter(f"{len(fitting)} ids begin with {written!r}: write more of the one that is meant.")
    return fitting[0] if fitting else written


def text_of(argument: str) -> str:
    """A text given as an argument; `-` stands for standard input. Raises DocumentError if that is not UTF-8."""
    if argument != STDIN:
        return argument
    try:
        return stdin_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(f"Standard input is not UTF-8 text (byte {error.start}): convert it first.") from error


def stdin_bytes() -> bytes:
    """All of standard input; if it is larger than any document may be, only enough to detect that."""
    return sys.stdin.buffer.read(MAX_FILE_BYTES + 1)

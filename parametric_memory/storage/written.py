"""What is written of a document: its record, what is kept beside its text, and the parts that the index gets.

Knows nothing about where that is put.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from parametric_memory.errors import DocumentError
from parametric_memory.index.parts import IndexRecord
from parametric_memory.internalize.on_demand import ReadDocument
from parametric_memory.records import Entry
from parametric_memory.storage.adapters import KEPT_WORDS, PASSAGE_ROWS, PASSAGES
from parametric_memory.storage.times import LASTING, VALIDITY
from parametric_memory.text.sentences import sentences

if TYPE_CHECKING:
    from parametric_memory.internalize.internalizer import Internalized
    from parametric_memory.storage.prepared import Prepared

    Made = Internalized | ReadDocument


@dataclass(frozen=True)
class Addition:
    """A document that is to become a new entry, and what was prepared of it.

    Attributes:
        text: cleaned.
        digest: of the text.
        said_at: when the text was written, UTC, where that is known and not now.
    """

    text: str
    digest: str
    prepared: Prepared
    title: str | None = None
    source: str | None = None
    turns: Sequence[str] = ()
    said_at: datetime | None = None


TURNS = "turns"  # of a conversation, beside its passages
_MOST_PARTS = 48  # index vectors of an entry without passages, beside its summary


def as_it_is(record: IndexRecord, entry: Entry) -> IndexRecord:
    """The same vectors, with what else the index keeps of an entry."""
    times = {name: getattr(entry, name) for name in (LASTING, *VALIDITY)}
    return replace(record, metadata=entry.metadata, namespace=entry.namespace, **times)


def lasting(entry: Entry, whole: bool) -> list[str]:
    """Names of an entry's times; without those that are over, unless they are wanted as well."""
    lasts, holds = whole or not entry.is_expired(), whole or not entry.is_over()
    return [*([LASTING] if lasts else ()), *(VALIDITY if holds else ())]


def recorded(**values: Any) -> Entry:
    """An entry with these values. Raises DocumentError for one that a record does not take."""
    try:
        return Entry(**values)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise DocumentError(f"The document cannot be recorded: {where}: {problem['msg']}.") from error


def beside(result: Made, turns: Sequence[str] = ()) -> dict[str, Any]:
    """What is kept beside a text: its passages; and beside an adapter, the words of its rows and whose these are.

    turns: of a conversation, kept too.
    """
    of_turns = {TURNS: list(turns)} if turns else {}
    if isinstance(result, ReadDocument):
        return {PASSAGES: list(result.passages), **of_turns}
    kept = {module: [(k.position, k.word, round(k.strength, 3)) for k in rows] for module, rows in result.kept.items()}
    return {
        KEPT_WORDS: kept,
        PASSAGES: list(result.passages),
        PASSAGE_ROWS: {module: list(rows) for module, rows in result.passage_rows.items()},
        **of_turns,
    }


def parts_of(text: str, recorded: Sequence[str]) -> list[tuple[str, int]]:
    """Parts of a text for the index, with the number of each among the passages whose rows can be attached alone.

    recorded: these passages. Empty: there are none, and the parts are sentences, or runs of them, numbered -1.
    """
    if recorded:
        parts = [(passage, number) for number, passage in enumerate(recorded)]
    else:
        found = sentences(text)
        run = -(-len(found) // _MOST_PARTS)
        parts = [(" ".join(found[i : i + run]), -1) for i in range(0, len(found), run)]
    return [part for part in parts if part[0]] if len(parts) > 1 else []  # of one, the summary says it all

"""What the index keeps with each vector: whose it is, when it may be found, and what filters see.

Knows nothing about vectors and collections.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from parametric_memory.index.filters import Value, check_unicode, flatten, where

_OWN = "parametric_memory:"
ENTRY, PART, PASSAGE, STATE = (f"{_OWN}{name}" for name in ("entry", "part", "passage", "state"))
_NAMESPACE, _EXPIRES_AT = f"{_OWN}namespace", f"{_OWN}expires_at"
# Only what is bounded has these. Indexes of before have them nowhere: `$ne` holds where a key is missing.
_BOUNDED, _VALID_FROM, _VALID_UNTIL = (f"{_OWN}{name}" for name in ("bounded", "valid_from", "valid_until"))
_NEVER = 1e18


@dataclass(frozen=True)
class IndexRecord:
    """What the index keeps of an entry.

    Attributes:
        entry_id: the entry's id.
        vectors: one or more, `[part, dimension]`; the entry is as near as the nearest of them.
        passages: which passage of the document each vector is of, for those that are of one; -1 for the others. Empty:
            none is.
        metadata: what filters see; nested mappings become dotted keys.
        namespace: the entry's namespace.
        expires_at: from when on it is no longer found, with a time zone; None: never.
        valid_from, valid_until: between these moments what it says holds; None: there is no such bound.
        state: tells which state of the entry this is; empty: it is not told from others.
    """

    entry_id: str
    vectors: Sequence[Sequence[float]]
    metadata: Mapping[str, Any] = field(default_factory=dict)
    passages: Sequence[int] = ()
    namespace: str = "default"
    expires_at: datetime | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    state: str = ""


@dataclass(frozen=True)
class Wanted:
    """Which vectors a search may find.

    Attributes:
        namespace: those of one; None: of all.
        filter: what the metadata must be, see `filters`.
        at: the moment at which it must hold what an entry says; None: now. Whether an entry has expired is always told
            by the clock.
    """

    namespace: str | None = None
    filter: Mapping[str, Any] | None = None
    at: datetime | None = None

    def selective(self) -> dict[str, Any] | None:
        """As a `where` of Chroma's, but for times, which `allows` tells of; None: anything may be found."""
        of_metadata = where(self.filter)
        conditions = [
            *([{_NAMESPACE: self.namespace}] if self.namespace is not None else []),
            *([of_metadata] if of_metadata is not None else []),
        ]
        return {"$and": conditions} if len(conditions) > 1 else next(iter(conditions), None)

    def condition(self) -> dict[str, Any]:
        """As a `where` of Chroma's. Raises SettingsError: the filter is not understood, the namespace no Unicode."""
        check_unicode(self.namespace or "", "The namespace")
        moment, selective = self._moment, self.selective()
        holds = {"$and": [{_VALID_FROM: {"$lte": moment}}, {_VALID_UNTIL: {"$gt": moment}}]}
        conditions = [
            {_EXPIRES_AT: {"$gt": datetime.now(UTC).timestamp()}},
            {"$or": [{_BOUNDED: {"$ne": True}}, holds]},
            *([selective] if selective is not None else []),
        ]
        return {"$and": conditions}

    def allows(self, metadata: Mapping[str, Any]) -> bool:
        """Whether a vector with this metadata may be found, as far as the filter does not tell."""
        return (
            metadata[_EXPIRES_AT] > datetime.now(UTC).timestamp()
            and metadata.get(_VALID_FROM, -_NEVER) <= self._moment < metadata.get(_VALID_UNTIL, _NEVER)
            and self.namespace in (None, metadata[_NAMESPACE])
        )

    @property
    def _moment(self) -> float:
        return (self.at or datetime.now(UTC)).timestamp()


def metadata_of_part(record: IndexRecord, part: int) -> dict[str, Value]:
    """What is kept with one vector of an entry."""
    own: dict[str, Value] = {
        ENTRY: record.entry_id,
        PART: part,
        PASSAGE: record.passages[part] if record.passages else -1,
        _NAMESPACE: record.namespace,
        _EXPIRES_AT: record.expires_at.timestamp() if record.expires_at else _NEVER,
    }
    if record.valid_from or record.valid_until:
        own[_BOUNDED] = True
        own[_VALID_FROM] = record.valid_from.timestamp() if record.valid_from else -_NEVER
        own[_VALID_UNTIL] = record.valid_until.timestamp() if record.valid_until else _NEVER
    return flatten(record.metadata) | own | ({STATE: record.state} if record.state else {})


def is_of(metadata: Mapping[str, Any], state: str | None) -> bool:
    """Whether a part is of an entry in this state. Parts that do not say it are of whatever there is."""
    return state is not None and metadata.get(STATE, state) == state


def entry_of(part_id: str) -> str:
    """The id of the entry that a part is of, by the part's own."""
    return part_id.rpartition(":")[0]


def put_in_of(part_id: str) -> str:
    """Tells parts that were put into the index together from others; what was put in later is greater."""
    return part_id.rpartition(":")[2].rpartition("-")[0]

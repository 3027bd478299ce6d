"""A LangGraph store over a memory: items are searched by meaning, and their texts are internalized.

An item's namespace (`("users", "lina")`) becomes the memory's namespace `users.lina`, so a chat model or a tool of that
namespace answers from it. Its value is stored as JSON in the entry's metadata. Knows nothing about graphs.
"""

from __future__ import annotations

import asyncio
import json
import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count, takewhile
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

from langgraph.store.base import (
    BaseStore,
    GetOp,
    InvalidNamespaceError,
    Item,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
    TTLConfig,
    get_text_at_path,
    tokenize_path,
)

from langchain_parametric_memory.documents import check_document
from langchain_parametric_memory.opening import open_memory
from parametric_memory import NEVER, Entry, Maintenance, ParametricMemory
from parametric_memory.errors import DocumentError, EntryNotFound, MemoryLocked, SettingsError

Namespace = tuple[str, ...]

_OWN = "langgraph:"
_KEY, _VALUE, _LABEL, _SEARCHED = f"{_OWN}key", f"{_OWN}value", f"{_OWN}label:", f"{_OWN}searched"
_UNSEARCHED = f"{_OWN}unsearched"  # the namespace of items with `index=False`
_WRITTEN, _TTL = f"{_OWN}written", f"{_OWN}ttl"
_DEEPEST = 100  # nested mappings and lists
_WORTH_RENEWING = 0.05  # least used part of a time to live: a renewal embeds the text again


class ParametricMemoryStore(BaseStore):
    """Long-term memory for LangGraph and LangMem, in a folder that outlives the process.

    Every item's text is internalized; `search` with a query finds it by meaning. The `messages` of a value are added as
    a conversation held now, see `ParametricMemory.add_messages`. Expired items are not found any more; `sweep_ttl`
    deletes them. As in other stores, a batch reads before it writes.

    Args:
        memory: a memory, or the folder of one.
        fields: the JSON paths of an item's text; the whole value when not given. `index` of a `put` overrides them;
            with `index=False`, an item is stored, but neither searched nor used for answers.
        ttl: defaults for times to live, in minutes.
    """

    supports_ttl = True

    def __init__(
        self,
        memory: ParametricMemory | str | Path | None = None,
        *,
        fields: Sequence[str] | None = None,
        ttl: TTLConfig | None = None,
    ) -> None:
        self.memory, self.fields, self.ttl_config = open_memory(memory), list(fields or ["$"]), ttl

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Runs operations; returns one result each.

        Raises:
            DocumentError: a value is not JSON, or nests more than 100 levels deep.
            SettingsError: a time to live is out of range.
            InvalidNamespaceError: the namespace of a put is empty, or a part of one holds a dot.
        """
        ops, results = list(ops), cast("list[Result]", [])
        puts: dict[tuple[Namespace, str], PutOp] = {}
        for op in ops:
            _check_namespaces(op)
        for op in ops:
            result: Result = None
            if isinstance(op, GetOp):
                result = self._get(op)
            elif isinstance(op, SearchOp):
                result = cast("Result", self._search(op))
            elif isinstance(op, ListNamespacesOp):
                result = self._list_namespaces(op)
            else:
                puts[op.namespace, op.key] = op
            results.append(result)
        for op in puts.values():
            self._put(op)
        return results

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        return await asyncio.to_thread(self.batch, list(ops))

    def sweep_ttl(self) -> int:
        """Deletes expired items, and their traces in files as `delete` does; returns their number."""
        expired = [entry for entry in self._entries((), expired=True) if entry.is_expired()]
        if not expired:
            return 0
        with self.memory.storage.writing():  # the index's files are erased once, at the end
            return sum(self._swept(entry) for entry in expired)

    def forget(self, namespace: Namespace) -> int:
        """Deletes all items in a namespace and in those below it; returns their number.

        Their traces in files are erased, too, also in a large memory.

        Raises MemoryLocked, StorageError: the items are deleted, but their traces are not; `Maintenance.erase` erases
        them later.
        """
        with self.memory.storage.writing():
            entries = [*self._entries(namespace, expired=True)]
            for entry in entries:
                self._delete(entry)
        if entries and self.memory.storage.leaves_traces:
            Maintenance(self.memory).erase()
        return len(entries)

    # Operations

    def _get(self, op: GetOp) -> Item | None:
        entry = self._known(op.namespace, op.key)
        if entry is None or entry.is_expired():
            return None
        if op.refresh_ttl:
            self._renew(entry)
        return Item(**_item(entry))

    def _put(self, op: PutOp) -> None:
        id, known = _id(op.namespace, op.key), self._known(op.namespace, op.key)
        if op.value is None:
            if known is not None:
                self._delete(known)
            return
        metadata = _metadata(op)
        ttl = _ttl(op)
        searched = op.index is not False
        namespace = ".".join(op.namespace) if searched else _UNSEARCHED
        text = self._text(op) if searched else op.key
        check_document(text, metadata)  # before any change
        if known is not None and known.namespace != namespace:  # `index` has changed
            self.memory.update(id, namespace=known.namespace, move_to=namespace)
        entry = self._add(op, text, id=id, metadata=metadata, namespace=namespace, ttl=ttl)
        if entry.metadata != metadata or (ttl is None and entry.expires_at is not None):  # its text was known
            self._rewrite(entry, metadata, ttl)

    def _add(self, op: PutOp, text: str, **about: Any) -> Entry:
        """Internalizes an item: messages as a conversation, everything else as text."""
        if op.index is None and self.fields == ["$"] and (messages := _messages(op.value or {})):
            with suppress(DocumentError):  # they hold nothing that was said
                [entry] = self.memory.add_messages(messages, when=datetime.now().astimezone(), **about)
                return entry
        return self.memory.add(text, **about)

    def _search(self, op: SearchOp) -> list[SearchItem]:
        wanted = op.offset + op.limit
        everything = ((entry, None) for entry in self._entries(op.namespace_prefix))
        found = self._ranked(op, wanted) if op.query else everything
        passing = [(entry, score) for entry, score in found if _has(_value(entry), op.filter or {})]
        if not op.query:
            passing.sort(key=lambda pair: pair[0].metadata[_WRITTEN], reverse=True)
        chosen = passing[op.offset : wanted]
        if op.refresh_ttl:
            for entry, _ in chosen:
                self._renew(entry)
        return [SearchItem(**_item(entry), score=score) for entry, score in chosen]

    def _ranked(self, op: SearchOp, wanted: int) -> list[tuple[Entry, float]]:
        """The items nearest to a query, with cosine similarities; enough for `wanted` to pass the filter."""
        vector = self.memory.models.embeddings.embed_query(op.query or "")
        k = wanted
        while True:
            near = self.memory.recaller.nearest(vector, k, filter=_under(op.namespace_prefix))
            entries = [(n.entry, n.similarity) for n in near]
            enough = sum(_has(_value(entry), op.filter or {}) for entry, _ in entries) >= wanted
            if enough or len(near) < k:
                return entries
            k *= 4

    def _list_namespaces(self, op: ListNamespacesOp) -> list[Namespace]:
        found = {_namespace(entry) for entry in self._entries(())}
        fitting = {ns for ns in found if all(_fits(ns, condition) for condition in op.match_conditions or ())}
        cut = sorted({ns[: op.max_depth] for ns in fitting})
        return cut[op.offset : op.offset + op.limit]

    # Entries

    def _entries(self, prefix: Namespace, *, expired: bool = False) -> Iterator[Entry]:
        for entry in self._within(".".join(prefix)) if prefix else self.memory.list():
            is_item = _KEY in entry.metadata and _namespace(entry)[: len(prefix)] == prefix
            if is_item and (expired or not entry.is_expired()):
                yield entry

    def _within(self, dotted: str) -> Iterator[Entry]:
        """The entries of a namespace, of those below it, and of the namespace of unsearched items."""
        for name in self.memory.storage.entries.counts():
            if name in (dotted, _UNSEARCHED) or name.startswith(f"{dotted}."):
                yield from self.memory.list(namespace=name)

    def _known(self, namespace: Namespace, key: str) -> Entry | None:
        """The entry of an item, searched or not, if there is one."""
        for place in (".".join(namespace), _UNSEARCHED):
            with suppress(EntryNotFound):
                return self.memory.get(_id(namespace, key), namespace=place)
        return None

    def _swept(self, entry: Entry) -> bool:
        """Deletes an expired item, unless it was put again meanwhile."""
        with suppress(EntryNotFound), self.memory.storage.writing():
            if self.memory.get(entry.id, namespace=entry.namespace).is_expired():
                self._delete(entry)
                return True
        return False

    def _delete(self, entry: Entry) -> None:
        with suppress(EntryNotFound):
            self.memory.delete(entry.id, namespace=entry.namespace)

    def _renew(self, entry: Entry) -> None:
        """Restarts an item's time to live after a read."""
        minutes = entry.metadata.get(_TTL)
        if entry.expires_at is None or not isinstance(minutes, int | float):
            return
        ttl = timedelta(minutes=minutes)
        used = ttl - (entry.expires_at - datetime.now(UTC))
        if used > _WORTH_RENEWING * ttl:
            with suppress(EntryNotFound, MemoryLocked), self.memory.storage.writing():
                current = self.memory.get(entry.id, namespace=entry.namespace)
                if current.metadata == entry.metadata:  # unless another value was put meanwhile
                    self.memory.update(entry.id, namespace=entry.namespace, ttl=ttl)

    def _rewrite(self, entry: Entry, metadata: Mapping[str, Any], ttl: timedelta | None) -> None:
        """Replaces an entry's metadata and time to live; its text and adapter stay."""
        with self.memory.storage.writing():
            current = self.memory.get(entry.id, namespace=entry.namespace)
            if (current.content_hash, current.metadata) != (entry.content_hash, entry.metadata):
                return  # another value was put meanwhile
            self.memory.update(entry.id, namespace=entry.namespace, metadata=metadata, ttl=ttl or NEVER)

    def _text(self, op: PutOp) -> str:
        """The text of an item."""
        paths = op.index or self.fields
        parts = [
            part for path in paths for part in (get_text_at_path(op.value, tokenize_path(path)) if path != "$" else ())
        ]
        return "\n".join(parts).strip() or _in_words(op.value).strip() or op.key


def _check_namespaces(op: Op) -> None:
    """Raises InvalidNamespaceError if a put names no namespace, or if a part holds a dot, which would be ambiguous."""
    if isinstance(op, ListNamespacesOp):
        labels = [label for condition in op.match_conditions or () for label in condition.path]
    else:
        labels = list(op.namespace_prefix if isinstance(op, SearchOp) else op.namespace)
    wrong = [label for label in labels if not isinstance(label, str) or not label or "." in label]
    if wrong or (isinstance(op, PutOp) and not labels):
        found = repr(wrong[0]) if wrong else "none"
        raise InvalidNamespaceError(f"A namespace is made of texts without a dot, not of {found}.")


def _id(namespace: Namespace, key: str) -> str:
    return "item:" + "/".join(quote(part, safe="", errors="surrogatepass") for part in (*namespace, key))


def _ttl(op: PutOp) -> timedelta | None:
    """The time to live of an item. Raises SettingsError."""
    try:
        return timedelta(minutes=op.ttl) if op.ttl else None
    except (OverflowError, ValueError) as error:
        raise SettingsError(f"The ttl of {op.key!r}, {op.ttl} minutes, is out of range.") from error


def _metadata(op: PutOp) -> dict[str, Any]:
    try:
        _check_depth(op.value)
        value = json.dumps(dict(op.value or {}), ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise DocumentError(f"The value of {op.key!r} in {'.'.join(op.namespace)} is no JSON: {error}.") from error
    metadata: dict[str, Any] = {
        _KEY: op.key,
        _VALUE: value,
        _SEARCHED: op.index is not False,
        _WRITTEN: datetime.now(UTC).isoformat(),
        **{f"{_LABEL}{depth}": label for depth, label in enumerate(op.namespace)},
    }
    return metadata | ({_TTL: float(op.ttl)} if op.ttl else {})


def _check_depth(value: Any) -> None:
    """Raises ValueError if a value nests too deep, or contains itself."""
    level = [value]
    for _ in range(_DEEPEST + 1):
        mappings = (inner for outer in level if isinstance(outer, Mapping) for inner in outer.values())
        lists = (inner for outer in level if isinstance(outer, list | tuple) for inner in outer)
        level = list({id(inner): inner for inner in (*mappings, *lists)}.values())
        if not level:
            return
    raise ValueError(f"it nests more than {_DEEPEST} levels deep")


def _messages(value: Mapping[str, Any]) -> list[Any]:
    """The messages of a value, if all have a role and a content; else an empty list."""
    found = value.get("messages")
    if not isinstance(found, list | tuple):
        return []
    told = all(isinstance(m, Mapping) and isinstance(m.get("role", m.get("type")), str) for m in found)
    return list(found) if told and all("content" in m for m in found) else []


def _under(prefix: Namespace) -> dict[str, Any]:
    """A filter for searched items in all namespaces with a prefix."""
    return {_SEARCHED: True} | {f"{_LABEL}{depth}": label for depth, label in enumerate(prefix)}


def _namespace(entry: Entry) -> Namespace:
    depths = count()
    return tuple(takewhile(bool, (str(entry.metadata.get(f"{_LABEL}{depth}", "")) for depth in depths)))


def _value(entry: Entry) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(str(entry.metadata[_VALUE])))


def _item(entry: Entry) -> dict[str, Any]:
    return {
        "namespace": _namespace(entry),
        "key": str(entry.metadata[_KEY]),
        "value": _value(entry),
        "created_at": entry.created_at,
        "updated_at": max(entry.created_at, datetime.fromisoformat(str(entry.metadata[_WRITTEN]))),
    }


def _has(value: Any, wanted: Mapping[str, Any]) -> bool:
    """Whether a value is a mapping whose parts pass a filter."""
    return isinstance(value, Mapping) and all(_passes(value.get(name), part) for name, part in wanted.items())


def _passes(value: Any, wanted: Any) -> bool:
    """Whether a part of a value passes a filter: equality, mappings by key, and LangGraph's operators."""
    if not isinstance(wanted, Mapping):
        return bool(value == wanted)
    unknown = [name for name in wanted if str(name).startswith("$") and name not in _OPERATORS]
    if unknown:
        raise ValueError(f"Unsupported operator {unknown[0]!r} in a filter: use {', '.join(_OPERATORS)}.")
    if any(name in _OPERATORS for name in wanted):
        return all(name in _OPERATORS and _OPERATORS[name](value, operand) for name, operand in wanted.items())
    return _has(value, wanted)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """A comparison of numbers, also as text, as in LangGraph's own store; else of texts, such as dates."""

    def holds(value: Any, bound: Any) -> bool:
        try:
            return bool(compare(float(value), float(bound)))
        except (TypeError, ValueError):
            return isinstance(value, str) and isinstance(bound, str) and bool(compare(value, bound))

    return holds


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": operator.eq,
    "$ne": operator.ne,
    "$gt": _ordered(operator.gt),
    "$gte": _ordered(operator.ge),
    "$lt": _ordered(operator.lt),
    "$lte": _ordered(operator.le),
}


def _fits(namespace: Namespace, condition: MatchCondition) -> bool:
    """Whether a namespace begins or ends with a path; `*` matches any label."""
    path = condition.path
    if len(namespace) < len(path):
        return False
    part = namespace[: len(path)] if condition.match_type == "prefix" else namespace[len(namespace) - len(path) :]
    return all(wanted in ("*", label) for wanted, label in zip(path, part, strict=True))


def _in_words(value: Any, name: str = "") -> str:
    """A value as lines of `name: text`; a single text as it is."""
    if isinstance(value, Mapping):
        lone = len(value) == 1
        parts = (_in_words(part, name if lone else _joined(name, key)) for key, part in value.items())
        return "\n".join(filter(None, parts))
    if isinstance(value, list | tuple):
        return "\n".join(filter(None, (_in_words(part, name) for part in value)))
    if value is None or value == "" or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return f"{name}: {value}" if name else str(value)


def _joined(name: str, key: object) -> str:
    return f"{name} {key}" if name else str(key)

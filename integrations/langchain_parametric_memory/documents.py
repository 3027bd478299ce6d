"""LangChain documents and the entries of a memory: how one becomes the other.

Knows nothing about vector stores, retrievers and chains.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from langchain_core.documents import Document

from parametric_memory import Entry, ParametricMemory
from parametric_memory.errors import EntryNotFound

SCOPES = ("user", "agent", "run")  # whose something is, or is looked for
_KEPT_FOR_OTHERS = ("langchain:", "langgraph:")  # begin names of what a chat history and a store keep for themselves
_IN_METADATA = {"agent": "agent_id", "run": "run_id"}  # as a memory calls them; a user is a namespace


def namespace_in(memory: ParametricMemory, namespace: str | None, scope: Mapping[str, Any]) -> str:
    """The namespace that is meant: one that is named, a user's, or the memory's own."""
    return namespace or scope.get("user") or memory.namespace


def add_document(
    memory: ParametricMemory,
    text: str,
    metadata: Mapping[str, Any],
    *,
    id: str | None,
    namespace: str,
    **options: Any,
) -> Entry:
    """Internalize a document; one that is there already, by id or by content and metadata, is not added twice.

    `title` and `source` in the metadata also become the entry's own. Options are those of `ParametricMemory.add` that
    say whose it is, and when it is recalled.

    Raises:
        DocumentError: the text is empty, the metadata is not flat, or the id is that of an entry elsewhere.
        SettingsError: a scope or a time cannot be one.
    """
    metadata = _given(metadata) | _labels(options)
    title, source = _text_or_none(metadata.get("title")), _text_or_none(metadata.get("source"))
    id = id or _id_of(text, metadata, namespace)
    entry = memory.add(text, id=id, title=title, source=source, metadata=metadata, namespace=namespace, **options)
    if entry.metadata != metadata or entry.source != source or (title and entry.title != title):
        entry = memory.update(entry.id, metadata=metadata, title=title or "", source=source or "")
    return entry


def check_document(
    memory: ParametricMemory, text: str, metadata: Mapping[str, Any], *, id: str | None, namespace: str
) -> None:
    """Raises DocumentError, or SettingsError, for what `add_document` would, before anything is made of it."""
    memory.storage.check(text, id=id, metadata=_given(metadata), namespace=namespace)


def find_document(memory: ParametricMemory, id: str, namespace: str) -> Document | None:
    """The document of an entry that is neither expired nor of another namespace; None where there is none."""
    try:
        entry = memory.get(id)
        if entry.is_expired() or entry.namespace != namespace:
            return None
        return Document(id=id, page_content=memory.storage.entries.text(id), metadata=without_own(entry.metadata))
    except EntryNotFound:
        return None


def without_own(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata without what a chat history and a store keep there for themselves, such as whole messages."""
    return {name: value for name, value in metadata.items() if not name.startswith(_KEPT_FOR_OTHERS)}


def find_entry(memory: ParametricMemory, id: str) -> Entry | None:
    """The entry with an id; None where there is none."""
    try:
        return memory.get(id)
    except EntryNotFound:
        return None


def _labels(options: Mapping[str, Any]) -> dict[str, Any]:
    """What the metadata of an entry says of whose it is."""
    return {key: options[name] for name, key in _IN_METADATA.items() if options.get(name) is not None}


def _given(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is None: loaders write it for what they do not know."""
    return {name: value for name, value in metadata.items() if value is not None}


def _id_of(text: str, metadata: Mapping[str, Any], namespace: str) -> str:
    """The same document gets the same id: adding it again changes nothing."""
    content = json.dumps([namespace, text, sorted(metadata.items())], ensure_ascii=False, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

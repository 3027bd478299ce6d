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
from parametric_memory.errors import DocumentError, EntryNotFound
from parametric_memory.storage.metadata import kept_metadata
from parametric_memory.text.cleaning import clean


def add_document(
    memory: ParametricMemory, text: str, metadata: Mapping[str, Any], *, id: str | None, namespace: str
) -> Entry:
    """Internalise a document; one that is there already, by id or by content and metadata, is not added twice.

    `title` and `source` in the metadata also become the entry's own.

    Raises:
        DocumentError: the text is empty, the metadata is not flat, or the id is that of an entry elsewhere.
    """
    metadata = _given(metadata)
    title, source = _text_or_none(metadata.get("title")), _text_or_none(metadata.get("source"))
    id = id or _id_of(text, metadata, namespace)
    entry = memory.add(text, id=id, title=title, source=source, metadata=metadata, namespace=namespace)
    if entry.metadata != metadata or entry.source != source or (title and entry.title != title):
        entry = memory.update(entry.id, metadata=metadata, title=title or "", source=source or "")
    return entry


def check_document(
    memory: ParametricMemory, text: str, metadata: Mapping[str, Any], *, id: str | None, namespace: str
) -> None:
    """Raises DocumentError, or SettingsError, for what `add_document` would, before anything is made of it."""
    clean(text)
    kept_metadata(_given(metadata))
    known = find_entry(memory, id) if id else None
    if known is not None and known.namespace != namespace:
        raise DocumentError(f"The id {id} is taken by an entry of the namespace {known.namespace}: choose another.")


def find_document(memory: ParametricMemory, id: str, namespace: str) -> Document | None:
    """The document of an entry that is neither expired nor of another namespace; None where there is none."""
    try:
        entry = memory.get(id)
        if entry.is_expired() or entry.namespace != namespace:
            return None
        return Document(id=id, page_content=memory.text(id), metadata=dict(entry.metadata))
    except EntryNotFound:
        return None


def find_entry(memory: ParametricMemory, id: str) -> Entry | None:
    """The entry with an id; None where there is none."""
    try:
        return memory.get(id)
    except EntryNotFound:
        return None


def _given(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is None: loaders write it for what they do not know."""
    return {name: value for name, value in metadata.items() if value is not None}


def _id_of(text: str, metadata: Mapping[str, Any], namespace: str) -> str:
    """The same document gets the same id: adding it again changes nothing."""
    content = json.dumps([namespace, text, sorted(metadata.items())], ensure_ascii=False, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

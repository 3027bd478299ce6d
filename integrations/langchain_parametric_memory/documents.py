"""Converts LangChain documents to entries of a memory, and back.

Knows nothing about vector stores, retrievers and chains.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from langchain_core.documents import Document

from parametric_memory import Entry, ParametricMemory
from parametric_memory.documents.cleaning import clean
from parametric_memory.storage.filters import kept_metadata

SCOPES = ("user", "agent", "run")  # options that say whose an entry is
_KEPT_FOR_OTHERS = ("langchain:", "langgraph:")  # prefixes of internal metadata of chat histories and stores
_IN_METADATA = {"agent": "agent_id", "run": "run_id"}  # their names in metadata; a user is a namespace


def namespace_in(memory: ParametricMemory, namespace: str | None, scope: Mapping[str, Any]) -> str:
    """The namespace to use: the named one, else the user's, else the memory's own."""
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
    """Internalizes a document, unless its id, or its text with this metadata, is already there.

    `title` and `source` in the metadata also become the entry's title and source. Options are the scope and the times
    of `ParametricMemory.add`.

    Raises:
        DocumentError: the text is empty, or the metadata is not flat.
        SettingsError: a scope or a time is invalid.
    """
    metadata = _given(metadata) | _labels(options)
    title, source = _text_or_none(metadata.get("title")), _text_or_none(metadata.get("source"))
    id = id or _id_of(text, metadata, namespace)
    entry = memory.add(text, id=id, title=title, source=source, metadata=metadata, namespace=namespace, **options)
    if entry.metadata != metadata or entry.source != source or (title and entry.title != title):
        changes: dict[str, Any] = {"metadata": metadata, "title": title or "", "source": source or ""}
        entry = memory.update(entry.id, namespace=namespace, **changes)
    return entry


def check_document(text: str, metadata: Mapping[str, Any]) -> None:
    """Checks a document before it is internalized. Raises DocumentError or SettingsError as `add_document` does."""
    clean(text)
    kept_metadata(_given(metadata))


def find_document(memory: ParametricMemory, id: str, namespace: str) -> Document | None:
    """The document of an entry of this namespace; None if there is none or it has expired."""
    entries = memory.storage.entries
    with entries.database.reading():
        found = entries.find(id, namespace)
        if found is None or found.entry.is_expired():
            return None
        return Document(id=id, page_content=entries.text(found), metadata=without_own(found.entry.metadata))


def without_own(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata without the internal values of chat histories and stores."""
    return {name: value for name, value in metadata.items() if not name.startswith(_KEPT_FOR_OTHERS)}


def _labels(options: Mapping[str, Any]) -> dict[str, Any]:
    """The metadata that stands for the agent and the run."""
    return {key: options[name] for name, key in _IN_METADATA.items() if options.get(name) is not None}


def _given(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata without None, which loaders write for unknown values."""
    return {name: value for name, value in metadata.items() if value is not None}


def _id_of(text: str, metadata: Mapping[str, Any], namespace: str) -> str:
    """An id from the content, so that adding a document again changes nothing."""
    content = json.dumps([namespace, text, sorted(metadata.items())], ensure_ascii=False, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) and value else None

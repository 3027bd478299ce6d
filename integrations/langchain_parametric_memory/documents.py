"""Converts LangChain documents to entries of a memory, and back.

Knows nothing about vector stores, retrievers and chains.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from langchain_core.documents import Document

from parametric_memory import Document as GivenDocument
from parametric_memory import Entry, ParametricMemory

SCOPES = ("user", "agent", "run")  # options that say whose an entry is
_KEPT_FOR_OTHERS = ("langchain:", "langgraph:")  # prefixes of internal metadata of chat histories and stores
_IN_METADATA = {"agent": "agent_id", "run": "run_id"}  # their names in metadata; a user is a namespace


def namespace_in(memory: ParametricMemory, namespace: str | None, scope: Mapping[str, Any]) -> str:
    """The namespace to use: the named one, else the user's, else the memory's own."""
    return namespace or scope.get("user") or memory.namespace


def add_documents(
    memory: ParametricMemory, documents: Iterable[Document], *, namespace: str, **options: Any
) -> list[Entry]:
    """Internalizes documents, except those whose id, or text with this metadata, is already there.

    `title` and `source` in the metadata also become the entry's title and source. Options are the scope and the times
    of `ParametricMemory.add`.

    Raises:
        DocumentError: a text is empty, or metadata is not flat.
        SettingsError: a scope or a time is invalid.
    """
    given = []
    for document in documents:
        metadata = _given(document.metadata) | _labels(options)
        title, source = _text_or_none(metadata.get("title")), _text_or_none(metadata.get("source"))
        id = document.id or _id_of(document.page_content, metadata, namespace)
        given.append(GivenDocument(document.page_content, title, source, id=id, metadata=metadata))
    entries = memory.add_files(*given, namespace=namespace, **options) if given else []
    return [_as_given(memory, *pair, namespace) for pair in zip(entries, given, strict=True)]


def _as_given(memory: ParametricMemory, entry: Entry, document: GivenDocument, namespace: str) -> Entry:
    """The entry with the document's metadata, title and source, in place of those that it had before."""
    title, source = document.title, document.source
    if entry.metadata == document.metadata and entry.source == source and title in (None, entry.title):
        return entry
    changes: dict[str, Any] = {"metadata": document.metadata, "title": title or "", "source": source or ""}
    return memory.update(entry.id, namespace=namespace, **changes)


def check_document(memory: ParametricMemory, text: str, metadata: Mapping[str, Any]) -> None:
    """Checks a document before it is internalized. Raises DocumentError or SettingsError as `add_documents` does."""
    memory.storage.check(text, _given(metadata))


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

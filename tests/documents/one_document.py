"""A file that holds one document, read."""

from __future__ import annotations

from typing import Any

from parametric_memory.documents.files import Document, read_documents


def the_document(*arguments: Any) -> Document:
    """The one document in a file; arguments: of `read_documents`."""
    [document] = read_documents(*arguments)
    return document

"""What callers say about a text, as an entry keeps it and an index can filter by it. Knows nothing about either."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from parametric_memory.errors import DocumentError
from parametric_memory.index.filters import flatten
from parametric_memory.records import MetadataValue

_METADATA = TypeAdapter(dict[str, MetadataValue])


def kept_metadata(metadata: Mapping[str, Any] | None) -> dict[str, MetadataValue]:
    """Metadata as an entry keeps it. What cannot be kept, or indexed, is refused before anything is made of a text.

    Raises:
        DocumentError: a value is not single.
        SettingsError: a name is not allowed.
    """
    try:
        kept = _METADATA.validate_python(dict(metadata or {}))
    except ValidationError as error:
        name, value = error.errors()[0]["loc"][0], error.errors()[0]["input"]
        if isinstance(value, float):
            raise DocumentError(f"Metadata cannot hold {value}, as {name!r} does: leave it out.") from error
        raise DocumentError(f"Metadata must be flat, names with single values: {name!r} has another.") from error
    flatten(kept)
    return kept

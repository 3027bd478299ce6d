"""What callers say about a text, as an entry keeps it and an index can filter by it. Knows nothing about either."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from parametric_memory.errors import DocumentError
from parametric_memory.records import MetadataValue
from parametric_memory.storage.filters import check_key, check_unicode, flatten

_METADATA = TypeAdapter(dict[str, MetadataValue])
_MOST_CHARACTERS = 5_000_000  # they are read whenever the entries are listed


def kept_metadata(metadata: Mapping[str, Any] | None) -> dict[str, MetadataValue]:
    """Metadata as an entry keeps it. What cannot be kept, or indexed, is refused before anything is made of a text.

    Raises:
        DocumentError: a value is not single, or there are more than 5 million characters.
        SettingsError: a name is not allowed, there are more than 1000 of them, a text is no Unicode, or a number has
            more than 1000 digits.
    """
    if not isinstance(metadata, Mapping | None):
        raise DocumentError(f"Metadata must be flat, names with single values, not a {type(metadata).__name__}.")
    given = dict(metadata or {})
    for key, value in given.items():
        check_key(key)
        if isinstance(value, str):
            check_unicode(value, f"The value of {key!r}")
    try:
        kept = _METADATA.validate_python(given)
    except ValidationError as error:
        name, value = error.errors()[0]["loc"][0], error.errors()[0]["input"]
        if isinstance(value, float):
            raise DocumentError(f"Metadata cannot hold {value}, as {name!r} does: leave it out.") from error
        raise DocumentError(f"Metadata must be flat, names with single values: {name!r} has another.") from error
    flatten(kept)
    characters = sum(len(value) for value in kept.values() if isinstance(value, str))
    if characters > _MOST_CHARACTERS:
        raise DocumentError(
            f"Metadata has {characters / 1e6:.0f} million characters, and {_MOST_CHARACTERS / 1e6:.0f} million is the "
            "limit: put what is long into the text."
        )
    return kept

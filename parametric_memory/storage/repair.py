"""What is put right in a memory when its owner asks for it: what can be made again of texts that are whole.

A record or a text that is damaged cannot: it is named by whoever looks at it. Knows nothing about models.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parametric_memory.errors import CheckpointError, MemoryFolderError
from parametric_memory.text.cleaning import content_hash

if TYPE_CHECKING:
    from parametric_memory.records import Entry
    from parametric_memory.storage.folder import MemoryFolder


def repaired(kept: MemoryFolder) -> list[str]:
    """Puts right what can be: a sentence for each thing that was done.

    Raises what `MemoryFolder.made` and `MemoryFolder.reindex` do.
    """
    with kept.writing():
        done = [f"{path} was taken away: a writer that died left it." for path in kept.tidied()]
        done += [told for entry in kept.store.iter() if (told := _made_again(kept, entry))]
        try:
            kept.check_index()
            ids = kept.out_of_step()
            kept.bring_in_step(kept.index, ids)
            passed_over = set(kept.out_of_step() if ids else ())  # their texts are damaged
        except MemoryFolderError as error:
            told = f"The index was built anew: {error}"
        else:
            in_step = (id for id in ids if id not in passed_over)
            return done + [f"The index was brought in step with entry {id}." for id in in_step]
    kept.reindex()
    return [*done, told]


def _made_again(kept: MemoryFolder, entry: Entry) -> str | None:
    """Makes anew what is kept beside an entry's text, where that is damaged and can be; what was done, in words."""
    try:
        kept.store.stored(entry.id), kept.store.extra(entry.id)
    except CheckpointError as error:
        damage = str(error)
    else:
        return None
    try:
        text = kept.store.text(entry.id)
    except CheckpointError:
        return None
    if not entry.chunks or content_hash(text) != entry.content_hash:
        return None
    kept.make_again(entry, text)
    return f"What is kept of entry {entry.id} was made anew from its text: {damage}"

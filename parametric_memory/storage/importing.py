"""Imports the entries and skills of an archive. Entries that are stored as text are read again by other models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from parametric_memory.adapters.factors import Adapter
from parametric_memory.adapters.token_rows import DocumentRows
from parametric_memory.batches import batched
from parametric_memory.documents.passages import reading
from parametric_memory.errors import MemoryMismatch, ParametricMemoryError, as_typed
from parametric_memory.internalize.deriving import Derived
from parametric_memory.internalize.identity import MemoryIdentity, check_same
from parametric_memory.settings import ROWS, TEXT
from parametric_memory.storage.archive import Archive, opened_archive
from parametric_memory.storage.entries import Whole
from parametric_memory.storage.memory_storage import MemoryStorage

_TAKEN_TOGETHER, _TOKENS_TOGETHER = 32, 4_000  # entries in one transaction, and tokens of their texts, at most


class Imported(NamedTuple):
    """How many entries were new, and how many replaced one with the same id."""

    new: int
    replaced: int


def import_archive(storage: MemoryStorage, path: Path) -> Imported:
    """Imports all entries and skills of a file.

    An entry with another text of an id that its namespace has becomes its next version. An import that is cut off may
    have written some entries, and can be repeated.

    Raises MemoryFolderError: the file is no archive, is damaged, or holds what cannot be stored; MemoryLocked: another
    writer keeps the memory; MemoryMismatch: adapters in it were made with other models than those in use.
    """
    with opened_archive(path) as archive:
        own = storage.own_identity()
        archive.reads_rows = archive.identity.hypernetwork_fingerprint == own.hypernetwork_fingerprint
        archive.check(partial(_check, storage))  # before any is written
        read_anew = _is_foreign(storage, archive, own, path)
        count = replaced = 0
        try:
            for group in _together(archive.entries(), alone=own.store == ROWS or not storage.models.adds_sentences):
                replaced += _take_over(storage, group, read_anew, own)
                count += len(group)
            with storage.writing():
                storage.claim(own)
                for skill, adapter in archive.skills():
                    storage.skills.write(skill, adapter)
        except ParametricMemoryError as error:
            if count:
                error.args = (f"{error} {count} entries were imported before: import {path} again to go on.",)
            raise
    return Imported(count - replaced, replaced)


def _check(storage: MemoryStorage, kept: Adapter | DocumentRows) -> None:
    """Raises AdapterError: the adapter or rows do not fit the base model."""
    from parametric_memory.language_model.hooks import check_fits

    if isinstance(kept, Adapter):
        check_fits(storage.models.base.model, kept)
    elif (reader := storage.models.sentences) is not None:
        reader.check(kept)


def _take_over(storage: MemoryStorage, group: Sequence[Whole], read_anew: bool, own: MemoryIdentity) -> int:
    """Writes entries of an archive in one transaction; the models run before it. Returns how many replace another."""
    made = [_derived(storage, whole, read_anew) for whole in group]
    texts = [(reading(whole.text, whole.turns), of.passages, of.summary) for whole, of in zip(group, made, strict=True)]
    vectors = storage.deriver.vectors_together(texts)
    made = [replace(of, vectors=some, numbers=numbers) for of, (some, numbers) in zip(made, vectors, strict=True)]
    replaced = 0
    with storage.writing():
        for whole, derived in zip(group, made, strict=True):
            storage.claim(own, derived)
            entry = whole.entry
            if (known := storage.entries.find(entry.id, entry.namespace)) is not None:
                replaced += 1
                is_other = known.entry.content_hash != entry.content_hash
                entry = entry.model_copy(update={"version": known.entry.version + is_other})
                if is_other:
                    storage.entries.keep_version(known, storage.versions)
            storage.entries.write(entry, whole.text, whole.turns, derived, known)
    return replaced


def _derived(storage: MemoryStorage, whole: Whole, read_anew: bool) -> Derived:
    """All that is derived from an entry's text but vectors."""
    entry = whole.entry
    if read_anew:
        [made] = storage.deriver.made([reading(whole.text, whole.turns)], storage.store)
        return Derived.of(made, entry.summary)
    return Derived(entry.tokens, entry.chunks, whole.kept, whole.passages, entry.summary, (), (), whole.extra)


def _together(entries: Iterable[Whole], alone: bool) -> Iterator[list[Whole]]:
    """Groups of entries to write in one transaction: some short texts, or one that is longer or has rows.

    alone: rows are made of each, which takes as long as a transaction may.
    """

    def tokens(whole: Whole) -> int:
        return whole.entry.tokens if whole.entry.store == TEXT and not alone else _TOKENS_TOGETHER

    return batched(entries, lambda some: len(some) <= _TAKEN_TOGETHER and sum(map(tokens, some)) <= _TOKENS_TOGETHER)


def _is_foreign(storage: MemoryStorage, archive: Archive, own: MemoryIdentity, path: Path) -> bool:
    """Whether entries were made with other models. Raises MemoryMismatch: one of them has an adapter of those."""
    made_with = archive.identity
    try:
        at_least = made_with.model_copy(update={**storage.deriver.of_vectors, "store": own.store})
        check_same(at_least, own, path, ())
    except MemoryMismatch as error:
        bound = next((whole.entry for whole in archive.entries() if isinstance(whole.kept, Adapter)), None)
        if bound is None:
            return True
        raise MemoryMismatch(
            f"Entry {bound.name} in {path} has an adapter made with other models: import it into a memory that is "
            f"opened with `{as_typed(*made_with.options)}`, or add its document again."
        ) from error
    return False

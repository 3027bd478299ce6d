"""Maintenance of a memory as a whole: rebuild its index, derive it again, export, import, erase, repair and prove."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from operator import itemgetter
from pathlib import Path

from parametric_memory.documents.cleaning import content_hash
from parametric_memory.documents.passages import reading
from parametric_memory.errors import AdapterError, CheckpointError, EntryNotFound, MemoryFolderError
from parametric_memory.memory import ParametricMemory
from parametric_memory.storage.archive import Imported, import_archive, opened_archive, write_archive
from parametric_memory.storage.entries import Found
from parametric_memory.storage.proof import Proof, proof
from parametric_memory.storage.renewal import renewal_of
from parametric_memory.storage.schema import revisions
from parametric_memory.writer import groups


class Maintenance:
    """What keeps a memory in order. Others read and write it meanwhile; `progress.shown_by` shows how far work is."""

    def __init__(self, memory: ParametricMemory) -> None:
        self.storage, self.models, self.recaller = memory.storage, memory.models, memory.recaller

    def reindex(self) -> int:
        """Rebuilds the index, and the vectors if the embedder or scorer in use is another one; counts the entries.

        Until it has finished, the memory answers from the old index. An interrupted reindex is resumed.

        Raises MemoryFolderError: the memory is empty; MemoryLocked: another reindex or an upgrade is running.
        """
        storage = self.storage
        made_with = storage.made_with or storage.own_identity()
        becomes = made_with.model_copy(update=storage.deriver.of_vectors)
        with renewal_of(storage, "reindex", becomes) as renewal:
            if becomes == made_with:
                storage.search.index.rebuild(on_entry=renewal.one_more)
                with storage.writing():
                    storage.tasks.drop()
            else:
                for batch in renewal.pending():
                    passages = storage.entries.passages([found for found, _ in batch])
                    texts = [(text, passages[found.revision], found.entry.summary) for found, text in batch]
                    made = storage.deriver.vectors_together(texts)
                    renewal.add([(found, of) for (found, _), of in zip(batch, made, strict=True)])
                storage.search.index.follow()
        return storage.entries.count()

    def upgrade(self) -> int:
        """Internalizes every text again, with the models this memory is opened with; counts the entries.

        The results replace the old ones in one transaction. An interrupted upgrade is resumed. Entries that were added
        as adapters have no document to start from and stay as they are.

        Raises AdapterError: there are such adapters, and the base model is another one; MemoryFolderError: the memory
        is empty; MemoryLocked: a reindex or another upgrade is running.
        """
        storage, deriver = self.storage, self.storage.deriver
        other_base = (of := storage.made_with) and of.base_fingerprint != self.models.base.fingerprint
        if other_base and (added := [found.entry.name for found in storage.entries.select(revisions.c.chunks == 0)]):
            raise AdapterError(
                f"{', '.join(added[:3])}{' and others' if len(added) > 3 else ''}: added as adapters for another "
                f"base model than {self.models.base.name}, which cannot take them over: delete them first."
            )
        options = (self.models.settings.max_rank,)
        with renewal_of(storage, "upgrade", storage.own_identity(), options) as renewal:
            for batch in renewal.pending():
                # What takes long is stored one by one, so that little is made again after an interruption.
                by_sentences = self.models.sentences is not None
                for group in groups(batch, text=itemgetter(1)) if by_sentences else ([of] for of in batch):
                    made = iter(deriver.made([text for found, text in group if found.entry.chunks], storage.store))
                    for found, text in group:
                        summary = found.entry.summary
                        if found.entry.chunks:
                            renewal.add([(found, deriver.with_vectors(next(made), text, summary))])
                        else:
                            renewal.add([(found, deriver.vectors(text, (), summary))])
        storage.search.index.follow()
        return storage.entries.count()

    def erase(self) -> None:
        """Removes from disk what the index and the database's log still hold of deleted or replaced entries.

        `delete` does so itself where that is quick. Raises MemoryLocked: a reindex or an upgrade is running, or another
        process writes; StorageError: the disk refuses.
        """
        self.storage.erase()

    def export(self, path: str | Path) -> int:
        """Writes every entry and every skill to one file; counts the entries. Leaves out damaged ones, with a warning.

        Raises MemoryFolderError: the memory is empty, or the file exists and is no exported memory; CheckpointError: a
        skill is damaged; StorageError: the disk refuses.
        """
        return write_archive(self.storage, Path(path))

    def import_(self, path: str | Path) -> Imported:
        """Imports every entry and skill of an exported file; counts the entries that are new or replaced.

        An entry with the same id in its namespace, or a skill of the same name, is replaced, and the text of the entry
        goes into its history. If the import fails, some entries may have been imported, as the error says; run again,
        it goes on.

        Raises MemoryFolderError: the file is no exported memory, is damaged, or holds what cannot be stored;
        MemoryLocked: another process writes; MemoryMismatch: it was made with another base model or hypernetwork.
        """
        choice = self.recaller.choice
        with opened_archive(Path(path)) as archive:
            try:
                if self.storage.empty:  # its documents are embedded as they were in the exported memory
                    choice.choose(archive.identity)
                return import_archive(self.storage, archive)
            finally:
                choice.choose(self.storage.made_with)

    def repair(self) -> list[str]:
        """Repairs what can be derived from texts again; a sentence for each repair.

        Raises what internalizing and embedding raise.
        """
        storage, done = self.storage, list[str]()
        if storage.empty:
            if not storage.entries.count():
                return done
            with storage.writing():
                storage.become(storage.own_identity())
            self.upgrade()
            done.append("What the memory was made with was lost: all texts were read anew with the models in use.")
        done += [made for found, damage in storage.entries.damaged() if (made := self._made_again(found, damage))]
        try:
            problems = storage.search.index.problems()
        except MemoryFolderError as error:
            problems = [str(error)]
        if problems:
            storage.search.index.rebuild()
            done.append(f"The index was made anew: {' '.join(problems[:3])}")
        return done

    def _made_again(self, damaged: Found, damage: str) -> str | None:
        """Derives an entry's rows again if its text is intact; a sentence about that.

        An entry that others replace or delete meanwhile stays as they leave it.
        """
        storage, store, deriver = self.storage, self.storage.entries, self.storage.deriver
        with suppress(CheckpointError, EntryNotFound):
            with storage.database.reading():
                found, (text, turns) = store.current(damaged), store.content(damaged)
            if not found.entry.chunks or content_hash(text) != found.entry.content_hash:
                return None
            storage.check_models()
            read = reading(text, turns)
            made = deriver.with_vectors(deriver.made([read], storage.store)[0], read, found.entry.summary)
            with storage.writing():
                current = store.current(found)
                if current.revision == found.revision:
                    store.write(current.entry, text, turns, made, current)
                    return f"What is kept of entry {found.entry.name} was made anew from its text: {damage}"
        return None

    def proof(self, forgotten: Sequence[str] = ()) -> Proof:
        """Erases, then looks through all files of a memory in a folder for texts that were deleted.

        forgotten: texts, names or ids that must not be in any file.
        """
        return proof(self.storage, forgotten)

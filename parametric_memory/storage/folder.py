"""A memory's folder: entries, index and identity, kept in step with each other.

    <folder>/memory.json    what the memory was made with
    <folder>/entries/       the truth
    <folder>/chroma/        the index, rebuildable at any time

Knows nothing about questions and answers.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import ValidationError

from parametric_memory.errors import (
    AdapterError,
    CheckpointError,
    DocumentError,
    EntryNotFound,
    MemoryFolderError,
    MemoryMismatch,
    SettingsError,
    as_typed,
)
from parametric_memory.index.chroma import IndexRecord, MemoryIndex
from parametric_memory.internalize.on_demand import ReadDocument
from parametric_memory.models.selection import Models
from parametric_memory.records import Entry, Said, new_id, now
from parametric_memory.settings import ROWS, STORES, TEXT
from parametric_memory.storage.adapters import KEPT_WORDS, PASSAGE_ROWS, PASSAGES, EntryAdapters
from parametric_memory.storage.archive import check_entries, opened_archive, write_archive
from parametric_memory.storage.entry_store import EntryStore
from parametric_memory.storage.identity import UNFINISHED, MemoryIdentity, check_same, read_identity, write_identity
from parametric_memory.text.cleaning import title_of
from parametric_memory.text.conversations import said_in
from parametric_memory.text.sentences import sentences

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from parametric_memory.internalize.internalizer import Internalized
    from parametric_memory.storage.rows import Stored

    Made = Internalized | ReadDocument

_MOMENT = 0.2  # seconds that one index may take to make room for another
TURNS = "turns"  # of a conversation, beside its passages
_MOST_PARTS = 48  # index vectors of an entry without passages, beside its summary


class DocumentScorer(Protocol):
    """What the index needs of a scorer, see `recall.scorer.Scorer`."""

    @property
    def fingerprint(self) -> str: ...

    def document_vectors(
        self, passages: Sequence[tuple[str, int]], embeddings: Embeddings, summary: str | None = None
    ) -> tuple[list[Sequence[float]], list[int]]: ...


class MemoryFolder:
    """Reads and writes one memory with one set of models. Nothing is opened, or made, before it is needed."""

    def __init__(
        self,
        folder: Path,
        models: Models,
        scorer_of: Callable[[], DocumentScorer],
        store: str | None = None,
    ):
        """
        Args:
            scorer_of: gives what says how documents are embedded.
            store: what is to stand on disk of documents, see `settings.STORES`; as it is there when not given.

        Raises SettingsError: there is no such store.
        """
        self.named_store = next((known for known in STORES if known == store), None)
        if store != self.named_store:
            raise SettingsError(f"There is no store {store!r}: name {TEXT} or {ROWS}.")
        self.folder, self.models, self._scorer_of = folder, models, scorer_of
        self.adapters = EntryAdapters(lambda: self.store, models)
        self._identity = read_identity(folder)
        self._store: EntryStore | None = None
        self._index: MemoryIndex | None = None

    @property
    def store(self) -> EntryStore:
        if self._store is None:
            name = self._identity.base_model if self._identity else None
            self._store = EntryStore(self.folder, base_model_name=name)
        return self._store

    @property
    def index(self) -> MemoryIndex:
        if self._index is None:
            self._index = MemoryIndex(
                self.folder / "chroma", fingerprint=self.models.embedder_fingerprint, state_of=self._state_of
            )
        return self._index

    @property
    def empty(self) -> bool:
        """Whether nothing was ever added."""
        if self._identity is None:
            self._identity = read_identity(self.folder)
        return self._identity is None

    def check_models(self) -> None:
        """Refuse to mix adapters of different models, also after another process upgraded. Raises MemoryMismatch."""
        self._identity = read_identity(self.folder)
        if self._identity is not None:
            check_same(self._identity, self._own_identity(), self.folder)

    def check_vectors(self) -> None:
        """Refuse to compare vectors of different embedders or scorers, also after another process reindexed.

        Raises MemoryMismatch.
        """
        self._identity = read_identity(self.folder)
        if self._identity is not None:
            check_same(self._identity, self._identity.model_copy(update=self._vectors), self.folder)

    def check_embedder(self) -> None:
        """The same of embedders alone, which tells of an index that takes no change. Raises MemoryMismatch."""
        if not self.empty:
            assert self._identity is not None
            own = {"embedder_fingerprint": self.models.embedder_fingerprint}
            check_same(self._identity, self._identity.model_copy(update=own), self.folder)

    def find(self, id: str) -> Entry | None:
        """An entry, or None where there is none, or a damaged one, which a warning names once."""
        try:
            return self.store.read(id)
        except EntryNotFound:
            return None
        except CheckpointError as error:
            self.store.pass_over(error)
            return None

    def _at(self, id: str | None) -> Entry | None:
        """The entry that one with this id would replace, if any. Raises CheckpointError for a damaged one."""
        try:
            return self.store.read(id) if id else None
        except EntryNotFound:
            return None

    def _state_of(self, id: str) -> str | None:
        """What state an entry is in; None where it is gone. Raises CheckpointError for a damaged one, and names it."""
        try:
            entry = self._at(id)
        except CheckpointError as error:
            self.store.pass_over(error)
            raise
        return entry.state if entry is not None else None

    def passages(self, id: str) -> Sequence[str]:
        """Those of an entry's document whose rows can be attached alone, in its order; none where there are no such.

        Raises:
            EntryNotFound: no entry has this id.
            CheckpointError: they are damaged.
        """
        return self.store.listed_texts(id, PASSAGES)

    def said(self, id: str) -> Sequence[Said | None]:
        """Who said each passage of a conversation, and when; empty for another entry. Raises as `passages` does."""
        turns = self.store.listed_texts(id, TURNS)
        return said_in(turns, self.passages(id)) if turns else ()

    def replaced(self, id: str | None, namespace: str) -> Entry | None:
        """The entry that one with this id takes the place of, if there is one.

        Raises DocumentError where it is one of another namespace, CheckpointError where it is damaged.
        """
        earlier = self._at(id)
        if earlier is not None and earlier.namespace != namespace:
            raise DocumentError(
                f"The id {id} is taken by an entry of the namespace {earlier.namespace}: choose another, or name that "
                "namespace."
            )
        return earlier

    def known(self, digest: str, namespace: str, id: str | None) -> Entry | None:
        """An unexpired entry that already holds a text, under the given id if one is given."""
        candidates = [self._at(id)] if id else self.store.with_content(digest)
        return next(
            (
                e
                for e in candidates
                if e and e.content_hash == digest and e.namespace == namespace and not e.is_expired()
            ),
            None,
        )

    def made(self, text: str) -> Made:
        """What is to be kept of a text: by sentences where they need nothing of each other, else a whole adapter.

        Raises DocumentError for a text without a token, and what an internalizer does.
        """
        reader = self.models.sentences if self.models.adds_sentences else None
        if reader is None:
            return self.models.internalizer.internalize(text)
        return reader.document(text, with_rows=self._own_store == ROWS)

    def write(
        self,
        text: str,
        digest: str,
        result: Made,
        *,
        id: str | None,
        title: str | None,
        source: str | None,
        metadata: Mapping[str, Any] | None,
        namespace: str,
        expires_at: datetime | None,
        merged: bool = True,
        updates: bool = False,
        moves: bool = False,
        lasts: bool = False,
        turns: Sequence[str] = (),
    ) -> Entry:
        """Make an entry of an internalized text, or replace one, in the index and the store: in both or in neither.

        A document that somebody else added meanwhile is not added again: its entry is returned. One that takes the
        place of another keeps its time to live if it is given none.

        Args:
            merged: metadata is added to that of the entry whose place is taken.
            updates: the entry is there, in whatever namespace: it is not made anew where it is gone, and keeps its time
                to live also where that is over.
            moves: an update is into this namespace; else the entry stays where it is by now.
            lasts: an update ends the time to live.
            turns: of a conversation, see `Conversation.turns`.

        Raises:
            DocumentError: the id is that of an entry of another namespace, or what is given cannot be recorded.
            EntryNotFound: the entry to update was deleted meanwhile.
        """
        title = title or title_of(text)
        entry = _recorded(
            id=id or new_id(),
            title=title,
            summary=self._summary(text, title),
            source=source,
            namespace=namespace,
            metadata=dict(metadata or {}),
            expires_at=expires_at,
            content_hash=digest,
            tokens=result.tokens,
            chunks=result.chunks,
        )
        extra = _extra(result, turns)
        record = self._index_record(entry, text, result.passages)
        with self.store.writing():
            known = self.known(digest, namespace, id) if result.chunks else None
            if known is not None:
                return known
            self._claim()
            earlier = self.store.read(entry.id) if updates else self.replaced(entry.id, namespace)
            if earlier is not None:
                following: dict[str, Any] = {"created_at": earlier.created_at, "version": earlier.version + 1}
                if merged:
                    following["metadata"] = {**earlier.metadata, **entry.metadata}
                if expires_at is None and not lasts and (updates or not earlier.is_expired()):
                    following["expires_at"] = earlier.expires_at
                if updates and not moves:
                    following["namespace"] = earlier.namespace
                entry = entry.model_copy(update=following)
                record = _as_it_is(record, entry)
            return self._put(entry, text, result.to_keep, extra, record)

    def _claim(self) -> None:
        """Under the lock: make an empty memory one of the models in use. Raises MemoryMismatch for one of others."""
        self.check_models()
        if self._identity is None:
            self._become(self._own_identity())

    def nearest(
        self, vector: Sequence[float], k: int, *, namespace: str | None, filter: Mapping[str, Any] | None
    ) -> list[tuple[str, float]]:
        """As `MemoryIndex.query`; an index that is gone is told of. Raises MemoryFolderError."""
        near = self.index.query(vector, k, namespace=namespace, filter=filter)
        if not near and self.index.missing:  # perhaps another process is putting a new one in its place
            time.sleep(_MOMENT)
            near = self.index.query(vector, k, namespace=namespace, filter=filter)
            self.check_index()
        return near

    def check_index(self) -> None:
        """Refuse to take an index that is gone for one that holds nothing. Raises MemoryFolderError."""
        if self.index.missing and next(self.store.iter(), None) is not None:
            raise MemoryFolderError(
                f"The index of the memory in {self.folder} is gone: rebuild it with "
                f"`{as_typed('parametric-memory', 'reindex', '--memory', self.folder)}`."
            )

    def _put(self, entry: Entry, text: str, stored: Stored, extra: Mapping[str, Any], record: IndexRecord) -> Entry:
        """Under the lock: an entry in the index and the store, or, where that fails, in both as it was before."""
        self.check_index()
        with self.index.replacing(record):
            return self.store.write(entry, text, stored, extra)

    def change(self, entry: Entry, merged: Mapping[str, Any] | None = None, **values: Any) -> Entry:
        """Give an entry other `metadata`, another title, source, namespace or `expires_at`; all else stays.

        merged: metadata that is added to what there is by now.

        Raises:
            DocumentError: a value cannot be recorded.
            EntryNotFound: it was deleted meanwhile.
        """
        values["updated_at"] = now()
        record = self._record_of(_recorded(**{**entry.model_dump(), **values}))
        with self.store.writing():
            self.check_index()
            current = self.store.read(entry.id)
            if merged:
                values["metadata"] = {**current.metadata, **merged}
            changed = current.model_copy(update=values)
            if current.content_hash != entry.content_hash:
                record = self._record_of(changed)
            with self.index.replacing(_as_it_is(record, changed)):
                self.store.update(changed)
        return changed

    def refined(self, entry: Entry, result: Internalized, seconds: float) -> Entry:
        """Put a refined adapter in the place of what is kept of an entry, which must still be what it was.

        Args:
            seconds: how long it was refined.

        Raises:
            EntryNotFound: it was deleted meanwhile.
            AdapterError: its text or adapter was replaced meanwhile.
        """
        with self.store.writing():
            current = self.store.read(entry.id)
            if (current.version, current.adapter_sha256) != (entry.version, entry.adapter_sha256):
                raise AdapterError(f"Entry {entry.id} was changed while it was refined: refine it again.")
            changed = current.model_copy(update={"refined": current.refined + seconds})
            turns = self.store.listed_texts(entry.id, TURNS)
            return self.store.write(changed, self.store.text(entry.id), result.to_keep, _extra(result, turns))

    def delete(self, id: str) -> None:
        """Raises EntryNotFound."""
        self.store.check(id)
        self.check_embedder()
        with self.store.writing():
            self.store.delete(id)
            self.index.delete([id])  # last: vectors without an entry are passed over

    def reindex(self) -> int:
        """Build the index anew, with the embedder in use; how many entries there are.

        Raises MemoryFolderError where there is no memory.
        """
        self._made_with("rebuild")
        records = (self._record_of(entry) for entry in self.store.iter())
        with self.store.writing():
            identity = self._made_with("rebuild")  # as it is now that nobody else writes
            self.index.rebuild(records)
            self._become(identity.model_copy(update=self._vectors))
        return self.index.count()

    def upgrade(self, remade: Callable[[Entry, str], Made], on_progress: Callable[[Entry], None] | None = None) -> int:
        """Internalize every text again with the models in use. What was added as an adapter stays as it is.

        The new adapters take the place of the old ones when the last of them is made; should that fail half-way, the
        memory answers nobody until it is upgraded again. Raises MemoryFolderError where there is no memory,
        AdapterError where an adapter that was added is for the base model so far, and another takes its place,
        CheckpointError where an entry is damaged.

        Args:
            remade: internalizes the text of an entry, and refines it for as long as it was.
        """
        if damaged := self.store.damaged():  # were they mended one day, they would be of another hypernetwork
            raise CheckpointError(" ".join(damaged[:3]))
        added = [entry.id for entry in self.store.iter() if not entry.chunks]
        if self._made_with("upgrade").base_fingerprint != self.models.base.fingerprint and added:
            raise AdapterError(
                f"{', '.join(added[:3])}{' and others' if len(added) > 3 else ''}: added as adapters for another base "
                f"model than {self.models.base.name}, which cannot take them over: delete them first."
            )
        own = self._own_identity()  # before anything takes long
        with self.store.writing(), tempfile.TemporaryDirectory() as folder:
            made = EntryStore(folder)
            for entry in [e for e in self.store.iter() if e.chunks]:
                text = self.store.text(entry.id)
                result = remade(entry, text)
                changed = entry.model_copy(update={"tokens": result.tokens, "chunks": result.chunks})
                turns = self.store.listed_texts(entry.id, TURNS)
                made.write(changed, text, result.to_keep, _extra(result, turns))
                if on_progress:
                    on_progress(entry)
            self._become(own.model_copy(update={"hypernetwork_fingerprint": UNFINISHED}))
            for entry in made.iter():
                self.store.write(entry, made.text(entry.id), made.stored(entry.id), made.extra(entry.id))
            count = self.reindex()
            self._become(own)
            return count

    def export(self, path: Path) -> int:
        """Write every entry to one file.

        Raises:
            MemoryFolderError: the memory holds nothing, an upgrade of it did not finish, or the file is there and is
                something else.
            MemoryMismatch: another process upgraded the memory meanwhile.
        """
        identity = self._made_with("export")
        if identity.is_unfinished:
            raise MemoryFolderError(
                f"An upgrade of the memory in {self.folder} did not finish: upgrade it again before you export it."
            )
        return write_archive(self.store, identity, path)

    def _made_with(self, task: str) -> MemoryIdentity:
        """What the memory was made with. Raises MemoryFolderError for one that is not there yet."""
        self._identity = read_identity(self.folder)  # another process may have upgraded it
        if self._identity is None:
            raise MemoryFolderError(f"The memory in {self.folder} holds nothing to {task}: add a document first.")
        return self._identity

    def import_(self, path: Path) -> int:
        """Take over every entry of an exported file; they are indexed with the embedder in use.

        Entries that are kept as text are taken over whatever models they were added with: they are read anew.

        Raises:
            MemoryFolderError: the file is no exported memory, is damaged, or holds what cannot be kept.
            MemoryMismatch: adapters or rows among them were made with other models than those in use.
            CheckpointError: one of them is damaged.
        """
        from parametric_memory.language_model.hooks import check_fits

        with opened_archive(path) as (entries, identity):
            check_entries(entries, path, partial(check_fits, self.models.base.model))  # before any is taken over
            read_anew = self._is_foreign(identity, entries, path)
            with self.store.writing():
                self._claim()
                count = 0
                for entry in entries.iter():
                    text, extra, stored = entries.text(entry.id), entries.extra(entry.id), entries.stored(entry.id)
                    if read_anew:
                        made = self.made(text)
                        entry = entry.model_copy(update={"tokens": made.tokens, "chunks": made.chunks})
                        extra, stored = _extra(made, extra.get(TURNS, ())), made.to_keep
                    record = self._index_record(entry, text, extra.get(PASSAGES, ()))
                    self._put(entry, text, stored, extra, record)
                    count += 1
        return count

    def _is_foreign(self, identity: MemoryIdentity, entries: EntryStore, path: Path) -> bool:
        """Whether entries were made with other models. Raises MemoryMismatch where one of them is bound to those."""
        own = self._own_identity()
        try:
            check_same(identity.model_copy(update={**self._vectors, "store": own.store}), own, path)
        except MemoryMismatch as error:
            bound = next((entry for entry in entries.iter() if entry.store != TEXT), None)
            if bound is None:
                return True
            raise MemoryMismatch(
                f"Entry {bound.id} in {path} has {'rows' if bound.store == ROWS else 'an adapter'} made with other "
                f"models: import it into a memory that is opened with `{as_typed(*identity.options)}`, or add its "
                "document again."
            ) from error
        return False

    def close(self) -> None:
        """Let go of the index's files; the next call opens them again."""
        if self._index is not None:
            self._index.close()

    def _summary(self, text: str, title: str) -> str:
        from parametric_memory.text.summaries import extractive_summary

        own = self.models.settings.summarizer
        return own(text) if own else extractive_summary(text, self.models.embeddings, title)

    def _record_of(self, entry: Entry) -> IndexRecord:
        return self._index_record(entry, self.store.text(entry.id), self.passages(entry.id))

    def _index_record(self, entry: Entry, text: str, passages: Sequence[str]) -> IndexRecord:
        """The entry's vectors: its summary and its passages, so that a question about any one fact finds it."""
        vectors, numbers = self._scorer_of().document_vectors(
            _passages(text, passages), self.models.embeddings, entry.summary
        )
        return IndexRecord(
            entry.id, vectors, entry.metadata, numbers, entry.namespace, entry.expires_at, state=entry.state
        )

    def _own_identity(self) -> MemoryIdentity:
        base = self.models.base
        return MemoryIdentity(
            base_model=base.name,
            base_fingerprint=base.fingerprint,
            hypernetwork=self.models.hypernetwork_name,
            hypernetwork_fingerprint=self.models.internalizer_fingerprint,
            store=self._own_store,
            **self._vectors,
        )

    @property
    def _own_store(self) -> Literal["text", "rows"]:
        """What stands on disk of documents that are added: as it was named, else as the memory was made."""
        return self.named_store or (self._identity.store if self._identity else TEXT)

    @property
    def _vectors(self) -> dict[str, str]:
        """What the vectors in use are made with, as an identity has it."""
        return {"embedder_fingerprint": self.models.embedder_fingerprint, "scorer": self._scorer_of().fingerprint}

    def _become(self, identity: MemoryIdentity) -> None:
        write_identity(identity, self.folder)
        self._identity = identity
        self.store.base_model_name = identity.base_model


def _as_it_is(record: IndexRecord, entry: Entry) -> IndexRecord:
    """The same vectors, with what else the index keeps of an entry."""
    return replace(record, metadata=entry.metadata, namespace=entry.namespace, expires_at=entry.expires_at)


def _recorded(**values: Any) -> Entry:
    """An entry with these values. Raises DocumentError for one that a record does not take."""
    try:
        return Entry(**values)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise DocumentError(f"The document cannot be recorded: {where}: {problem['msg']}.") from error


def _extra(result: Made, turns: Sequence[str] = ()) -> dict[str, Any]:
    """What is kept beside a text: its passages; and beside an adapter, the words of its rows and whose these are.

    turns: of a conversation, kept too.
    """
    of_turns = {TURNS: list(turns)} if turns else {}
    if isinstance(result, ReadDocument):
        return {PASSAGES: list(result.passages), **of_turns}
    kept = {module: [(k.position, k.word, round(k.strength, 3)) for k in rows] for module, rows in result.kept.items()}
    return {
        KEPT_WORDS: kept,
        PASSAGES: list(result.passages),
        PASSAGE_ROWS: {module: list(rows) for module, rows in result.passage_rows.items()},
        **of_turns,
    }


def _passages(text: str, recorded: Sequence[str]) -> list[tuple[str, int]]:
    """Parts of a text for the index, with the number of each among the passages whose rows can be attached alone.

    recorded: these passages. Empty: there are none, and the parts are sentences, or runs of them, numbered -1.
    """
    if recorded:
        parts = [(passage, number) for number, passage in enumerate(recorded)]
    else:
        found = sentences(text)
        run = -(-len(found) // _MOST_PARTS)
        parts = [(" ".join(found[i : i + run]), -1) for i in range(0, len(found), run)]
    return [part for part in parts if part[0]] if len(parts) > 1 else []  # of one, the summary says it all

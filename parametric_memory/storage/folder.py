"""A memory's folder: entries, index and identity, kept in step with each other.

    <folder>/memory.json    what the memory was made with
    <folder>/entries/       the truth
    <folder>/skills/        see `skills`
    <folder>/chroma/        the index, rebuildable at any time
    <folder>/work/          while a reindex or an upgrade runs, see `tasks`
    <folder>/temporary/     while an archive is imported, see `temporary`

The entries are the truth, and the index follows. Whoever changes an entry notes it first, see `journal`, and puts its
new vectors beside the old ones before the entry changes: at every moment there are vectors of the state that it is in,
and others are passed over. What a killed writer left is put right by who writes or recalls next.

Knows nothing about questions and answers.
"""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar
from uuid import uuid4

from parametric_memory.errors import (
    AdapterError,
    CheckpointError,
    DocumentError,
    EntryNotFound,
    MemoryFolderError,
    MemoryLocked,
    MemoryMismatch,
    ParametricMemoryError,
    SettingsError,
    StorageError,
    as_typed,
)
from parametric_memory.files.durable import replace_durably, storage_errors
from parametric_memory.files.temporary import sweep
from parametric_memory.index.chroma import MemoryIndex
from parametric_memory.index.connection import load_engine
from parametric_memory.index.embedding import EmbeddedAhead
from parametric_memory.index.parts import IndexRecord
from parametric_memory.index.place import sweep as sweep_copies
from parametric_memory.internalize.on_demand import ReadDocument
from parametric_memory.models.selection import Models
from parametric_memory.records import Entry, RunningTask, Said, Version, new_id, now
from parametric_memory.settings import ROWS, STORES, TEXT
from parametric_memory.storage.adapters import PASSAGES, EntryAdapters
from parametric_memory.storage.archive import check_entries, opened_archive, write_archive
from parametric_memory.storage.decision import go_on
from parametric_memory.storage.entry_store import EntryParts, EntryStore, folder_name
from parametric_memory.storage.identity import INDEX, MemoryIdentity, check_same, read_identity, write_identity
from parametric_memory.storage.prepared import Prepared
from parametric_memory.storage.renewal import renewed
from parametric_memory.storage.skills import SkillStore
from parametric_memory.storage.tasks import Work
from parametric_memory.storage.times import VALIDITY, Times, check_order
from parametric_memory.storage.written import TURNS, Addition, as_it_is, beside, lasting, parts_of, recorded
from parametric_memory.text.cleaning import title_of
from parametric_memory.text.conversations import said_in

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from parametric_memory.internalize.internalizer import Internalized

    Made = Internalized | ReadDocument

Found = TypeVar("Found")

OWN_INDEX = re.compile(rf"{INDEX}(-[0-9a-f]+)?")
_LOOKS = 4  # for an index that is not there, in all three seconds
_MOMENT = 0.2  # seconds that one index may take to make room for another
_CLOCKS_DIFFER = timedelta(seconds=1)  # that of files from that of processes, at most
_TAKEN_TOGETHER, _TOKENS_TOGETHER = 32, 4_000  # entries of an archive, and tokens of their texts, at most
_COPIED_AT_ONCE = 2_000  # vectors of an index that is copied after a delete, a few seconds


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
        versions: int | None = None,
    ):
        """
        Args:
            scorer_of: gives what says how documents are embedded.
            store: what is to stand on disk of documents, see `settings.STORES`; as it is there when not given.
            versions: how many earlier versions of an entry are kept; as it is there when not given.

        Raises SettingsError: there is no such store, or no such number.
        """
        if versions is not None and versions < 0:
            raise SettingsError(f"versions must be at least 0, not {versions}.")
        self.named_versions = versions
        self.named_store = next((known for known in STORES if known == store), None)
        if store != self.named_store:
            raise SettingsError(f"There is no store {store!r}: name {TEXT} or {ROWS}.")
        self.folder, self.models, self._scorer_of = folder, models, scorer_of
        self.adapters = EntryAdapters(lambda: self.store, models)
        self._identity = self._read_identity()
        self.work = Work(folder)
        self.skills = SkillStore(folder)
        self._store: EntryStore | None = None
        self._index: MemoryIndex | None = None
        self._left: list[str] | None = []  # what was noted when this last tried to heal it
        self._has_swept_copies = False  # of indexes, which killed readers left among the temporary files

    @property
    def store(self) -> EntryStore:
        """The entries, when those that a task got ready have taken their place."""
        if self.work.commit.exists():
            self._look()
        return self._entries

    @property
    def _entries(self) -> EntryStore:
        if self._store is None:
            name = self._identity.base_model if self._identity else None
            self._store = self._store_for(name)
        return self._store

    def _store_for(self, base_model: str | None) -> EntryStore:
        return EntryStore(self.folder, base_model_name=base_model)

    def _read_identity(self) -> MemoryIdentity | None:
        return read_identity(self.folder)

    def _write_identity(self, identity: MemoryIdentity) -> None:
        write_identity(identity, self.folder)

    @property
    def where(self) -> object:
        """What a user calls the memory."""
        return self.folder

    def check_takes_skills(self) -> None:
        """Raises MemoryFolderError: none can be added here."""

    def tidied(self) -> list[str]:
        """Under the lock: takes away what writers that died left where others do not look; the paths."""
        return []

    @property
    def index(self) -> MemoryIndex:
        index, name = self._index, self._identity.index if self._identity else INDEX
        if index is None or index.name != name:
            self.close()
            index = self._index = self.index_in(name)
        return index

    def index_in(self, name: str) -> MemoryIndex:
        """The index in one of the memory's folders, which need not be there."""
        return MemoryIndex(self.folder / name, fingerprint=self.models.embedder_fingerprint, state_of=self._state_of)

    @property
    def empty(self) -> bool:
        """Whether nothing was ever added."""
        return (self._identity or self._look()) is None

    def _look(self) -> MemoryIdentity | None:
        """What the memory is made with by now, when what a task got ready has taken its place."""
        if self.work.commit.exists():
            with self.writing():  # which puts it there, or waits for who does
                pass
        self._identity = self._read_identity()
        return self._identity

    @contextmanager
    def writing(self, timeout: float | None = None) -> Iterator[None]:
        """As `EntryStore.writing`; what others left half done is done first."""
        load_engine()
        with self._entries.writing(timeout) as outermost:
            if outermost:
                if self.work.commit.exists():
                    self._finish()
                self._identity = self._read_identity()
                self._sweep_left()
                if self.store.journal.has_traces and not self.work.folder.exists():
                    self._sweep_indexes()  # of a copy that was not finished
                sweep(self.folder)
                if not self._has_swept_copies:
                    self._has_swept_copies = True
                    sweep_copies()
                if self.skills.is_left:
                    self.skills.finish()
                with suppress(ParametricMemoryError):  # a full disk, a damaged index: who writes is told of it then
                    self._heal()
            yield
            if outermost and self.store.journal.has_traces:
                self._sweep_left()
                with suppress(ParametricMemoryError):  # somebody reads, a full disk: the next writer tries again
                    self._erase(most=_COPIED_AT_ONCE)

    def _heal(self) -> None:
        """Under the lock: brings the index in step with what a killed writer was changing."""
        self._left = ids = self.store.journal.ids()
        if ids is None or ids:
            self.bring_in_step(self.index, self.out_of_step() if ids is None else ids)
            self.store.journal.clear()
            self._left = []

    @property
    def leaves_traces(self) -> bool:
        """Whether something on the disk may still tell of entries that were deleted."""
        return self.store.journal.has_traces

    def erase(self) -> None:
        """Takes off the disk what still tells of entries that were deleted, and of what others were before.

        Raises:
            MemoryLocked: a reindex or upgrade is running, or somebody else writes.
            StorageError: the disk refuses.
        """
        with self.writing():
            self.check_nothing_runs()
            self.sweep()
            self._erase()

    def _erase(self, most: int | None = None) -> None:
        """Under the lock, as `erase`; nothing where more than `most` vectors would have to be copied, which takes long,
        or while a task makes another index, or was cut off at it."""
        if self._identity is None or self.work.folder.exists():
            return
        if not self.index.missing and not self.index.cleaned():
            if most is not None and self.index.parts > most:
                return
            copy = self.index_in(f"{INDEX}-{uuid4().hex[:8]}")
            copy.copy(self.index)
            copy.close()
            self.close()  # nothing may be written into what goes
            self._become(self._identity.model_copy(update={"index": copy.folder.name}))
        self._sweep_indexes()
        self.store.clean()
        self.skills.finish()
        if not self._unused_indexes():  # else one could not be taken away, and the next writer tries again
            self.store.journal.has_no_traces()

    def out_of_step(self, index: MemoryIndex | None = None) -> list[str]:
        """Under the lock: the ids, of all that are or were there, whose vectors in an index, the memory's if none is
        given, are gone or of another state."""
        known, there = (index or self.index).states(), {entry.id: entry.state for entry in self.store.iter()}
        return [id for id in {**known, **there} if known.get(id) != there.get(id)]

    def bring_in_step(
        self, index: MemoryIndex, ids: Iterable[str], record_of: Callable[[Entry], IndexRecord] | None = None
    ) -> None:
        """Under the lock: gives an index the vectors of these entries as they are, and takes out all others of them.

        Of those whose text is damaged there are none: a warning names each of them once.
        """
        found: dict[str, Entry | None] = {}
        for id in ids:
            with suppress(CheckpointError):  # of a damaged entry nobody knows
                found[id] = self._at(id)
        missing = index.settle({id: entry.state if entry else None for id, entry in found.items()})
        make = record_of or self.record_of

        def records() -> Iterator[IndexRecord]:
            for entry in (found[id] for id in missing):
                if entry is not None and (record := self.record_of_whole(entry, make)) is not None:
                    yield record

        index.add_many(records())

    def heal(self) -> None:
        """What a killed writer left is put right, if nobody writes and it may be done; else readers pass it over."""
        sweep(self.folder)
        with suppress(ParametricMemoryError):
            if self.skills.is_left or self.store.journal.ids() not in ([], self._left):
                with self.writing(timeout=0):
                    pass

    def make_again(self, entry: Entry, text: str) -> None:
        """Under the lock: makes what is kept of an entry anew from its text. Refinements, and the turns of a
        conversation, are lost."""
        self.check_models()
        result = self.made(text)
        made = {"tokens": result.tokens, "chunks": result.chunks, "refined": 0.0}
        self.work.note(entry.id)
        self.store.write(entry.model_copy(update=made), text, result.to_keep, beside(result))
        with suppress(MemoryFolderError):  # a damaged index, which has to be built anew
            self.index.add_many([self.record_of(self.store.read(entry.id))])

    @contextmanager
    def _changing(self, *ids: str) -> Iterator[None]:
        """Under the lock: a block in which entries and their vectors change."""
        go_on()
        for id in ids:
            self.work.note(id)
        with self.store.journal.changing(*ids):
            yield

    def commit(self, identity: MemoryIdentity) -> None:
        """Under the lock: what a task got ready takes its place, for good when this is on the disk."""
        with storage_errors(f"write {self.work.commit}"):
            replace_durably(self.work.commit, identity.model_dump_json().encode())
        self._finish()

    def _finish(self) -> None:
        """Under the lock: puts in its place what a task got ready. It can be cut off and done again."""
        try:
            identity = MemoryIdentity.model_validate_json(self.work.commit.read_bytes())
        except (ValueError, OSError) as error:
            raise MemoryFolderError(f"{self.work.commit} is damaged: restore the memory from a copy.") from error
        self._entries.take_over(self.work.made)
        self._become(identity)
        self.sweep()

    def sweep(self) -> None:
        """Under the lock: takes away what tasks leave behind, and every index but the one in use."""
        self._sweep_indexes()
        self.work.clear()

    def _sweep_left(self) -> None:
        """Under the lock, as `sweep`, where a task was cut off that cannot go on, or holds what was deleted since."""
        if self.work.is_left:
            left, deleted = self.work.left(), self.store.journal.last_traces
            if left is None or (deleted is not None and deleted > left.started - _CLOCKS_DIFFER):
                self.sweep()

    def _sweep_indexes(self) -> None:
        """Under the lock: takes away every index but the one in use, as far as it can be."""
        for index in self._unused_indexes():
            shutil.rmtree(index, ignore_errors=True)

    def _unused_indexes(self) -> list[Path]:
        in_use = self._identity.index if self._identity else INDEX
        return [
            path for path in self.folder.glob(f"{INDEX}*") if path.name != in_use and OWN_INDEX.fullmatch(path.name)
        ]

    def check_nothing_runs(self) -> None:
        """Under the lock. Raises MemoryLocked where a reindex or an upgrade is running."""
        if (running := self.work.running()) is not None:
            raise MemoryLocked(f"{running}, of the memory in {self.where}: try again when it has finished.")

    def check_models(self) -> None:
        """Refuse to mix adapters of different models, also after another process upgraded. Raises MemoryMismatch."""
        if (identity := self._look()) is not None:
            check_same(identity, self._own_identity(), self.where)

    def check_vectors(self) -> None:
        """Refuse to compare vectors of different embedders or scorers, also after another process reindexed.

        Raises MemoryMismatch.
        """
        if (identity := self._look()) is not None:
            check_same(identity, identity.model_copy(update=self._vectors), self.where)

    def check_embedder(self) -> None:
        """The same of embedders alone, which tells of an index that takes no change. Raises MemoryMismatch."""
        if not self.empty:
            assert self._identity is not None
            own = {"embedder_fingerprint": self.models.embedder_fingerprint}
            check_same(self._identity, self._identity.model_copy(update=own), self.where)

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

    def known(self, digest: str, namespace: str, id: str | None, times: Times = MappingProxyType({})) -> Entry | None:
        """An unexpired entry that already holds a text, under the given id if one is given. What is no longer valid is
        another thing, unless just the same validity is given."""
        candidates = [self._at(id)] if id else self.store.with_content(digest)
        return next(
            (
                e
                for e in candidates
                if e and e.content_hash == digest and e.namespace == namespace and not e.is_expired()
                if not e.is_over() or all(times.get(name) == getattr(e, name) for name in VALIDITY)
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
        # As many rows as would be made again when they are recalled: both stores answer alike.
        return reader.document(text, with_rows=self._own_store == ROWS, rank=self.models.attached_rank)

    def made_together(self, texts: Sequence[str]) -> list[Made]:
        """The same of each text, short ones in the same forward passes where the internalizer can."""
        if self.models.adds_sentences:
            return [self.made(text) for text in texts]
        from parametric_memory.internalize.internalizer import HypernetworkInternalizer

        internalizer = self.models.internalizer
        if type(internalizer) is HypernetworkInternalizer:  # another class may internalize in its own way
            return list(internalizer.internalize_together(texts))
        return [self.made(text) for text in texts]

    def prepared(self, text: str, title: str | None, made: Made | None = None) -> Prepared:
        """All of adding a text that takes long; nothing is written. Raises as `made` does.

        made: what is to be kept of it, where that is made already.
        """
        made = self.made(text) if made is None else made
        summary = self._summary(text, title or title_of(text))
        return Prepared(made, summary, *self._vectors_of(text, made.passages, summary))

    def prepared_together(self, texts: Sequence[tuple[str, str | None]]) -> list[Prepared]:
        """The same of several texts and their titles, several times as fast of short ones.

        Vectors may differ in their last bits with what was embedded beside them, and so may a whole adapter's numbers.
        """
        made = self.made_together([text for text, _ in texts])
        parts = [
            part for (text, _), of in zip(texts, made, strict=True) for part, _ in parts_of(text, list(of.passages))
        ]
        ahead = EmbeddedAhead(self.models.embeddings, parts)
        summaries = [self._summary(text, title or title_of(text), ahead) for text, title in texts]
        ahead.embed_documents(summaries)
        return [
            Prepared(of, summary, *self._vectors_of(text, of.passages, summary, ahead))
            for (text, _), of, summary in zip(texts, made, summaries, strict=True)
        ]

    def write(
        self,
        text: str,
        digest: str,
        result: Made | Prepared,
        *,
        id: str | None,
        title: str | None,
        source: str | None,
        metadata: Mapping[str, Any] | None,
        namespace: str,
        times: Times,
        merged: bool = True,
        updates: bool = False,
        moves: bool = False,
        turns: Sequence[str] = (),
        said_at: datetime | None = None,
    ) -> Entry:
        """Make an entry of an internalized text, or replace one, in the index and the store: in both or in neither.

        A document that somebody else added meanwhile is not added again: its entry is returned. One that takes the
        place of another keeps of its times those that are not over and not given.

        Args:
            times: see `times_of`.
            merged: metadata is added to that of the entry whose place is taken.
            updates: the entry is there, in whatever namespace: it is not made anew where it is gone, and keeps its
                times also where they are over.
            moves: an update is into this namespace; else the entry stays where it is by now.
            turns: of a conversation, see `Conversation.turns`.
            said_at: when the text was written, UTC, where that is known and not now.

        Raises:
            DocumentError: the id is that of an entry of another namespace, or what is given cannot be recorded.
            EntryNotFound: the entry to update was deleted meanwhile.
            SettingsError: it would end before it begins.
        """
        prepared = result if isinstance(result, Prepared) else self.prepared(text, title, result)
        document = Addition(text, digest, prepared, title, source, turns, said_at)
        parts, record = _of_new(document, id or new_id(), metadata or {}, namespace, times)
        entry = parts.entry
        with self.writing():
            known = self.known(digest, namespace, id, times) if entry.chunks else None
            if known is not None:
                return known
            go_on()  # an empty memory becomes one of the models
            self._claim()
            earlier = self.store.read(entry.id) if updates else self.replaced(entry.id, namespace)
            if earlier is not None:
                following: dict[str, Any] = {"created_at": earlier.created_at, "version": earlier.version + 1}
                if merged:
                    following["metadata"] = {**earlier.metadata, **entry.metadata}
                stays = {name: getattr(earlier, name) for name in lasting(earlier, whole=updates)}
                following |= {name: moment for name, moment in stays.items() if name not in times}
                if updates and not moves:
                    following["namespace"] = earlier.namespace
                entry = entry.model_copy(update=following)
                check_order({name: getattr(entry, name) for name in VALIDITY})
                record = as_it_is(record, entry)
            history = self._with_version(earlier) if earlier is not None else []
            parts = parts._replace(entry=entry, history=history)
            [entry] = self._put([(parts, record)], are_new=id is None)
            return entry

    def add_together(
        self, documents: Sequence[Addition], *, metadata: Mapping[str, Any], namespace: str, times: Times
    ) -> list[Entry]:
        """Makes entries of internalized texts, in one step of the index and one of the store: their entries, in order.

        Of a text that comes twice, or that is held meanwhile, there is one entry.

        Raises DocumentError: what is given of one cannot be recorded, and none is written.
        """
        first: dict[str, Addition] = {}
        for document in documents:
            first.setdefault(document.digest, document)
        new = {digest: _of_new(of, new_id(), metadata, namespace, times) for digest, of in first.items()}
        with self.writing():
            found = {digest: entry for digest in new if (entry := self.known(digest, namespace, None, times))}
            if missing := [digest for digest in new if digest not in found]:
                go_on()
                self._claim()
                found |= zip(missing, self._put([new[digest] for digest in missing], are_new=True), strict=True)
        return [found[document.digest] for document in documents]

    def _with_version(self, entry: Entry) -> list[Version]:
        """Under the lock: an entry's history with what it says now, as much of it as is kept. Damage is left out."""
        most = self._identity.versions if self._identity else 0
        before: list[Version] = []
        with suppress(CheckpointError):
            before = self.store.history(entry.id) if most else []
        with suppress(CheckpointError):
            before.append(
                Version(
                    version=entry.version,
                    title=entry.title,
                    source=entry.source,
                    metadata=entry.metadata,
                    updated_at=entry.updated_at,
                    text=self.store.text(entry.id),
                    turns=[*self.store.listed_texts(entry.id, TURNS)],
                )
            )
        return before[len(before) - most :] if most < len(before) else before

    def _claim(self) -> None:
        """Under the lock: make an empty memory one of the models in use. Raises MemoryMismatch for one of others."""
        self.check_models()
        if self._identity is None:
            self._become(self._own_identity())
        elif self.named_versions not in (None, self._identity.versions):
            self._become(self._identity.model_copy(update={"versions": self.named_versions}))

    def nearest(
        self,
        vector: Sequence[float],
        k: int,
        *,
        namespace: str | None,
        filter: Mapping[str, Any] | None,
        at: datetime | None = None,
    ) -> list[tuple[str, float]]:
        """As `MemoryIndex.query`; an index that is gone is told of. Raises MemoryFolderError."""
        self._look()
        self.heal()
        query = partial(MemoryIndex.query, vector=vector, k=k, namespace=namespace, filter=filter, at=at)
        for number in range(_LOOKS):
            near = self.looked_up(query)
            if near or not self._lacks_index:
                return near
            time.sleep(_MOMENT * 2**number)
        self.check_index()
        return self.looked_up(query)

    def looked_up(self, look: Callable[[MemoryIndex], Found]) -> Found:
        """What there is in the memory's index, or in the one that another process put in its place meanwhile.

        Raises what `look` does, on an index that is still the memory's.
        """
        while True:
            index = self.index
            try:
                found = look(index)
            except (MemoryFolderError, StorageError):  # of files that are being taken away
                if not self._is_replaced(index):
                    raise
            else:
                if not self._is_replaced(index):
                    self._blank(index)
                    return found

    def _blank(self, index: MemoryIndex) -> None:
        """What an index that was just opened put on the disk goes, if nobody writes; else the next look tries again."""
        if index.has_opened:
            with suppress(ParametricMemoryError), self._entries.writing(timeout=0):
                index.blank()

    def _is_replaced(self, index: MemoryIndex) -> bool:
        identity = self._look()
        return identity is not None and identity.index != index.name

    @property
    def _lacks_index(self) -> bool:
        return self.looked_up(lambda index: index.missing) and any(map(self._has_text, self.store.iter()))

    def _has_text(self, entry: Entry) -> bool:
        """Whether an entry is there, with a text that an index can be made of."""
        try:
            self.store.text(entry.id), self.passages(entry.id)
        except EntryNotFound:
            return False
        except CheckpointError as error:
            self.store.pass_over(error)
            return False
        return True

    def check_index(self) -> None:
        """Refuse to take an index that is gone for one that holds nothing. Raises MemoryFolderError."""
        if self._lacks_index:
            raise MemoryFolderError(
                f"The index of the memory in {self.where} is gone: rebuild it with "
                f"`{as_typed('parametric-memory', 'reindex', '--memory', self.where)}`."
            )

    def _put(self, entries: Sequence[tuple[EntryParts, IndexRecord]], are_new: bool = False) -> list[Entry]:
        """Under the lock: entries in the index and the store, or, where that fails, each in both as it was before, or
        as it was to become.

        are_new: no entry ever had one of their ids.
        """
        self.check_index()
        parts, records = zip(*entries, strict=True)
        ids = [of.entry.id for of in parts]
        with self._changing(*ids), self.index.replacing(*records, are_new=are_new):
            return self.store.write_together(parts)

    def change(self, entry: Entry, merged: Mapping[str, Any] | None = None, **values: Any) -> Entry:
        """Give an entry other `metadata`, another title, source, namespace or other times; all else stays.

        merged: metadata that is added to what there is by now.

        Raises:
            DocumentError, SettingsError: a value cannot be recorded, or it would end before it begins.
            EntryNotFound: it was deleted meanwhile.
        """
        values["updated_at"] = now()
        record = self.record_of(recorded(**{**entry.model_dump(), **values}))
        with self.writing():
            self.check_vectors()
            self.check_index()
            current = self.store.read(entry.id)
            if merged:
                values["metadata"] = {**current.metadata, **merged}
            values["said_at"] = current.said_at or current.updated_at
            changed = current.model_copy(update=values)
            check_order({name: getattr(changed, name) for name in VALIDITY})
            if current.content_hash != entry.content_hash:
                record = self.record_of(changed)
            with self._changing(entry.id), self.index.replacing(as_it_is(record, changed)):
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
        with self.writing():
            current = self.store.read(entry.id)
            if (current.version, current.adapter_sha256) != (entry.version, entry.adapter_sha256):
                raise AdapterError(f"Entry {entry.id} was changed while it was refined: refine it again.")
            changed = current.model_copy(update={"refined": current.refined + seconds})
            turns = self.store.listed_texts(entry.id, TURNS)
            self.work.note(entry.id)
            return self.store.write(changed, self.store.text(entry.id), result.to_keep, beside(result, turns))

    def delete(self, id: str) -> None:
        """Raises EntryNotFound."""
        self.store.check(id)
        self.check_embedder()
        with self.writing():
            self.check_embedder()
            go_on()
            self.store.journal.leaves_traces()
            with self._changing(id):
                self.store.delete(id)
                self.index.delete([id])  # last: vectors without an entry are passed over

    def reindex(self, on_progress: Callable[[RunningTask], None] | None = None) -> int:
        """Build the index anew, with the embedder in use; how many entries there are.

        Others read and write meanwhile; the new index takes the place of the old one when it is whole, in a moment. One
        that was cut off goes on where it was, unless something was deleted since or the embedder is another.

        Args:
            on_progress: is told after every entry how far it is.

        Raises:
            MemoryFolderError: there is no memory.
            MemoryLocked: another reindex or upgrade is running.
        """
        self._made_with("rebuild")
        vectors = self._vectors  # before anything takes long

        def becomes() -> MemoryIdentity:
            return self._made_with("rebuild").model_copy(update=vectors)

        return renewed(self, "reindex", becomes, on_progress=on_progress)

    def upgrade(self, remade: Callable[[Entry, str], Made], on_progress: Callable[[Entry], None] | None = None) -> int:
        """Internalize every text again with the models in use. What was added as an adapter stays as it is.

        Others read and write meanwhile, as the memory is. The new adapters and the new index take the place of the old
        ones together, in a moment, when all are made; until then nothing has changed. One that was cut off goes on
        where it was, as `reindex` does.

        Args:
            remade: internalizes the text of an entry, and refines it for as long as it was.

        Raises:
            MemoryFolderError: there is no memory.
            MemoryLocked: another reindex or upgrade is running.
            AdapterError: an adapter that was added is for the base model so far, and another takes its place.
            CheckpointError: an entry is damaged.
        """
        if damaged := self.store.damaged():  # were they mended one day, they would be of another hypernetwork
            raise CheckpointError(" ".join(damaged[:3]))
        other_base = self._made_with("upgrade").base_fingerprint != self.models.base.fingerprint
        own = self._own_identity()  # before anything takes long
        made = EntryStore(self.work.made, base_model_name=own.base_model)

        def remake(entry: Entry) -> None:
            if not entry.chunks:
                if other_base:
                    raise AdapterError(
                        f"{entry.id}: added as an adapter for another base model than {self.models.base.name}, which "
                        "cannot take it over: delete it first."
                    )
                with suppress(EntryNotFound):  # a document that was remade before this took its place
                    made.delete(entry.id)
                return
            text, turns = self.store.text(entry.id), self.store.listed_texts(entry.id, TURNS)
            result = remade(entry, text)
            changed = entry.model_copy(update={"tokens": result.tokens, "chunks": result.chunks})
            history = self.store.history(entry.id)
            made.write(changed, text, result.to_keep, beside(result, turns), history)
            if on_progress:
                on_progress(entry)

        added = [entry.id for entry in self.store.iter() if not entry.chunks] if other_base else []
        if added:
            raise AdapterError(
                f"{', '.join(added[:3])}{' and others' if len(added) > 3 else ''}: added as adapters for another base "
                f"model than {self.models.base.name}, which cannot take them over: delete them first."
            )
        settings = self.models.settings
        options = (settings.rank, settings.max_rank, settings.even_chunks, settings.distill_seconds)
        return renewed(self, "upgrade", lambda: own, (made, remake), options)

    def export(self, path: Path) -> int:
        """Write every entry and skill to one file.

        Raises:
            MemoryFolderError: the memory holds nothing, or the file is there and is something else.
            MemoryMismatch: another process upgraded the memory meanwhile.
        """
        return write_archive(self.store, self._made_with("export"), path, self._read_identity)

    def _made_with(self, task: str) -> MemoryIdentity:
        """What the memory was made with. Raises MemoryFolderError for one that is not there yet."""
        identity = self._look()  # another process may have upgraded it
        if identity is None:
            raise MemoryFolderError(f"The memory in {self.where} holds nothing to {task}: add a document first.")
        return identity

    def import_(self, path: Path) -> int:
        """Take over every entry and skill of an exported file; entries are indexed with the embedder in use.

        Entries that are kept as text are taken over whatever models they were added with: they are read anew. One that
        takes the place of another text goes on counting its versions, and what that said goes into its history. Others
        may write meanwhile; one that is cut off, or fails, may have taken over some of them, and can be done again.

        Raises:
            MemoryFolderError: the file is no exported memory, is damaged, or holds what cannot be kept.
            MemoryLocked: another writer keeps the memory.
            MemoryMismatch: adapters or rows among them were made with other models than those in use.
            CheckpointError: one of them is damaged.
        """
        from parametric_memory.language_model.hooks import check_fits

        with opened_archive(path, self.folder) as (entries, identity):
            check_entries(entries, path, partial(check_fits, self.models.base.model))  # before any is taken over
            read_anew = self._is_foreign(identity, entries, path)
            archived, count = SkillStore(entries.folder), 0
            if archived.names():
                self.check_takes_skills()
            alone = read_anew and (self._own_store == ROWS or not self.models.adds_sentences)
            try:
                for group in ([entry] for entry in entries.iter()) if alone else _few_together(entries.iter()):
                    self._take_over(entries, group, read_anew)
                    count += len(group)
                with self.writing():
                    self._claim()
                    for skill in archived.iter():
                        self.skills.write(skill, archived.adapter(skill.name), skill.base_model)
            except ParametricMemoryError as error:
                if count:
                    error.args = (f"{error} {count} entries were imported before: import {path} again to go on.",)
                raise
        return count

    def _take_over(self, entries: EntryStore, group: Sequence[Entry], read_anew: bool) -> None:
        """Writes entries of an archive; what takes long comes before the lock."""
        parts = [self._read_of(entries, entry, read_anew) for entry in group]
        records = self._records_together(parts)
        with self.writing():
            self._claim()
            self._put([(self._in_place(of), record) for of, record in zip(parts, records, strict=True)])

    def _read_of(self, entries: EntryStore, entry: Entry, read_anew: bool) -> EntryParts:
        """What an archived entry is to be written with."""
        text, extra, stored = entries.text(entry.id), entries.extra(entry.id), entries.stored(entry.id)
        if read_anew:
            made = self.made(text)
            entry = entry.model_copy(update={"tokens": made.tokens, "chunks": made.chunks})
            extra, stored = beside(made, extra.get(TURNS, ())), made.to_keep
        return EntryParts(entry, text, stored, extra)

    def _records_together(self, entries: Sequence[EntryParts]) -> list[IndexRecord]:
        """What the index is to keep of several entries, whose texts are embedded together."""
        passages = [of.extra.get(PASSAGES, ()) for of in entries]
        texts = [part for of, own in zip(entries, passages, strict=True) for part, _ in parts_of(of.text, own)]
        ahead = EmbeddedAhead(self.models.embeddings, [*(of.entry.summary for of in entries), *texts])
        return [self.index_record(of.entry, of.text, own, ahead) for of, own in zip(entries, passages, strict=True)]

    def _in_place(self, imported: EntryParts) -> EntryParts:
        """Under the lock: an imported entry with the version that it has here, and its history."""
        entry, earlier = imported.entry, self.find(imported.entry.id)
        if earlier is None:
            return imported
        if earlier.content_hash == entry.content_hash:  # the text is not replaced, and the history stays as it is
            return imported._replace(entry=entry.model_copy(update={"version": earlier.version}))
        changed = entry.model_copy(update={"version": earlier.version + 1})
        return imported._replace(entry=changed, history=self._with_version(earlier))

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

    def _summary(self, text: str, title: str, embeddings: Embeddings | None = None) -> str:
        from parametric_memory.text.summaries import extractive_summary

        own = self.models.settings.summarizer
        return own(text) if own else extractive_summary(text, embeddings or self.models.embeddings, title)

    def record_of(self, entry: Entry, store: EntryStore | None = None) -> IndexRecord:
        """What the index keeps of an entry. store: where its text and passages are, if not where the entry is."""
        store = store or self.store
        return self.index_record(entry, store.text(entry.id), store.listed_texts(entry.id, PASSAGES))

    def record_of_whole(self, entry: Entry, make: Callable[[Entry], IndexRecord] | None = None) -> IndexRecord | None:
        """The same, of `make` if that is given; None where the entry was deleted meanwhile, or is damaged, which a
        warning tells once."""
        try:
            return (make or self.record_of)(entry)
        except EntryNotFound:
            return None
        except CheckpointError as error:
            self.store.pass_over(error)
            return None

    def index_record(
        self, entry: Entry, text: str, passages: Sequence[str], embeddings: Embeddings | None = None
    ) -> IndexRecord:
        """What the index is to keep of an entry."""
        vectors, numbers = self._vectors_of(text, passages, entry.summary, embeddings)
        return as_it_is(IndexRecord(entry.id, vectors, passages=numbers, state=entry.state), entry)

    def _vectors_of(
        self, text: str, passages: Sequence[str], summary: str, embeddings: Embeddings | None = None
    ) -> tuple[list[Sequence[float]], list[int]]:
        """Those of a summary and of passages, so that a question about any one fact finds the entry."""
        return self._scorer_of().document_vectors(
            parts_of(text, passages), embeddings or self.models.embeddings, summary
        )

    @property
    def identity(self) -> MemoryIdentity:
        """What the memory was made with; of one that is not there yet, what it will be made with."""
        return self._look() or self._own_identity()

    def _own_identity(self) -> MemoryIdentity:
        base = self.models.base
        return MemoryIdentity(
            base_model=base.name,
            base_fingerprint=base.fingerprint,
            hypernetwork=self.models.hypernetwork_name,
            hypernetwork_fingerprint=self.models.internalizer_fingerprint,
            store=self._own_store,
            versions=self._own_versions,
            **self._vectors,
        )

    @property
    def _own_store(self) -> Literal["text", "rows"]:
        """What stands on disk of documents that are added: as it was named, else as the memory was made."""
        return self.named_store or (self._identity.store if self._identity else TEXT)

    @property
    def _own_versions(self) -> int:
        """How many earlier versions are kept: as it was named, else as the memory keeps them."""
        if self.named_versions is not None:
            return self.named_versions
        return self._identity.versions if self._identity else 0

    @property
    def _vectors(self) -> dict[str, str]:
        """What the vectors in use are made with, as an identity has it."""
        return {"embedder_fingerprint": self.models.embedder_fingerprint, "scorer": self._scorer_of().fingerprint}

    def _become(self, identity: MemoryIdentity) -> None:
        self._write_identity(identity)
        self._identity = identity
        self._entries.base_model_name = identity.base_model


def _few_together(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Neighbouring entries that are written in one step: a few short texts. One with rows or an adapter is alone.

    No two of them have names that a disk may take for the same.
    """
    group: dict[str, Entry] = {}
    tokens = 0
    for entry in entries:
        name, size = folder_name(entry.id).casefold(), entry.tokens if entry.store == TEXT else _TOKENS_TOGETHER
        if group and (len(group) == _TAKEN_TOGETHER or tokens + size > _TOKENS_TOGETHER or name in group):
            yield [*group.values()]
            group, tokens = {}, 0
        group[name] = entry
        tokens += size
    if group:
        yield [*group.values()]


def _of_new(
    document: Addition, id: str, metadata: Mapping[str, Any], namespace: str, times: Times
) -> tuple[EntryParts, IndexRecord]:
    """A new entry of a document, and what the index keeps of it. Raises DocumentError: it cannot be recorded."""
    prepared = document.prepared
    made = prepared.made
    entry = recorded(
        id=id,
        title=document.title or title_of(document.text),
        summary=prepared.summary,
        source=document.source,
        namespace=namespace,
        metadata=dict(metadata),
        content_hash=document.digest,
        tokens=made.tokens,
        chunks=made.chunks,
        said_at=document.said_at,
        **times,
    )
    record = IndexRecord(entry.id, prepared.vectors, passages=prepared.numbers, state=entry.state)
    return EntryParts(entry, document.text, made.to_keep, beside(made, document.turns)), as_it_is(record, entry)

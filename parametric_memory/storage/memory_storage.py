"""A memory's storage: entries, vectors, skills and settings in one database, and what keeps writers from mixing models.

A change is one transaction over all of it. Knows nothing about questions and answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from parametric_memory.cancellation import check_cancelled
from parametric_memory.errors import AdapterError, DocumentError, IdTaken, MemoryLocked, SettingsError
from parametric_memory.models.deriving import Deriver, DocumentScorer
from parametric_memory.records import Entry, new_id, now
from parametric_memory.settings import ROWS, STORES, TEXT
from parametric_memory.storage.adapters import EntryAdapters
from parametric_memory.storage.database import Database
from parametric_memory.storage.entries import EntryStore
from parametric_memory.storage.filters import is_unicode, kept_metadata
from parametric_memory.storage.following import DIMENSION
from parametric_memory.storage.identity import MemoryIdentity, as_settings, check_same, identity_in
from parametric_memory.storage.schema import entries
from parametric_memory.storage.search import TRACES, VectorSearch
from parametric_memory.storage.skills import SkillStore
from parametric_memory.storage.tasks import TaskStore
from parametric_memory.text.cleaning import clean
from parametric_memory.text.times import LASTING, VALIDITY, check_order

if TYPE_CHECKING:
    from parametric_memory.models.deriving import Derived, Draft
    from parametric_memory.models.selection import Models


class MemoryStorage:
    """Reads and writes one memory with one set of models. Nothing is opened, or made, before it is needed.

    Attributes:
        location: where the memory is.
        entries, skills, tasks: what its tables hold.
        search: finds entries by vectors.
        adapters: the adapters of entries, made again where only texts are kept.
        deriver: makes what is written of a text.
    """

    def __init__(
        self,
        database: Database,
        models: Models,
        scorer: DocumentScorer,
        store: str | None = None,
        versions: int | None = None,
        *,
        shares: MemoryStorage | None = None,
    ) -> None:
        """
        Args:
            scorer: says how documents are embedded.
            store: what is kept of documents, see `settings.STORES`; as the memory was made when not given.
            versions: how many earlier versions of an entry are kept; as before when not given.
            shares: another one over the same database, whose search in it is used, too: one process has one index.

        Raises SettingsError: there is no such store, or no such number.
        """
        if versions is not None and versions < 0:
            raise SettingsError(f"versions must be at least 0, not {versions}.")
        self.named_versions = versions
        self.named_store = next((known for known in STORES if known == store), None)
        if store != self.named_store:
            raise SettingsError(f"There is no store {store!r}: name {TEXT} or {ROWS}.")
        self.database, self.location, self.models = database, database.location, models
        self.entries, self.skills = EntryStore(database), SkillStore(database)
        self.tasks: TaskStore = TaskStore(database) if shares is None else shares.tasks
        self.search: VectorSearch = VectorSearch(self.entries) if shares is None else shares.search
        self.adapters = EntryAdapters(self.entries, models)
        self.deriver = Deriver(models, scorer)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A block that is one transaction: nobody else writes, and all of it happens or nothing. Nests within a thread.

        Raises:
            MemoryLocked: another writer keeps the memory for too long.
            StorageError: the disk or the server refuses.
        """
        with self.database.writing():
            self.database.after_commit(self.search.after_commit)
            yield

    # What the memory was made with

    @property
    def made_with(self) -> MemoryIdentity | None:
        """What the memory was made with; None: it holds nothing yet."""
        return identity_in(self.database.settings())

    @property
    def empty(self) -> bool:
        """Whether nothing was ever added."""
        return self.made_with is None

    @property
    def identity(self) -> MemoryIdentity:
        """What the memory was made with; of one that holds nothing yet, what it will be made with."""
        return self.made_with or self.own_identity()

    def own_identity(self) -> MemoryIdentity:
        """What the memory would be made with by the models in use."""
        with self.database.reading():
            return MemoryIdentity.of(self.deriver, self.store, self.versions)

    @property
    def store(self) -> Literal["text", "rows"]:
        """What is kept of documents that are added: as it was named, else as the memory was made."""
        made_with = self.made_with
        return self.named_store or (made_with.store if made_with else ROWS)

    @property
    def versions(self) -> int:
        """How many earlier versions are kept: as it was named, else as the memory keeps them."""
        made_with = self.made_with
        kept = made_with.versions if made_with else 0
        return kept if self.named_versions is None else self.named_versions

    def check_models(self) -> None:
        """Refuses to mix adapters of different models. Raises MemoryMismatch."""
        with self.database.reading():
            if (made_with := self.made_with) is not None:
                check_same(made_with, self.own_identity(), self.location)

    def check_vectors(self) -> None:
        """Refuses to compare vectors of different embedders or scorers. Raises MemoryMismatch."""
        if (made_with := self.made_with) is not None:
            check_same(made_with, made_with.model_copy(update=self.deriver.of_vectors), self.location)

    def claim(self, own: MemoryIdentity, derived: Derived | None = None) -> None:
        """Within a transaction: makes an empty memory one of these models, and of vectors of this length.

        Raises MemoryMismatch: it is one of others.
        """
        made_with = self.made_with
        if made_with is None:
            self.become(own)
        else:
            check_same(made_with, own, self.location)
            if self.named_versions not in (None, made_with.versions):
                self.database.set("versions", str(self.named_versions))
        if derived is not None and derived.vectors:
            if (dimension := self.database.setting(DIMENSION)) is None:
                self.database.set(DIMENSION, str(len(derived.vectors[0])))
            else:
                self.search.check_dimension(derived.vectors[0], int(dimension))

    def become(self, identity: MemoryIdentity) -> None:
        """Within a transaction: notes what the memory is made with."""
        for name, value in as_settings(identity).items():
            self.database.set(name, value)

    # Adding and changing

    def replaced(self, id: str | None, namespace: str) -> Entry | None:
        """The entry that one with this id takes the place of, if there is one.

        Raises IdTaken where it is one of another namespace.
        """
        earlier = self.entries.find(id)
        if earlier is not None and earlier.namespace != namespace:
            raise IdTaken(
                f"The id {id} is taken by an entry of the namespace {earlier.namespace}: choose another, or name that "
                "namespace."
            )
        return earlier

    def check(
        self, text: str, *, id: str | None = None, metadata: Mapping[str, Any] | None = None, namespace: str = "default"
    ) -> None:
        """Raises DocumentError or SettingsError where adding these would, before anything is derived."""
        clean(text)
        kept_metadata(metadata)
        self.replaced(id, namespace)

    def known(self, draft: Draft) -> Entry | None:
        """An entry that has not expired and holds a draft's text already, under the draft's id if it has one.

        An entry that is no longer valid counts only where the draft has the same validity.
        """
        if not is_unicode(draft.namespace) or not is_unicode(draft.id or ""):
            return None
        conditions = [entries.c.content_hash == draft.digest, entries.c.namespace == draft.namespace]
        if draft.id:
            conditions.append(entries.c.id == draft.id)
        for entry, _, _ in self.entries.select(*conditions, order=[entries.c.key]):
            same = all(draft.times.get(name) == getattr(entry, name) for name in VALIDITY)
            if not entry.is_expired() and (same or not entry.is_over()):
                return entry
        return None

    def derive(self, draft: Draft) -> Draft:
        """The draft with what the models make of its text, which takes long; nothing is written."""
        check_cancelled()
        return draft if draft.derived is not None else self.deriver.derive(draft, self.store)

    def write(
        self, draft: Draft, *, merged: bool = True, updates: bool = False, moves: bool = False, keeps: int = 0
    ) -> Entry:
        """Makes an entry of a draft, or gives an entry the draft's text.

        A text that somebody else added meanwhile is not added again: its entry is returned. An entry whose text is
        replaced keeps of its times those that are not over and not given.

        Args:
            draft: with what was derived from its text.
            merged: metadata is added to that of the entry whose text is replaced.
            updates: the entry is there, in whatever namespace: it is not made anew where it is gone, and keeps its
                times also where they are over.
            moves: an update is into the draft's namespace; else the entry stays where it is by now.
            keeps: earlier versions to keep at least, however few the memory keeps.

        Raises:
            DocumentError: the id is that of an entry of another namespace, or what is given cannot be recorded.
            EntryNotFound: the entry to update was deleted meanwhile.
            SettingsError: it would end before it begins.
        """
        own, derived = self.own_identity(), draft.derived
        assert derived is not None, "A draft is written with what was derived from its text."
        entry = _recorded(
            id=draft.id or new_id(),
            title=draft.full_title,
            summary=derived.summary,
            source=draft.source,
            namespace=draft.namespace,
            metadata=dict(draft.metadata),
            content_hash=draft.digest,
            tokens=derived.tokens,
            chunks=derived.chunks,
            said_at=draft.said_at,
            **draft.times,
        )
        with self.writing():
            if derived.chunks and (known := self.known(draft)):
                return known
            self.claim(own, derived)
            earlier = self.entries.read(entry.id) if updates else self.replaced(draft.id, draft.namespace)
            if earlier is not None:
                stays = [LASTING] if updates or not earlier.is_expired() else []
                stays += VALIDITY if updates or not earlier.is_over() else ()
                values: dict[str, Any] = {"created_at": earlier.created_at, "version": earlier.version + 1}
                values |= {name: getattr(earlier, name) for name in stays if name not in draft.times}
                if merged:
                    values["metadata"] = {**earlier.metadata, **entry.metadata}
                if updates and not moves:
                    values["namespace"] = earlier.namespace
                entry = _changed(entry, values)
                self.entries.keep_version(entry.id, max(self.versions, keeps))
            return self.entries.write(entry, draft.text, draft.turns, derived)

    def add_together(self, drafts: Sequence[Draft]) -> list[Entry]:
        """Makes entries of drafts, in one transaction: their entries, in order. Those with ids keep the version before.

        Of a text that comes twice, or that is held by now, there is one entry. What is not derived yet is derived then.

        Raises DocumentError: what is given of one cannot be recorded, and none is written.
        """
        self.own_identity()  # loads the models, while others may write
        written: dict[str, Entry] = {}
        with self.writing():
            for draft in drafts:
                if draft.digest not in written:
                    known = None if draft.derived else self.known(draft)
                    written[draft.digest] = known or self.write(self.derive(draft), keeps=1 if draft.id else 0)
        return [written[draft.digest] for draft in drafts]

    def change(self, entry: Entry, merged: Mapping[str, Any] | None = None, **values: Any) -> Entry:
        """Gives an entry other `metadata`, another title, source, namespace or other times; all else stays.

        merged: metadata that is added to what there is by now.

        Raises:
            DocumentError, SettingsError: a value cannot be recorded, or it would end before it begins.
            EntryNotFound: it was deleted meanwhile.
        """
        values["updated_at"] = now()
        _recorded(**{**entry.model_dump(), **values})  # refused before anything is written
        with self.writing():
            current = self.entries.read(entry.id)
            if merged:
                values["metadata"] = {**current.metadata, **merged}
            values["said_at"] = current.said_at or current.updated_at
            changed = _changed(current, values)
            self.entries.update(changed)
        return changed

    def refined(self, entry: Entry, derived: Derived) -> Entry:
        """Puts a refined adapter in the place of what is kept of an entry, which must still be what it was.

        Raises:
            EntryNotFound: it was deleted meanwhile.
            AdapterError: its text or adapter was replaced meanwhile.
        """
        with self.writing():
            current = self.entries.read(entry.id)
            if (current.version, current.adapter_sha256) != (entry.version, entry.adapter_sha256):
                raise AdapterError(f"Entry {entry.id} was changed while it was refined: refine it again.")
            return self.entries.write(current, self.entries.text(entry.id), self.entries.turns(entry.id), derived)

    def delete(self, ids: Sequence[str] = (), skills: Sequence[str] = ()) -> None:
        """Removes entries and skills, in one transaction.

        Raises EntryNotFound, SkillNotFound: one is not there, and none is gone.
        """
        if not self.database.exists:  # and it is not made for that
            for id in ids:
                self.entries.read(id)
            for name in skills:
                self.skills.read(name)
            return
        with self.writing():
            self.entries.delete(ids)
            self.skills.delete(skills)
            if self.location.folder is not None:  # its files have to be cleared; PostgreSQL sees to its own
                self.database.set(TRACES, str(int(self.database.setting(TRACES) or 0) + 1))

    @property
    def leaves_traces(self) -> bool:
        """Whether something on the disk may still tell of entries or skills that were deleted."""
        return self.database.setting(TRACES) is not None

    def erase(self) -> None:
        """Takes off the disk what still tells of entries that were deleted, and of what others were before.

        Raises:
            MemoryLocked: a reindex or upgrade is running, or somebody else writes.
            StorageError: the disk refuses.
        """
        if not self.database.exists:
            return
        if (running := self.tasks.running()) is not None:
            raise MemoryLocked(f"{running}, of the memory in {self.location}: try again when it has finished.")
        self.tasks.drop()
        self.search.erase()

    def close(self) -> None:
        """Brings the index up, and lets go of all files; the next call opens them again."""
        self.search.close()
        self.database.close()


def _changed(entry: Entry, values: Mapping[str, Any]) -> Entry:
    """An entry with other values. Raises SettingsError: it would end before it begins."""
    changed = entry.model_copy(update=values)
    check_order({name: getattr(changed, name) for name in VALIDITY})
    return changed


def _recorded(**values: Any) -> Entry:
    """An entry with these values. Raises DocumentError for one that a record does not take."""
    try:
        return Entry(**values)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise DocumentError(f"The document cannot be recorded: {where}: {problem['msg']}.") from error

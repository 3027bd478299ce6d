"""A memory's storage: entries, vectors, skills and settings in one database, written by one set of models.

Each change is one transaction over all of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Literal

import sqlalchemy as sql
from pydantic import ValidationError

from parametric_memory.adapters.factors import DocumentRows
from parametric_memory.adapters.packing import pack_rows, unpack_rows
from parametric_memory.cancellation import check_cancelled, regardless
from parametric_memory.documents.cleaning import clean
from parametric_memory.documents.conversations import speaker_of
from parametric_memory.documents.dates import LASTING, VALIDITY, check_order
from parametric_memory.errors import DocumentError, MemoryLocked, SettingsError
from parametric_memory.internalize.deriving import Derived, Deriver, DocumentScorer, Draft
from parametric_memory.internalize.selection import MemoryIdentity, Models, as_settings, check_same, identity_in
from parametric_memory.records import Entry, is_unicode, new_id, now
from parametric_memory.settings import ROWS, STORES, TEXT
from parametric_memory.storage.database import Database
from parametric_memory.storage.entries import EntryStore, Found
from parametric_memory.storage.filters import kept_metadata
from parametric_memory.storage.renewal import TaskStore
from parametric_memory.storage.schema import entries, unfinished
from parametric_memory.storage.search import TRACES, VectorSearch
from parametric_memory.storage.skills import SkillStore

_LONG = 50_000  # characters of a text whose rows are stored in parts while they are made: a minute's work on one core


class MemoryStorage:
    """Reads and writes one memory with one set of models. Nothing is opened or created before it is needed."""

    def __init__(
        self,
        database: Database,
        models: Models,
        scorer_of: Callable[[], DocumentScorer],
        store: str | None = None,
        versions: int | None = None,
        *,
        shares: MemoryStorage | None = None,
    ) -> None:
        """
        Args:
            scorer_of: gives the scorer that embeds documents.
            store: see `settings.STORES`; None: as the memory was made.
            versions: how many earlier versions of an entry are stored; None: as before.
            shares: another storage of the same database, to share its index with.

        Raises SettingsError: there is no such store, or versions is negative.
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
        self.deriver = Deriver(models, scorer_of)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A block that is one transaction, as `Database.writing`, after which the index is brought up."""
        with self.database.writing():
            self.database.after_commit(self.search.after_commit)
            yield

    # Identity

    @property
    def made_with(self) -> MemoryIdentity | None:
        """The identity of the memory; None: it holds nothing yet."""
        return identity_in(self.database.settings())

    @property
    def empty(self) -> bool:
        """Whether nothing was ever added."""
        return self.made_with is None

    def own_identity(self) -> MemoryIdentity:
        """The identity of a memory made with the models in use."""
        with self.database.reading():
            return MemoryIdentity.of(self.deriver, self.store, self.versions)

    @property
    def store(self) -> Literal["text", "rows"]:
        """What is stored of documents, see `settings.STORES`: as chosen, else as the memory was made."""
        made_with = self.made_with
        return self.named_store or (made_with.store if made_with else ROWS)

    @property
    def versions(self) -> int:
        """How many earlier versions are stored: as chosen, else as the memory was made."""
        made_with = self.made_with
        return (made_with.versions if made_with else 0) if self.named_versions is None else self.named_versions

    def check_models(self) -> None:
        """Raises MemoryMismatch: the models in use make adapters or vectors that do not fit the memory."""
        with self.database.reading():
            if (made_with := self.made_with) is not None:
                check_same(made_with, self.own_identity(), self.location, self.location.options)

    def check_vectors(self) -> None:
        """Raises MemoryMismatch: the memory's vectors are of another embedder or scorer."""
        if (made_with := self.made_with) is not None:
            own = made_with.model_copy(update=self.deriver.of_vectors)
            check_same(made_with, own, self.location, self.location.options)

    def claim(self, own: MemoryIdentity, derived: Derived | None = None) -> None:
        """Within a transaction: gives an empty memory its identity and the length of its vectors.

        Raises MemoryMismatch: it has another identity or length.
        """
        made_with = self.made_with
        if made_with is None:
            self.become(own)
        else:
            check_same(made_with, own, self.location, self.location.options)
            if self.named_versions not in (None, made_with.versions):
                self.database.set("versions", str(self.named_versions))
        if derived is not None and derived.vectors:
            self.search.check_dimension(derived.vectors[0])

    def become(self, identity: MemoryIdentity) -> None:
        """Within a transaction: records the memory's identity."""
        for name, value in as_settings(identity).items():
            self.database.set(name, value)

    # Adding and changing

    def check(self, text: str, metadata: Mapping[str, Any]) -> None:
        """Raises DocumentError or SettingsError where adding these would, before anything is derived."""
        clean(text)
        kept_metadata(metadata)

    def known(self, draft: Draft) -> Found | None:
        """An entry with the draft's text, and its id and its speaker if it has them, that has not expired.

        An entry that is no longer valid counts only if the draft has the same validity.
        """
        found, speaker = self._of_text(draft), speaker_of(draft.turns)
        is_same = not (found and speaker) or speaker_of(self.entries.content(found)[1]) == speaker
        return found if is_same else None

    def _of_text(self, draft: Draft) -> Found | None:
        """The same, whoever speaks."""
        if not is_unicode(f"{draft.namespace} {draft.id}"):
            return None
        conditions = [entries.c.content_hash == draft.digest, entries.c.namespace == draft.namespace]
        if draft.id:
            conditions.append(entries.c.id == draft.id)
        for found in self.entries.select(*conditions, order=[entries.c.key]):
            same = all(draft.times.get(name) == getattr(found.entry, name) for name in VALIDITY)
            if not found.entry.is_expired() and (same or not found.entry.is_over()):
                return found
        return None

    def derive(self, draft: Draft) -> Draft:
        """The draft with all that the models derive from its text, which takes long.

        Nothing is written but parts of a long text's rows, so that it is not begun anew if this is interrupted.
        """
        check_cancelled()
        if draft.derived is not None:
            return draft
        if len(draft.text) < _LONG:
            return self.deriver.derive(draft, self.store)
        return self.deriver.derive_together([draft], self.store, self._unfinished(draft))[0]

    def _unfinished(self, draft: Draft) -> UnfinishedRows:
        made_of = f"{draft.namespace} {draft.reading} {self.own_identity()}"
        return UnfinishedRows(self.database, hashlib.sha256(made_of.encode()).hexdigest())

    def write(self, draft: Draft, *, merged: bool = True, updates: Found | None = None, keeps: int = 0) -> Found:
        """Writes a derived draft as a new entry, or replaces the text of the entry with its id in its namespace.

        If the same text was added meanwhile, its entry is returned. A replaced entry keeps those of its times that are
        neither past nor given.

        Args:
            merged: adds the metadata to that of the replaced entry.
            updates: the entry to replace, in whichever namespace it is now; it keeps its past times too.
            keeps: earlier versions to keep at least, however few the memory keeps.

        Raises DocumentError: a value cannot be recorded; EntryNotFound: the entry to update was deleted meanwhile;
        SettingsError: its validity would end before it begins.
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
            found = self.entries.current(updates) if updates else self.entries.find(draft.id, draft.namespace)
            if found is None and speaker_of(draft.turns):  # the same text of another speaker
                found = self._of_text(draft)
            if found is not None:
                earlier = found.entry
                stays = [LASTING] if updates or not earlier.is_expired() else []
                stays += VALIDITY if updates or not earlier.is_over() else ()
                stays = ["id", "created_at", "namespace", *(name for name in stays if name not in draft.times)]
                values = {name: getattr(earlier, name) for name in stays} | {"version": earlier.version + 1}
                if merged:
                    values["metadata"] = {**earlier.metadata, **entry.metadata}
                entry = _changed(entry, values)
                self.entries.keep_version(found, max(self.versions, keeps))
            if len(draft.text) >= _LONG:
                self._unfinished(draft).drop()
            return self.entries.write(entry, draft.text, draft.turns, derived, found)

    def change(self, found: Found, merged: Mapping[str, Any] | None = None, **values: Any) -> Entry:
        """Changes `metadata`, title, source, namespace or times of an entry. merged: metadata to add.

        Raises DocumentError, SettingsError: a value cannot be recorded, the validity would end before it begins, or
        another namespace has the id; EntryNotFound: it was deleted meanwhile.
        """
        values["updated_at"] = now()
        _recorded(**{**found.entry.model_dump(), **values})  # refused before anything is written
        with self.writing():
            current = self.entries.current(found)
            if merged:
                values["metadata"] = {**current.entry.metadata, **merged}
            values["said_at"] = current.entry.said_at or current.entry.updated_at
            changed = _changed(current.entry, values)
            if changed.namespace != current.entry.namespace and self.entries.find(changed.id, changed.namespace):
                raise DocumentError(
                    f"The namespace {changed.namespace} has an entry {changed.id} already: delete one of them first."
                )
            self.entries.update(current, changed)
        return changed

    def delete(self, found: Iterable[Found] = (), skills: Sequence[str] = ()) -> None:
        """Deletes entries and skills in one transaction. Raises SkillNotFound, and none is deleted."""
        if not self.database.exists:  # and it is not created for that
            for name in skills:
                self.skills.read(name)
            return
        with self.writing():
            self.entries.delete(found)
            self.skills.delete(skills)
            self.database.execute(unfinished.delete())
            if self.location.folder is not None:  # PostgreSQL looks after its files itself
                self.database.set(TRACES, str(int(self.database.setting(TRACES) or 0) + 1))

    @property
    def leaves_traces(self) -> bool:
        """Whether files may still hold deleted entries or skills."""
        return self.database.setting(TRACES) is not None

    def erase(self) -> None:
        """Erases deleted entries, and former texts of others, from the files.

        Raises MemoryLocked: a reindex or upgrade is running, or somebody else writes; StorageError: the disk refuses.
        """
        if not self.database.exists:
            return
        if (running := self.tasks.running()) is not None:
            raise MemoryLocked(f"{running}, of the memory in {self.location}: try again when it has finished.")
        self.tasks.drop()
        self.search.erase()

    def close(self) -> None:
        """Brings the index up, and closes all files; the next call opens them again."""
        self.search.close()
        self.database.close()


_LASTS = timedelta(days=7)


class UnfinishedRows:
    """The stored rows of one text. made_of: identifies the text and the models."""

    def __init__(self, database: Database, made_of: str) -> None:
        self._database, self._made_of, self._own = database, made_of, unfinished.c.made_of == made_of

    def read(self) -> Iterator[DocumentRows]:
        """The parts, in order."""
        parts = sql.select(unfinished.c.content).where(self._own).order_by(unfinished.c.part)
        with self._database.reading() as connection:
            for (content,) in connection.execute(parts.execution_options(yield_per=1)):
                yield unpack_rows(content, "A part of a text that was not finished")

    def write(self, part: int, rows: DocumentRows) -> None:
        """Commits a part. To whoever cancels the addition, nothing is written by that."""
        content = pack_rows(rows)

        def write() -> None:
            with self._database.writing() as connection:
                connection.execute(unfinished.delete().where(unfinished.c.stored_at < now() - _LASTS))
                connection.execute(unfinished.delete().where(self._own, unfinished.c.part == part))
                values = {"made_of": self._made_of, "part": part, "stored_at": now(), "content": content}
                connection.execute(unfinished.insert().values(**values))

        regardless(write)

    def drop(self) -> None:
        """Deletes the parts."""
        self._database.execute(unfinished.delete().where(self._own))


def _changed(entry: Entry, values: Mapping[str, Any]) -> Entry:
    """An entry with other values. Raises SettingsError: its validity would end before it begins."""
    changed = entry.model_copy(update=values)
    check_order({name: getattr(changed, name) for name in VALIDITY})
    return changed


def _recorded(**values: Any) -> Entry:
    """An entry with these values. Raises DocumentError: a record does not take one of them."""
    try:
        return Entry(**values)
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        raise DocumentError(f"The document cannot be recorded: {where}: {problem['msg']}.") from error

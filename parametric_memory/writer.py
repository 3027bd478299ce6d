"""How texts, pictures and adapters become entries of a memory, one at a time or many together.

Reads files, skips what the memory already holds, derives the rest, and writes it. Knows nothing about questions.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, cast

from parametric_memory.adapters.factors import Adapter
from parametric_memory.batches import batched, in_runs
from parametric_memory.cancellation import async_twin, check_cancelled, committed
from parametric_memory.documents.cleaning import clean
from parametric_memory.documents.conversations import is_chat, last_said_at, turns_by
from parametric_memory.documents.dates import Moment, times_of
from parametric_memory.documents.files import Document, find_documents, read_documents
from parametric_memory.errors import DocumentError, ParametricMemoryError, SettingsError
from parametric_memory.internalize.deriving import Draft
from parametric_memory.internalize.selection import Models
from parametric_memory.progress import report_progress
from parametric_memory.records import Entry, Version
from parametric_memory.scopes import Scope, labelled, namespace_of
from parametric_memory.storage.entries import Found
from parametric_memory.storage.filters import kept_metadata
from parametric_memory.storage.memory_storage import MemoryStorage
from parametric_memory.storage.schema import entries as table

if TYPE_CHECKING:
    from parametric_memory.internalize.pictures import PictureDocument

_SOURCES = 500  # in one SELECT
_CHARACTERS = 16_000  # of the texts that are derived together; a longer text is derived alone
_TEXTS = 32  # most texts that are derived together
Metadata = Mapping[str, Any]
_Item = TypeVar("_Item")


class StoreOptions(Scope, total=False):
    """What everything that adds takes: the metadata, namespace, scope and times of an entry.

    A user is a namespace; agent and run are metadata.

    Attributes:
        ttl: how long the entry is recalled, from now on.
        valid_from, valid_until: when what the text says holds, from the first moment until before the second. A day
            counts from its beginning to its end; a time without a time zone is UTC. Outside these bounds the entry is
            recalled only for a moment given as `at`.
    """

    metadata: Metadata | None
    namespace: str | None
    ttl: timedelta | None
    valid_from: Moment | None
    valid_until: Moment | None


def groups(items: Iterable[_Item], text: Callable[[_Item], str] = attrgetter("text")) -> Iterator[list[_Item]]:
    """Splits items into runs whose texts are derived together: a few dozen short ones, or one longer text alone."""
    return batched(items, lambda some: len(some) <= _TEXTS and sum(len(text(of)) for of in some) <= _CHARACTERS)


class Writer:
    """Writes the entries of one memory.

    namespace: where entries go, unless a call names another.
    """

    def __init__(self, storage: MemoryStorage, namespace: str) -> None:
        self.storage, self.models, self.namespace = storage, storage.models, namespace

    def options(
        self,
        *,
        metadata: Metadata | None = None,
        namespace: str | None = None,
        ttl: timedelta | None = None,
        valid_from: Moment | None = None,
        valid_until: Moment | None = None,
        **scope: Unpack[Scope],
    ) -> dict[str, Any]:
        """The checked `namespace`, `metadata` and `times` of a draft. Raises DocumentError, SettingsError."""
        return {
            "namespace": namespace_of(namespace, scope) or self.namespace,
            "metadata": kept_metadata(labelled(metadata, scope)),
            "times": times_of(ttl, valid_from, valid_until),
        }

    def found(self, id: str, namespace: str | None) -> Found:
        """The entry with an id; without a namespace, in the usual or the only one with it. Raises EntryNotFound."""
        entries = self.storage.entries
        return entries.at(id, namespace) if namespace else entries.anywhere(id, self.namespace)

    # One document. options: see `options`; keeps: see `MemoryStorage.write`.

    def add(
        self,
        document: str | Document | PictureDocument,
        options: Mapping[str, Any],
        *,
        id: str | None = None,
        title: str | None = None,
        source: str | None = None,
        speaker: str | None = None,
    ) -> Entry:
        from parametric_memory.internalize.pictures import PictureDocument

        if isinstance(document, PictureDocument):
            adapter, description = self._read_pictures(document)
            return self.write_adapter(adapter, Draft(description, title, source or document.source, id=id, **options))
        if isinstance(document, Document):
            draft = self._draft(document, options)
            draft = replace(draft, id=id or draft.id, title=title or draft.title, source=source or draft.source)
        else:
            draft = Draft(clean(document), title, source, id=id, **options)
        if speaker is not None and not draft.turns:
            draft = replace(draft, turns=turns_by(speaker))
        return self.write(draft)

    def _read_pictures(self, document: PictureDocument) -> tuple[Adapter, str]:
        """The adapter of a document with pictures, and the description that the index finds it by."""
        from parametric_memory.internalize.internalizer import HypernetworkInternalizer

        self.storage.check_models()
        internalizer = self.models.internalizer
        if not isinstance(internalizer, HypernetworkInternalizer):
            raise SettingsError("Pictures are read by a hypernetwork: this memory has another internalizer.")
        vision = self.models.vision
        made = internalizer.internalize_seen(vision, document)
        return made.to_keep, clean(document.description or vision.caption(document) or "A picture.")

    def write(self, draft: Draft, keeps: int = 0) -> Entry:
        """The entry of a draft; an entry that already holds its text is returned with the metadata and times given."""
        return committed(self._written(draft, keeps))

    def _written(self, draft: Draft, keeps: int) -> Entry:
        """`write`, possibly within a transaction that is not committed yet."""
        known = self._known(draft) or self.storage.write(self.storage.derive(draft), keeps=keeps)
        return self._as_given(known, draft)

    def write_all(self, drafts: Iterable[Draft]) -> list[Entry]:
        """The entries of drafts that belong together, derived first and written in one transaction; see `write`."""
        drafts = [draft if self._known(draft) else self.storage.derive(draft) for draft in drafts]
        with self.storage.writing():
            return [self.write(draft) for draft in drafts]

    def write_adapter(self, adapter: Adapter, draft: Draft) -> Entry:
        """The entry of an adapter that was not made from the draft's text, which describes it."""
        return committed(self.storage.write(self._with_adapter(draft, adapter)).entry)

    def replace_text(self, found: Found, draft: Draft, merged: bool, move_to: str | None = None) -> Entry:
        """Gives an entry the text of a draft, and another namespace. What was added as an adapter keeps its adapter."""
        self.storage.check_models()
        if found.entry.chunks:
            draft = self.storage.derive(draft)  # takes long, so outside the transaction
        else:
            draft = self._with_adapter(draft, cast("Adapter", self.storage.entries.kept(found)))
        with self.storage.writing():
            written = self.storage.write(draft, merged=merged, updates=found)
            entry = self._as_given(written, draft, move_to)
        return committed(entry)

    def _with_adapter(self, draft: Draft, adapter: Adapter) -> Draft:
        """The draft with what is derived from it, and an adapter in place of rows."""
        from parametric_memory.internalize.internalizer import Internalized

        made = Internalized(adapter, tokens=0, chunks=0)
        derived = self.storage.deriver.with_vectors(made, draft.reading, self.storage.deriver.summary(draft))
        return replace(draft, derived=derived)

    def _known(self, draft: Draft) -> Found | None:
        """The entry that already holds the draft's text. Raises MemoryMismatch if a new one would mix models."""
        with self.storage.database.reading():
            known = self.storage.known(draft)
            if known is None:
                self.storage.check_models()
        return known

    def _as_given(self, known: Found, draft: Draft, move_to: str | None = None) -> Entry:
        """The entry with the metadata and times of a draft, and another namespace."""
        given = {**draft.times, **({"namespace": move_to} if move_to else {})}
        changes = {name: value for name, value in given.items() if value != getattr(known.entry, name)}
        if not changes and draft.metadata.items() <= known.entry.metadata.items():
            return known.entry
        return self.storage.change(known, merged=draft.metadata, **changes)

    # Many documents. A file that has changed since it was added replaces the text of its entry.

    def entries_of_files(self, documents: Sequence[Document], namespace: str) -> dict[str, Entry]:
        """The entry of each file among the sources of documents, by source.

        Only of files that are the source of one document, without an id, and of one entry; chats are left out.
        """
        count = Counter(document.source for document in documents if not is_chat(document.turns))
        named = {document.source for document in documents if document.id}
        files = [of for of, times in count.items() if of and times == 1 and of not in named and _is_file(of)]
        found: dict[str, list[Found]] = {}
        for some in in_runs(files, _SOURCES):
            for of in self.storage.entries.select(table.c.namespace == namespace, table.c.source.in_(some)):
                found.setdefault(of.entry.source or "", []).append(of)
        return {
            source: of.entry
            for source, (of, *others) in found.items()
            if not others and of.entry.chunks and not is_chat(self.storage.entries.content(of)[1])
        }

    def _draft(self, document: Document, options: Mapping[str, Any]) -> Draft:
        metadata = kept_metadata({**document.metadata, **options["metadata"]})
        return Draft.of(document, **{**options, "id": document.id, "metadata": metadata})

    def gone_from(
        self, folders: Iterable[str | Path], present: Iterable[Entry], documents: Iterable[Document], namespace: str
    ) -> list[Found]:
        """The entries of files that are in one of some folders no more, or say something else by now.

        A file that is there and was not read, such as a picture in a folder, keeps its entry.

        Args:
            present: the entries of what the folders hold now.
            documents: what was read there.
        """
        inside, ids = [_absolute(folder) for folder in folders], {entry.id for entry in present}
        read = {document.source for document in documents}
        return [
            found
            for found in self.storage.entries.select(table.c.namespace == namespace, table.c.source.is_not(None))
            if found.entry.id not in ids
            and ".." not in Path(source := found.entry.source or "").parts
            and any(Path(source).is_relative_to(folder) for folder in inside)
            and (source in read or not os.path.lexists(source))
        ]

    def add_together(self, documents: Sequence[Document], options: Mapping[str, Any]) -> list[Entry]:
        """Adds documents in their order. Neighbouring short ones are derived together and written in one transaction.

        If one is refused or cannot be derived, those before it are written.
        """
        drafts: list[Draft] = []
        refusal = None
        replaced = self.entries_of_files(documents, options["namespace"])
        files = {entry.id for entry in replaced.values()}
        for document in documents:
            try:
                draft = self._draft(document, options)
            except DocumentError as error:
                refusal = error
                break
            earlier = replaced.get(draft.source or "")
            drafts.append(draft if earlier is None or self.storage.known(draft) else replace(draft, id=earlier.id))

        entries: list[Entry] = []
        for group in groups(drafts):
            check_cancelled()  # before deriving, which takes long
            report_progress("documents", len(entries), len(documents))
            together = self._write_together(group, files)
            if together:
                entries += together
            else:
                for draft in group:
                    report_progress("documents", len(entries), len(documents))
                    entries.append(self.write(draft, keeps=int(draft.id in files)))
            report_progress("documents", len(entries), len(documents))
        if refusal is not None:
            raise refusal
        return entries

    def _write_together(self, drafts: Sequence[Draft], files: Container[str]) -> list[Entry]:
        """The entries of drafts, derived together and written in one transaction; none if they have to be written one
        by one.

        files: ids of entries whose file has changed.
        """
        storage, new = self.storage, dict[tuple[str | None, ...], int]()
        for number, draft in enumerate(drafts):
            if not storage.known(draft):
                new.setdefault((draft.digest, draft.id, *draft.turns), number)
        if len(new) < 2:
            return []
        try:
            derived = storage.deriver.derive_together([drafts[number] for number in new.values()], storage.store)
            made = dict(zip(new.values(), derived, strict=True))
            check_cancelled()
            storage.check_models()
            storage.own_identity()  # loads the models, while others may write
            with storage.writing():
                entries = [
                    self._written(made.get(number, draft), keeps=int(draft.id in files))
                    for number, draft in enumerate(drafts)
                ]
            return [committed(entry) for entry in entries]
        except ParametricMemoryError:  # raised again when the turn of the refused one comes
            return []


class History(list[Version]):
    """What an entry said before its text was replaced: versions, newest first, as many as the memory keeps.

    They are forgotten with the entry and are not exported. text: what the entry says now.
    """

    def __init__(self, writer: Writer, found: Found) -> None:
        """Raises CheckpointError if a version is damaged."""
        super().__init__(writer.storage.entries.history(found)[::-1])
        self._writer, self._found = writer, found

    @property
    def text(self) -> str:
        return self._writer.storage.entries.text(self._found)

    def restore(self, version: int) -> Entry:
        """Gives the entry the text, title, source and metadata of an earlier version.

        That makes a new version; what the entry says now goes into its history. Raises EntryNotFound: the entry was
        deleted; SettingsError: the memory does not keep this version.
        """
        storage = self._writer.storage
        while True:
            found, earlier = storage.entries.current(self._found), self._kept(version)
            entry, said_at = found.entry, last_said_at(earlier.turns)
            document = Document(earlier.text, earlier.title, earlier.source, earlier.turns, said_at)
            draft = Draft.of(document, id=entry.id, namespace=entry.namespace, metadata=earlier.metadata)
            if entry.chunks and entry.content_hash != draft.digest:
                storage.check_models()
                draft = storage.derive(draft)  # takes long, so outside the transaction
            with storage.writing():
                if storage.entries.current(found).entry.state != entry.state or self._kept(version) != earlier:
                    continue  # changed while the text was derived
                if entry.content_hash != draft.digest:
                    return self._writer.replace_text(found, draft, merged=False)
                return storage.change(found, title=draft.full_title, source=draft.source, metadata=dict(draft.metadata))

    arestore = async_twin(restore, "restored")

    def _kept(self, version: int) -> Version:
        kept = {of.version: of for of in self._writer.storage.entries.history(self._found)[::-1]}
        if version in kept:
            return kept[version]
        numbers = ", ".join(map(str, kept)) or "none"
        raise SettingsError(f"Version {version} of entry {self._found.entry.name} is not kept; these are: {numbers}.")


def read_files(
    files: Iterable[str | Path | bytes],
    models: Models,
    speakers: Mapping[str, str] | None = None,
    when: date | str | None = None,
) -> tuple[list[Path | bytes], list[Document]]:
    """Reads files, folders, and bytes of files: those to read as pictures, which are not decoded, and text documents.

    Pictures are files that are named, and PDFs of scanned pages if the models read pictures.

    Raises DocumentError: a file cannot be read, or there is none; SettingsError: there are pictures, and the models
    read none.
    """
    from parametric_memory.internalize.pictures import check_picture, is_picture, is_scan

    pictures, found, paths = list[Path | bytes](), list[Path | bytes](), list[str | Path]()
    for file in files:
        if isinstance(file, bytes):
            found.append(file)
        elif is_picture(file):
            check_picture(file)
            pictures.append(_absolute(file))
        else:
            paths.append(file)
    if paths:  # a source is an absolute path: it says which file an entry is of
        found = [*map(_absolute, find_documents(paths)), *found]
    pictures += [each for each in found if models.reads_pictures and is_scan(each)]
    if pictures:
        _ = models.vision  # loads it, or refuses, before anything is added
    texts = [each for each in found if each not in pictures]
    return pictures, [document for each in texts for document in read_documents(each, None, speakers, when)]


def _absolute(path: str | Path) -> Path:
    """An absolute path without "..", which names the same file."""
    plain, real = Path(os.path.abspath(path)), Path(path).resolve()  # noqa: PTH100
    return plain if plain.resolve() == real else real  # ".." behind a link leads elsewhere


def _is_file(source: str) -> bool:
    """Whether a source is the absolute path of a file; of any other text, unlike `Path.is_file`, no error."""
    return os.path.isabs(source) and os.path.isfile(source)  # noqa: PTH113, PTH117

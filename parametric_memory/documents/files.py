"""Finds and reads files: text, Markdown, HTML, CSV, PDF and exported chats become titled plain text.

Knows nothing about tokens, models and memories.
"""

from __future__ import annotations

import codecs
import errno
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from parametric_memory.documents.chat_exports import Chat, json_chats, may_hold_chat, slack_names, whatsapp_chat
from parametric_memory.documents.cleaning import LONGEST_TITLE, MAX_TEXT_BYTES, check_size, clean, title_given, title_of
from parametric_memory.documents.conversations import Message, conversations, last_said_at, turns_by
from parametric_memory.documents.dates import moment_of
from parametric_memory.documents.formats import PDF_SUFFIX, is_pdf, read_csv, read_html, read_markdown, read_pdf
from parametric_memory.errors import DocumentError
from parametric_memory.files import open_file, parsed, shown

MAX_FILE_BYTES = 5 * MAX_TEXT_BYTES  # a PDF or a page may hold much that is no text
PLAIN_SUFFIXES = (".txt", ".text", ".rst", ".org", ".adoc")
MARKDOWN_SUFFIXES = (".md", ".markdown", ".mdown")
HTML_SUFFIXES = (".html", ".htm", ".xhtml")
CHAT_SUFFIXES = (".json", ".jsonl", ".ndjson")
TABLE_SUFFIXES = {".csv": ",", ".tsv": "\t"}  # with what separates their cells
SUFFIXES = (*PLAIN_SUFFIXES, *MARKDOWN_SUFFIXES, *HTML_SUFFIXES, PDF_SUFFIX, *TABLE_SUFFIXES, *CHAT_SUFFIXES)

_BYTE_ORDER_MARKS = (  # the longer ones first: that of UTF-32 begins like that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Document:
    """A text to remember, with its title and source.

    Attributes:
        turns: of a conversation: where each message is in the text, see `Conversation.turns`; or `turns_by`.
        said_at: time of its last message; without a time zone where none was given.
        id: of its entry; None: that of the entry of its file, or a new one.
        metadata: of its entry; what a call gives for all its documents is added, and goes first.
    """

    text: str
    title: str | None = None
    source: str | None = None
    turns: Sequence[str] = ()
    said_at: datetime | None = None
    id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


def find_documents(paths: Iterable[str | Path]) -> list[Path]:
    """The files to read: those named, and in folders all with a known suffix that do not look binary.

    Folders are walked in order of names. Skips hidden files and folders, links to folders, links to files outside the
    named folder, and duplicates.

    Raises DocumentError: a path does not exist or cannot be entered, or nothing usable is in a folder.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        try:
            exists, is_folder = path.exists(), path.is_dir()
        except OSError as error:
            reason = error.strerror or str(error)
            raise DocumentError(f"{shown(path)} cannot be looked for ({reason}): check the path.") from error
        if not exists:
            raise DocumentError(f"There is no file or folder {shown(path)}: check the path, or add it as a text.")
        inside = list(_walk(path)) if is_folder else [path]
        if not inside:
            raise DocumentError(
                f"Nothing in {path} can be remembered: no file with text in it ends in {', '.join(SUFFIXES)}."
            )
        found += inside
    return list(dict.fromkeys(found))


def read_documents(
    source: str | Path | bytes,
    name: str | None = None,
    speakers: Mapping[str, str] | None = None,
    when: date | str | None = None,
) -> list[Document]:
    """Reads a file, or its content: one document, or the conversations of an exported chat.

    Kinds are plain text, Markdown, HTML, CSV and PDF, by suffix and first bytes, and the chats of `chat_exports`.

    Args:
        source: a path, or the bytes of a file.
        name: a file name for bytes; becomes the source.
        speakers: names of the speakers of a chat, by their roles or names in it.
        when: time of a chat without one, see `moment_of`.

    Raises DocumentError: `when` is no time, or the file is empty, binary, unreadable, damaged, too large, or without
    text.
    """
    usual = None if when is None else moment_of(when)
    if isinstance(source, bytes):
        data, label, where = source, name or "The input", name
    else:
        where = os.fsencode(source).decode("utf-8", "replace")  # a name in another encoding cannot be kept
        data, label = _read_bytes(Path(source)), where
    check_size(label, len(data), MAX_FILE_BYTES)
    if not data.strip():
        raise DocumentError(f"{label} is empty: there is nothing to remember.")
    suffix = Path(where or "").suffix.lower()
    try:
        chats = _chats(data, suffix, source, speakers, usual)
        if chats:
            return [d for chat in chats for d in conversation_documents(chat.messages, chat.title, where)]
        text, title = _extract(data, suffix)
    except DocumentError as error:
        raise DocumentError(f"{label} {error}.") from error
    text = clean(text, label)
    title = title_given(title or "")
    if not title:  # the first line if it stands alone as a heading does; else the file's name
        line, _, rest = text.partition("\n")
        stands_alone = rest.startswith("\n") and line[-1] not in ".!?:,;" and len(line) <= LONGEST_TITLE
        title = title_of(text) if stands_alone or not where else Path(where).stem
    return [Document(text, title, where)]


def conversation_documents(
    messages: Sequence[Message], title: str | None = None, source: str | None = None, *, whole: bool = False
) -> list[Document]:
    """Conversations as documents; see `conversations`."""
    made = [(of, of.turns) for of in conversations(messages, title, whole=whole)]
    return [Document(of.text, of.title, source, turns, last_said_at(turns)) for of, turns in made]


def as_document(text: str) -> Document:
    """A text as a document, whatever file it looks like, titled by its first line.

    Raises DocumentError: see `clean`.
    """
    text = clean(text)
    return Document(text, title_of(text), None)


def said_by(speaker: str | None, documents: Iterable[Document]) -> list[Document]:
    """Documents, of which those that are no conversations get a speaker, if one is named. Raises SettingsError."""
    turns = turns_by(speaker) if speaker is not None else ()
    return [replace(document, turns=document.turns or turns) for document in documents]


def _extract(data: bytes, suffix: str) -> tuple[str, str | None]:
    if is_pdf(suffix, data):
        return read_pdf(data)
    if suffix in HTML_SUFFIXES or re.match(rb"\s*<(!doctype html|html)\b", data, re.IGNORECASE):
        from bs4.dammit import EncodingDetector

        return read_html(_decode(data, EncodingDetector.find_declared_encoding(data, is_html=True)))
    text = _decode(data)
    if suffix in TABLE_SUFFIXES:
        return read_csv(text, TABLE_SUFFIXES[suffix]), None
    return read_markdown(text) if suffix in MARKDOWN_SUFFIXES else (text, None)


def _chats(
    data: bytes, suffix: str, source: str | Path | bytes, speakers: Mapping[str, str] | None, when: date | None
) -> list[Chat] | None:
    """The chats that a file holds; None where it holds something else. Raises DocumentError."""
    folder = None if isinstance(source, bytes) else Path(source).absolute().parent
    if suffix in CHAT_SUFFIXES:
        return json_chats(data, speakers, _slack_names(folder), f"#{folder.name}" if folder else None, when)
    if not suffix and data.lstrip()[:1] in (b"[", b"{"):  # of standard input, perhaps
        try:
            return json_chats(data, speakers, when=when)
        except DocumentError:
            return None
    if suffix in PLAIN_SUFFIXES or not suffix:
        chat = whatsapp_chat(_decode(data).replace("\r\n", "\n"), speakers)
        return [chat] if chat else None
    return None


def _slack_names(folder: Path | None) -> dict[str, str]:
    """Names of users by id, from the `users.json` beside the channels of an export; none if it cannot be read."""
    path = folder and folder.parent / "users.json"
    try:
        return slack_names(parsed(_read_bytes(path))) if path and path.is_file() and not path.is_symlink() else {}
    except (DocumentError, ValueError, OSError):
        return {}


def _decode(data: bytes, declared: str | None = None) -> str:
    """Text out of bytes: by byte order mark, the encoding a page declares, UTF-8, or Windows-1252/Latin-1.

    Raises DocumentError: the bytes are no text, or not in the encoding that they claim.
    """
    marked = next((encoding for mark, encoding in _BYTE_ORDER_MARKS if data.startswith(mark)), None)
    if marked:
        try:
            return data.decode(marked)
        except UnicodeDecodeError as error:
            raise DocumentError(f"begins as {marked} and is not: save it as UTF-8") from error
    if _looks_binary(data[:65536]):
        raise DocumentError("is binary, not text (give text, Markdown, HTML or PDF; text is best saved as UTF-8)")
    for encoding in filter(None, (declared, "utf-8", "cp1252")):
        try:
            return data.decode(encoding)
        except (UnicodeError, LookupError):  # a page may declare "undefined", which raises an error of its own
            continue
    return data.decode("latin-1")


def _looks_binary(data: bytes) -> bool:
    """Whether there is a zero byte, or more than one control character in a hundred bytes."""
    if data.startswith(tuple(mark for mark, _ in _BYTE_ORDER_MARKS)):
        return False
    controls = len(data) - len(data.translate(None, bytes([*range(9), 11, *range(14, 27), *range(28, 32)])))
    return b"\0" in data or controls * 100 > len(data)


def _read_bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise DocumentError(f"{path} is a folder: name a file in it.")
        may_hold_more = path.suffix.lower() in (PDF_SUFFIX, *HTML_SUFFIXES, *CHAT_SUFFIXES)
        limit = MAX_FILE_BYTES if may_hold_more else MAX_TEXT_BYTES
        with open_file(path) as file:
            check_size(str(path), os.fstat(file.fileno()).st_size, limit)
            data = file.read(limit + 1)  # it may have grown, and some systems have files without a size
    except (OSError, ValueError) as error:  # a name with a zero in it is a ValueError
        reason = getattr(error, "strerror", None) or error
        way = "Change its permissions, or name another file."
        if getattr(error, "errno", None) == errno.ESPIPE:  # a pipe
            way = "Give what comes out of it as bytes, or to -."
        raise DocumentError(f"{shown(path)} cannot be read: {reason}. {way}") from error
    check_size(str(path), len(data), limit)
    return data


def _walk(folder: Path) -> Iterator[Path]:
    """Usable files in a folder and its subfolders, in order of names."""

    def refuse(error: OSError) -> None:
        raise DocumentError(f"{error.filename} cannot be entered: {error.strerror}.") from error

    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(parent, name)
            if name.startswith(".") or path.suffix.lower() not in SUFFIXES:
                continue
            if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
                continue  # it leads out of the folder, where the user may not know of it
            if path.is_file() and _is_usable(path):
                yield path


def _is_usable(path: Path) -> bool:
    """Whether a file has content of the kind that its suffix promises. Unreadable files raise later, when read."""
    try:
        with path.open("rb") as file:
            head = file.read(8192)
    except OSError:
        return True
    if path.suffix.lower() in CHAT_SUFFIXES:  # most such files hold something else
        return may_hold_chat(head)
    return bool(head.strip()) and (is_pdf(path.suffix) or not _looks_binary(head))

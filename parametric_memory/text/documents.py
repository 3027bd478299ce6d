"""Documents before they are internalized: found, read, cleaned, told apart, and cut into sentences.

Plain text is what comes out, whatever went in. Knows nothing about tokens, models and memories.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from parametric_memory.errors import DocumentError
from parametric_memory.text.formats import read_html, read_markdown, read_pdf

MAX_TEXT_BYTES = 20_000_000
MAX_FILE_BYTES = 5 * MAX_TEXT_BYTES  # a PDF or a page may hold much that is no text
PLAIN_SUFFIXES = (".txt", ".text", ".rst", ".org", ".adoc")
MARKDOWN_SUFFIXES = (".md", ".markdown", ".mdown")
HTML_SUFFIXES = (".html", ".htm", ".xhtml")
PDF_SUFFIXES = (".pdf",)
SUFFIXES = (*PLAIN_SUFFIXES, *MARKDOWN_SUFFIXES, *HTML_SUFFIXES, *PDF_SUFFIXES)

_LONGEST_TITLE = 80
_LONGEST_PATH_SHOWN = 200
_TERMINAL_CODE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_UNWANTED = dict.fromkeys([*range(9), 11, *range(14, 32), *range(127, 160), 0xAD, 0x200B, 0x2060, 0xFEFF])
_BYTE_ORDER_MARKS = (  # the longer ones first: that of UTF-32 begins like that of UTF-16
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True)
class Document:
    """A text to remember, with what it is called and where it came from."""

    text: str
    title: str
    source: str | None = None


def clean(text: str, name: str = "The text", when_empty: str = "there is nothing to remember") -> str:
    """A text as it is remembered: composed Unicode, plain line ends, no control characters, no idle space.

    Args:
        name: what an error calls it.
        when_empty: what an error says of a text of which nothing is left.

    Raises:
        DocumentError: nothing is left, it is binary, no Unicode, or too large.
    """
    if "\0" in text:
        raise DocumentError(f"{name} is binary, not text: give text, Markdown, HTML or PDF.")
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise DocumentError(f"{name} is not valid Unicode: save it as UTF-8.") from error
    _check_size(name, size, MAX_TEXT_BYTES)
    text = unicodedata.normalize("NFC", _TERMINAL_CODE.sub("", text).replace("\r\n", "\n"))
    text = re.sub("[\r\v\f\x85\u2028\u2029]", "\n", text).translate(_UNWANTED)
    text = re.sub(r"[ \t\u00a0]+$", "", text.replace("\u00a0", " "), flags=re.MULTILINE)
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    if not text:
        raise DocumentError(f"{name} is empty: {when_empty}.")
    return text


def content_hash(text: str) -> str:
    """The sha256 of a cleaned text, hex: equal texts have equal hashes."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def find_documents(paths: Iterable[str | Path]) -> list[Path]:
    """The files to read: those named, and below folders all of a known suffix that do not look binary.

    Folders are walked in order of names; hidden files and folders are passed over; nothing comes twice.

    Raises:
        DocumentError: a path does not exist or cannot be entered, or nothing usable is in a folder.
    """
    found: dict[Path, None] = {}
    for path in map(Path, paths):
        try:
            exists, is_folder = path.exists(), path.is_dir()
        except OSError as error:
            reason = error.strerror or str(error)
            raise DocumentError(f"{_shown(path)} cannot be looked for ({reason}): check the path.") from error
        if not exists:
            raise DocumentError(f"There is no file or folder {_shown(path)}: check the path, or add it as a text.")
        if not is_folder:
            found[path] = None
            continue
        inside = list(_walk(path))
        if not inside:
            raise DocumentError(
                f"Nothing in {path} can be remembered: no file with text in it ends in {', '.join(SUFFIXES)}."
            )
        found.update(dict.fromkeys(inside))
    return list(found)


def read_document(source: str | Path | bytes, name: str | None = None) -> Document:
    """The text of a file, or of its content: plain, Markdown, HTML or PDF, told by suffix and first bytes.

    Args:
        source: a path, or the bytes of a file.
        name: a file name for bytes; becomes the source.

    Raises:
        DocumentError: empty, binary, unreadable, too large, or without text.
    """
    if isinstance(source, bytes):
        data, label, where = source, name or "The input", name
    else:
        where = os.fsencode(source).decode("utf-8", "replace")  # a name in another encoding cannot be kept
        data, label = _read_bytes(Path(source)), where
    _check_size(label, len(data), MAX_FILE_BYTES)
    if not data.strip():
        raise DocumentError(f"{label} is empty: there is nothing to remember.")
    suffix = Path(where or "").suffix.lower()
    try:
        text, title = _extract(data, suffix)
    except DocumentError as error:
        raise DocumentError(f"{label} {error}.") from error
    text = clean(text, label)
    return Document(text, title or _title_of_file(text, where), where)


def as_document(text: str) -> Document:
    """A text as it is, whatever file it looks like, titled by its first line.

    Raises:
        DocumentError: see `clean`.
    """
    text = clean(text)
    return Document(text, title_of(text), None)


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order; headings, list items and table rows count as sentences."""
    return [" ".join(sentence.split()) for line in _unwrapped(text) for sentence in _split(line)]


def _extract(data: bytes, suffix: str) -> tuple[str, str | None]:
    if suffix in PDF_SUFFIXES or data.lstrip()[:5] == b"%PDF-":
        return read_pdf(data)
    if suffix in HTML_SUFFIXES or re.match(rb"\s*<(!doctype html|html)\b", data, re.IGNORECASE):
        from bs4.dammit import EncodingDetector

        return read_html(_decode(data, EncodingDetector.find_declared_encoding(data, is_html=True)))
    text = _decode(data)
    return read_markdown(text) if suffix in MARKDOWN_SUFFIXES else (text, None)


def _shown(path: Path) -> str:
    """A path in an error; of a text that was given in its place, the beginning."""
    written = " ".join(str(path).split())
    return written if len(written) <= _LONGEST_PATH_SHOWN else f"{written[:_LONGEST_PATH_SHOWN]}…"


def _decode(data: bytes, declared: str | None = None) -> str:
    """Text out of bytes: by byte order mark, the encoding a page declares, UTF-8, or Windows-1252/Latin-1.

    Raises:
        DocumentError: the bytes are no text, or not in the encoding that they claim.
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
    """Control characters that no text has: any zero byte, or more than one byte in a hundred."""
    if data.startswith(tuple(mark for mark, _ in _BYTE_ORDER_MARKS)):
        return False
    controls = len(data) - len(data.translate(None, bytes([*range(9), 11, *range(14, 27), *range(28, 32)])))
    return b"\0" in data or controls * 100 > len(data)


def _read_bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise DocumentError(f"{path} is a folder: name a file in it.")
        may_hold_more = path.suffix.lower() in (*PDF_SUFFIXES, *HTML_SUFFIXES)
        limit = MAX_FILE_BYTES if may_hold_more else MAX_TEXT_BYTES
        _check_size(str(path), path.stat().st_size, limit)
        with path.open("rb") as file:
            data = file.read(limit + 1)  # a device has no size, and no end
    except OSError as error:
        raise DocumentError(
            f"{path} cannot be read: {error.strerror or error}. Change its permissions, or name another file."
        ) from error
    _check_size(str(path), len(data), limit)
    return data


def _check_size(name: str, size: int, limit: int) -> None:
    if size > limit:
        raise DocumentError(
            f"{name} is too large: {size / 1e6:.0f} MB, and {limit / 1e6:.0f} MB is the limit. Split it into parts."
        )


def _walk(folder: Path) -> Iterator[Path]:
    """Usable files below a folder, in order of names."""

    def refuse(error: OSError) -> None:
        raise DocumentError(f"{error.filename} cannot be entered: {error.strerror}.") from error

    for parent, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(parent, name)
            if not name.startswith(".") and path.suffix.lower() in SUFFIXES and path.is_file() and _is_usable(path):
                yield path


def _is_usable(path: Path) -> bool:
    """Whether a file has content of the kind that its suffix promises; unreadable ones are told of later."""
    try:
        with path.open("rb") as file:
            head = file.read(8192)
    except OSError:
        return True
    return bool(head.strip()) and (path.suffix.lower() in PDF_SUFFIXES or not _looks_binary(head))


def title_of(text: str) -> str:
    """The first line without the marks of a heading, cut at a word."""
    line = text.strip().partition("\n")[0].strip("#=* \t") or "Untitled"
    return line if len(line) <= _LONGEST_TITLE else line[:_LONGEST_TITLE].rsplit(" ", 1)[0] + "…"


def _title_of_file(text: str, source: str | None) -> str:
    """A first line that stands alone as headings do; else the file's name; else the beginning of the text."""
    line, _, rest = text.partition("\n")
    stands_alone = rest.startswith("\n") and line[-1] not in ".!?:,;" and len(line) <= _LONGEST_TITLE
    return title_of(text) if stands_alone or not source else Path(source).stem


# Behind . ! ? … and at most one closing mark, if space follows; the same of Arabic and Urdu; behind the full stops of
# Chinese and Hindi.
_BOUNDARY = re.compile(
    r"""(?:(?<=[.!?\u2026\u061f\u06d4])|(?<=[.!?\u2026]["'\u201d\u2019\u00bb)\]]))\s+|"""
    r"""(?<=[\u3002\uff01\uff1f\u0964])\s*"""
)
_ABBREVIATION = re.compile(  # a full stop at the end of what comes before the boundary ends no sentence here
    r"(?:^|[\s(.\-])(?:[A-Z]|Mr|Mrs|Ms|Mx|Dr|Prof|St|Mt|Gen|Col|Capt|Lt|Sgt|Rev|Hon|Gov|Sen|Rep|Pres|vs|cf|ca|"
    r"approx|e\.g|i\.e|viz|bzw|vgl|z\.B|d\.h)\.$|^\W*\d{1,3}\.$"
)
_IN_SMALL_LETTERS = re.compile(  # the same of those who type no others; a quotation ends none either
    r"(?:^|[\s(.\-])(?:[a-z]|mr|mrs|ms|mx|dr|prof|st|mt|apt|no|vs|cf|ca|approx|etc|a\.m|p\.m|e\.g|i\.e|viz|bzw|vgl|z\.b|"
    r"d\.h)\.$|^\W*\d{1,3}\.$|[\"'\u201d\u2019\u00bb)\]]$",
    re.IGNORECASE,
)
_BEFORE_NUMBER = re.compile(
    r"(?:^|[\s(])(?:No|Nos|Nr|Vol|Figs?|Eqs?|Sec|Ch|Art|pp?|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\.$"
)
_LONGEST_ABBREVIATION = 8  # characters, with what is before it
_OPENING = "\"'([\u201c\u2018\u00ab\u00bf\u00a1"
_CAPITAL_AFTER_END = re.compile(r"[.!?]\s+[^\W\d_a-z]")
_ITEM = r"[-*+\u2022\u2013] |\(?(?:\d{1,3}|[a-z])\) |\d{1,3}\. "
_LIST_ITEM = re.compile(_ITEM)
_TIME = r"\[?(?:\d{4}-\d\d-\d\d|\d\d?:\d\d)[^ ]* "
_MARK = re.compile(rf"(?:{_ITEM}|{_TIME}|[^\s:]+: )*")
_OWN_LINE = re.compile(rf"#{{1,6}} |{_ITEM}|[|>]|.+ \| |[^\t]+\t")  # headings, items, table rows, quotations, columns
_NAMED_LINE = re.compile(rf"{_TIME}|[^\s:=.!?]+(?: [^\s:=.!?]+){{0,3}} ?[:=] ")  # lines with a time, "key: value"
_ENDS_ITSELF = re.compile(r"#{1,6} |\|")
_ENDS_SENTENCE = re.compile(r"[.!?\u2026\u3002\uff01\uff1f\u0964\u061f\u06d4][\"'\u201d\u2019\u00bb)\]]*$")
_HANGS = re.compile(  # ends of lines that nobody's item of a list has
    r"(?:[,\u2013\u2014&]|\w-|\b(?:an?|and|as|at|by|for|from|her|his|in|is|its|my|of|on|or|our|that|the|their|to|under|was|"
    r"were|which|who|with))$"
)
_LEAST_WRAPPED = 50  # characters of a line that was full
_UNEVEN = 0.75  # of a paragraph's width, which lines of proportional letters reach


def _split(line: str) -> list[str]:
    """A line cut where a sentence ends: not after an abbreviation, and not before a small letter.

    Unless nothing in it begins with a capital, as it does where people type none.
    """
    typed = line[_MARK.match(line).end() :]  # type: ignore[union-attr]  # which matches nothing, at least
    small = typed[:1].islower() and not _CAPITAL_AFTER_END.search(line)
    abbreviation = _IN_SMALL_LETTERS if small else _ABBREVIATION
    found: list[list[str]] = []
    for part in filter(None, _BOUNDARY.split(line)):
        begins = part.lstrip(_OPENING)[:1]
        end = _end(found[-1]) if found else ""
        goes_on = found and (
            (begins.islower() and not small)
            or abbreviation.search(end)
            or (begins.isdigit() and _BEFORE_NUMBER.search(end))
        )
        if goes_on:
            found[-1].append(part)
        else:
            found.append([part])
    return [" ".join(parts) for parts in found]


def _end(parts: Sequence[str]) -> str:
    """The last few characters of what parts make together, behind a letter where there are more."""
    few = " ".join(parts[-_LONGEST_ABBREVIATION:])
    return few if len(few) <= _LONGEST_ABBREVIATION else f"x{few[-_LONGEST_ABBREVIATION:]}"


def _unwrapped(text: str) -> Iterator[str]:
    """The lines of a text, those put together that were only wrapped."""
    block: list[str] = []
    for line in (*map(str.rstrip, text.split("\n")), ""):
        if block and (not line or _begins_anew(line.strip(), block)):
            yield from _put_together(block)
            block = []
        if line:
            block.append(line)


def _begins_anew(line: str, block: Sequence[str]) -> bool:
    """Whether a line is none that goes on with those before it, whatever they are."""
    first, last = block[0].lstrip(), block[-1]
    if _OWN_LINE.match(line) or _ENDS_ITSELF.match(first):
        return True
    full = len(last) >= _LEAST_WRAPPED and not _ENDS_SENTENCE.search(last)  # such a line may be cut before a time
    return bool(_NAMED_LINE.match(line)) and (not full or bool(_NAMED_LINE.match(first)))


def _put_together(block: Sequence[str]) -> list[str]:
    """Neighbouring lines, each with those that go on with its sentence.

    A line goes on that begins with a small letter, or that had no room for its first word in the line before. Where no
    sentence ends, lines are of a list: all of them, if no small letter says otherwise, or every line has one.

    Args:
        block: with what indents them, which a width counts.
    """
    lines = [line.lstrip() for line in block]
    small = [line[0].islower() for line in lines]
    ends = any(map(_ENDS_SENTENCE.search, lines))
    if _has_columns(lines):
        return lines
    width = max(map(len, block)) * (_UNEVEN if ends else 1.0)
    full = [
        len(before) >= max(_LEAST_WRAPPED, width - len(line.split(maxsplit=1)[0]))
        for before, line in zip(block, lines[1:], strict=False)
    ]
    hangs = [len(line) >= _LEAST_WRAPPED and _HANGS.search(line) is not None for line in lines[:-1]]
    headed = len(lines) > 2 and (lines[0].endswith(":") or lines[0].isupper())
    in_capitals = not any(small[1:]) and not _LIST_ITEM.match(lines[0])
    in_small_letters = all(small[1:]) and (small[0] or headed) and not all(full[headed:])
    listed = not ends and (in_capitals or in_small_letters)
    together = [[lines[0]]]
    for line, no_room, hanging, begins_small in zip(lines[1:], full, hangs, small[1:], strict=True):
        if hanging or (not listed and (no_room or begins_small)):
            together[-1].append(line)
        else:
            together.append([line])
    return [" ".join(parts) for parts in together]


def _has_columns(block: Sequence[str]) -> bool:
    """Whether each line holds as many separators and none is a sentence: a semicolon or more, or in three lines two
    commas or more."""
    if len(block) < 2 or any(map(_ENDS_SENTENCE.search, block)) or any(map(_HANGS.search, block)):
        return False
    semicolons, commas = ({line.count(mark) for line in block} for mark in ";,")
    return (len(semicolons) == 1 and min(semicolons) > 0) or (len(commas) == 1 < min(commas) and len(block) > 2)

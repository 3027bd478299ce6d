"""Text out of Markdown, HTML and PDF, by the libraries that are kept for them.

Takes the content of a file, gives its text and its title. Knows nothing about files, encodings and limits.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import DocumentError
from parametric_memory.text.plain_paragraphs import put_aside, put_back

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag
    from pypdf import PdfReader

PDF_SUFFIX = ".pdf"
_NOT_CONTENT = [
    "script",
    "style",
    "noscript",
    "template",
    "svg",
    "iframe",
    "nav",
    "footer",
    "button",
    "select",
]
_HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
_PARAGRAPHS = [*_HEADINGS, "p", "div", "section", "article", "main", "header", "aside", "blockquote", "pre"]
_PARAGRAPHS += ["ul", "ol", "dl", "table", "figure", "figcaption", "address", "details", "form", "hr"]
_LINES = ["li", "dt", "dd", "tr", "br", "summary", "caption"]
_CELLS = ("td", "th")
# Control characters that stand for line ends until all are there: neighbours make one.
_PARAGRAPH_MARK, _LINE_MARK, _ITEM_MARK = "\x1e", "\x1f", "\x1d"
_MARK_OF = dict.fromkeys(_LINES, _LINE_MARK) | dict.fromkeys(_PARAGRAPHS, _PARAGRAPH_MARK)
_BLANKS = re.compile(r"\s+")  # the marks are some, too
_NEVER_ENDING = (  # where the second does not follow
    (re.compile(r"<"), re.compile(r">")),
    (re.compile(r"<(?=!--)"), re.compile(r"--!?\s*>")),
    (re.compile(r"<(?=!\[)"), re.compile(r"\]\s*>")),
    (re.compile(r"<(?=!\[(?:temp|cdata|ignore|include|rcdata)\b)", re.IGNORECASE), re.compile(r"\]\s*\]\s*>")),
)
_DEEPEST = 40  # lists, their items and quotations in each other
_BELOW_HEADER = re.compile(r"[|:+*>.)\d \t-]*")  # of a table, with the marks of what it lies in
_CELLS_PER_CHARACTER = 2  # of a table whose rows are whole there is one in two characters
_LONG_NUMBER = re.compile(r"&(?=#\d{9})")  # of no character
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_PDF_BEGINS = re.compile(rb"\s*%PDF-")
_NAMED = re.compile(r"[\w\"'.-]+[ \t]*:(?:\s|$)")


def read_markdown(text: str) -> tuple[str, str | None]:
    """Text without marks, and the title: of the front matter, or the first heading.

    Text with its marks, where lists and quotations lie deeper in each other than the parser goes. Tables keep theirs
    where their rows are so short that filling them up would make far more cells than there is text.
    """
    from markdown_it import MarkdownIt

    title = None
    front_matter = _FRONT_MATTER.match(text)
    if front_matter and _names_values(front_matter[1] or ""):  # else there is text between two rules
        text = text[front_matter.end() :]
        named = re.search(r"^title:[ \t]*(.+)$", front_matter[1] or "", re.MULTILINE)
        title = named[1].strip().strip("\"'") if named else None
    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST})
    references: dict[str, Any] = {}
    marked, plain_runs = put_aside(text)
    if _cells(marked) <= _CELLS_PER_CHARACTER * len(text):
        parser.enable("table")
    tokens = parser.parse(marked, references)
    if any(token.level >= _DEEPEST - 1 for token in tokens):  # the parser leaves out what lies deeper
        return text, title
    plain, heading = read_html(parser.renderer.render(tokens, parser.options, references))
    return put_back(plain, plain_runs), title or heading


def _cells(text: str) -> int:
    """How many cells the tables of a text may have, at most: rows are filled up to the width of the first one."""
    cells = columns = 0
    before = ""
    for line in re.split(r"\r\n?|\n", text):
        if not line.strip(" \t"):
            columns = 0  # every table ends here
        elif "-" in line and _BELOW_HEADER.fullmatch(line):
            columns = max(columns, min(before.count("|"), line.count("|")) + 1)
        cells += columns
        before = line
    return cells


def _names_values(text: str) -> bool:
    """Whether a block holds names with values, one below the other as in YAML, or nothing; else it is prose."""
    lines = [line for line in text.splitlines() if line.strip()]
    named = [line for line in lines if _NAMED.match(line)]
    return bool(named) == bool(lines) and all(_NAMED.match(line) or line[0] in " \t#-" for line in lines)


def read_html(html: str) -> tuple[str, str | None]:
    """The text of the main part of a page, paragraphs apart, and its title or first heading.

    Raises:
        DocumentError: the parser gives up on it. Its message goes on where the name of the file ends.
    """
    from bs4.builder import ParserRejectedMarkup

    try:
        page = _parsed(_with_ends(html))
    except ParserRejectedMarkup as error:
        raise DocumentError("cannot be read as HTML: it has a damaged declaration in it (<!...)") from error
    named = _first(page, ["title"])
    title = "".join(_strings(named)) if named else ""
    head = _first(page, ["head"])
    if head and head.parent:
        siblings = head.parent.contents
        inside = _first(head, ["body"])
        if inside:  # an end of the head was left out, which HTML allows
            inside.parent = head.parent
        place = next(place for place, sibling in enumerate(siblings) if sibling is head)
        siblings[place : place + 1] = [inside] if inside else []
    heading = _first(page, _HEADINGS)
    title = title or (" ".join(_strings(heading)) if heading else "")
    return _laid_out(_first(page, ["main"]) or _first(page, ["body"]) or page), " ".join(title.split()) or None


def read_pdf(data: bytes) -> tuple[str, str | None]:
    """The text of all pages and the title, if the file has one.

    Raises:
        DocumentError: damaged, locked by a password, or without text (scanned pages). Its message goes on
            where the name of the file ends.
    """
    with opened_pdf(data) as reader:
        text = "\n\n".join(page.extract_text() for page in reader.pages)
        title = _pdf_title(reader)
    if not text.strip():
        raise DocumentError("is a PDF without text, perhaps scanned pages: run text recognition (OCR) on it first")
    return re.sub(r"(?<=[^\W\d_])-\n(?=[^\W\d_A-Z])", "", text), title


def is_pdf(suffix: str, data: bytes = b"") -> bool:
    """Whether a file is one by the suffix of its name, or by the beginning of its content."""
    return suffix.lower() == PDF_SUFFIX or bool(_PDF_BEGINS.match(data))


@contextmanager
def opened_pdf(data: bytes) -> Iterator[PdfReader]:
    """A PDF to be read from, within which the library makes no remarks about what it puts up with.

    Raises:
        DocumentError: damaged, which may turn out while it is read, or locked by a password. Its message goes on where
            the name of the file ends.
    """
    from pypdf import PdfReader

    try:
        with _quiet("pypdf"):
            reader = PdfReader(BytesIO(data))
            if reader.is_encrypted and not reader.decrypt(""):
                raise DocumentError("is locked by a password: save it without one")
            yield reader
    except DocumentError:
        raise
    except Exception as error:  # pypdf raises whatever a damaged file leads it into
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise DocumentError(f"cannot be read as PDF ({reason}): it seems damaged, save it anew") from error


def _parsed(html: str) -> BeautifulSoup:
    """The tree of a page, to be walked through by `contents`."""
    from bs4 import BeautifulSoup

    class Page(BeautifulSoup):
        def _linkage_fixer(self, el: Tag) -> None:
            """Not needed: links between neighbours, which take longer the deeper tags are nested."""

    return Page(html, "html.parser")


def _with_ends(html: str) -> str:
    """A page in which what opens a tag, a comment or a section that never ends is text, as it is to the parser.

    The parser would look for the end once for each, through all of the page.
    """
    for opening, end in _NEVER_ENDING:
        ended = max((found.end() for found in end.finditer(html)), default=0)
        html = html[:ended] + opening.sub("&lt;", html[ended:])
    return _LONG_NUMBER.sub("&amp;", html)


def _laid_out(root: Tag) -> str:
    """The text below a tag with line breaks where a reader sees them."""
    from bs4.element import NavigableString

    parts: list[str] = []
    last_cells: set[int] = set()  # ids of those that none follows in their row
    kept = sum(tag.name == "pre" for tag in root.parents)  # how many tags there are around whose blanks stay
    for node, begins in _walk(root):
        if begins is None:
            flows = type(node) is NavigableString and not kept
            parts.append(_BLANKS.sub(" ", node) if flows else node)
            continue
        mark = _MARK_OF.get(node.name, "") if node is not root else ""
        if begins:
            parts += mark, _ITEM_MARK if node.name == "li" else ""
            kept += node.name == "pre"
            last_cells.add(id(next((child for child in reversed(node.contents) if child.name in _CELLS), None)))
        else:
            kept -= node.name == "pre"
            parts += " | " if node.name in _CELLS and id(node) not in last_cells else "", mark
    text = re.sub(rf"{_ITEM_MARK}\s*", "- ", "".join(parts))
    return re.sub("[ \t]+", " ", _BLANKS.sub(_line_end, text)).strip()


def _line_end(blanks: re.Match[str]) -> str:
    """What stands between two words: the marks among blanks make one line end, or the end of a paragraph."""
    if _PARAGRAPH_MARK in blanks[0]:
        return "\n\n"
    return "\n" if _LINE_MARK in blanks[0] else blanks[0]


def _first(root: Tag, names: Collection[str]) -> Tag | None:
    """The first tag of these names below one."""
    return next((node for node, begins in _walk(root) if begins and node.name in names and node is not root), None)


def _strings(root: Tag) -> Iterator[str]:
    return (node for node, begins in _walk(root) if begins is None)


def _walk(root: Tag) -> Iterator[tuple[Any, bool | None]]:
    """A tag and what is in it, in the order of the page, without what is no content.

    Each tag comes twice, with True where it begins and False where it ends, and each string of text with None. Without
    recursion: a page that leaves out the ends of its tags nests them deeper than Python calls functions.
    """
    from bs4.element import CData, NavigableString, Tag

    yield root, True
    inside = [(root, iter(root.contents))]
    while inside:
        parent, children = inside[-1]
        child = next(children, None)
        if child is None:
            inside.pop()
            yield parent, False
        elif isinstance(child, Tag):
            if child.name not in _NOT_CONTENT:
                yield child, True
                inside.append((child, iter(child.contents)))
        elif type(child) in (NavigableString, CData):  # other kinds are comments and declarations
            yield child, None


def _pdf_title(reader: PdfReader) -> str | None:
    """The title of the file's own record, unless it is one that a program made of a file name."""
    title = reader.metadata.title if reader.metadata else None
    title = " ".join(str(title).split()) if title else ""
    made_up = re.search(r"\.\w{2,5}$|^Microsoft \w+ - |^untitled", title, re.IGNORECASE)
    return None if made_up or not title else title


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """No remarks of a library about what it puts up with."""
    logger = logging.getLogger(name)
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)

"""Text out of Markdown, HTML and PDF, by the libraries that are kept for them.

Takes the content of a file, gives its text and its title. Knows nothing about files, encodings and limits.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from parametric_memory.errors import DocumentError

if TYPE_CHECKING:
    from bs4 import Tag
    from pypdf import PdfReader

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
# Control characters that stand for line ends until all are there: neighbours make one.
_PARAGRAPH_MARK, _LINE_MARK, _ITEM_MARK = "\x1e", "\x1f", "\x1d"
_MARKS = _PARAGRAPH_MARK + _LINE_MARK
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_NAMED = re.compile(r"[\w\"'.-]+[ \t]*:(?:\s|$)")


def read_markdown(text: str) -> tuple[str, str | None]:
    """Text without marks, and the title: of the front matter, or the first heading."""
    from markdown_it import MarkdownIt

    title = None
    front_matter = _FRONT_MATTER.match(text)
    if front_matter and _names_values(front_matter[1] or ""):  # else there is text between two rules
        text = text[front_matter.end() :]
        named = re.search(r"^title:[ \t]*(.+)$", front_matter[1] or "", re.MULTILINE)
        title = named[1].strip().strip("\"'") if named else None
    plain, heading = read_html(MarkdownIt("commonmark").enable("table").render(text))
    return plain, title or heading


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
    from bs4 import BeautifulSoup
    from bs4.builder import ParserRejectedMarkup

    try:
        page = BeautifulSoup(html, "html.parser")
    except ParserRejectedMarkup as error:
        raise DocumentError("cannot be read as HTML: it has a damaged declaration in it (<!...)") from error
    for tag in page(_NOT_CONTENT):
        tag.decompose()
    named = page.title.get_text() if page.title else ""
    if page.head:
        if page.head.body:  # an end of the head was left out, which HTML allows
            page.head.insert_after(page.head.body.extract())
        page.head.decompose()
    heading = page.find(_HEADINGS)
    title = " ".join((named or (heading.get_text(" ") if heading else "")).split())
    return _laid_out(page.find("main") or page.body or page), title or None


def read_pdf(data: bytes) -> tuple[str, str | None]:
    """The text of all pages and the title, if the file has one.

    Raises:
        DocumentError: damaged, locked by a password, or without text (scanned pages). Its message goes on
            where the name of the file ends.
    """
    from pypdf import PdfReader

    try:
        with _quiet("pypdf"):
            reader = PdfReader(BytesIO(data))
            if reader.is_encrypted and not reader.decrypt(""):
                raise DocumentError("is locked by a password: save it without one")
            text = "\n\n".join(page.extract_text() for page in reader.pages)
            title = _pdf_title(reader)
    except DocumentError:
        raise
    except Exception as error:  # pypdf raises whatever a damaged file leads it into
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DocumentError(f"cannot be read as PDF ({reason}): it seems damaged, save it anew") from error
    if not text.strip():
        raise DocumentError("is a PDF without text, perhaps scanned pages: run text recognition (OCR) on it first")
    return re.sub(r"(?<=[^\W\d_])-\n(?=[^\W\d_A-Z])", "", text), title


def _laid_out(root: Tag) -> str:
    """The text below a tag with line breaks where a reader sees them."""
    from bs4.element import NavigableString

    for string in root.find_all(string=True):
        if type(string) is NavigableString and string.find_parent("pre") is None:  # comments are subclasses
            string.replace_with(re.sub(r"\s+", " ", string))
    for cell in root(["td", "th"]):
        if cell.find_next_sibling(["td", "th"]):
            cell.append(" | ")
    for tag in root([*_PARAGRAPHS, *_LINES]):
        mark = _PARAGRAPH_MARK if tag.name in _PARAGRAPHS else _LINE_MARK
        if tag.name == "li":
            tag.insert(0, _ITEM_MARK)
        tag.insert_before(mark)
        tag.insert_after(mark)
    text = re.sub(rf"{_ITEM_MARK}[\s{_MARKS}]*", "- ", root.get_text())
    text = re.sub(rf"[\s{_MARKS}]*{_PARAGRAPH_MARK}[\s{_MARKS}]*", "\n\n", text)
    text = re.sub(rf"\s*{_LINE_MARK}[\s{_MARKS}]*", "\n", text)
    return re.sub("[ \t]+", " ", text).strip()


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

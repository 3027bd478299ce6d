"""Text out of Markdown, HTML, CSV and PDF, by the libraries that are made for them.

Takes the content of a file, gives its text and its title. Headings keep their marks (`## Reset`), rows of a table have
` | ` between their cells, and a rule (`--- | ---`) stands below the names of columns: `passages` reads these. Knows
nothing about files, encodings and limits.
"""

from __future__ import annotations

import csv
import logging
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from io import BytesIO, StringIO
from itertools import groupby
from typing import TYPE_CHECKING, Any

from parametric_memory.errors import DocumentError

if TYPE_CHECKING:
    from bs4 import Tag
    from markdown_it.token import Token
    from pypdf import PageObject, PdfReader

PDF_SUFFIX = ".pdf"
_NOT_CONTENT = "script style noscript template svg iframe nav footer button select".split()
_HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"]
_PARAGRAPHS = [*_HEADINGS, "p", "div", "section", "article", "main", "header", "aside", "blockquote", "pre"]
_PARAGRAPHS += ["ul", "ol", "dl", "table", "figure", "figcaption", "address", "details", "form", "hr"]
_LINES = ["li", "dt", "dd", "tr", "br", "summary", "caption"]
_BOLD, _BOLD_HEADING = ("strong", "b"), "h6"
_CELLS = ("td", "th")
# Control characters that stand for line ends until all are there: neighbours make one.
_PARAGRAPH_MARK, _LINE_MARK, _HEADING_MARK = "\x1e", "\x1f", "\x1c"
_ITEM_MARK = "\x02"  # no blank
_LISTS = ("ul", "ol")
_DEEPEST_ITEM = 4  # deeper ones are indented as these
_MARK_OF = dict.fromkeys(_LINES, _LINE_MARK) | dict.fromkeys(_PARAGRAPHS, _PARAGRAPH_MARK)
_HASHES = {name: _HEADING_MARK * level for level, name in enumerate(_HEADINGS, start=1)}
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
_LEAST_ROWS = 3  # of a table in a PDF, where columns are told by gaps alone
_FARTHEST = 20_000  # points from the corner of a page
_GAP = re.compile(r" {2,}")
_PDF_BEGINS = re.compile(rb"\s*%PDF-")
_NAMED = re.compile(r"[\w\"'.-]+[ \t]*:(?:\s|$)")


def read_markdown(text: str) -> tuple[str, str | None]:
    """Plain text that keeps the marks of headings, and the title: of the front matter, or the first heading.

    Where lists and quotations nest deeper than the parser goes, the text keeps all marks. Tables keep theirs where
    padding short rows would make far more cells than there is text.
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
    if _cells(text) <= _CELLS_PER_CHARACTER * len(text):
        parser.enable("table")
    tokens = parser.parse(text, references)
    for token in tokens:
        token.children = _with_line_ends(token.children or [])
    if any(token.level >= _DEEPEST - 1 for token in tokens):  # the parser leaves out what lies deeper
        return text, title
    plain, heading = read_html(parser.renderer.render(tokens, parser.options, references))
    return plain, title or heading


def _with_line_ends(inline: Sequence[Token]) -> list[Token]:
    """In a paragraph that begins with bold words, ends lines before and behind such words: "**Price:** 4"."""
    tokens = [token for token in inline if token.type != "text" or token.content]
    if not tokens or tokens[0].type != "strong_open":
        return tokens
    for before, mark, behind in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if mark.type == "softbreak" and (before.type == "strong_close" or behind.type == "strong_open"):
            mark.type, mark.tag = "hardbreak", "br"
    return tokens


def _cells(text: str) -> int:
    """Upper bound on the cells of all tables: the parser pads rows to the width of the first one."""
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
    """Whether a block is empty or holds `name: value` lines, as YAML does; else it is prose."""
    lines = [line for line in text.splitlines() if line.strip()]
    named = [line for line in lines if _NAMED.match(line)]
    return bool(named) == bool(lines) and all(_NAMED.match(line) or line[0] in " \t#-" for line in lines)


def read_html(html: str) -> tuple[str, str | None]:
    """The text of the main part of a page, paragraphs apart, and its title or first heading.

    Raises DocumentError: the parser gives up on it. Its message goes on where the name of the file ends.
    """
    from bs4 import BeautifulSoup
    from bs4.builder import ParserRejectedMarkup

    class Page(BeautifulSoup):
        """A tree that only `contents` walk."""

        def _linkage_fixer(self, el: Tag) -> None:
            """Not needed: links between neighbours, which take longer the deeper tags are nested."""

    try:
        page = Page(_with_ends(html), "html.parser")
    except ParserRejectedMarkup as error:
        raise DocumentError("cannot be read as HTML: it has a damaged declaration in it (<!...)") from error
    named = _first(page, ["title"])
    title = "".join(_strings(named)) if named else ""
    head = _first(page, ["head"])
    if head and head.parent:
        place, inside = head.parent.index(head), _first(head, ["body"])
        if inside:  # an end of the head was left out, which HTML allows
            inside.parent = head.parent
        head.parent.contents[place : place + 1] = [inside] if inside else []
    heading = _first(page, _HEADINGS)
    title = title or (" ".join(_strings(heading)) if heading else "")
    return _laid_out(_first(page, ["main"]) or _first(page, ["body"]) or page), " ".join(title.split()) or None


def read_pdf(data: bytes) -> tuple[str, str | None]:
    """The text of all pages and the title, if the file has one.

    Raises DocumentError: damaged, locked by a password, or without text (scanned pages). Its message goes on where the
    name of the file ends.
    """
    with opened_pdf(data) as reader:
        text = "\n\n".join(map(_text_of_page, reader.pages))
        title = " ".join(str((reader.metadata and reader.metadata.title) or "").split())
    if re.search(r"\.\w{2,5}$|^Microsoft \w+ - |^untitled", title, re.IGNORECASE):
        title = ""  # a program made it from a file name
    if not text.strip():
        raise DocumentError("is a PDF without text, perhaps scanned pages: run text recognition (OCR) on it first")
    return re.sub(r"(?<=[^\W\d_])-\n(?=[^\W\d_A-Z])", "", text), title or None


def _text_of_page(page: PageObject) -> str:
    """The text of a page, with marks between the cells of what is laid out as a table."""
    is_usual = True  # else laying it out might take more blanks than there is memory

    def look(written: str, user: Sequence[float], matrix: Sequence[float], font: Any, size: float) -> None:
        nonlocal is_usual
        scale = max(map(abs, user[:2])) * max(map(abs, matrix[:2])) * abs(size or 0)
        far = max(map(abs, (*user[4:], *matrix[4:])))
        is_usual = is_usual and (not written.strip() or (scale >= 1 and far <= _FARTHEST))

    text, tables = page.extract_text(visitor_text=look), dict[str, str]()
    if is_usual and text.count("\n") + 1 >= _LEAST_ROWS:
        with suppress(Exception):  # where fonts are odd; the text is there without it
            laid_out = page.extract_text(extraction_mode="layout").split("\n")
            for columns, run in groupby((_GAP.split(line.strip()) for line in laid_out), len):
                rows = [*run]
                if columns > 1 and len(rows) >= _LEAST_ROWS:
                    tables |= {"".join("".join(row).split()): " | ".join(row) for row in rows}
    return "\n".join(tables.get("".join(line.split()), line) for line in text.split("\n"))


def read_csv(text: str, separator: str) -> str:
    """The rows of a table whose first one names the columns. Raises DocumentError for what is none."""
    try:
        rows = [[" ".join(cell.split()) for cell in row] for row in csv.reader(StringIO(text), delimiter=separator)]
    except csv.Error as error:
        raise DocumentError(f"cannot be read as a table ({error})") from error
    rows = [row for row in rows if any(row)]
    rule = [["---"] * len(rows[0])] if rows and len(rows[0]) > 1 else []
    return "\n".join(" | ".join(row) for row in [*rows[:1], *rule, *rows[1:]])


def is_pdf(suffix: str, data: bytes = b"") -> bool:
    """Whether a file is a PDF by its suffix or its first bytes."""
    return suffix.lower() == PDF_SUFFIX or bool(_PDF_BEGINS.match(data))


@contextmanager
def opened_pdf(data: bytes) -> Iterator[PdfReader]:
    """Opens a PDF with the library's warnings turned off.

    Raises DocumentError: damaged, which may turn out while it is read, or locked by a password. Its message goes on
    where the name of the file ends.
    """
    from pypdf import PdfReader

    logger = logging.getLogger("pypdf")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError("is locked by a password: save it without one")
        yield reader
    except DocumentError:
        raise
    except Exception as error:  # pypdf raises whatever a damaged file leads it into
        reason = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise DocumentError(f"cannot be read as PDF ({reason}): it seems damaged, save it anew") from error
    finally:
        logger.setLevel(level)


def _with_ends(html: str) -> str:
    """Escapes what opens a tag, comment or section that never ends; the parser takes it for text, too.

    For each of them the parser would search the rest of the page for an end.
    """
    for opening, end in _NEVER_ENDING:
        ended = max((found.end() for found in end.finditer(html)), default=0)
        html = html[:ended] + opening.sub("&lt;", html[ended:])
    return _LONG_NUMBER.sub("&amp;", html)


def _laid_out(root: Tag) -> str:
    """The text of a tag with line breaks where a browser shows them."""
    from bs4.element import NavigableString

    parts: list[str] = []
    last_cells: set[int] = set()  # ids of those that none follows in their row
    begun: set[int] = set()  # ids of what holds rows, of which one was read
    kept = sum(tag.name == "pre" for tag in root.parents)  # how many tags there are around whose blanks stay
    lists = 0  # around
    for node, begins in _walk(root):
        if begins is None:
            flows = type(node) is NavigableString and not kept
            parts.append((_BLANKS.sub(" ", node) if flows else node).replace(_ITEM_MARK, " "))
            continue
        mark = _MARK_OF.get(node.name, "") if node is not root else ""
        if begins:
            item = _ITEM_MARK * min(max(lists, 1), _DEEPEST_ITEM)
            parts += _PARAGRAPH_MARK if node.name == "dt" else mark, item if node.name == "li" else ""
            parts.append(_HASHES.get(_BOLD_HEADING if _is_bold_heading(node) else node.name, ""))
            kept += node.name == "pre"
            lists += node.name in _LISTS
            last_cells.add(id(next((child for child in reversed(node.contents) if child.name in _CELLS), None)))
        else:
            kept -= node.name == "pre"
            lists -= node.name in _LISTS
            parts += " | " if node.name in _CELLS and id(node) not in last_cells else "", mark
            if node.name == "tr" and id(node.parent) not in begun:
                begun.add(id(node.parent))
                cells = [child.name for child in node.contents if child.name in _CELLS]
                is_header = len(cells) > 1 and "td" not in cells
                parts += " | ".join(["---"] * len(cells)) if is_header else "", mark
    text = re.sub(rf"{_HEADING_MARK}+\s*", lambda marks: f"{'#' * marks[0].count(_HEADING_MARK)} ", "".join(parts))
    text = re.sub("[ \t]+", " ", _BLANKS.sub(_line_end, text)).strip()
    return re.sub(rf"{_ITEM_MARK}+\s*", lambda marks: f"{'  ' * (marks[0].count(_ITEM_MARK) - 1)}- ", text).strip()


def _is_bold_heading(node: Tag) -> bool:
    """Whether a paragraph is a heading in all but its tag: bold words alone, without the end of a sentence."""
    if node.name != "p":
        return False
    inside: list[Any] = [child for child in node.contents if not (isinstance(child, str) and not child.strip())]
    if len(inside) != 1 or inside[0].name not in _BOLD or not all(isinstance(of, str) for of in inside[0].contents):
        return False
    words = "".join(inside[0].contents).strip()
    return bool(words) and words[-1] not in ".!,;"


def _line_end(blanks: re.Match[str]) -> str:
    """Replaces blanks and marks between two words by one line end, or the end of a paragraph."""
    if _PARAGRAPH_MARK in blanks[0]:
        return "\n\n"
    return "\n" if _LINE_MARK in blanks[0] else blanks[0]


def _first(root: Tag, names: Collection[str]) -> Tag | None:
    """The first descendant with one of these names."""
    return next((node for node, begins in _walk(root) if begins and node.name in names and node is not root), None)


def _strings(root: Tag) -> Iterator[str]:
    return (node for node, begins in _walk(root) if begins is None)


def _walk(root: Tag) -> Iterator[tuple[Any, bool | None]]:
    """A tag and its descendants in document order, without scripts, navigation and the like.

    Each tag comes twice, with True at its start and False at its end; each string comes with None. Not recursive: a
    page without end tags nests deeper than Python's stack.
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

"""Passages of a document, the units that are embedded, internalized and attached, each with its structural context.

A heading, the lead-in of a list, an item above others, and a question above its answer are repeated in front of what
stands below them; a cell of a table carries the names of its row and its column:

    Shipping
    To | Price | Days                                 ->     Shipping: To United Kingdom: Price £9.90
    --- | --- | ---                                          Shipping: To United Kingdom: Days 5-8
    United Kingdom | £9.90 | 5-8

Prose without such structure is split into sentences. Passages in the first person name their speaker, see
`conversations`. Passages are derived; the text is stored as it is.

Knows nothing about files, tokens, models and memories.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from parametric_memory.cancellation import long_texts_in_turn
from parametric_memory.documents.conversations import as_said_by, author_of, lines_of
from parametric_memory.documents.sentences import LIST_ITEM, PASSAGE_END, sentences

_HEADING = re.compile(r"(#{1,6}) +(\S.*?) *#*")
_BETWEEN_BLOCKS = re.compile(r"\n(?:[ \t]*\n)+|\n(?=#{1,6} )")
_UNDERLINE = re.compile(r"([=\-~^*])\1{2,}")
_RULE = re.compile(r":?-{3,}:?")  # below the name of a column
_BULLET = re.compile(r"^[-*+\u2022\u2013] ")
_QUESTION = re.compile(r"^(?:Q|Question)(?: ?\d+)?: ")
_ANSWER = re.compile(r"^(?:A|Answer)(?: ?\d+)?: ")
_LONGEST_HEADING = 200  # characters
_ONE_PASSAGE = 60  # words, at most, of a list or an answer that is one passage
_NAME = 6  # words, at most, of an item that names something; longer ones are statements
_MOST_COPIED = 8  # times as much as the text; a table whose header is longer than its rows may make more


@long_texts_in_turn
def reading(text: str, turns: Sequence[str] = ()) -> str:
    """A text as the models read it: its passages, each followed by `PASSAGE_END`; or the text itself, if its sentences
    are its passages.

    turns: of a conversation, see `Conversation.turns`, or `turns_by` of a text that one person wrote.
    """
    lines = lines_of(text, turns) if turns else None
    passages = _passages(text) if lines is None else [line.text for line in lines]
    if speaker := author_of(text, turns):
        passages = as_said_by(speaker, passages or sentences(text))
    return text if passages is None else "".join(f"{passage}{PASSAGE_END}" for passage in passages)


def spaced(reading: str) -> str:
    """A reading for models that take the whole text: one line per passage."""
    return reading.replace(PASSAGE_END, "\n").strip()


def _passages(text: str) -> list[str] | None:
    """None: the text has no structure, or its passages were many times its size."""
    document, made, size = _Document(text), [], 0
    for passage in document.passages():
        size += len(passage)
        if size > _MOST_COPIED * len(text) + 1_000:
            return None
        made.append(passage)
    return made if document.is_structured else None


class _Document:
    """A text as blocks of lines, read in order."""

    def __init__(self, text: str):
        self.blocks = [block.split("\n") for block in _BETWEEN_BLOCKS.split(text.strip("\n"))]
        asked = sum(_asks(block) for block in self.blocks)
        self.has_questions = asked > 1  # one may be a part of prose
        self.is_structured = False
        self.headings: list[tuple[int, str]] = []  # level and words of those that the current block stands below
        self.unused = ""  # a heading that nothing stood below so far

    def passages(self) -> Iterator[str]:
        place = 0
        block: Sequence[str]
        while place < len(self.blocks):
            block, place = self.blocks[place], place + 1
            if (heading := _heading(block)) is not None:
                level, title, rest = heading
                self.is_structured = True
                yield from self._headed_by(level, title, is_title=place == 1)
                if not rest:
                    continue
                block = rest
            if self.has_questions and _asks(block):
                self.is_structured = True
                question, answer = _QUESTION.sub("", block[0], count=1), block[1:]
                if not answer and place < len(self.blocks) and _heading(self.blocks[place]) is None:
                    answer, place = self.blocks[place], place + 1
                answer = [_ANSWER.sub("", line, count=1) for line in answer[:1]] + [*answer[1:]]
                yield from self._said([question], sentences("\n".join(answer)), together=True)
                continue
            # A lead-in may be the last line of a block, and items may have blocks of their own.
            lines = [*block]
            while place < len(self.blocks) and _goes_on(lines, self.blocks[place]):
                lines += self.blocks[place]
                place += 1
            yield from self._block(lines)
        if self.unused:
            yield self.unused

    def _headed_by(self, level: int, title: str, is_title: bool) -> Iterator[str]:
        if is_title and not any((of := _heading(block)) and of[0] <= level for block in self.blocks[1:]):
            yield title  # of the document: it belongs to all of it
            return
        kept = [(of, name) for of, name in self.headings if of < level]
        if self.unused and len(kept) < len(self.headings):
            yield self.unused
        self.headings, self.unused = [*kept, (level, title)], ": ".join([*(name for _, name in kept), title])

    def _block(self, block: Sequence[str]) -> Iterator[str]:
        """The passages of a block: of prose, of a table, or of a list below its lead-in."""
        first = next((i for i, line in enumerate(block) if LIST_ITEM.match(line.lstrip())), len(block))
        lead, items = sentences("\n".join(block[:first])), _items(block[first:])
        is_titled = lead[-1].endswith(":") or _is_title(block[:first]) if lead else bool(self.headings)
        if items and (is_titled or any(depth > items[0][0] for depth, _ in items)):
            self.is_structured = True
            yield from self._said([], lead[:-1] if is_titled else lead)
            for above, run in _runs(items):
                together = all(map(LIST_ITEM.match, run))
                yield from self._said([*(lead[-1:] if is_titled else []), *above], run, together)
            return
        rows = [_cells(line) for line in block]
        start = next((i for i, row in enumerate(rows) if len(row) > 1), len(rows))
        if len(rows) - start > 1 and all(len(row) > 1 for row in rows[start:]):
            self.is_structured = True
            yield from self._said([], sentences("\n".join(block[:start])))
            yield from self._said([], _of_rows(rows[start:]))
            return
        asked = bool(self.headings) and self.headings[-1][1].endswith("?")
        yield from self._said([], sentences("\n".join(block)), together=asked)

    def _said(self, above: Sequence[str], passages: Sequence[str], together: bool = False) -> Iterator[str]:
        """Passages behind their headings and what is `above`. together: as one passage, unless that is too long."""
        if not passages:
            yield from ([_below([name for _, name in self.headings], *above)] if above else [])
            return
        headings = [name for _, name in self.headings]
        self.unused = ""
        is_list = together and all(map(LIST_ITEM.match, passages))
        bare = [_BULLET.sub("", passage, count=1) for passage in passages] if is_list else passages
        # An item that says something stands alone; else it is one of several names.
        if is_list and any(len(item.split()) > _NAME or ": " in item or ". " in item for item in bare):
            together = False
        if together and sum(len(passage.split()) for passage in bare) <= _ONE_PASSAGE:
            bare = [("; " if is_list else " ").join(bare)]
        for passage in bare:
            yield _below([*headings, *above], passage)


def _below(names: Sequence[str], passage: str) -> str:
    """A passage behind its headings, question or lead-in."""
    return " ".join([*(name if name[-1] in "?!:." else f"{name}:" for name in names), passage])


def _heading(block: Sequence[str]) -> tuple[int, str, Sequence[str]] | None:
    """Level and words of a block's heading, and the lines below it in the block."""
    marked = _HEADING.fullmatch(block[0])
    if marked and len(block[0]) <= _LONGEST_HEADING:
        return len(marked[1]), marked[2], block[1:]
    is_line = 1 < len(block[0]) <= _LONGEST_HEADING and block[0][-1] not in ".!,;"
    if is_line and len(block) > 1 and (line := _UNDERLINE.fullmatch(block[1].strip())):
        return 1 if line[1] == "=" else 2, block[0].strip(), block[2:]
    return None


def _asks(block: Sequence[str]) -> bool:
    """Whether a block begins with a question on a line of its own and asks no other."""
    first, *others = [line.rstrip().endswith("?") or bool(_QUESTION.match(line)) for line in block]
    return first and len(block[0]) <= _LONGEST_HEADING and not any(others)


def _goes_on(block: Sequence[str], following: Sequence[str]) -> bool:
    """Whether the next block continues a list, or is the list of a lead-in."""
    is_item = LIST_ITEM.match(following[0].lstrip()) is not None
    return is_item and (block[-1].endswith(":") or any(LIST_ITEM.match(line.lstrip()) for line in block))


def _is_title(lines: Sequence[str]) -> bool:
    """Whether a single short line above a list names it."""
    return len(lines) == 1 and len(lines[0].split()) <= _NAME and lines[0][-1:] not in ".!?,;"


def _items(lines: Sequence[str]) -> list[tuple[int, str]]:
    """The items of a list, each behind its indentation. What is said below the title of an item is further in."""
    items: list[tuple[int, list[str]]] = []
    for line in lines:
        text = line.lstrip()
        if LIST_ITEM.match(text) or not items:
            items.append((len(line) - len(text), []))
        items[-1][1].append(text.rstrip())
    split: list[tuple[int, str]] = []
    for depth, (first, *others) in items:
        if others and _is_title([LIST_ITEM.sub("", first, count=1)]) and not others[0][:1].islower():
            split += [(depth, first), *((depth + 1, said) for said in sentences("\n".join(others)))]
        else:
            split.append((depth, " ".join([first, *others])))
    return split


def _runs(items: Sequence[tuple[int, str]]) -> Iterator[tuple[list[str], list[str]]]:
    """Neighbouring items of a list that have none below them, behind the items that they stand below."""
    above: list[tuple[int, str]] = []
    run: list[str] = []
    for (depth, text), (next_depth, _) in zip(items, [*items[1:], (0, "")], strict=True):
        has_items = next_depth > depth
        if run and (has_items or (above and above[-1][0] >= depth)):
            yield [name for _, name in above], run
            run = []
        above = [(of, name) for of, name in above if of < depth]
        if has_items:
            above.append((depth, _BULLET.sub("", text, count=1)))
        else:
            run.append(text)
    if run:
        yield [name for _, name in above], run


def _cells(line: str) -> list[str]:
    line = line.strip()
    if len(line) > 1 and line.startswith("|") and line.endswith("|"):
        line = line[1:-1]
    return [cell.strip() for cell in line.split("|")]


def _of_rows(rows: Sequence[Sequence[str]]) -> list[str]:
    """The cells of a table, each with the names of its row and its column; whole rows where columns have no names."""
    header: Sequence[str] = ()
    numbers = [any(map(str.isdigit, "".join(row))) for row in rows]
    if all(map(_RULE.fullmatch, rows[1])):
        header, rows = rows[0], rows[2:]
    # Or the first row has no digits, and all others have some and its length.
    elif not numbers[0] and all(numbers[1:]) and len({len(row) for row in rows}) == 1 and all(rows[0]):
        header, rows = rows[0], rows[1:]
    passages: list[str] = []
    for row in filter(any, rows):
        if len(row) > len(header):
            passages.append(f"{row[0]}: {row[1]}" if len(row) == 2 and not header else " | ".join(row))
            continue
        first, *others = [f"{name} {cell}".strip() for name, cell in zip(header, row, strict=False) if cell]
        passages += [f"{first}: {other}" for other in others] or [first]
    return passages

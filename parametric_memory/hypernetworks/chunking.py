"""Cuts a document into chunks of token ids that fit one pass of a context encoder. Knows nothing about models.

Either by the reference's even split of ids that already have the chat template (as published hypernetworks were
trained), or at section, paragraph and sentence borders.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parametric_memory.batches import in_runs
from parametric_memory.cancellation import check_cancelled
from parametric_memory.documents.sentences import sentences
from parametric_memory.errors import CheckpointError, DocumentError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

    from parametric_memory.language_model.chat import ChatFormat

_TOKENIZED = 64  # sentences at once


def split_evenly(
    ids: Sequence[int], max_tokens: int, prefix: Sequence[int] = (), suffix: Sequence[int] = ()
) -> list[list[int]]:
    """The reference's split: the fewest pieces of at most `max_tokens` ids, all but the last of one length.

    The ids include the chat template, so the first piece gets only the suffix and the last only the prefix.

    max_tokens: without the affixes; zero or less: one chunk.
    """
    return split_into(ids, math.ceil(len(ids) / max_tokens) if max_tokens > 0 else 1, prefix, suffix)


def split_into(
    ids: Sequence[int], pieces: int, prefix: Sequence[int] = (), suffix: Sequence[int] = ()
) -> list[list[int]]:
    """At most so many pieces of ids, all but the last of one length; see `split_evenly`."""
    if pieces <= 1:
        return [list(ids)]
    length = math.ceil(len(ids) / pieces)
    starts = range(0, len(ids), length)
    return [
        [*(prefix if start else ()), *ids[start : start + length], *(suffix if start != starts[-1] else ())]
        for start in starts
    ]


def read_sentences(text: str, chat: ChatFormat, most: int) -> list[Sequence[int]]:
    """Token ids, a chunk for each sentence of at most `most` tokens; a longer one is cut.

    Sentences are read apart because a key depends on the text before it, too: a question that does not repeat that text
    matches the keys of a statement less well at the end of a longer one. Pieces without letters or digits, such as
    rules and fences, are left out.

    Raises DocumentError: the text has no tokens.
    """
    found = sentences(text)
    worded = [f" {sentence}" for sentence in found if any(map(str.isalnum, sentence))] or [f" {each}" for each in found]
    chunks: list[Sequence[int]] = []
    for batch in in_runs(worded, _TOKENIZED):
        check_cancelled()
        for sentence, ids in zip(batch, chat.tokenizer(batch, add_special_tokens=False)["input_ids"], strict=True):
            if 0 < len(ids) <= most:
                chunks.append(tuple(ids))  # which garbage collection passes over, unlike a list
            else:
                chunks += [chunk.ids for chunk in split_at_borders(sentence, chat.tokenizer, most)]
    if not chunks:
        raise DocumentError("The text has no tokens: there is nothing to remember.")
    return chunks


@dataclass(frozen=True)
class Chunk:
    """A piece of a document, and its token ids without any template."""

    text: str
    ids: tuple[int, ...]


# Where a document may be cut, best first: before a heading (marked or underlined), between paragraphs,
# between sentences or lines, between words. The next piece begins where a match ends.
_SENTENCE = re.compile(r"[.!?\u2026][\"'\u201d\u2019)\]]*\s+(?=[\"'\u201c\u2018(\[]?[^\W_a-z])|[\u3002\uff01\uff1f]|\n")
_BORDERS = (
    re.compile(r"\n(?:\s*\n)*(?=#{1,6} )|\n\s*\n(?=[^\n]+\n(?:=+|-+)[ \t]*(?:\n|$))"),
    re.compile(r"\n\s*\n"),
    _SENTENCE,
    re.compile(r"\s+"),
)
_NO_BORDER = len(_BORDERS)
_INSIDE_CHARACTER = _NO_BORDER + 1
_ABBREVIATION = re.compile(r"\b(?:[A-Z]|Mr|Mrs|Ms|Dr|Prof|St|vs|etc|cf|e\.g|i\.e|approx|Inc|Ltd|Jr|Sr|Fig|Vol)\.\s+$")
_LONGEST_ABBREVIATION = 8


def split_at_borders(text: str, tokenizer: PreTrainedTokenizerBase, max_tokens: int) -> list[Chunk]:
    """Chunks of at most `max_tokens` ids that begin where a section, paragraph, sentence or word does.

    Chunks have from half to one and a half times an even share; each ends at the best border in that range, nearest to
    the even share. Together they are the whole text.

    tokenizer: a fast one, which knows where in the text its tokens are.

    Raises CheckpointError: the tokenizer is a slow one; DocumentError: the text has no tokens.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise CheckpointError(
            f"{type(tokenizer).__name__} does not say where in a text its tokens are: the base model needs a fast "
            "tokenizer (tokenizer.json), or even chunks."
        )
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    ids = list(encoded["input_ids"])
    if not ids:
        raise DocumentError("The text has no tokens: there is nothing to remember.")
    begins = [begin for begin, _ in encoded["offset_mapping"]]
    starts = list(_starts(len(ids), _ranks(text, begins), max_tokens))
    ends = [*starts[1:], len(ids)]
    positions = [0, *(begins[start] for start in starts[1:]), len(text)]
    return [
        Chunk(text[positions[i] : positions[i + 1]].strip(), tuple(ids[start:end]))
        for i, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


def _ranks(text: str, begins: Sequence[int]) -> list[int]:
    """The border before each token, as an index into `_BORDERS`. begins: positions of the tokens in the text."""
    rank_at: dict[int, int] = {}
    for rank, pattern in reversed(list(enumerate(_BORDERS))):
        for match in pattern.finditer(text):
            near = max(0, match.start() - _LONGEST_ABBREVIATION)
            if pattern is not _SENTENCE or not _ABBREVIATION.search(text, near, match.end()):
                rank_at[match.end()] = rank
    ranks = []
    for begin, before in zip(begins, [-1, *begins], strict=False):
        after_blank = begin + text[begin : begin + 1].isspace()  # many tokens begin with the blank before their word
        rank = min(rank_at.get(begin, _NO_BORDER), rank_at.get(after_blank, _NO_BORDER))
        ranks.append(rank if begin > before else _INSIDE_CHARACTER)
    return ranks


def _starts(count: int, ranks: Sequence[int], max_tokens: int) -> Iterator[int]:
    start = 0
    yield start
    while count - start > max_tokens:
        share = math.ceil((count - start) / math.ceil((count - start) / max_tokens))
        least, most = start + max(1, share // 2), start + min(max_tokens, share + share // 2)
        start = min(range(least, most + 1), key=lambda at: (ranks[at], abs(at - start - share)))
        yield start

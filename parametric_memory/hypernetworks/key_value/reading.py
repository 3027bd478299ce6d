"""A document as the key-value hypernetwork reads it: sentence by sentence, as the text of a user turn.

Needs a tokenizer alone: rows may be made of the sentences later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parametric_memory.cancellation import check_cancelled
from parametric_memory.documents.sentences import sentences
from parametric_memory.errors import DocumentError
from parametric_memory.hypernetworks.chunking import split_at_borders, split_evenly

if TYPE_CHECKING:
    from parametric_memory.language_model.chat import ChatFormat


def read_sentences(text: str, chat: ChatFormat, most: int) -> list[list[int]]:
    """Token ids, a chunk for every sentence.

    Sentences are read apart because a key depends on the text before it, too: a question that does not repeat that text
    matches the keys of a statement worse where it stands at the end of a longer one. Pieces without letters or digits,
    such as rules and fences, are left out.

    Args:
        most: tokens of a chunk; a longer sentence is cut.

    Raises:
        DocumentError: the text has no tokens.
    """
    found = sentences(text)
    telling = [sentence for sentence in found if any(map(str.isalnum, sentence))]
    pieces = []
    for sentence in telling or found:
        check_cancelled()  # of a text of megabytes there are many
        pieces += split_at_borders(f" {sentence}", chat.tokenizer, most)
    if not pieces:
        raise DocumentError("The text has no tokens: there is nothing to remember.")
    return [list(piece.ids) for piece in pieces]


def read_evenly(text: str, chat: ChatFormat, most: int) -> list[list[int]]:
    """Token ids in chunks of one length."""
    return split_evenly(chat.encode(f" {text.strip()}"), most)

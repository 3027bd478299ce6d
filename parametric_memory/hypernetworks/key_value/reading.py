"""Cuts a document into the chunks of the key-value hypernetwork: sentences, as the text of a user turn.

Needs only a tokenizer: rows may be made of the sentences later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from parametric_memory.cancellation import check_cancelled
from parametric_memory.documents.sentences import sentences
from parametric_memory.errors import DocumentError
from parametric_memory.hypernetworks.chunking import split_at_borders

if TYPE_CHECKING:
    from parametric_memory.language_model.chat import ChatFormat


def read_sentences(text: str, chat: ChatFormat, most: int) -> list[list[int]]:
    """Token ids, a chunk for each sentence of at most `most` tokens; a longer one is cut.

    Sentences are read apart because a key depends on the text before it, too: a question that does not repeat that text
    matches the keys of a statement less well at the end of a longer one. Pieces without letters or digits, such as
    rules and fences, are left out.

    Raises:
        DocumentError: the text has no tokens.
    """
    found = sentences(text)
    pieces = []
    for sentence in [sentence for sentence in found if any(map(str.isalnum, sentence))] or found:
        check_cancelled()  # of a text of megabytes there are many
        pieces += split_at_borders(f" {sentence}", chat.tokenizer, most)
    if not pieces:
        raise DocumentError("The text has no tokens: there is nothing to remember.")
    return [list(piece.ids) for piece in pieces]

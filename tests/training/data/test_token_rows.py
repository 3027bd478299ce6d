from __future__ import annotations

import pytest

from parametric_memory.errors import DocumentError
from parametric_memory.hypernetworks.chunking import ContextTemplate, split_into
from parametric_memory.training.data.rows import TokenQuestion, TokenRow, text_row

TEXT = "The harbour was rebuilt in 1874, after a fire that lasted for days. Lina Okafor lives in Valparaiso."


@pytest.mark.parametrize("pieces", [1, 2, 3, 10])  # ten are cut within the template, too
def test_a_document_in_several_chunks_is_one_text_again(base, pieces: int) -> None:
    template = ContextTemplate.of(base.tokenizer, base.name)
    ids = template.ids(base.tokenizer, TEXT)
    chunks = split_into(ids, pieces, template.prefix, template.suffix)
    question = TokenQuestion(template.ids(base.tokenizer, "Where?"), [3])
    row = text_row(TokenRow(chunks, (question,)), template, base.chat)
    assert len(chunks) == pieces
    assert (len(chunks[0]) < len(template.prefix) + len(template.suffix)) is (pieces == 10)
    assert row.document == TEXT
    assert [q.text for q in row.questions] == ["Where?"]


def test_a_chunk_of_another_template_is_refused(base) -> None:
    template = ContextTemplate.of(base.tokenizer, base.name)
    first, second = split_into(template.ids(base.tokenizer, TEXT), 2, template.prefix, template.suffix)
    for odd in (second[1:], second[:-1], list(template.prefix)):
        with pytest.raises(DocumentError, match="made for another model, or in another template"):
            text_row(TokenRow([first, odd], ()), template, base.chat)

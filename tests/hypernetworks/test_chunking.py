from __future__ import annotations

import pytest

from parametric_memory.errors import CheckpointError, DocumentError
from parametric_memory.hypernetworks.chunking import split_at_borders, split_evenly
from parametric_memory.hypernetworks.doc_to_lora import hypernetwork as doc_to_lora
from parametric_memory.hypernetworks.doc_to_lora.hypernetwork import PUBLISHED_TEMPLATES, ContextTemplate
from tests.tiny_models import byte_tokenizer

CHATML = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
NO_SYSTEM = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}" + CHATML
PROSE = (
    "Lina moved to Bergen in 2021. She works for Dr. Haugen at the harbour. Her flat has a red door.\n\n"
    "The harbour was built in 1890. It is 4.5 metres deep. Ships come on Mondays."
)


@pytest.fixture(scope="module")
def tokenizer():
    return byte_tokenizer()


def texts(text: str, tokenizer, max_tokens: int) -> list[str]:
    return [chunk.text for chunk in split_at_borders(text, tokenizer, max_tokens)]


def test_even_pieces_carry_the_template_they_were_cut_from() -> None:
    assert split_evenly(range(7), 3, prefix=[90], suffix=[91]) == [[0, 1, 2, 91], [90, 3, 4, 5, 91], [90, 6]]


@pytest.mark.parametrize("max_tokens", [-1, 0, 7, 100])
def test_what_fits_stays_one_piece(max_tokens: int) -> None:
    assert split_evenly(range(7), max_tokens, prefix=[90], suffix=[91]) == [list(range(7))]


def test_a_document_is_read_in_the_users_turn_after_an_empty_system_turn(tokenizer) -> None:
    tokenizer.chat_template = CHATML
    template = ContextTemplate.of(tokenizer)
    assert (template.before, template.after) == ("<system>\n<user>", "\n<assistant>")
    assert tokenizer.decode(template.ids(tokenizer, "  text \n")) == "<system>\n<user>text\n<assistant>"
    assert tokenizer.decode(template.prefix) == "<system>\n<user>"
    assert tokenizer.decode(template.suffix) == "\n<assistant>"


def test_where_no_system_turn_is_allowed_its_blank_line_stays(tokenizer) -> None:
    tokenizer.chat_template = NO_SYSTEM
    assert ContextTemplate.of(tokenizer).before == "<user>\n\n"


def test_without_a_chat_template_the_text_is_read_as_it_is(tokenizer) -> None:
    tokenizer.chat_template = None
    assert ContextTemplate.of(tokenizer).ids(tokenizer, " ab ") == tokenizer("ab")["input_ids"]


def test_a_published_base_model_has_the_template_it_was_trained_with(monkeypatch) -> None:
    published = PUBLISHED_TEMPLATES["google/gemma-2-2b-it"]
    monkeypatch.setattr(doc_to_lora, "encode", lambda _tokenizer, text: [2, 106, 1645, 110] if text else [])
    assert ContextTemplate.of(None, "google/gemma-2-2b-it") is published


def test_a_tokenizer_that_writes_a_published_template_otherwise_is_refused(tokenizer) -> None:
    with pytest.raises(CheckpointError, match=r"google/gemma-2-2b-it.*\[2, 106, 1645, 110\].*tokenizer that it was"):
        ContextTemplate.of(tokenizer, "google/gemma-2-2b-it")


def test_what_fits_is_one_chunk(tokenizer) -> None:
    assert texts(PROSE, tokenizer, 1000) == [PROSE]


def test_paragraphs_come_before_sentences(tokenizer) -> None:
    assert texts(PROSE, tokenizer, 100) == PROSE.split("\n\n")


def test_sentences_stay_whole_and_abbreviations_and_decimals_end_none(tokenizer) -> None:
    chunks = texts(PROSE, tokenizer, 60)
    assert all(chunk.endswith(".") and not chunk.endswith("Dr.") for chunk in chunks)
    assert any("for Dr. Haugen" in chunk for chunk in chunks)
    assert any("4.5 metres" in chunk for chunk in chunks)


@pytest.mark.parametrize("heading", ["# Second\n", "Second\n======\n"])
def test_a_section_begins_with_its_heading(tokenizer, heading: str) -> None:
    text = f"First part.\n\nMore of it.\n\nAnd more.\n\n{heading}\nSecond part.\n\nMore of that."
    first, second = texts(text, tokenizer, len(text) - 20)
    assert first.endswith("And more.")
    assert second.startswith(heading.partition("\n")[0])


def test_lines_are_borders_and_words_are_the_last_resort(tokenizer) -> None:
    assert texts("- one two\n- three four\n", tokenizer, 14) == ["- one two", "- three four"]
    assert texts("aaaa bbbb cccc dddd", tokenizer, 11) == ["aaaa bbbb", "cccc dddd"]


def test_a_word_that_does_not_fit_is_cut_but_no_character_is(tokenizer) -> None:
    assert texts("a" * 10, tokenizer, 6) == ["a" * 5, "a" * 5]
    assert texts("å" * 10, tokenizer, 5) == ["åå"] * 5


@pytest.mark.parametrize("max_tokens", [1, 7, 30, 64, 200])
def test_chunks_together_are_the_text_and_none_is_too_long(tokenizer, max_tokens: int) -> None:
    text = PROSE * 3 + " naïve 東京は大きい。そうです。 " + "x" * 100
    chunks = split_at_borders(text, tokenizer, max_tokens)
    assert [id_ for chunk in chunks for id_ in chunk.ids] == tokenizer(text)["input_ids"]
    assert "".join("".join(chunk.text.split()) for chunk in chunks) == "".join(text.split()) or max_tokens < 3
    assert all(0 < len(chunk.ids) <= max_tokens for chunk in chunks)


def test_nothing_to_cut_is_said(tokenizer) -> None:
    with pytest.raises(DocumentError, match="no tokens"):
        split_at_borders("", tokenizer, 10)


def test_a_tokenizer_that_does_not_know_where_its_tokens_are_is_told_of(tokenizer, monkeypatch) -> None:
    monkeypatch.setattr(type(tokenizer), "is_fast", False)
    with pytest.raises(CheckpointError, match="needs a fast tokenizer"):
        split_at_borders("Lina lives in Bergen.", tokenizer, 4)

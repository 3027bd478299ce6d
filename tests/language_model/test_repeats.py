from __future__ import annotations

import pytest
import torch

from parametric_memory.language_model.repeats import NoRepeats, Repeats
from tests.tiny_models import byte_tokenizer

TOKENIZER = byte_tokenizer()


def tokens(text: str) -> list[int]:
    """One a letter."""
    return TOKENIZER(text)["input_ids"]


@pytest.mark.parametrize(
    ("answer", "repeated"),
    [
        ("Olaus", False),
        ("Olaus Ola", True),
        ("Olaus Ol", False),  # two letters are no run
        ("aaaa", True),
        ("aaa", False),
        ("2,000,000", False),  # figures may
        ("12a12a", True),
        ("KX-71-71-7", False),
        ("ab", False),
        ("", False),
    ],
)
def test_the_same_three_tokens_twice_are_a_repeat_but_for_figures(answer: str, repeated: bool) -> None:
    assert Repeats(TOKENIZER).in_answer(tokens(answer)) is repeated


@pytest.mark.parametrize(
    ("answer", "following"),
    [
        ("abcab", "c"),
        ("abc abd ab", "cd"),
        ("abcba", ""),
        ("000,00", ""),
        ("aaa", "a"),
        ("ab", ""),
        ("a", ""),
        ("", ""),
    ],
)
def test_what_would_complete_a_repeat_is_known(answer: str, following: str) -> None:
    assert Repeats(TOKENIZER).following(tokens(answer)) == set(tokens(following))


def test_no_answer_of_a_batch_can_repeat_itself_but_may_say_the_prompts_words() -> None:
    prompt = "abc"
    ids = torch.tensor([tokens(prompt + "xyzxy"), tokens(prompt + "uvwab")])
    scores = torch.randn(2, len(TOKENIZER))
    barred = NoRepeats(Repeats(TOKENIZER), len(prompt))(ids, scores)
    [z] = tokens("z")
    assert barred[0, z] == -float("inf")
    barred[0, z] = scores[0, z]
    assert torch.equal(barred, scores)

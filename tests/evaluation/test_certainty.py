from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from parametric_memory.evaluation.certainty import probability

if TYPE_CHECKING:
    from parametric_memory.language_model.base_model import BaseModel


def test_the_probability_of_an_answer_is_that_of_its_tokens_one_after_the_other(base: BaseModel) -> None:
    question = base.chat.question("Where does she live?")
    said = base.chat.encode("She lives in Bergen")
    begun = base.chat.encode("She lives in")
    ids = [*question, *said]
    with torch.inference_mode():
        logits = base.model(torch.tensor([ids])).logits[0].float().log_softmax(-1)
    places = range(len(question) + len(begun), len(ids))
    expected = sum(logits[place - 1, ids[place]].item() for place in places)
    found = probability(base, question, "She lives in", "Bergen")
    assert found == pytest.approx(torch.tensor(expected).exp().item(), rel=1e-4) and 0 < found < 1

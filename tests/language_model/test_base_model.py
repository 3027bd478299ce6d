from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.errors import AdapterError, ModelUnavailable
from parametric_memory.language_model import base_model
from parametric_memory.language_model.base_model import BaseModel
from parametric_memory.language_model.hooks import adapter_hooks
from parametric_memory.language_model.requests import Request, Search
from tests.tiny_models import assert_untouched, copy_of_tensors, tiny_model

QUESTIONS = (
    "Where does Lina Okafor live?",
    "Who?",
    "What is the budget of the Heron project, and who leads it?",
    "When was the report sent?",
)


def adapter(seed: int, rank: int = 3) -> Adapter:
    generator = torch.Generator().manual_seed(seed)
    names = [f"model.layers.{layer}.mlp.down_proj" for layer in (1, 3)]
    return Adapter(
        {
            name: Factors(torch.randn(rank, 64, generator=generator), 4 * torch.randn(rank, 32, generator=generator))
            for name in names
        }
    )


def request(base: BaseModel, question: str = QUESTIONS[0], **options) -> Request:
    return Request(base.chat.question(question), **{"max_new_tokens": 12, **options})


def test_a_batch_of_requests_each_with_its_own_adapter_answers_as_one_by_one(base) -> None:
    requests = [
        request(base, QUESTIONS[0], adapter=adapter(1)),
        request(base, QUESTIONS[1], max_new_tokens=5),
        request(base, QUESTIONS[2], adapter=adapter(2, rank=7)),
        request(base, QUESTIONS[3], adapter=adapter(1), max_new_tokens=20),
    ]
    alone = [base.generate([each])[0] for each in requests]
    together = base.generate(requests)
    assert [c.token_ids for c in together] == [c.token_ids for c in alone]
    assert [c.text for c in together] == [c.text for c in alone]
    assert len({c.text for c in together}) == 4


def test_the_head_reads_the_end_of_a_prompt_as_a_tensor_of_its_own(base) -> None:
    seen: list[torch.Tensor] = []
    head = base.model.get_output_embeddings()
    handle = head.register_forward_hook(lambda _module, inputs, _output: seen.append(inputs[0]))
    for asked in (request(base, adapter=adapter(1)), request(base)):
        base.generate([asked])
    handle.remove()
    assert seen and all(x.stride() == (x.shape[1] * x.shape[2], x.shape[2], 1) for x in seen)
    assert not head._forward_pre_hooks


def test_an_adapter_changes_the_answer_and_only_of_its_request(base) -> None:
    plain = base.generate([request(base)])[0].text
    assert base.generate([request(base, adapter=adapter(1))])[0].text != plain
    assert base.generate([request(base)])[0].text == plain


def log_probability(base: BaseModel, asked: Request, answer: list[int]) -> float:
    """Of the answer's tokens, per token."""
    ids = torch.tensor([[*asked.prompt, *answer]])
    with torch.no_grad(), adapter_hooks(base.model, [asked.adapter]):
        logs = base.model(ids).logits[0, len(asked.prompt) - 1 : -1].log_softmax(-1)
    return logs.gather(1, torch.tensor(answer)[:, None]).mean().item()


def test_of_several_beams_the_most_probable_answer_is_given_to_each_request_under_its_own_adapter(base) -> None:
    greedy = [
        request(base, q, adapter=a)
        for q, a in zip(QUESTIONS, (adapter(1), None, adapter(2, rank=7), None), strict=True)
    ]
    searched = [replace(each, search=Search(4)) for each in greedy]
    alone = [base.generate([each])[0] for each in searched]
    assert [c.token_ids for c in base.generate(searched)] == [c.token_ids for c in alone]
    gains = [
        log_probability(base, each, found.token_ids) - log_probability(base, each, first.token_ids)
        for each, found, first in zip(greedy, alone, base.generate(greedy), strict=True)
        if len(found.token_ids) == len(first.token_ids)
    ]
    assert gains and min(gains) > -1e-3 and max(gains) > 0


def test_beams_that_are_followed_from_the_start_are_told_at_their_end(base) -> None:
    asked = request(base, adapter=adapter(1), search=Search(4))
    assert "".join(base.stream(asked)) == base.generate([asked])[0].text


def test_a_stream_goes_on_from_its_first_unsure_token_with_the_most_probable_end(base) -> None:
    better = 0
    for i, question in enumerate(QUESTIONS):
        asked = request(base, question, adapter=adapter(i))
        greedy = base.generate([asked])[0].token_ids
        each = probabilities(base, asked, greedy)
        least = min(each) * 1.01
        sure = greedy[: next(n for n, probability in enumerate(each) if probability < least)]
        from_there = replace(asked, prompt=[*asked.prompt, *sure], max_new_tokens=12 - len(sure), search=Search(4))
        expected = [*sure, *base.generate([from_there])[0].token_ids]
        told = list(base.stream(replace(asked, search=Search(4, unless_sure=least))))
        assert "".join(told) == base.chat.decode(expected)
        better += expected != greedy
        certain = replace(asked, search=Search(4, unless_sure=min(each) * 0.99))
        assert "".join(base.stream(certain)) == base.chat.decode(greedy)
    assert better


def test_a_stream_that_finds_no_end_in_time_stays_greedy(base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_model, "_LOOKED_AHEAD", 6)
    greedy = base.generate([request(base)])[0]
    assert "".join(base.stream(request(base, search=Search(4, unless_sure=1.1)))) == greedy.text


def test_what_ends_an_answer_is_not_told(base, monkeypatch: pytest.MonkeyPatch) -> None:
    [whole] = base.generate([request(base)])
    end = next(token for token in whole.token_ids[2:] if token not in whole.token_ids[:2])
    monkeypatch.setattr(base.model.generation_config, "eos_token_id", [end])  # which is no special token
    fresh = BaseModel(base.model, base.tokenizer, "tiny")
    assert "".join(fresh.stream(request(base))) == fresh.generate([request(base)])[0].text


def test_an_abandoned_search_stops(base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_model, "_LOOKED_AHEAD", 1000)
    plain = request(base, max_new_tokens=24)
    each = probabilities(base, plain, base.generate([plain])[0].token_ids)
    late = min(each[8:])
    assert late < min(each[:8]), "the doubt comes behind words that are told"
    written, generate = [], base.model.generate
    monkeypatch.setattr(base.model, "generate", lambda *a, **k: written.append(generate(*a, **k)) or written[-1])
    stream = base.stream(replace(plain, search=Search(4, unless_sure=late * 1.01), max_new_tokens=1000))
    next(stream)
    stream.close()
    assert len(written) == 1 or written[1].shape[1] < 1000


def test_a_sampled_stream_is_never_unsure(base) -> None:
    torch.manual_seed(3)
    sampled = "".join(base.stream(request(base, temperature=1.0)))
    torch.manual_seed(3)
    assert "".join(base.stream(request(base, temperature=1.0, search=Search(4, unless_sure=1.1)))) == sampled


def probabilities(base: BaseModel, asked: Request, answer: list[int]) -> list[float]:
    ids = torch.tensor([[*asked.prompt, *answer]])
    with torch.no_grad(), adapter_hooks(base.model, [asked.adapter]):
        found = base.model(ids).logits[0, len(asked.prompt) - 1 : -1].softmax(-1)
    return found.gather(1, torch.tensor(answer)[:, None])[:, 0].tolist()


@pytest.mark.parametrize("beams", [1, 3])
def test_confidence_is_the_probability_of_the_least_probable_token(base, beams: int) -> None:
    requests = [
        request(base, QUESTIONS[0], adapter=adapter(1), search=Search(beams)),
        request(base, QUESTIONS[1], max_new_tokens=5, search=Search(beams)),
    ]
    for asked, completion in zip(requests, base.generate(requests), strict=True):
        assert len(completion.token_ids) == asked.max_new_tokens  # none was ended before
        lowest = min(probabilities(base, asked, completion.token_ids))
        assert completion.confidence == pytest.approx(lowest, rel=1e-3)


def test_the_token_that_ends_an_answer_counts_for_its_confidence(base, monkeypatch: pytest.MonkeyPatch) -> None:
    [whole] = base.generate([request(base)])
    each = probabilities(base, request(base), whole.token_ids)
    least = each.index(min(each))
    monkeypatch.setattr(base.model.generation_config, "eos_token_id", [whole.token_ids[least]])
    [cut] = BaseModel(base.model, base.tokenizer, "tiny").generate([request(base)])
    assert len(cut.token_ids) <= least and cut.confidence == pytest.approx(min(each), rel=1e-3)


def test_a_sampled_answer_has_no_confidence(base) -> None:
    assert base.generate([request(base, temperature=1.0)])[0].confidence is None


def test_only_what_is_unsure_is_searched_again(base) -> None:
    requests = [request(base, question, adapter=adapter(i)) for i, question in enumerate(QUESTIONS)]
    greedy = base.generate(requests)
    doubts = sorted(completion.confidence for completion in greedy)
    between = (doubts[1] + doubts[2]) / 2
    found = base.generate([replace(each, search=Search(4, unless_sure=between)) for each in requests])
    for asked, first, final in zip(requests, greedy, found, strict=True):
        sure = first.confidence >= between
        expected = first if sure else base.generate([replace(asked, search=Search(4))])[0]
        assert final.token_ids == expected.token_ids
        assert final.confidence == pytest.approx(expected.confidence, rel=1e-3)
        assert sure or final.first_token == final.total


def test_a_request_that_may_not_be_searched_stays_greedy_beside_those_that_may(base) -> None:
    plain, searched = request(base), request(base, adapter=adapter(1), search=Search(4, unless_sure=1.1))
    together = base.generate([plain, searched])
    alone = [base.generate([plain])[0], base.generate([replace(searched, search=Search(4))])[0]]
    assert [c.token_ids for c in together] == [c.token_ids for c in alone]


def test_requests_of_every_kind_of_search_and_length_share_a_batch(base) -> None:
    requests = [
        request(base, QUESTIONS[0], search=Search(2)),
        request(base, QUESTIONS[1]),
        request(base, QUESTIONS[2], search=Search(3), max_new_tokens=7),
        request(base, QUESTIONS[3], search=Search(3, unless_sure=1.1)),
        request(base, QUESTIONS[0], search=Search(2, unless_sure=1.1), max_new_tokens=3),
    ]
    alone = [base.generate([each])[0].token_ids for each in requests]
    assert [c.token_ids for c in base.generate(requests)] == alone


def test_a_search_that_does_not_end_in_time_leaves_a_long_answer_greedy(base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base_model, "_LOOKED_AHEAD", 6)
    greedy = base.generate([request(base)])[0]
    assert len(greedy.token_ids) == 12
    assert base.generate([request(base, search=Search(4, unless_sure=1.1))])[0].token_ids == greedy.token_ids


def test_rescored_answers_are_greedy(base) -> None:
    [searched] = base.generate([request(base, search=Search(4))], lambda ids, scores: scores)
    assert searched.token_ids == base.generate([request(base)])[0].token_ids


def test_a_stop_string_counts_for_the_confidence_of_its_own_request_only(base) -> None:
    whole = base.generate([request(base, QUESTIONS[2])])[0]
    stop = whole.text[4:6]
    stopping, other = request(base, QUESTIONS[2], stop=(stop,)), request(base, QUESTIONS[1], stop=(stop,))
    alone = base.generate([stopping])[0]
    together = base.generate([stopping, other])[0]
    assert together.text == alone.text
    assert together.confidence == pytest.approx(alone.confidence, rel=1e-3)


def test_no_requests_no_answers(base) -> None:
    assert base.generate([]) == []


def test_times_are_from_the_start_of_the_batch(base) -> None:
    [completion] = base.generate([request(base)])
    assert 0 < completion.first_token <= completion.total


def test_an_answer_ends_before_the_token_that_ends_answers(base, monkeypatch: pytest.MonkeyPatch) -> None:
    [whole] = base.generate([request(base)])
    end = next(token for token in whole.token_ids[2:] if token not in whole.token_ids[:2])
    monkeypatch.setattr(base.model.generation_config, "eos_token_id", [end])
    [cut] = BaseModel(base.model, base.tokenizer, "tiny").generate([request(base)])
    assert cut.token_ids == whole.token_ids[: whole.token_ids.index(end)]


def test_an_answer_ends_before_a_stop_string(base) -> None:
    [whole] = base.generate([request(base)])
    stop = whole.text[4:7]
    [cut] = base.generate([request(base, stop=("never written", stop))])
    assert cut.text == whole.text[: whole.text.index(stop)]


def test_a_stop_string_ends_the_answers_of_its_own_request_only(base) -> None:
    requests = [request(base, QUESTIONS[2]), request(base, QUESTIONS[0])]
    whole = [c.text for c in base.generate(requests)]
    stop = whole[0][4:6]  # of the other request's answer
    requests[1] = request(base, QUESTIONS[0], stop=(stop,))
    together = [c.text for c in base.generate(requests)]
    assert together[0] == whole[0]


@pytest.mark.parametrize(
    "settings", [{"repetition_penalty": 3.0}, {"do_sample": True, "temperature": 9.0}, {"no_repeat_ngram_size": 1}]
)
def test_a_models_own_generation_settings_do_not_reach_a_greedy_answer(
    base, monkeypatch: pytest.MonkeyPatch, settings: dict[str, float]
) -> None:
    long = request(base, max_new_tokens=40)
    [expected] = base.generate([long])
    for name, value in settings.items():
        monkeypatch.setattr(base.model.generation_config, name, value)
    ids = torch.tensor([list(long.prompt)])
    by_itself = base.model.generate(ids, max_new_tokens=40, pad_token_id=base.chat.end)[0, ids.shape[1] :]
    assert by_itself.tolist() != expected.token_ids
    assert base.generate([long])[0].token_ids == expected.token_ids


def test_sampling_is_by_temperature(base) -> None:
    answers = {base.generate([request(base, temperature=5.0)])[0].text for _ in range(4)}
    assert len(answers) > 1


@pytest.mark.parametrize("with_adapter", [False, True])
@pytest.mark.parametrize("stops", [0, 1])
def test_a_stream_is_the_generated_answer_in_pieces(base, with_adapter: bool, stops: int) -> None:
    asked = request(base, adapter=adapter(1) if with_adapter else None, max_new_tokens=30)
    whole = base.generate([asked])[0].text
    if stops:
        asked = request(base, adapter=asked.adapter, max_new_tokens=30, stop=(whole[9:13],))
        whole = base.generate([asked])[0].text
    pieces = list(base.stream(asked))
    assert "".join(pieces) == whole
    assert stops or len(pieces) > 1


def test_an_abandoned_stream_stops_its_thread(base) -> None:
    threads = threading.active_count()
    stream = base.stream(request(base, max_new_tokens=900))
    next(stream)
    assert threading.active_count() == threads + 1
    stream.close()
    assert threading.active_count() == threads
    with ThreadPoolExecutor(1) as other:
        assert other.submit(base.busy.acquire, timeout=1).result()
        other.submit(base.busy.release).result()


def test_a_stream_that_is_given_up_does_not_wait_for_a_busy_model(base, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_telling, _stops) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(base_model.Telling, "pieces", interrupted)
    with ThreadPoolExecutor(1) as other:
        other.submit(base.busy.acquire).result()
        threads = threading.active_count()
        with pytest.raises(KeyboardInterrupt):
            next(base.stream(request(base)))
        assert threading.active_count() == threads
        other.submit(base.busy.release).result()


def test_a_stream_that_nobody_reads_starts_nothing(base) -> None:
    threads = threading.active_count()
    base.stream(request(base))
    assert threading.active_count() == threads


def test_what_goes_wrong_in_the_streams_thread_is_raised_to_its_reader(base) -> None:
    wrong = Adapter({"model.layers.9.mlp.down_proj": Factors(torch.ones(1, 64), torch.ones(1, 32))})
    with pytest.raises(AdapterError, match=r"layers\.9"):
        list(base.stream(request(base, adapter=wrong)))


def test_threads_that_share_a_base_model_get_their_own_answers(base) -> None:
    requests = [request(base, q, adapter=adapter(i) if i else None) for i, q in enumerate(QUESTIONS)] * 3
    alone = [base.generate([each])[0].text for each in requests]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda each: base.generate([each])[0].text, requests)) == alone
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda each: "".join(base.stream(each)), requests)) == alone


def test_the_fingerprint_is_of_the_weights(base) -> None:
    same = BaseModel(tiny_model(base.tokenizer), base.tokenizer, "another name")
    assert same.fingerprint == base.fingerprint
    assert BaseModel(tiny_model(base.tokenizer, seed=1), base.tokenizer, "tiny").fingerprint != base.fingerprint


@pytest.mark.parametrize(
    ("slow", "dtype", "most", "loaded"),
    [
        (True, "auto", 10**9, torch.float32),
        (True, "auto", 1, torch.bfloat16),
        (True, "bfloat16", 10**9, torch.bfloat16),
        (False, "auto", 10**9, torch.bfloat16),
    ],
)
def test_a_small_model_is_computed_in_float32_where_bfloat16_is_slow(
    base, slow: bool, dtype: str, most: int, loaded: torch.dtype, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_model(base.tokenizer).to(torch.bfloat16).save_pretrained(tmp_path)
    base.tokenizer.save_pretrained(tmp_path)
    monkeypatch.setattr(base_model, "bfloat16_is_slow", lambda _device: slow)
    monkeypatch.setattr(base_model, "_MOST_WIDENED", most)
    again = BaseModel.load(tmp_path, device="cpu", dtype=dtype)
    assert again.model.dtype == loaded
    assert again.fingerprint == base.fingerprint


def test_weights_of_other_sizes_than_the_configuration_says_are_told_of(base, tmp_path: Path) -> None:
    base.model.save_pretrained(tmp_path)
    base.tokenizer.save_pretrained(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"intermediate_size": 96}))
    with pytest.raises(ModelUnavailable, match="Cannot load the base model"):
        BaseModel.load(tmp_path, device="cpu")


def test_a_model_loaded_from_a_folder_is_frozen_and_answers_the_same(base, tmp_path: Path) -> None:
    base.model.save_pretrained(tmp_path)
    base.tokenizer.save_pretrained(tmp_path)
    loaded = BaseModel.load(tmp_path, device="cpu")
    assert not loaded.model.training
    assert not any(p.requires_grad for p in loaded.model.parameters())
    assert loaded.fingerprint == base.fingerprint
    assert loaded.generate([request(loaded)])[0].text == base.generate([request(base)])[0].text


def test_a_model_that_the_caller_holds_answers_without_dropout(base) -> None:
    model = tiny_model(base.tokenizer).train().requires_grad_(True)
    model.config.attention_dropout = 0.9
    for layer in model.model.layers:
        layer.self_attn.attention_dropout = 0.9
    held = BaseModel(model, base.tokenizer, "held")
    assert held.generate([request(held)])[0].text == base.generate([request(base)])[0].text


@pytest.mark.parametrize("damage", ["missing", "no weights", "cut weights", "no config"])
def test_a_folder_without_a_whole_model_is_refused_in_one_line(base, tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "model"
    if damage != "missing":
        base.model.save_pretrained(folder)
        base.tokenizer.save_pretrained(folder)
    weights = folder / "model.safetensors"
    if damage == "no weights":
        weights.unlink()
    elif damage == "cut weights":
        weights.write_bytes(weights.read_bytes()[:5000])
    elif damage == "no config":
        (folder / "config.json").unlink()
    with pytest.raises(ModelUnavailable, match="model") as refused:
        BaseModel.load(folder)
    assert str(folder) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_failing_request_leaves_the_model_as_it_was(base) -> None:
    before = copy_of_tensors(base.model)
    with pytest.raises(AdapterError):
        base.generate([request(base, adapter=Adapter({"lm_heat": Factors(torch.ones(1, 64), torch.ones(1, 32))}))])
    assert_untouched(base.model, before)

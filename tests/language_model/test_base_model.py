from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from peft import LoraConfig, get_peft_model

from parametric_memory.adapters.factors import Adapter, Factors
from parametric_memory.errors import AdapterError, ModelUnavailable
from parametric_memory.language_model import base_model, precision
from parametric_memory.language_model.base_model import BaseModel, architecture, weights_fingerprint
from parametric_memory.language_model.hooks import adapter_hooks
from parametric_memory.language_model.requests import Completion, Request
from parametric_memory.language_model.shared_passes import SharedPasses
from tests.language_model.streams import streamed, written
from tests.tiny_models import (
    ARCHITECTURES,
    assert_untouched,
    copy_of_tensors,
    tiny_decoder,
    tiny_llama,
    tiny_model,
    tiny_tokenizer,
)

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


def test_what_ends_an_answer_is_not_told(base, monkeypatch: pytest.MonkeyPatch) -> None:
    [whole] = base.generate([request(base)])
    end = next(token for token in whole.token_ids[2:] if token not in whole.token_ids[:2])
    monkeypatch.setattr(base.model.generation_config, "eos_token_id", [end])  # which is no special token
    fresh = BaseModel(base.model, base.tokenizer, "tiny")
    assert streamed(fresh, request(base)) == fresh.generate([request(base)])[0].text


def probabilities(base: BaseModel, asked: Request, answer: list[int]) -> list[float]:
    ids = torch.tensor([[*asked.prompt, *answer]])
    with torch.no_grad(), adapter_hooks(base.model, [asked.adapter]):
        found = base.model(ids).logits[0, len(asked.prompt) - 1 : -1].softmax(-1)
    return found.gather(1, torch.tensor(answer)[:, None])[:, 0].tolist()


def test_confidence_is_the_probability_of_the_least_probable_token(base) -> None:
    requests = [
        request(base, QUESTIONS[0], adapter=adapter(1)),
        request(base, QUESTIONS[1], max_new_tokens=5),
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
    *pieces, completion = SharedPasses(base, 1).pieces(asked)
    assert "".join(map(str, pieces)) == whole and isinstance(completion, Completion)
    assert stops or len(pieces) > 1


def test_a_stream_leaves_the_model_to_others_between_two_pieces(base) -> None:
    stream = SharedPasses(base, 1).pieces(request(base, max_new_tokens=900))
    next(stream)
    with ThreadPoolExecutor(1) as other:
        assert other.submit(base.generate, [request(base)]).result(timeout=20)
    stream.close()  # type: ignore[attr-defined]


def test_an_abandoned_stream_does_not_wait_for_a_busy_model(base) -> None:
    gone = threading.Event()
    gone.set()
    with ThreadPoolExecutor(1) as other:
        other.submit(base.busy.acquire).result()
        assert written(SharedPasses(base, 1).pieces(request(base), gone))[0] == ""
        other.submit(base.busy.release).result()


def test_what_nobody_wants_is_not_written_on(base) -> None:
    gone = threading.Event()
    threading.Timer(0.2, gone.set).start()
    [completion] = base.generate([request(base, max_new_tokens=100_000)], abandoned=gone)
    assert 0 < len(completion.token_ids) < 100_000


def test_each_request_of_a_batch_has_its_own_settings(base) -> None:
    whole = base.generate([request(base, QUESTIONS[2])])[0].text
    requests = [
        request(base, QUESTIONS[2], stop=(whole[4:6],)),
        request(base, QUESTIONS[2]),
        request(base, QUESTIONS[2], temperature=5.0),
    ]
    stopped, greedy, sampled = base.generate(requests)
    assert stopped.text == whole[: whole.index(whole[4:6])] and greedy.text == whole
    assert sampled.confidence is None and greedy.confidence is not None


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_greedy_answers_are_those_of_transformers_whatever_the_cache(architecture: str) -> None:
    base = BaseModel(tiny_decoder(architecture, vocabulary=320), tiny_tokenizer(), "tiny")
    requests = [request(base, question) for question in QUESTIONS]
    for asked, completion in zip(requests, base.generate(requests), strict=True):
        ids = torch.tensor([list(asked.prompt)])
        options = {"max_new_tokens": 12, "pad_token_id": base.chat.end, "eos_token_id": base.stop_ids}
        written = base.model.generate(ids, do_sample=False, **options)[0, ids.shape[1] :].tolist()
        assert completion.token_ids == written[: base.length(written)]


def test_what_goes_wrong_in_a_stream_is_raised_to_its_reader(base) -> None:
    wrong = Adapter({"model.layers.9.mlp.down_proj": Factors(torch.ones(1, 64), torch.ones(1, 32))})
    with pytest.raises(AdapterError, match=r"layers\.9"):
        streamed(base, request(base, adapter=wrong))


def test_threads_that_share_a_base_model_get_their_own_answers(base) -> None:
    requests = [request(base, q, adapter=adapter(i) if i else None) for i, q in enumerate(QUESTIONS)] * 3
    alone = [base.generate([each])[0].text for each in requests]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda each: base.generate([each])[0].text, requests)) == alone
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda each: streamed(base, each), requests)) == alone


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
    monkeypatch.setattr(precision, "bfloat16_is_slow", lambda _device: slow)
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


def test_other_weights_are_another_fingerprint_of_the_same_signature(base) -> None:
    other = BaseModel(tiny_model(base.tokenizer, seed=5), tiny_tokenizer(), "another")
    assert other.fingerprint != base.fingerprint
    assert other.signature == base.signature


def test_a_fingerprint_is_that_of_the_numbers_in_whatever_type_holds_them(base) -> None:
    narrow = deepcopy(base.model).bfloat16()
    assert weights_fingerprint(narrow) == weights_fingerprint(narrow.float()) == base.fingerprint


@pytest.mark.parametrize("options", [{}, {"use_dora": True}])
def test_a_model_that_peft_wraps_is_known_by_its_own_weights(base, options) -> None:
    config = LoraConfig(r=2, target_modules=["down_proj", "q_proj"], init_lora_weights=False, **options)
    wrapped = get_peft_model(deepcopy(base.model), config)
    assert weights_fingerprint(wrapped) == base.fingerprint
    assert architecture(wrapped) == architecture(base.model)


def test_other_sizes_and_other_architectures_are_told_apart() -> None:
    models = [tiny_llama(), tiny_llama(layers=2), tiny_decoder("qwen3", layers=3), tiny_llama(head_dim=16)]
    assert len(set(map(architecture, models))) == len(models)


def test_another_vocabulary_and_other_turns_are_another_signature(base) -> None:
    silent, larger = tiny_tokenizer(), tiny_tokenizer()
    silent.chat_template = None
    larger.add_tokens(["Bergen"])
    signatures = {BaseModel(base.model, of, "tiny").signature for of in (base.tokenizer, silent, larger)}
    assert len(signatures) == 3


def test_a_fingerprint_changes_with_one_tensor(base) -> None:
    changed = deepcopy(base.model)
    with torch.no_grad():
        changed.model.layers[1].mlp.up_proj.weight[0, 0] += 1
    assert weights_fingerprint(changed) != base.fingerprint

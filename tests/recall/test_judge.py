from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from parametric_memory.documents.sentences import InContext
from parametric_memory.errors import CheckpointError
from parametric_memory.internalize.embedding import MiniLMEmbeddings
from parametric_memory.internalize.selection import Models
from parametric_memory.recall.judge import Judge, JudgeNetwork, load_judge, save_judge
from parametric_memory.recall.judge_config import JudgeConfig, judge_folder, read_judge_config
from parametric_memory.settings import ModelSettings

HARP = InContext("She plays the harp.", "Lina Okafor lives in Bergen.")
MUSEUM = InContext("The museum is closed in winter.")


@pytest.fixture(scope="module")
def embeddings(tiny_embedder: Path) -> MiniLMEmbeddings:
    return MiniLMEmbeddings(tiny_embedder)


@pytest.fixture
def folder(embeddings: MiniLMEmbeddings, tmp_path: Path) -> Path:
    """A judge whose changes are random."""
    config = JudgeConfig(embedder=embeddings.fingerprint, rank=4, slope=0.5, offset=-1.0, similarity_weight=4.0)
    network = JudgeNetwork(embeddings.loaded[1], config)
    torch.manual_seed(1)
    with torch.no_grad():
        for change in network.changes().values():
            change.copy_(0.3 * torch.randn_like(change))
    save_judge(network, config, tmp_path / "judge")
    return tmp_path / "judge"


def test_a_judge_that_is_not_trained_finds_everything_alike(embeddings: MiniLMEmbeddings) -> None:
    tokenizer, model = embeddings.loaded
    judge = Judge(tokenizer, JudgeNetwork(model, JudgeConfig()), JudgeConfig())
    assert judge.logits("What does Lina play?", [HARP, MUSEUM]) == [0.0, 0.0]
    assert judge.config.probability(0.0, 0.9) == 0.5


def test_a_judge_comes_out_of_its_folder_as_it_went_in_and_leaves_the_embedder_alone(
    embeddings: MiniLMEmbeddings, folder: Path
) -> None:
    before = embeddings.embed_query("Lina")
    judge = load_judge(folder, *embeddings.loaded)
    together = judge.logits("What does Lina play?", [HARP, MUSEUM, HARP])
    assert together[0] == pytest.approx(together[2], abs=1e-4) and together[0] != pytest.approx(together[1], abs=1e-4)
    [alone] = judge.logits("What does Lina play?", [HARP])
    assert alone == pytest.approx(together[0], abs=1e-4)
    assert judge.config == read_judge_config(folder)
    assert embeddings.embed_query("Lina") == before
    assert judge.config.probability(0.0, 0.5) == judge.config.probability(2.0, 0.0) == 0.5  # of the calibrated logit
    assert judge.support("What does Lina play?", "The harp.", [HARP]) != judge.logits("What does Lina play?", [HARP])


def test_confidence_grows_with_support_and_with_how_sure_the_model_is() -> None:
    config = JudgeConfig(support_slope=1.0, token_slope=0.5)
    assert config.confidence(0.0, 1.0) == 0.5
    assert config.confidence(2.0, 0.5) > config.confidence(1.0, 0.5) > config.confidence(1.0, 0.0) > 0


def test_within_a_document_the_similarity_to_what_is_asked_counts_as_its_weight_says() -> None:
    assert JudgeConfig(nameless_weight=16.0).score_within(2.0, 0.25) == 6.0
    assert JudgeConfig().score_within(2.0, 0.25) == 2.0


def test_two_that_answer_as_probably_and_are_alike_say_the_same() -> None:
    config = JudgeConfig(same_probable=2.0, same_least=0.25, same_apart=-0.5, same_alike=4.0, same_offset=-4.0)
    assert config.says_the_same(1.0, 4.0, 4.0, 0.25) == 0.5
    same = config.says_the_same(1.0, 5.0, 5.0, 0.9)
    for other in ((0.6, 5.0, 5.0, 0.9), (1.0, 9.0, 5.0, 0.9), (1.0, 1.0, 1.0, 0.9), (1.0, 5.0, 5.0, 0.4)):
        assert config.says_the_same(*other) < same
    assert JudgeConfig().says_the_same(1.0, 9.0, 9.0, 1.0) < 0.01


def test_what_is_no_judge_for_this_embedder_is_refused_by_name(embeddings: MiniLMEmbeddings, folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    for wrong in ({"rank": 8}, {"rank": "four"}, {"months": 3}):
        (folder / "config.json").write_text(json.dumps({**config, **wrong}))
        with pytest.raises(CheckpointError, match=f"{folder}.*(?:another rank|months|rank)"):
            load_judge(folder, *embeddings.loaded)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").write_bytes(b"x")
    with pytest.raises(CheckpointError, match="damaged or cut short"):
        load_judge(folder, *embeddings.loaded)


def test_the_judge_that_comes_along_is_for_the_embedder_that_comes_along() -> None:
    config = read_judge_config(judge_folder(Models(ModelSettings())))
    assert config.embedder == MiniLMEmbeddings().fingerprint
    assert 0 < config.threshold < 1

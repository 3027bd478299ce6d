from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings

from parametric_memory.errors import ModelUnavailable
from parametric_memory.fetching.embedded import EMBEDDER, is_complete
from parametric_memory.internalize.embedding import MiniLMEmbeddings, fingerprint_of


@pytest.fixture(scope="module")
def embeddings(tmp_path_factory: pytest.TempPathFactory) -> MiniLMEmbeddings:
    """The embedded model: where it is installed, or out of the wheel in the folder that TEST_WHEELS names."""
    wheels = os.environ.get("TEST_WHEELS", "")
    with pytest.MonkeyPatch.context() as patch:
        if not is_complete(EMBEDDER):
            if not list(Path(wheels or "wheels").glob(EMBEDDER.wheel_pattern)):
                pytest.skip(f"{EMBEDDER.title} is not installed and TEST_WHEELS names no folder that holds its wheel")
            patch.setenv("PARAMETRIC_MEMORY_WHEELS", wheels)
            patch.setenv("PARAMETRIC_MEMORY_HOME", str(tmp_path_factory.mktemp("home")))
        embeddings = MiniLMEmbeddings(progress=False)
        embeddings.embed_query("loaded while the environment is set")
    return embeddings


def test_vectors_have_length_one_and_near_meanings_are_near(embeddings: MiniLMEmbeddings) -> None:
    question, answer, other = np.array(
        embeddings.embed_documents(
            ["Where does Lina live?", "Lina Okafor moved to Bergen in 2021.", "The invoice is due on Friday."]
        )
    )

    assert np.linalg.norm([question, answer, other], axis=1) == pytest.approx([1.0, 1.0, 1.0], abs=1e-5)
    assert len(question) == embeddings.dimension
    assert question @ answer > 0.4
    assert question @ other < 0.2


def test_a_text_has_the_same_vector_alone_and_among_others(embeddings: MiniLMEmbeddings) -> None:
    texts = [f"Number {i} " + "and more " * (i % 7) for i in range(70)]
    together = np.array(embeddings.embed_documents(texts))
    for i in (0, 35, 69):
        assert np.array(embeddings.embed_query(texts[i])) == pytest.approx(together[i], abs=1e-5)


def test_only_the_beginning_of_a_long_text_counts(embeddings: MiniLMEmbeddings) -> None:
    long = "apple " * 300
    assert embeddings.embed_query(long + "banana " * 50) == pytest.approx(embeddings.embed_query(long), abs=1e-5)


def test_no_texts_have_no_vectors_and_an_empty_text_has_one(embeddings: MiniLMEmbeddings) -> None:
    assert embeddings.embed_documents([]) == []
    assert len(embeddings.embed_query("")) == embeddings.dimension


def test_the_fingerprint_is_known_without_loading_and_is_that_of_the_weights(
    embeddings: MiniLMEmbeddings,
) -> None:
    fresh = MiniLMEmbeddings()
    assert fingerprint_of(fresh) == fresh.fingerprint
    assert fresh._loaded is None


def test_a_folder_that_holds_no_model_is_named(tmp_path: Path) -> None:
    embeddings = MiniLMEmbeddings(tmp_path)
    with pytest.raises(ModelUnavailable, match=str(tmp_path)):
        embeddings.embed_query("text")
    with pytest.raises(ModelUnavailable, match=str(tmp_path)):
        _ = embeddings.fingerprint


def test_other_embedders_are_told_apart_by_class_model_and_dimension() -> None:
    class Named(DeterministicFakeEmbedding):
        model: str

    assert fingerprint_of(DeterministicFakeEmbedding(size=8)) == "DeterministicFakeEmbedding:8"
    assert fingerprint_of(Named(size=8, model="large")).endswith("Named:large:8")
    assert fingerprint_of(Named(size=8, model="small")) != fingerprint_of(Named(size=8, model="large"))


def test_minilm_is_a_langchain_embedder() -> None:
    assert isinstance(MiniLMEmbeddings(), Embeddings)


def test_making_one_imports_neither_torch_nor_transformers() -> None:
    code = (
        "import sys; from parametric_memory.internalize.embedding import MiniLMEmbeddings, fingerprint_of;"
        "fingerprint_of(MiniLMEmbeddings()); print([n for n in ('torch', 'chromadb') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

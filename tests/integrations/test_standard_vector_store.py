from __future__ import annotations

from collections.abc import Callable

import pytest
from langchain_tests.integration_tests import VectorStoreIntegrationTests

from langchain_parametric_memory import ParametricMemoryVectorStore
from parametric_memory import ParametricMemory


class TestParametricMemoryVectorStore(VectorStoreIntegrationTests):
    """LangChain's own suite: texts are internalized for real, embeddings are the suite's random ones."""

    @pytest.fixture
    def vectorstore(self, open_memory: Callable[..., ParametricMemory]) -> ParametricMemoryVectorStore:
        return ParametricMemoryVectorStore(open_memory(embeddings=self.get_embeddings()))

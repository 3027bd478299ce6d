from __future__ import annotations

from typing import Any

import pytest
from langchain_tests.integration_tests import RetrieversIntegrationTests

from langchain_parametric_memory import ParametricMemoryRetriever
from parametric_memory import ParametricMemory


@pytest.mark.usefixtures("shared_memory")
class TestParametricMemoryRetriever(RetrieversIntegrationTests):
    """LangChain's own suite."""

    memory: ParametricMemory

    @property
    def retriever_constructor(self) -> type[ParametricMemoryRetriever]:
        return ParametricMemoryRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"memory": self.memory}

    @property
    def retriever_query_example(self) -> str:
        return "Where does Lina Okafor live?"

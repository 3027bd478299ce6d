from __future__ import annotations

from typing import Any, ClassVar

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from langchain_parametric_memory import ChatParametricMemory
from parametric_memory import ParametricMemory


@pytest.mark.usefixtures("shared_memory")
class _OverMemory:
    """What both suites share."""

    memory: ParametricMemory

    @property
    def chat_model_class(self) -> type[ChatParametricMemory]:
        return ChatParametricMemory

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"memory": self.memory, "abstain": False}  # a chat about anything

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_anthropic_inputs(self) -> bool:
        return True


class TestChatParametricMemoryUnit(_OverMemory, ChatModelUnitTests):
    """LangChain's own suite."""


class TestChatParametricMemoryIntegration(_OverMemory, ChatModelIntegrationTests):
    """LangChain's own suite, over the tiny model, and over the embedded one where a model must understand something."""

    with_embedded_model: ClassVar = {
        "test_tool_calling",
        "test_tool_calling_async",
        "test_unicode_tool_call_integration",
    }

    @pytest.fixture
    def model(self, request: pytest.FixtureRequest) -> BaseChatModel:
        memory = self.memory
        if request.node.originalname in self.with_embedded_model:
            memory = request.getfixturevalue("embedded_memory")
        settings = getattr(request, "param", {})
        return ChatParametricMemory(memory=memory, max_tokens=32, abstain=False, **settings)

    @pytest.mark.xfail(reason="A model of 135M parameters does not decide by itself that a tool is to be called.")
    @pytest.mark.parametrize("model", [{}, {"output_version": "v1"}], indirect=True)
    def test_agent_loop(self, model: BaseChatModel) -> None:
        super().test_agent_loop(model)

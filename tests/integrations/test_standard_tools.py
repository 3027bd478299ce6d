from __future__ import annotations

from typing import Any

import pytest
from langchain_core.tools import BaseTool
from langchain_tests.integration_tests import ToolsIntegrationTests
from langchain_tests.unit_tests import ToolsUnitTests

from langchain_parametric_memory import AskMemory, Forget, Remember
from parametric_memory import ParametricMemory


@pytest.mark.usefixtures("shared_memory")
class _OverMemory:
    """What the suites of all three tools share."""

    memory: ParametricMemory

    @property
    def tool_constructor_params(self) -> dict[str, Any]:
        return {"memory": self.memory}


class _Asking(_OverMemory):
    @property
    def tool_constructor(self) -> type[BaseTool]:
        return AskMemory

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return {"question": "Where does Lina Okafor live?"}


class _Remembering(_OverMemory):
    @property
    def tool_constructor(self) -> type[BaseTool]:
        return Remember

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return {"text": "The ferry to Cape Norr leaves at 7:40.", "source": "timetable"}


class _Forgetting(_OverMemory):
    @property
    def tool_constructor(self) -> type[BaseTool]:
        return Forget

    @property
    def tool_invoke_params_example(self) -> dict[str, Any]:
        return {"about": "Tomas Reyes plays the cello"}


class TestAskMemoryUnit(_Asking, ToolsUnitTests):
    """LangChain's own suite."""


class TestAskMemoryIntegration(_Asking, ToolsIntegrationTests):
    """LangChain's own suite."""


class TestRememberUnit(_Remembering, ToolsUnitTests):
    """LangChain's own suite."""


class TestRememberIntegration(_Remembering, ToolsIntegrationTests):
    """LangChain's own suite."""


class TestForgetUnit(_Forgetting, ToolsUnitTests):
    """LangChain's own suite."""


class TestForgetIntegration(_Forgetting, ToolsIntegrationTests):
    """LangChain's own suite."""

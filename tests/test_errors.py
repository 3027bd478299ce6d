from __future__ import annotations

import shlex

import pytest

from parametric_memory import errors
from parametric_memory.errors import as_typed

WORDS = ("parametric-memory", "reindex", "--memory", "/Users/x/Library/Application Support/memory")


def test_a_command_in_a_message_can_be_typed_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shlex.split(as_typed(*WORDS)) == list(WORDS)
    with monkeypatch.context() as on_windows:
        on_windows.setattr(errors.os, "name", "nt")
        typed = as_typed(*WORDS)
    assert typed.endswith('--memory "/Users/x/Library/Application Support/memory"')

from __future__ import annotations

import pytest

from parametric_memory.errors import SettingsError
from parametric_memory.language_model.requests import Request


def test_settings_that_mean_nothing_are_refused() -> None:
    with pytest.raises(SettingsError, match="at least 1 token, not 0"):
        Request([1], max_new_tokens=0)

from __future__ import annotations

import pytest

from parametric_memory.errors import SettingsError
from parametric_memory.language_model.requests import Request, Search


def test_settings_that_mean_nothing_are_refused() -> None:
    with pytest.raises(SettingsError, match="at least 1 token, not 0"):
        Request([1], max_new_tokens=0)
    with pytest.raises(SettingsError, match="alternatives must be at least 1, not 0"):
        Search(0)
    with pytest.raises(SettingsError, match="stop holds an empty text"):
        Request([1], stop=("a", ""))

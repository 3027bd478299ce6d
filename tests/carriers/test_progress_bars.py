from __future__ import annotations

import pytest
from transformers.utils import logging

from parametric_memory.carriers.progress_bars import quiet_transformers


@pytest.mark.parametrize("shown", [True, False])
def test_bars_are_hidden_inside_and_afterwards_as_they_were(shown: bool) -> None:
    before = logging.is_progress_bar_enabled()
    try:
        logging.enable_progress_bar() if shown else logging.disable_progress_bar()
        with quiet_transformers():
            assert not logging.is_progress_bar_enabled()
        assert logging.is_progress_bar_enabled() == shown
    finally:
        logging.enable_progress_bar() if before else logging.disable_progress_bar()

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.attacks import ATTACKS, Client, Health
from parametric_memory import ParametricMemory
from parametric_memory.server.app import build
from parametric_memory.server.keys import Keys
from tests.server.live import listening


@pytest.mark.parametrize("name", ["lone surrogates", "a page past all pages", "4 stops of a million characters"])
def test_an_attack_gets_answers_while_health_is_asked(
    name: str, open_memory: Callable[..., ParametricMemory], tmp_path: Path
) -> None:
    with listening(build(open_memory(), keys=Keys(tmp_path / "keys.json"))) as url:
        client = Client(url, 10)
        with Health(url, 0) as health:
            ATTACKS[name](client)
    assert client.statuses and set(client.statuses) <= {200, 400, 413}
    assert len(health.times) >= 40 and max(health.times) < 5

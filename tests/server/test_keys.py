"""API keys: whoever adds or removes one waits for another who does, and not for ever."""

from __future__ import annotations

import pytest
from filelock import FileLock

from parametric_memory.errors import MemoryLocked
from parametric_memory.server.keys import Keys


def test_who_writes_keys_waits_for_another_and_not_for_ever(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parametric_memory.server.keys._LONGEST_WAIT", 0.1)
    keys.add("laptop")
    with FileLock(f"{keys.path}.lock"):
        for write in (lambda: keys.add("phone"), lambda: keys.remove("laptop")):
            with pytest.raises(MemoryLocked, match=r"is writing to .*keys.json \(waited 0.1 s\): try again"):
                write()
    keys.remove("laptop")
    assert keys.all() == []

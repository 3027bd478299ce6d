from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = ("torch", "transformers", "chromadb", "peft")
REPORT = f"""
import json, sys, time
started = time.perf_counter()
import langchain_parametric_memory as package
imported = time.perf_counter() - started
chat = package.ChatParametricMemory(memory="nowhere")
store = package.ParametricMemoryVectorStore("nowhere")
tools = package.memory_tools("nowhere")
everything = [getattr(package, name) for name in package.__all__]
print(json.dumps([imported, [name for name in {HEAVY!r} if name in sys.modules]]))
"""


def test_importing_takes_less_than_a_second_and_no_framework_is_loaded_before_first_use(tmp_path: Path) -> None:
    paths = [str(ROOT), str(ROOT / "integrations")]
    script = f"import sys; sys.path[:0] = {paths!r}\n{REPORT}"
    run = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    seconds, loaded = json.loads(run.stdout)
    assert seconds < 1
    assert loaded == []
    assert list(tmp_path.iterdir()) == []

"""docs/langchain.md says what is true: its Python runs, from the first block to the last, and names what there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import langchain_parametric_memory
from tests.commands.conftest import embedded_home

__all__ = ["embedded_home"]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "langchain.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.slow
def test_the_blocks_run_one_after_the_other(embedded_home: Path | None, tmp_path: Path) -> None:
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join([str(ROOT), str(ROOT / "integrations")]))
    if embedded_home is not None:
        environment["PARAMETRIC_MEMORY_HOME"] = str(embedded_home)
    program = "\n".join([*BLOCKS, "assert answer.response_metadata['remembered']"])
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_public_name_is_on_the_page_and_every_link_leads_somewhere() -> None:
    assert [name for name in langchain_parametric_memory.__all__ if f"`{name}`" not in PAGE] == []
    links = re.findall(r"\]\(([^)]+)\)", PAGE)
    assert [link for link in links if not (ROOT / "docs" / link.partition("#")[0]).exists()] == []

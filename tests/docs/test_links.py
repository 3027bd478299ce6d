"""The pages lead somewhere: files and headings that they link to are there, and so are the modules that they name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = (
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "examples" / "README.md"),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "parametric_memory" / "weights").rglob("*.md")),
)
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+?)\s*$", re.MULTILINE)
PROGRAM = re.compile(r"\b(?:parametric_memory|integrations|benchmarks|examples|tests)/[\w/]+\.py\b")
WRITTEN = ("parametric_memory", "integrations", "tests", "benchmarks", "examples", "docs")
BRITISH = "internali" + "s"


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """What the headings of a page are linked by: small letters, hyphens for blanks, no other marks; repeats counted."""
    found: dict[str, int] = {}
    for heading in HEADING.findall(prose(page)):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchor = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        found[anchor] = found.get(anchor, 0) + 1
    return {anchor if not i else f"{anchor}-{i}" for anchor, count in found.items() for i in range(count)}


def broken(page: Path) -> Iterator[str]:
    """The relative links of a page that lead nowhere."""
    for link in LINK.findall(prose(page)):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert list(broken(page)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_program_that_is_named_is_there(page: Path) -> None:
    assert [name for name in PROGRAM.findall(prose(page)) if not (ROOT / name).exists()] == []


def test_a_link_to_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A *title*, twice\n## `code`\n## `code`\n[a](#a-title-twice) [b](#code-1) [c](#code-2) [d](d.md)\n"
    )
    assert list(broken(page)) == ["#code-2", "d.md"]


def test_no_line_of_the_readme_is_longer_than_120_characters() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert [(i, len(line)) for i, line in enumerate(lines, 1) if len(line) > 120] == []


def test_internalize_is_spelled_in_one_way() -> None:
    files = [path for name in WRITTEN for ending in ("py", "md", "txt") for path in (ROOT / name).rglob(f"*.{ending}")]
    files += [page for page in PAGES if page.parent == ROOT]
    found = {str(path.relative_to(ROOT)) for path in files if BRITISH in path.read_text(encoding="utf-8").lower()}
    assert sorted(found) == []


def test_everything_in_the_glossary_is_defined_once() -> None:
    words = re.findall(r"\*\*([^*]+)\*\*", (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))
    assert len(words) > 30 and len(words) == len(set(words))

"""The rooms of the package stand in one order: a module imports only from its own room and from those below it."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "parametric_memory"

# From the bottom up. The root's modules are named one by one: the door stands above the rooms it opens.
ORDER = (
    *("errors", "records", "settings", "cancellation", "progress", "scopes", "batches"),
    *("files", "documents", "adapters", "fetching", "language_model", "hypernetworks"),
    *("index", "internalize", "storage", "recall", "answering", "training"),
    *("writer", "memory_adapters", "memory", "maintenance", "server"),
    *("evaluation", "commands"),
)
# `__init__` and `__main__` only hand on what others hold.
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem in ORDER)
# What the integrations may use beside the door: the way to answer, requests to a language model, pictures, and errors.
BESIDE_THE_DOOR = {"parametric_memory", "errors", "records", "settings", "language_model", "answering", "internalize"}


def imported(path: Path, *, for_types: bool) -> set[str]:
    """The modules of the package that a module imports, anywhere in it; those for its annotations alone if wanted."""
    names = {
        f"{node.module}.{alias.name}"
        if (ROOT / node.module.replace(".", "/") / f"{alias.name}.py").exists()
        else node.module
        for node in nodes(path, for_types=for_types)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }
    return {name for name in names if name.split(".")[0] == PACKAGE.name}


def nodes(path: Path, *, for_types: bool) -> Iterator[ast.AST]:
    """The nodes of a module's syntax tree; those that only type checkers read if wanted."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing = [n for n in ast.walk(tree) if isinstance(n, ast.If) and getattr(n.test, "id", "") == "TYPE_CHECKING"]
    skipped = set() if for_types else {id(inner) for block in typing for inner in ast.walk(block)}
    return (node for node in ast.walk(tree) if id(node) not in skipped)


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else parts[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_from_no_room_above_its_own(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    height = {name: place for place, name in enumerate(ORDER)}
    ground = own in ("errors", "records", "settings")  # these may name any type, and import nothing
    for module in imported(path, for_types=not ground):
        assert room(module) != PACKAGE.name, f"{path}: a room does not import the package's front"
        assert height[room(module)] <= height[own], f"{path.name} imports {module}, of a room above {own}"


def test_no_modules_import_one_another_in_a_circle() -> None:
    names = {path: ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in PACKAGE.rglob("*.py")}
    graph = {names[path]: imported(path, for_types=False) for path in names}
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError, which names a circle
    assert set(graph) <= set(order)


def test_every_room_is_in_the_order() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert rooms | modules == set(ORDER)


@pytest.mark.parametrize("path", sorted((ROOT / "integrations").rglob("*.py")), ids=lambda path: path.name)
def test_integrations_use_the_door(path: Path) -> None:
    assert {room(module) for module in imported(path, for_types=False)} <= BESIDE_THE_DOOR


def test_the_three_hypernetworks_have_the_same_files() -> None:
    kinds = {path.name: {p.name for p in path.glob("*.py")} for path in (PACKAGE / "hypernetworks").iterdir()}
    assert all("network.py" in kinds[name] for name in ("key_value", "doc_to_lora", "text_to_lora"))
    assert all("published.py" in kinds[name] for name in ("doc_to_lora", "text_to_lora"))


def test_every_package_from_elsewhere_is_in_the_table_with_the_rooms_that_import_it() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table: dict[str, str] = {}  # rooms by package
    for line in text.partition("## Dependencies")[2].partition("\n## ")[0].splitlines():
        if line.startswith("|"):
            *_, packages, _, rooms = [cell.strip() for cell in line.strip("|").split("|")]
            table |= dict.fromkeys(packages.split(", "), rooms)
    distributions = packages_distributions()
    for path in PACKAGE.rglob("*.py"):
        own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for name in from_elsewhere(path):
            known = [d.lower().replace("_", "-") for d in distributions.get(name, [name])]
            rooms = next((table[d] for d in known if d in table), "")
            assert rooms == "most rooms" or f"`{own}`" in rooms, f"{path.relative_to(PACKAGE)} imports {name}"


def from_elsewhere(path: Path) -> set[str]:
    """The packages that a module imports when it runs, but for those of Python and of this project."""
    names = set[str]()
    for node in nodes(path, for_types=False):
        names |= {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
        names |= {node.module} if isinstance(node, ast.ImportFrom) and node.module else set()
    return {name.split(".")[0] for name in names} - {PACKAGE.name, *sys.stdlib_module_names}

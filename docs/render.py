"""Renders every figure of the docs from the result files: of docs/NAME.template.md docs/NAME.md, and of
docs/summary.template.md the figures in README.md.

    python docs/render.py            # writes them
    python docs/render.py --check    # exits 1, with a diff, where they are not what would be written

A result file is what an evaluation or a benchmark prints with `--json`: docs/results/NAME.json. The prose around the
figures is written by hand, in docs/*.template.md, where stands for what is in NAME:

| in a template | becomes |
|---|---|
| `{table NAME NAME ...}` | a table of all their rows, and what they come from |
| `{table NAME NAME ...: METRIC; METRIC ...}` | the same of their rows with these metrics |
| `{plot NAME NAME ...}` | the plot that `docs/plots.py` draws of all their rows |
| `{summary}`, lines `LABEL = NAME:CASE:METRIC` below it | a table of single rows under other names |
| `{computed}` | what `docs/scaling.py` computes of them |
| `{shapes}` | what `docs/shapes.py` computes of nothing measured |
| `{NAME:CASE:METRIC:CONTROL}` | one figure with its standard error; with `n` for CONTROL, how many stand behind it |

What is not measured yet is left out: a line of a summary, a list item, a paragraph or a table, none of whose files is
there, and a section all of whose figures are left out. A file that is there is rendered: one that no template names,
or a figure that it does not have, is an error. Knows nothing about how anything is measured.
"""

from __future__ import annotations

import argparse
import difflib
import re
import sys
import textwrap
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from docs import plots
from docs.scaling import computed
from docs.shapes import by_shapes
from parametric_memory.evaluation.results import Result
from parametric_memory.evaluation.rows import (
    CONTROLS,
    ROUTES,
    SKILL_COLUMNS,
    EvalRow,
    as_cell,
    as_table,
    measured,
    with_differences,
)
from parametric_memory.hypernetworks.record import read_record
from parametric_memory.recall.judge_config import SHIPPED_JUDGE, judge_fingerprint

ROOT = Path(__file__).parents[1]
WIDTH = 120
SHIPPED = Path("parametric_memory", "weights", "smollm2-135m-instruct")
_NOTE = "<!-- Rendered by docs/render.py from docs/{}.template.md and docs/results: change those. -->"
_TEMPLATE = ".template.md"
_COMPUTED = "{computed}"
_COMPUTED_FROM = {"growth", "bulk"}
BEGIN, END = "<!-- figures -->", "<!-- /figures -->"
SUMMARY = ("memory", "hybrid", "judged_text", "in_prompt", "rag", "random_adapter", "none")  # the columns of a summary

_TABLE = re.compile(r"^\{table ([\w. -]+)(?:: ([^{}]+))?\}$")
_PLOT = re.compile(r"^\{plot ([\w. -]+)\}$")
_CELL = re.compile(r"\{([\w.-]+):([^{}:]+):([^{}:]+):(\w+)\}")
_SUMMARY_LINE = re.compile(r"^(.+?) = ([\w.-]+):([^:]+):([^:]+)$")

Results = Mapping[str, Result]


class TemplateError(Exception):
    """A template and the result files do not fit each other."""


def render(template: str, results: Results, shipped: Collection[str] = ()) -> str:
    """A template with its figures, without what is not measured yet.

    Args:
        shipped: fingerprints of the weights that ship: summaries and tables say what is of others.

    Raises:
        TemplateError: a result that is there has no such figure.
    """
    shown: list[str] = []
    for heading, blocks in _sections(template):
        rendered = [_block(block, results, shipped) for block in blocks]
        figures = [text for block, text in zip(blocks, rendered, strict=True) if named(block)]
        if figures and not any(figures):
            continue  # nothing of this section is measured yet
        shown += [*heading, *(text for text in rendered if text)]
    return "\n\n".join(shown) + "\n"


def named(template: str) -> set[str]:
    """The result files that a template, or a part of it, asks for."""
    names = {cell[1] for cell in _CELL.finditer(template)}
    for line in template.splitlines():
        if line == _COMPUTED:
            names |= _COMPUTED_FROM
        elif asked := _TABLE.match(line) or _PLOT.match(line):
            names.update(asked[1].split())
        elif summed := _SUMMARY_LINE.match(line):
            names.add(summed[2])
    return names


def _sections(template: str) -> Iterator[tuple[list[str], list[str]]]:
    """A heading, or none, and the blocks below it up to the next one."""
    heading: list[str] = []
    blocks: list[str] = []
    for block in re.split(r"\n{2,}", template.strip()):
        if block.startswith("#"):
            yield heading, blocks
            heading, blocks = [block], []
        else:
            blocks.append(block)
    yield heading, blocks


def _block(block: str, results: Results, shipped: Collection[str]) -> str:
    if table := _TABLE.match(block):
        chosen = [results[name] for name in table[1].split() if name in results]
        chosen = [_of_metrics(result, table[2].split("; ")) for result in chosen] if table[2] else chosen
        return _table(chosen, shipped)
    if plot := _PLOT.match(block):
        names = [name for name in plot[1].split() if name in results]
        return f"![What the table shows.](plots/{names[0]}.svg)" if names else ""
    if block == _COMPUTED:
        return computed(results)
    if block == "{shapes}":
        return by_shapes()
    if block.startswith("{summary}\n"):
        return _summary(block.splitlines()[1:], results, shipped)
    items = re.split(r"\n(?=- )", block)
    return "\n".join(_prose(item, results) for item in items if named(item) <= results.keys())


def _prose(text: str, results: Results) -> str:
    """A paragraph or a list item; one with figures in it is wrapped anew."""
    if not named(text):
        return text
    return _wrapped(" ".join(_CELL.sub(lambda cell: _figure(cell, results), text).split()))


def _of_metrics(result: Result, metrics: Sequence[str]) -> Result:
    """A result without its rows of other metrics."""
    rows = [row for row in result.rows if row.metric in metrics]
    if not rows:
        raise TemplateError(f"`{result.command}` has no row of {' or '.join(metrics)}.")
    return result.model_copy(update={"rows": rows})


def _table(results: Sequence[Result], shipped: Collection[str]) -> str:
    """The rows of all, and below them what they come from; nothing without results."""
    if not results:
        return ""
    often = Counter((row.case, row.metric) for result in results for row in result.rows)
    rows = [
        row.model_copy(update={"case": f"{row.case}, seed {result.seed}"})
        if often[row.case, row.metric] > 1 and len(results) > 1
        else row
        for result in results
        for row in result.rows
    ]
    commands: dict[str, list[str]] = {}
    for result in results:
        command = f"`{result.command}` (seed {result.seed}, {result.seconds:,.0f} s)"
        earlier = "; measured with earlier weights than those that ship" if _of_others(result, shipped) else ""
        commands.setdefault(result.origin + earlier, []).append(command)
    origins = [_wrapped(f"{', '.join(those)}: {origin}.") for origin, those in commands.items()]
    titles = SKILL_COLUMNS if all(result.eval == "skills" for result in results) else CONTROLS
    return "\n\n".join([as_table(rows, titles), *origins])


def _of_others(result: Result, shipped: Collection[str]) -> set[str]:
    """Fingerprints of the weights of a result that are not those that ship."""
    models = result.models
    return {models.hypernetwork_fingerprint, models.judge_fingerprint} - {"", *shipped} if shipped else set()


def _summary(lines: Sequence[str], results: Results, shipped: Collection[str]) -> str:
    rows, of_before = [], set[str]()
    for line in lines:
        parts = _SUMMARY_LINE.match(line)
        if parts is None:
            raise TemplateError(f"{line!r} is not LABEL = NAME:CASE:METRIC.")
        label, name, case, metric = parts.groups()
        if name in results:
            row = _row(results[name], name, case, metric)
            route = f" ({ROUTES[row.route]})" if ROUTES[row.route] else ""
            if others := _of_others(results[name], shipped):
                route += "*"
                of_before.update(other[:12] for other in others)
            rows.append((label + route, row))
    if not rows:
        return ""
    known = measured([row for _, row in rows])
    columns = [control for control in SUMMARY if control in known]
    table = [["asked about", *(CONTROLS[control] for control in columns), "n"], ["---"] * (len(columns) + 2)]
    short = [[as_cell(row, control).replace(" %", "") for control in columns] for _, row in rows]
    table += [[label, *cells, str(row.n)] for (label, row), cells in zip(rows, short, strict=True)]
    note = f"\n\n\\* Measured with earlier weights than those that ship ({', '.join(sorted(of_before))})."
    return "\n".join(f"| {' | '.join(cells)} |" for cells in table) + (note if of_before else "")


def _figure(cell: re.Match[str], results: Results) -> str:
    name, case, metric, control = cell.groups()
    row = _row(results[name], name, case, metric)
    shown = str(row.n) if control == "n" else as_cell(row, control)
    if not shown:
        raise TemplateError(f"{name}.json has no figure for {control} of {case}, {metric}.")
    return shown


def _row(result: Result, name: str, case: str, metric: str) -> EvalRow:
    for row in result.rows:
        if (row.case, row.metric) == (case, metric):
            return row
    raise TemplateError(f"{name}.json has no row {case}, {metric}.")


def _wrapped(text: str) -> str:
    indent = "  " if text.startswith("- ") else ""
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _read(docs: Path) -> tuple[dict[str, str], dict[str, Result]]:
    """The templates and the results, by name; differences are rows as others are."""
    templates = {
        path.name.removesuffix(_TEMPLATE): path.read_text(encoding="utf-8")
        for path in sorted(docs.glob(f"*{_TEMPLATE}"))
    }
    results = {
        path.stem: Result.model_validate_json(path.read_text(encoding="utf-8"))
        for path in sorted((docs / "results").glob("*.json"))
    }
    return templates, {
        name: result.model_copy(update={"rows": with_differences(result.rows)}) for name, result in results.items()
    }


def stale_plots(root: Path = ROOT) -> dict[Path, list[Result]]:
    """The results of each plot that a template names, whose file is missing or of other figures."""
    templates, results = _read(root / "docs")
    stale = {}
    for line in (line for template in templates.values() for line in template.splitlines()):
        plot = _PLOT.match(line)
        chosen = [name for name in plot[1].split() if name in results] if plot else []
        if chosen:
            path, of = root / "docs" / "plots" / f"{chosen[0]}.svg", [results[name] for name in chosen]
            if not path.exists() or plots.digest(of) not in path.read_text(encoding="utf-8"):
                stale[path] = of
    return stale


def rendered_pages(root: Path = ROOT) -> dict[Path, str]:
    """What README.md and every page with a template must be, by path.

    Raises:
        TemplateError: the templates and the result files do not fit each other.
    """
    docs = root / "docs"
    templates, results = _read(docs)
    weights = root / SHIPPED
    shipped = (read_record(weights).fingerprint, judge_fingerprint(SHIPPED_JUDGE)) if weights.exists() else ()
    summary = templates.pop("summary")
    if unnamed := results.keys() - set[str]().union(*map(named, templates.values())):
        raise TemplateError(f"No template in docs names {', '.join(sorted(unnamed))}.")
    readme = (root / "README.md").read_text(encoding="utf-8")
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise TemplateError(f"README.md has no {BEGIN} ... {END}.")
    pages = {
        docs / f"{name}.md": f"{_NOTE.format(name)}\n\n{render(of, results, shipped)}" for name, of in templates.items()
    }
    return pages | {
        root / "README.md": before
        + "\n\n".join(part for part in (BEGIN, render(summary, results, shipped).strip(), END) if part)
        + after,
    }


def differences(pages: Mapping[Path, str]) -> str:
    """How the pages on disk differ from what they must be, as a diff; empty where they do not."""
    found: list[str] = []
    for path, text in pages.items():
        there = path.read_text(encoding="utf-8") if path.exists() else ""
        names = (str(path), f"{path}, rendered")
        found += difflib.unified_diff(there.splitlines(True), text.splitlines(True), *names)
    return "".join(found)


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Writes the pages and the plots or checks them; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a page would change")
    check = parser.parse_args(arguments).check
    try:
        pages = rendered_pages(root)
    except TemplateError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    if check:
        diff = differences(pages)
        diff += "".join(f"{path} is missing or stale.\n" for path in stale_plots(root))
        print(diff, end="")
        return 1 if diff else 0
    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")
    for path, results in stale_plots(root).items():
        plots.draw(path, results)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What answers to published benchmarks are worth, as Text-to-LoRA's evaluation (arXiv 2506.06105) counts.

A choice is the first character, a truth the first word that tells one, a number the last one. What a program is worth
shows when it runs, with the tests of the benchmark's authors (the reference has those of EvalPlus, which are more).
"""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Mapping

from parametric_memory.text.task_examples import TaskExample

PROGRAM = "```python"  # what a program stands behind
_NUMBER = re.compile(r"(?<![\d)])-?\d[\d,]*(?:\.\d+)?|\d[\d,]*(?:\.\d+)?")
_AROUND = " \n\t:`'\"(.)"  # a choice, and no part of it
_TRUTHS = (("1", True), ("0", False), ("yes", True), ("no", False), ("true", True), ("false", False))
_SECONDS = 10  # that a program may run
_BYTES = 1 << 30  # that it may have
# Within the program's own process: what it may use is bounded where the system can.
_BOUNDS = f"""
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, ({_BYTES}, {_BYTES}))
    resource.setrlimit(resource.RLIMIT_CPU, ({_SECONDS}, {_SECONDS}))
except (ImportError, ValueError, OSError):
    pass
"""


def same_choice(text: str, example: TaskExample) -> float:
    return float(first_choice(text) == first_choice(example.outputs[0]))


def same_truth(text: str, example: TaskExample) -> float:
    found = truth(text)
    return float(found is not None and found == truth(example.outputs[0]))


def same_number(text: str, example: TaskExample) -> float:
    return float(last_number(text) == last_number(example.outputs[0]))


def whole_program(text: str, example: TaskExample) -> float:
    """Runs the program that an answer goes on with, up to where its fence is closed, and then its test."""
    test = json.loads(example.outputs[0])
    return float(passes(test["begun"] + text.partition("```")[0], test))


def first_choice(text: str) -> str:
    """The first character of a text, in lower case, of letters and digits; empty where it begins with another one."""
    first = text.strip(_AROUND)[:1].lower()
    return first if first.isascii() and first.isalnum() else ""


def truth(text: str) -> bool | None:
    """Whether a text says yes, in the order of what counts; None where it says neither."""
    return next((value for word, value in _TRUTHS if word in text.lower()), None)


def last_number(text: str) -> float | None:
    """The last number of a text; None where there is none."""
    found = _NUMBER.findall(text)
    return float(found[-1].replace(",", "")) if found else None


def passes(program: str, test: Mapping[str, str]) -> bool:
    """Whether a program runs through to the end of its test, in a process and a folder of its own. No sandbox."""
    reached = secrets.token_hex(8)  # a program that ends before its test has not passed it
    whole = "\n".join([_BOUNDS, program, test["check"], f"print('\\n{reached}')"])
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", whole],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return False
    return done.returncode == 0 and done.stdout.split()[-1:] == [reached.encode()]

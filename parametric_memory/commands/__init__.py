"""The command line: one module a command group, thin over the library.

Nothing below knows about commands. Importing them loads no model library: `--help` and `list` start at once.
"""

from parametric_memory.commands.app import main

__all__ = ["main"]

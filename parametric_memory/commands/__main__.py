"""`python -m parametric_memory.commands`."""

from parametric_memory.commands import main

main()

"""`python -m parametric_memory`: the command line."""

from parametric_memory.commands import main

main()

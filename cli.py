"""`python cli.py ...` from a checkout: the command line that is installed as `parametric-memory`."""

from parametric_memory.commands import main

if __name__ == "__main__":
    main()

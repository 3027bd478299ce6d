"""Opens each memory once per process: objects that name the same folder or database share models and index.

Knows nothing about LangChain.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Annotated, Any
from weakref import WeakValueDictionary

from pydantic import BeforeValidator, InstanceOf

from parametric_memory import ParametricMemory
from parametric_memory.settings import default_memory_folder

_opened: WeakValueDictionary[str, ParametricMemory] = WeakValueDictionary()
_opening = threading.Lock()


def open_memory(memory: ParametricMemory | str | Path | None, **options: Any) -> ParametricMemory:
    """The memory itself, or the one in a folder or a database; the default folder for None.

    Objects that name the same place get the same memory. With options, it is always opened again.

    Args:
        memory: a memory, a folder, or the URL of a PostgreSQL database.
        options: of `ParametricMemory`, for a folder or a database.

    Raises:
        MemoryFolderError: the folder is not a memory.
        TypeError: options are given for an open memory.
    """
    if isinstance(memory, ParametricMemory):
        if options:
            raise TypeError(f"{', '.join(options)}: a memory that is open keeps its settings; give its folder instead.")
        return memory
    where = memory if memory is not None else default_memory_folder()
    place = where if isinstance(where, str) and "://" in where else str(Path(where).resolve())
    with _opening:
        known = _opened.get(place)
        if known is None or options:
            known = ParametricMemory(place, **options)
            _opened[place] = known
        return known


Memory = Annotated[InstanceOf[ParametricMemory], BeforeValidator(open_memory)]
"""A pydantic field that takes a memory, or the folder or the URL of one."""

"""The command `serve` over the memory of the tests, in a process of its own, which tests attack and end.

`python -m tests.server.attacked MEMORY HYPERNETWORK [option...]`
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path

from parametric_memory import ParametricMemory
from parametric_memory.commands import main, serve
from parametric_memory.language_model.base_model import BaseModel
from tests.bag_of_words import BagOfWords
from tests.conftest import grouped
from tests.tiny_models import tiny_model, tiny_tokenizer

if __name__ == "__main__":
    folder, hypernetwork, *options = sys.argv[1:]
    tokenizer = tiny_tokenizer()
    models = {
        "base_model": BaseModel(tiny_model(tokenizer), tokenizer, "tiny"),
        "hypernetwork": Path(hypernetwork),
        "embeddings": BagOfWords(),
    }
    memory = ParametricMemory(folder, **grouped({**models, "threshold": 0.3, "scorer": "vectors"}))
    serve.open_memory = lambda *_, **__: nullcontext(memory)  # type: ignore[assignment]
    sys.argv = ["parametric-memory", "serve", "--port", "0", *options]
    main()

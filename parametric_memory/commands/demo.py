"""`demo`: three documents go in, and the same questions are answered without the memory and with it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from parametric_memory.commands.ask import plain_answer, recalled
from parametric_memory.commands.context import Context, open_memory

_MAX_TOKENS = 24


DOCUMENTS = (  # short texts about what no model can know, and a question that each answers
    {
        "title": "Lina Okafor",
        "text": "Lina Okafor moved to Bergen in 2021. She works there as a marine biologist.",
        "question": "Which city did Lina Okafor move to?",
    },
    {
        "title": "Project Bluefin",
        "text": "Project Bluefin is led by Marco Ilves. The project started in March.",
        "question": "Who leads Project Bluefin?",
    },
    {
        "title": "Tamarind Hotel",
        "text": "The Wi-Fi password of the Tamarind Hotel is copper lantern. Breakfast ends at 10:45.",
        "question": "What is the Wi-Fi password of the Tamarind Hotel?",
    },
)


def demo(context: Context) -> None:
    """Show it at work.

    Three documents are read once and kept as adapter rows, 4 KB a token. The same questions are answered without
    memory and then from the weights. The embedded models are fetched the first time. The memory is a temporary one,
    unless --memory names one.

    Examples:
      parametric-memory demo
      parametric-memory demo --memory ./demo-memory
    """
    started = time.perf_counter()
    with (  # the memory that the options name, else a temporary one
        tempfile.TemporaryDirectory(prefix="parametric-memory-", ignore_cleanup_errors=True) as folder,
        open_memory(replace(context, memory=context.memory or str(Path(folder, "memory")))) as memory,
    ):
        context.tell("Loading the base model ...")
        without = [plain_answer(memory.models, d["question"], _MAX_TOKENS).text for d in DOCUMENTS]
        context.tell("Adding three documents ...")
        added = sum(memory.add(document["text"], title=document["title"]).tokens for document in DOCUMENTS)
        context.tell("Asking ...")
        answers = [memory.ask(d["question"], max_new_tokens=_MAX_TOKENS) for d in DOCUMENTS]
    comparisons = [
        {"question": document["question"], "without_memory": before, "with_memory": answer}
        for document, before, answer in zip(DOCUMENTS, without, answers, strict=True)
    ]
    seconds = round(time.perf_counter() - started, 2)
    data = {"documents": DOCUMENTS, "tokens_added": added, "documents_in_prompt": 0, "comparisons": comparisons}
    context.show(data | {"seconds": seconds}, _page(comparisons, added))
    context.tell(f"\n{seconds:.1f} seconds")


def _page(comparisons: Sequence[Mapping[str, Any]], added: int) -> str:
    lines = [f"Documents, each internalized into an adapter of the base model, which read their {added} tokens once:"]
    lines += [f"  {document['text']}" for document in DOCUMENTS]
    lines += ["", "Documents in the prompt: none", ""]
    for comparison in comparisons:
        answer = comparison["with_memory"]
        recalls = [recalled(recall) for recall in answer.recalls if recall.attached]
        lines += [
            comparison["question"],
            f"  without memory  {' '.join(comparison['without_memory'].split())}",
            f"  with memory     {' '.join(answer.text.split())}",
            f"  recalled        {', '.join(recalls) or 'nothing'}",
            f"  tokens read     {answer.prompt_tokens}",
        ]
    return "\n".join(lines)

"""The library alone: add documents, and answer questions from their adapters.

python examples/library.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from parametric_memory import ParametricMemory

NOTES = {
    "crm": "Lina Okafor moved to Bergen in 2021. She works there as a marine biologist.",
    "projects": "Project Bluefin is led by Marco Ilves. The project started in March.",
    "travel": "The Wi-Fi password of the Tamarind Hotel is copper lantern. Breakfast ends at 10:45.",
}
QUESTION = "Which city did Lina Okafor move to?"
UNRELATED = "What is the largest ocean on Earth?"


def main(folder: Path) -> None:
    with ParametricMemory(folder) as memory:
        for source, text in NOTES.items():
            entry = memory.add(text, source=source, metadata={"kind": "note"})
            print(f"Remembered: {entry.title} ({entry.tokens} tokens)")

        print("\nRecall (no language model runs):")
        for recall in memory.recall(QUESTION):
            print(f"  {recall.score:.2f}  {'attached' if recall.attached else 'left out'}  {recall.title}")

        print("\nAnswers (the prompt holds only the question):")
        for question in (QUESTION, UNRELATED):
            answer = memory.ask(question, max_new_tokens=24)
            print(f"  {question}\n  -> {answer.text}{'' if answer.remembered else '  (nothing recalled)'}")

        print("\nThe model itself under the recalled adapters, for your own code:")
        base = memory.models.base
        with memory.attach_to(base.model, QUESTION):
            prompt = base.tokenizer(f"{QUESTION}\nLina Okafor moved to", return_tensors="pt").to(base.model.device)
            written = base.model.generate(**prompt, max_new_tokens=4, do_sample=False)
            print(f"  {base.tokenizer.decode(written[0])!r}")

        [crm] = [entry for entry in memory.list() if entry.source == "crm"]
        memory.delete(crm.id)
        print(f"\nForgotten: {crm.title}; {len(memory.list())} entries are left.")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        main(Path(temporary) / "memory")

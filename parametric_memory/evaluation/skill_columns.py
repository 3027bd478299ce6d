"""What the columns of `eval skills` are called, by their names in JSON. Knows nothing about how they are measured."""

from __future__ import annotations

COLUMNS = {
    "memory": "skill",
    "none": "no adapter",
    "in_prompt": "description in the prompt",
    "examples_in_prompt": "3 examples in the prompt",
    "another_tasks": "another task's skill",
    "random_description": "skill of a random description",
    "all_tasks_lora": "LoRA of all tasks",
    "own_lora": "own LoRA",
    "by_reconstruction": "skill by reconstruction",
    "as_document": "description as a document",
}

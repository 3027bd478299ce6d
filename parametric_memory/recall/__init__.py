"""What a question attaches: entries found, scored and gated, the passages of each, and their rows as one adapter.

Knows nothing about prompts and answers: no language model runs.
"""

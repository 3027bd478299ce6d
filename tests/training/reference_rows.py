"""Rows as the reference implementation of Doc-to-LoRA writes them."""

from __future__ import annotations

from typing import Any

from parametric_memory.training.doc_to_lora import TokenRow


def written(row: TokenRow) -> dict[str, Any]:
    """A row as a JSON object of this form."""
    taught = [q.taught for q in row.questions]
    known = [t for t in taught if t is not None]
    return {
        "ctx_ids": list(row.chunks[0]) if row.whole else [list(chunk) for chunk in row.chunks],
        "input_ids": [[*q.prompt, *q.answer] for q in row.questions],
        "response_start_end": [[len(q.prompt), len(q)] for q in row.questions],
        **(
            {
                "logprobs_vals": [t.log_probs.tolist() for t in known],
                "logprobs_indices": [t.ids.tolist() for t in known],
            }
            if len(known) == len(taught)
            else {}
        ),
    }

"""How much of what was never seen in training a memory answers, beside its controls."""

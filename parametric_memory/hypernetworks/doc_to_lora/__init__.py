"""The Perceiver of Doc-to-LoRA (arXiv 2602.15902), as published and checked against the reference."""

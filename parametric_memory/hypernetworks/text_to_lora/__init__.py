"""Text-to-LoRA (arXiv 2506.06105): the description of a task becomes an adapter."""

"""Which base model, hypernetwork and embedder a memory uses, and published checkpoints made into folders of ours."""

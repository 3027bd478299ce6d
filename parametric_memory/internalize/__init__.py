"""Documents into adapters: read and cut into chunks, encoded by the base model, written by a hypernetwork."""

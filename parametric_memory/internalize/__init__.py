"""A document becomes an adapter: the seam `Internalizer`, and the hypernetworks' factors of its chunks put together."""

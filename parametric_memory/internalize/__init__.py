"""A document becomes an adapter: the seam `Internalizer`, what a hypernetwork says of its chunks put together, and
context distillation.
"""

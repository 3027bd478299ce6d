"""Questions and conversations answered from a memory: prepared, decoded, told. The one way in, for whoever asks.

Knows nothing about requests over a network, about frameworks, and about how anything is remembered.
"""

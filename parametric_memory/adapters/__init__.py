"""What an adapter is: its factors, their compact form and merging, rows of tokens, checkpoints, the PEFT folder.

Knows nothing about documents, hypernetworks, queries or entries. Import from the modules: none of them loads torch
before a tensor is needed.
"""

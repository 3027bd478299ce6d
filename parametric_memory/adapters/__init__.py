"""What an adapter is: its factors, how several become one, eight bits a number, the PEFT folder.

Nothing here knows about documents, hypernetworks, queries or entries. Import from the modules: none of them loads torch
before a tensor is needed.
"""

"""What an adapter is: its factors, how several become one, the PEFT folder, and the store of entries on disk.

Nothing here knows about documents, hypernetworks, queries or the index. Import from the modules: none of them
loads torch before a tensor is needed.
"""

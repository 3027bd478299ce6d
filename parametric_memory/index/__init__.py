"""What is near a query: vectors that are compared one by one, and the Chroma index.

Nothing here knows about adapters or models that answer. Import from the modules: none of them loads torch, transformers
or chromadb before it is used.
"""

"""A memory in one SQL database, and its Chroma index in step with it."""

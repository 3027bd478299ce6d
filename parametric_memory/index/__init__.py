"""The vectors nearest to one: compared exactly, or found by Chroma. No module loads chromadb before it is used."""

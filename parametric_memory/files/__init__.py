"""Reads and writes files: whole or not at all, and bounded where a stranger wrote them."""

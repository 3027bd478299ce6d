"""Files as such: written whole or not at all, and read without running what they hold.

Knows nothing about their content.
"""

"""Engines that run the base model elsewhere and write answers under the adapters that they are given.

Knows nothing about memories, and where adapters come from.
"""

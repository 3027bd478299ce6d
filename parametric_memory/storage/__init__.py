"""What is on disk and how it stays whole: entries, their index and what they were made with, kept in step.

Knows nothing about questions and answers.
"""

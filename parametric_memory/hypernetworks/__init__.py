"""The networks that write adapters, side by side: `key_value` and `doc_to_lora` read documents, `text_to_lora` reads
descriptions of tasks. Each has the same files: config, network, features, folder, and published checkpoints where there
are any.

Know nothing about entries, indexes and questions.
"""

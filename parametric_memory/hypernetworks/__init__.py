"""The networks that write adapters: `key_value` and `doc_to_lora` read documents, `text_to_lora` reads descriptions of
tasks. Each has its config beside its network. Know nothing about entries, indexes and questions.
"""

"""The networks that write adapters: `key_value` and `doc_to_lora` read documents, `text_to_lora` reads descriptions of
tasks. Each has the modules config, network and features. Know nothing about entries, indexes and questions.
"""

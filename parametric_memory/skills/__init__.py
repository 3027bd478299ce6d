"""Skills: a task description becomes an adapter of the base model (Text-to-LoRA).

Nothing here knows about documents, entries or the index. Import from the modules: they load torch.
"""

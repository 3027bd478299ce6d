"""The base model: loaded, put under adapters, and asked. Import from the modules."""

"""The base model: fetched, loaded, put under adapters, and asked. Import from the modules."""

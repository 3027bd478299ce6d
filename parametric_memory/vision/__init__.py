"""Documents with pictures: what they are, and models that read them. Stands on the language model alone."""

"""Documents before any model sees them: read from files, cleaned, cut into sentences, summarised; names in them."""

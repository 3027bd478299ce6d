"""Documents before any model sees them: read from files, cleaned, cut into sentences and passages; names in them."""

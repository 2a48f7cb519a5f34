"""Growth: slices and maps that are built up step by step, and what is copied on the way."""

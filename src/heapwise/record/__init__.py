"""A run: load and collectors side by side, written to a recording, and read back."""

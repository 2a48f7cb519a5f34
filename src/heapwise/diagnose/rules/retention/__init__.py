"""Data that is kept for longer than anybody needs it."""

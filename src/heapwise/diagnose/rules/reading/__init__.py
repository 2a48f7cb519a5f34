"""Reading bodies and files."""

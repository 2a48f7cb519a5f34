"""JSON, CSV and templates: turning values into bytes and back."""

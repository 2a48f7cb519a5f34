"""Model types rendered as text, JSON or HTML; nothing is computed here."""

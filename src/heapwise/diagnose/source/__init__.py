"""Source as rules see it: files that were parsed, and what a rule recognised in them."""

"""Load: a schedule, an engine that follows it, and what the hits add up to."""

"""Rules for Python alone; what it has in common with Go stands in the other families."""

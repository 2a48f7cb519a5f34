"""Rules about directories and files: what is asked of the system more often than needed."""

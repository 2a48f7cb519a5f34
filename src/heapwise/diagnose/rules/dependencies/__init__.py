"""What dependencies do."""

"""Statistics of few, noisy rounds: exact where that can be had, and honest about the rest."""

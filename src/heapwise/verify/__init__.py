"""Proof: rounds of before and after, verdicts that pay for peeking, and gates for CI."""

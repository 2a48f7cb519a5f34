"""From a recording to findings: one rule a file, through one registry."""

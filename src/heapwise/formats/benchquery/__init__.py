"""The language of benchstat's -filter, -table, -row, -col and -ignore (benchproc/syntax)."""

"""The command line: one file per command, options in one table, every import lazy."""

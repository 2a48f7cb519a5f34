"""The rules, one file each, named after the pattern they find."""

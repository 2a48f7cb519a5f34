"""Patterns that are compiled at every call."""

import re


def slug(title):
    return re.compile(r"[^a-z0-9]+").sub("-", title.lower())  # want HW401

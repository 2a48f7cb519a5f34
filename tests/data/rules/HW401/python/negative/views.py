"""Compiled once."""

import re

WORDS = re.compile(r"[^a-z0-9]+")


def slug(title):
    return WORDS.sub("-", title.lower())

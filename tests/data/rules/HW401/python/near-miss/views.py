"""The module re keeps what it compiled from a constant, and the caller's pattern is no constant."""

import re


def slug(title):
    return re.sub(r"[^a-z0-9]+", "-", title.lower())


def words(title):
    return re.compile(r"[^a-z0-9]+").split(title.lower())


def grep(pattern, lines):
    wanted = re.compile(pattern)
    return [line for line in lines if wanted.search(line)]

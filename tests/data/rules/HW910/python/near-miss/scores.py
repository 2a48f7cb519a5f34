"""Files that are needed whole, or are no records."""

import json
from urllib.request import urlopen


def kept(path):
    with open(path) as file:
        return json.load(file)


def settings(path):
    with open(path) as file:
        found = json.load(file)
    return found["port"]


def by_key(path):
    """An object: its keys are walked through, and looked up in it."""
    with open(path) as file:
        limits = json.load(file)
    for name in limits:
        yield name, limits[name]


def keys(path):
    with open(path) as file:
        for name in json.load(file):
            yield name.upper()


def twice(path):
    with open(path) as file:
        records = json.load(file)
    most = 0
    for record in records:
        most = max(most, record["score"])
    for record in records:
        yield record["score"] / most


def repeatedly(path, rounds):
    with open(path) as file:
        records = json.load(file)
    for _ in range(rounds):
        for record in records:
            yield record["score"]


def the_last_one_too(path):
    with open(path) as file:
        records = json.load(file)
    for record in records:
        yield record["score"]
    yield records[-1]["score"]


def sorted_first(path):
    with open(path) as file:
        records = json.load(file)
    for record in sorted(records, key=lambda each: each["score"]):
        yield record["name"]


def answer(body):
    """Bytes that are in memory anyway, and came from somewhere else."""
    for user in json.loads(body):
        yield user["name"]


def fetched(address):
    """A server's answer is no file that could be written another way."""
    with urlopen(address) as response:
        for user in json.load(response):
            yield user["name"]


def deeper(path):
    """The records are a part of what the file holds."""
    for user in json.loads(path.read_text())["users"]:
        yield user["name"]

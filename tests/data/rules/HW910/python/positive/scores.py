"""Files of records that are loaded whole for one walk."""

import json
from json import loads

import orjson


def total(path):
    with open(path) as file:
        records = json.load(file)  # want HW910
    found = 0
    for record in records:
        found += record["score"]
    return found / len(records)


def names(path):
    for user in json.loads(path.read_text()):  # want HW910
        yield user.get("name", "")


def of_many(paths):
    found = 0
    for path in paths:
        users = orjson.loads(path.read_bytes())  # want HW910
        for user in users:
            found += user["visits"]
    return found


def of_a_file(path, send):
    with path.open() as file:
        for order in loads(file.read()):  # want HW910
            if order["open"]:
                send(order)

"""One record at a time."""

import json

import ijson


def total(path):
    found = count = 0
    with open(path, "rb") as file:
        for line in file:
            found += json.loads(line)["score"]
            count += 1
    return found / count


def of_an_array(path):
    with open(path, "rb") as file:
        for record in ijson.items(file, "item", use_float=True):
            yield record["score"]

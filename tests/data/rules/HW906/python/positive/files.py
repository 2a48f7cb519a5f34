"""Lists of all lines for one walk."""

import csv
from csv import DictReader


def count(path):
    total = 0
    with open(path) as file:
        for line in file.readlines():  # want HW906
            total += len(line)
    return total


def prices(path):
    with open(path, newline="") as file:
        for row in list(csv.reader(file)):  # want HW906
            yield row[0]


def names(path, found):
    with path.open(newline="") as file:
        rows = list(DictReader(file))  # want HW906
        for row in rows:
            found.add(row["name"])


def numbered(path):
    with open(path) as file:
        for number, line in enumerate(file.readlines(), start=1):  # want HW906
            yield number, line


def stripped(path):
    with open(path) as file:
        return [line.strip() for line in file.readlines() if line]  # want HW906

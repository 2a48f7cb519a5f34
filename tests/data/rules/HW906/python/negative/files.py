"""One line at a time."""

import csv


def count(path):
    total = 0
    with open(path) as file:
        for line in file:
            total += len(line)
    return total


def prices(path):
    with open(path, newline="") as file:
        for row in csv.reader(file):
            yield row[0]

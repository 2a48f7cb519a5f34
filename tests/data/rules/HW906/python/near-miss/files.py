"""Lists that are needed."""

import csv


def backwards(path):
    with open(path) as file:
        for line in reversed(file.readlines()):
            yield line


def twice(path):
    with open(path, newline="") as file:
        rows = list(csv.reader(file))
        for row in rows:
            yield row[0]
        for row in rows:
            yield row[1]


def measured(path):
    with open(path) as file:
        lines = file.readlines()
        for number, line in enumerate(lines):
            yield number / len(lines), line


def after_it_was_closed(path, send):
    with open(path) as file:
        lines = file.readlines()
    for line in lines:
        send(line)


def rewritten(path):
    """Reading goes on while the loop writes: only the list makes that safe."""
    with open(path, "r+") as file:
        for line in file.readlines():
            file.write(line.upper())


def repeatedly(path, times):
    with open(path) as file:
        lines = file.readlines()
        for _ in range(times):
            for line in lines:
                yield line


def in_two_parts(path):
    """What is behind the head is read afterwards: nothing, if the list was made."""
    with open(path) as file:
        for line in file.readlines():
            if not line.strip():
                break
            yield line
        yield file.read()


def opened_elsewhere(path):
    with open(path) as file:
        pass
    file = path.opened
    for line in file.readlines():
        yield line


def part(path):
    with open(path) as file:
        for line in file.readlines(4096):
            yield line


def rows(cursor):
    """A cursor is another matter: an open one keeps its transaction."""
    for row in cursor.fetchall():
        yield row


def later(path):
    """A generator would read when the file is closed."""
    with open(path) as file:
        return (line.strip() for line in file.readlines())


def pairs(path, names):
    """Only the first of the inner walks would find anything."""
    with open(path) as file:
        return [(name, line) for name in names for line in file.readlines()]


def positions(path):
    with open(path) as file:
        return [(line, file.tell()) for line in file.readlines()]

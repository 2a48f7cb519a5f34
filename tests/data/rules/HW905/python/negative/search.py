"""As much as there is."""

import os


def count(paths, word):
    buffer = bytearray(1 << 20)
    found = 0
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        size = os.readv(descriptor, [buffer])
        found += buffer.count(word, 0, size)
        os.close(descriptor)
    return found


def head(path):
    with open(path, "rb") as file:
        return file.read(min(os.fstat(file.fileno()).st_size, 1 << 20))

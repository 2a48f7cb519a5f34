"""Files that are read in pieces, sockets, small heads, and one file that is known."""

import hashlib
import os


def digest(path):
    """Large files in large pieces: each is used whole."""
    summed = hashlib.sha256()
    with open(path, "rb") as file:
        while piece := file.read(1 << 20):
            summed.update(piece)
    return summed.hexdigest()


def pieces(path):
    with open(path, "rb") as file:
        yield from iter(lambda: file.read(1 << 20), b"")


def digests(paths):
    """The inner loop is over one file."""
    for path in paths:
        with open(path, "rb") as file:
            for _ in range(10):
                yield hashlib.sha256(file.read(1 << 20)).hexdigest()


def magic(path):
    with open(path, "rb") as file:
        return file.read(16)


def from_pipe(descriptor):
    return os.read(descriptor, 1 << 20)


def known():
    with open("/proc/self/status") as file:
        return file.read(1 << 20)


def upload(stream):
    return stream.read(1 << 20)


def sent(path, send):
    """The first piece is read before the loop."""
    with open(path, "rb") as file:
        piece = file.read(1 << 20)
        while piece:
            send(piece)
            piece = file.read(1 << 20)

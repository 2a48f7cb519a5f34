"""Joined once, or grown in place."""


def body(pieces):
    return b"".join(pieces)


def receive(socket):
    data = bytearray()
    while chunk := socket.recv(4096):
        data += chunk
    return bytes(data)


def text(rows):
    lines = []
    for row in rows:
        lines.append(row)
    return "".join(lines)

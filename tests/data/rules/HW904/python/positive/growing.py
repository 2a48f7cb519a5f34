"""Strings that are copied at every round."""

LOG = ""


def body(pieces):
    whole = b""
    for piece in pieces:
        whole += piece  # want HW904
    return whole


def receive(socket):
    data = b""
    while chunk := socket.recv(4096):
        data += chunk  # want HW904
    return data


class Page:
    def render(self, rows):
        self.html = ""
        for row in rows:
            self.html += f"<li>{row}</li>"  # want HW904
        return self.html


def rebuilt(rows):
    text = ""
    for row in rows:
        text = text + row + "\n"  # want HW904
    return text


def from_the_front(rows):
    text = ""
    for row in rows:
        text = row + text  # want HW904
    return text


def shared(rows):
    global LOG
    LOG = ""
    for row in rows:
        LOG += row  # want HW904


def exactly(socket, size):
    data: bytes = b""
    while len(data) < size:
        data += socket.recv(size - len(data))  # want HW904
    return data


def until(socket, prompt):
    """What came so far is searched: a bytearray can be too."""
    seen = b""
    while prompt not in seen:
        seen += socket.recv(1024)  # want HW904
    return seen


def either(rows):
    """One string, one finding, however many statements there are."""
    packed = b""
    for row in rows:
        if row.old:
            packed += row.name  # want HW904
        else:
            packed += row.key
        packed += b"\n"
    return packed

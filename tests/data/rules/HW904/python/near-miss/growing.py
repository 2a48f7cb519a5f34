"""What grows in place, stays short, or is no string."""


def local(rows):
    text = ""
    for row in rows:
        text += f"<li>{row}</li>"
    return text


def local_in_full(rows):
    text = ""
    for row in rows:
        text = text + row
    return text


def total(rows):
    number = 0
    items = []
    for row in rows:
        number += row.count
        items += row.items
    return number, items


def lines(socket):
    """A buffer that is shortened again."""
    data = b""
    while chunk := socket.recv(4096):
        data += chunk
        while b"\n" in data:
            line, data = data.split(b"\n", 1)
            yield line


def head(record):
    packed = b""
    for field in (record.kind, record.version, record.length):
        packed += field.to_bytes(4)
    return packed


def sections(chapters):
    """Begun anew for each chapter, and short."""
    for chapter in chapters:
        key = b""
        for _ in range(4):
            key += chapter.next_byte()
        yield key


def counted(parts):
    parts.size = 0
    for part in parts:
        parts.size += len(part)


def message(socket):
    """A head of four bytes, whatever it takes to get them."""
    head = b""
    while len(head) < 4:
        head += socket.recv(4 - len(head))
    preface = b""
    while len(preface) < PREFACE_SIZE:
        preface += socket.recv(PREFACE_SIZE - len(preface))
    magic = b""
    while True:
        magic += socket.recv(len(MAGIC) - len(magic))
        if magic == MAGIC:
            return head, preface


def column(number):
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def prompt(messages):
    """A head that is put in front once."""
    text = ""
    for number, message in enumerate(messages):
        text += message
        if not number:
            text = "Human: " + text
    return text


def square():
    """A few rounds, by a name."""
    width, height = 8, 8
    raw = b""
    for _ in range(height):
        raw += b"\x00" * width
    return raw


def bindings(host):
    names = [(7, host), (8, "")]
    packed = b""
    for kind, name in names:
        packed += kind.to_bytes(1) + name.encode()
    return packed


def length(socket):
    """Ended while it is short."""
    digits = b""
    while True:
        digit = socket.recv(1)
        if digit == b":":
            return int(digits)
        digits += digit
        if len(digits) > 12:
            raise ValueError("too long")


class Path:
    def made(self, parts):
        """The loop needs what came so far, as text."""
        self.path = ""
        for part in parts:
            self.path += "/" + part
            self.make(self.path)

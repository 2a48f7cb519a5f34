import csv
import tempfile
from pathlib import Path

from endpoints import register
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

FILE = Path(tempfile.mkdtemp()) / "users.csv"
FILE.write_text("".join(f"{each},user-{each},{each * 7}\n" for each in range(1000)))


def before(_request: Request) -> Response:
    total = 0
    with FILE.open() as file:
        for line in file.readlines():
            total += len(line)
    with FILE.open(newline="") as file:
        rows = list(csv.reader(file))
        for row in rows:
            total += int(row[0])
    return PlainTextResponse(str(total))


def after(_request: Request) -> Response:
    total = 0
    with FILE.open() as file:
        for line in file:
            total += len(line)
    with FILE.open(newline="") as file:
        for row in csv.reader(file):
            total += int(row[0])
    return PlainTextResponse(str(total))


register("HW906", before, after)

import os
import tempfile
from pathlib import Path

from endpoints import register
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

LIMIT = 1 << 18
FILE = Path(tempfile.mkdtemp()) / "page.txt"
FILE.write_text("some text\n" * 200)


def head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1 << 18)


def before(_request: Request) -> Response:
    return PlainTextResponse(head(FILE))


def small_head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(min(os.fstat(file.fileno()).st_size, LIMIT))


def after(_request: Request) -> Response:
    return PlainTextResponse(small_head(FILE))


register("HW905", before, after)

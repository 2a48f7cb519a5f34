from endpoints import register
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

ROWS = [f"user-{each}\n".encode() for each in range(250)]


class Page:
    def __init__(self) -> None:
        self.text = ""


def before(_request: Request) -> Response:
    body = b""
    for row in ROWS:
        body += row
    page = Page()
    page.text = ""
    for row in ROWS:
        page.text += row.decode()
    return PlainTextResponse(body + page.text.encode())


def after(_request: Request) -> Response:
    body = b"".join(ROWS)
    page = Page()
    page.text = "".join([row.decode() for row in ROWS])
    return PlainTextResponse(body + page.text.encode())


register("HW904", before, after)
